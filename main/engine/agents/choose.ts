/** Which agents draft: those the operator chose, or an error with the remedy; never silently the stubs. */
import { defaultConfig, HARNESSES, type Config } from '../../../schemas/config.ts'
import type { Clock } from '../base/clock.ts'
import { asHyperionError, userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import { openEnclosure, type EnclosureWish } from './adapters/acp/enclose.ts'
import { acpHarness } from './adapters/acp/harness.ts'
import { isAcpAgent, locateAcp, presetOf, type AcpAgent } from './adapters/acp/presets.ts'
import { copilotCommandLine } from './adapters/copilot/command-line.ts'
import { locateCopilot } from './adapters/copilot/locate.ts'
import { needsCommandLine } from './adapters/copilot/provider.ts'
import { copilotSdk } from './adapters/copilot/sdk.ts'
import { stubHarness } from './adapters/stub.ts'
import type { AgentHarness } from './harness.ts'

export interface Chosen {
  name: string
  by: 'HYPERION_AGENT' | 'agents.harness' | 'default' | `agents.roles.${Role}`
}

export type Role = 'engineer' | 'orchestrator' | 'developer'

/** Which agents work, or work in one role: what a terminal names counts for all of them, then the role's own. */
export function chosenHarness(
  { agents }: Pick<Config, 'agents'>,
  env: NodeJS.ProcessEnv,
  role: Role = 'developer',
): Chosen {
  const named = env['HYPERION_AGENT']
  if (named !== undefined && named !== '') return { name: named, by: 'HYPERION_AGENT' }
  const own = agents.roles[role]?.harness
  if (own !== undefined) return { name: own, by: `agents.roles.${role}` }
  return { name: agents.harness, by: agents.harness === defaultConfig.agents.harness ? 'default' : 'agents.harness' } // prettier-ignore
}

export type Standing =
  { ready: true; why: string; program: string | null } | { ready: false; why: string; remedy: string }

/**
 * Returns how Copilot is spoken to: over the protocol of its SDK, unless HYPERION_COPILOT_BY says otherwise or that cannot do it.
 *
 * Throws a user error where HYPERION_COPILOT_BY names neither.
 */
export function copilotBy(env: NodeJS.ProcessEnv): 'sdk' | 'cli' {
  const named = env['HYPERION_COPILOT_BY'] ?? ''
  if (named === 'sdk' || named === 'cli') return named
  if (named !== '')
    throw userError(
      'copilot_by_unknown',
      `HYPERION_COPILOT_BY is "${inert(named, 80)}", which is neither sdk nor cli`,
      'set it to sdk or cli, or unset it for the SDK',
    )
  return needsCommandLine(env) ? 'cli' : 'sdk'
}

const BY = { sdk: 'over the protocol of its SDK', cli: 'by its command line' } as const

function acpStanding(name: AcpAgent, env: NodeJS.ProcessEnv): Standing {
  const preset = presetOf(name, env)
  const program = locateAcp(preset, env)
  if (program !== null)
    return {
      ready: true,
      why: `${name} over ACP, ${program}; whether it is signed in its first answer tells`,
      program,
    }
  const why = `${name} is not installed: ${preset.program} is not on PATH`
  const remedy = name === 'acp' ? preset.install : `${preset.install}, then ${preset.signIn}`
  return { ready: false, why, remedy: `${remedy}; or use stub` }
}

/** Looks whether the agents are there, without starting anything. */
export function standingOf({ name }: Chosen, env: NodeJS.ProcessEnv): Standing {
  if (name === 'stub') return { ready: true, why: 'stub agents: they draft without a model', program: null }
  if (name !== 'copilot' && !isAcpAgent(name)) {
    const why = `the agent harness "${inert(name, 80)}" is not in this version`
    return { ready: false, why, remedy: `use ${HARNESSES.slice(1).join(', ')} or stub` }
  }
  try {
    if (isAcpAgent(name)) return acpStanding(name, env)
    const program = locateCopilot(env)
    const by = BY[copilotBy(env)]
    if (program !== null)
      return {
        ready: true,
        why: `copilot ${by}, ${program}; whether it is signed in its first answer tells`,
        program,
      }
    const remedy = 'npm install -g @github/copilot, start `copilot` once and run /login; or use stub'
    return { ready: false, why: 'copilot is not installed: it is not on PATH', remedy }
  } catch (thrown) {
    const { message, hint } = asHyperionError(thrown)
    return { ready: false, why: message, remedy: hint ?? 'use stub' }
  }
}

export interface HarnessDeps {
  clock: Clock
  env: NodeJS.ProcessEnv
  scratch: string
  /** What programs with tools of their own are kept in; left out, nothing. */
  enclosure?: EnclosureWish
}

export type OpenHarness = (chosen: Chosen, deps: HarnessDeps) => AgentHarness

/** Returns the agents that were chosen, or throws the user error that says why they are not there. */
export function openHarness(
  chosen: Chosen,
  { clock, env, scratch, enclosure: wish }: HarnessDeps,
): AgentHarness {
  const standing = standingOf(chosen, env)
  if (!standing.ready) throw userError('harness_missing', standing.why, standing.remedy)
  const { program } = standing
  if (program === null) return stubHarness()
  const { name } = chosen
  if (isAcpAgent(name)) {
    const options = { clock, preset: presetOf(name, env), program, env, scratch }
    return acpHarness(name, { ...options, enclosure: openEnclosure(options, wish ?? null) })
  }
  return (copilotBy(env) === 'sdk' ? copilotSdk : copilotCommandLine)({ clock, program, env, scratch })
}
