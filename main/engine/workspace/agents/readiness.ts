/** Whether the agents this version knows are ready, each with its remedy, and which of them work in which role. */
import { HARNESSES } from '../../../../schemas/config.ts'
import type { HarnessStanding, RoleStanding } from '../../../../schemas/ipc-agents.ts'
import { chosenHarness, standingOf, type Role } from '../../agents/choose.ts'
import { asHyperionError } from '../../base/errors.ts'
import { configOrDefault, enclosureOf, type Ground } from '../../compose.ts'
import { chooseModel } from '../../domain/model-policy.ts'

const ROLES: readonly Role[] = ['engineer', 'orchestrator', 'developer']

export function rolesOf(ground: Pick<Ground, 'readConfig' | 'host'>): RoleStanding[] {
  const config = configOrDefault(ground)
  return ROLES.map((role) => {
    const { name: harness, by } = chosenHarness(config, ground.host.env, role)
    const own = config.agents.roles[role]?.model
    const of = (complexity: number | null): string =>
      chooseModel({ complexity, explicit: [own], config: config.agents })
    const isStub = harness === 'stub'
    const small = role === 'developer' && own === undefined ? of(0) : null
    return { role, harness, by, model: isStub ? null : of(null), small_model: isStub ? null : small }
  })
}

/** Looks, and asks those that are there for their version. */
export async function readReadiness(
  ground: Ground,
  scratch: string,
  signal: AbortSignal,
): Promise<{ harnesses: HarnessStanding[]; roles: RoleStanding[] }> {
  const { clock, host } = ground
  const roles = rolesOf(ground)
  // What was named and is not known is told of as well.
  const names = [...new Set([...HARNESSES, ...roles.map(({ harness }) => harness)])]
  async function standing(name: string): Promise<HarnessStanding> {
    const of = roles.filter(({ harness }) => harness === name).map(({ role }) => role)
    const chosen = { name, by: 'default' as const }
    const there = standingOf(chosen, host.env)
    if (!there.ready) return { name, state: 'not_ready', detail: there.why, remedy: there.remedy, roles: of }
    if (there.program === null) return { name, state: 'ready', detail: there.why, remedy: null, roles: of }
    const agents = ground.openHarness(chosen, {
      clock,
      env: host.env,
      scratch,
      enclosure: enclosureOf(ground),
    })
    try {
      const found = await agents.probe(signal)
      return found.ready
        ? {
            name,
            state: 'ready',
            detail: `${there.why}, version ${found.version}${found.note === undefined ? '' : `; ${found.note}`}`,
            remedy: null,
            roles: of,
          }
        : { name, state: 'not_ready', detail: found.reason, remedy: found.remedy, roles: of }
    } catch (thrown) {
      const { message, hint } = asHyperionError(thrown)
      return { name, state: 'not_ready', detail: message, remedy: hint ?? 'see the message', roles: of }
    } finally {
      await agents.dispose()
    }
  }
  return { harnesses: await Promise.all(names.map(standing)), roles }
}
