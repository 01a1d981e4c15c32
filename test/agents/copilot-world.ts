/** Copilot of the npm registry, and a model on this machine that answers each test by the name it is asked under. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { locateCopilot } from '../../main/engine/agents/adapters/copilot/locate.ts'
import type { RuntimeOptions } from '../../main/engine/agents/adapters/copilot/runtime.ts'
import type { AgentHarness, AgentTask, Outcome } from '../../main/engine/agents/harness.ts'
import { systemClock, type Clock } from '../../main/engine/base/clock.ts'
import { identify, isAlive, processTree } from '../../main/engine/base/process.ts'
import { copilotEnv } from '../support/copilot-env.ts'
import { scriptedModel, type Asked, type Reply } from '../support/scripted-model.ts'
import { through } from './support.ts'

export const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
export const program = locateCopilot({ PATH: BIN })

export interface Kind {
  name: string
  /** Hands in by a tool; else as text alone. */
  byTool: boolean
  open: (options: RuntimeOptions) => AgentHarness
}

export type Script = (asked: Asked, n: number) => Reply

export interface World {
  /** One for all tests that need no other surroundings. */
  harness: AgentHarness
  scratch: string
  clock: Clock
  /** Has a model of its own name say these in turn, the last again and again; returns its name. */
  says(...replies: Reply[]): string
  script(script: Script, name?: string): string
  asked(name: string): Asked[]
  /** What the model itself counted. */
  usage(name: string): { inputTokens: number; outputTokens: number }
  env(more?: NodeJS.ProcessEnv): NodeJS.ProcessEnv
  /** One with other surroundings. */
  open(more?: NodeJS.ProcessEnv): AgentHarness
  close(): Promise<void>
}

/** It unpacks what it needs once. */
export async function openWorld(kind: Kind): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'copilot-home-'))
  const clock = systemClock()
  const scratch = join(home, 'scratch')
  mkdirSync(scratch)
  const scripts = new Map<string, Script>()
  const opened: AgentHarness[] = []
  const all = new Map<string, Asked[]>()
  const model = await scriptedModel((asked) => {
    const before = all.get(asked.model) ?? []
    all.set(asked.model, [...before, asked])
    return scripts.get(asked.model)?.(asked, before.length) ?? { status: 418 }
  })
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    ...copilotEnv(home, model),
    ...more,
  })
  function open(more: NodeJS.ProcessEnv = {}): AgentHarness {
    const one = kind.open({ clock, program: program ?? 'copilot', scratch, env: env(more) })
    opened.push(one)
    return one
  }
  const script = (one: Script, name = `model-${scripts.size + 1}`): string => {
    scripts.set(name, one)
    return name
  }
  return {
    harness: open(),
    scratch,
    clock,
    says: (...replies) => script((_, n) => replies[Math.min(n, replies.length - 1)] ?? { say: '' }),
    script,
    asked: (name) => all.get(name) ?? [],
    usage: (name) =>
      (all.get(name) ?? []).reduce(
        (sum, { usage }) => ({
          inputTokens: sum.inputTokens + (usage?.inputTokens ?? 0),
          outputTokens: sum.outputTokens + (usage?.outputTokens ?? 0),
        }),
        { inputTokens: 0, outputTokens: 0 },
      ),
    env,
    open,
    async close() {
      await Promise.all(opened.map((one) => one.dispose()))
      await model.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Whether a process is Copilot's own program; its name is cut short in what the system says. */
export function isCopilot(pid: number): boolean {
  try {
    return realpathSync(`/proc/${pid}/exe`) === realpathSync(program ?? '')
  } catch {
    return false
  }
}

/** Copilot's processes below one, this one by default. */
export const copilots = (root = process.pid): number[] =>
  processTree(root).filter((pid) => isCopilot(pid) && isAlive(identify(pid)))

/** What a Developer is asked to do, as the engine asks it. */
export async function taskOf(...given: Parameters<typeof through>): Promise<AgentTask> {
  let taken: AgentTask | null = null
  const run = (task: AgentTask): Promise<Outcome> => {
    taken = task
    return Promise.resolve({ kind: 'failed', code: 'cancelled', detail: '', usage: { source: 'unavailable' }, sessionId: null }) // prettier-ignore
  }
  await through(given[0], given[1], { ...given[2], run })
  if (taken === null) throw new Error('nothing was started')
  return taken
}
