/** The agents of an open workspace: opened once, led by one supervisor, working as the settings of the moment say. */
import type { Config } from '../../../../schemas/config.ts'
import { chosenHarness, type Role } from '../../agents/choose.ts'
import { stubEngineer, type Engineer } from '../../agents/engineer.ts'
import { openGate } from '../../agents/gate.ts'
import type { AgentHarness, AgentTask, AgentTree, Outcome, RunEvent } from '../../agents/harness.ts'
import { stubOrchestrator, type Orchestrator } from '../../agents/orchestrator.ts'
import type { InFlight } from '../../agents/role-prompts.ts'
import { modelEngineer, modelOrchestrator } from '../../agents/roles.ts'
import { supervise } from '../../agents/supervise.ts'
import { isAlive } from '../../base/process.ts'
import { configOrDefault, enclosureOf, type Ground } from '../../compose.ts'
import { chooseModel, namedModel } from '../../domain/model-policy.ts'

export interface RunOf {
  requestId: string | null
  taskId: string | null
  /** Told what happens, as it happens. */
  hear?: (event: RunEvent) => void
}

export interface RolesOf {
  requestId: string
  model: string | null
  isCast: boolean
}

export interface Crew {
  /** The agents of a role, opened; throws the user error that says why they are not there. */
  harness(role: Role): AgentHarness
  run(harness: AgentHarness, task: AgentTask, of: RunOf, signal: AbortSignal): Promise<Outcome>
  roles(
    of: RolesOf,
    about: { tree: AgentTree; protectedPaths: readonly string[]; inFlight(): Promise<InFlight[]> },
  ): { engineer: Engineer; orchestrator: Orchestrator }
  close(): Promise<void>
}

/** The model of a role that no assignment's complexity decides. */
function modelOf(agents: Config['agents'], role: Role, named: string | null): string {
  return chooseModel({ complexity: null, explicit: [named, agents.roles[role]?.model], config: agents })
}

export function openCrew(ground: Ground, scratch: string): Crew {
  const { store, clock, host } = ground
  const { db, runs, logs, sessions, facts, requests } = store
  const gate = openGate(clock, () => configOrDefault(ground).agents.concurrency)
  const opened = new Map<string, AgentHarness>()

  function harness(role: Role): AgentHarness {
    const chosen = chosenHarness(ground.readConfig(), host.env, role)
    const known = opened.get(chosen.name)
    if (known !== undefined) return known
    const made = ground.openHarness(chosen, { clock, env: host.env, scratch, enclosure: enclosureOf(ground) })
    opened.set(chosen.name, made)
    return made
  }
  const run: Crew['run'] = (agents, task, { requestId, taskId, hear }, signal) => {
    const config = ground.readConfig().agents
    // What a program that is gone set aside is nobody's any more.
    runs.sweep(isAlive)
    const charge = {
      harness: agents,
      task,
      requestId,
      taskId,
      config,
      isCalledOff: () => requestId !== null && requests.isCancelled(requestId),
      ...(hear === undefined ? {} : { hear }),
    }
    return supervise({ clock, db, runs, logs, sessions, facts, gate }, charge, signal)
  }

  return {
    harness,
    run,
    roles({ requestId, model, isCast }, { tree, protectedPaths, inFlight }) {
      const { agents } = ground.readConfig()
      const of = { requestId, taskId: null }
      const engineers = harness('engineer')
      const orchestrators = harness('orchestrator')
      const depsFor = (role: Role, who: AgentHarness) => ({
        model: modelOf(agents, role, model),
        isModelNamed: namedModel([model, agents.roles[role]?.model]) !== null,
        tree,
        maxRepairs: agents.maxRepairs,
        run: (task: AgentTask, signal: AbortSignal) => run(who, task, of, signal),
      })
      return {
        // A cast was scoped and split by a person, and every step of it looked at.
        engineer:
          isCast || engineers.id === 'stub'
            ? stubEngineer({ protectedPaths })
            : modelEngineer({ ...depsFor('engineer', engineers), protectedPaths }),
        orchestrator:
          isCast || orchestrators.id === 'stub'
            ? stubOrchestrator()
            : modelOrchestrator({ ...depsFor('orchestrator', orchestrators), inFlight }),
      }
    },
    async close() {
      await Promise.all([...opened.values()].map((one) => one.dispose()))
      opened.clear()
    },
  }
}
