/** Work trees for Developers, as the settings have them: never without the sandbox unless the operator said so. */
import type { Config } from '../../../../schemas/config.ts'
import type { Hunks } from '../../agents/draft.ts'
import type { DraftDeps } from '../../agents/drafting.ts'
import { openWorkTree } from '../../agents/work-tree/open.ts'
import { userError } from '../../base/errors.ts'
import { detectSandbox, type Sandbox } from '../../checks/sandbox.ts'
import { openAgentSlot, type Ground } from '../../compose.ts'
import { treeOf } from '../../git/trees.ts'
import type { LandingDeps, Policy } from '../../landing/deps.ts'

type Mode = Config['agents']['workTree']

/** Throws the user error that says why no command of an agent may run. */
function allowed(mode: Mode, found: Sandbox): Sandbox {
  if (found.kind === 'bubblewrap' || mode === 'anywhere') return found
  const { reason } = found as Extract<Sandbox, { reason: string }>
  throw userError(
    'no_sandbox',
    `Developers run commands only in a sandbox, and ${reason}`,
    'install bubblewrap; have them only read (--no-work-tree, agents.workTree "off"); or set agents.workTree to "anywhere", where what they run can read and write what you can',
  )
}

/** What a request says wins, but for that: without the sandbox only the settings let anything run. */
export const modeOf = (setting: Mode, wanted: boolean | null): Mode =>
  wanted === null ? setting : !wanted ? 'off' : setting === 'off' ? 'sandboxed' : setting

/** Returns what opens them; null where Developers only read. */
export function workTreesOf(
  ground: Ground,
  { objects }: Pick<LandingDeps, 'objects'>,
  { checks }: Policy,
  mode: Mode,
  hunks: Hunks,
): ReturnType<DraftDeps['workTrees']> {
  if (mode === 'off') return null
  const { clock, host, repository } = ground
  let found: Promise<Sandbox> | null = null
  return (base) => async (hear, signal) =>
    openWorkTree(
      {
        clock,
        host,
        openSlot: () => openAgentSlot(ground),
        sandbox: async ({ scratch }) =>
          allowed(mode, await (found ??= detectSandbox(host, { clock }, scratch))),
        provision: { setup: checks.setup, share: checks.share, checkout: repository.workspace },
        timeoutMs: checks.timeoutSeconds * 1000,
        memoryMb: checks.memoryMb,
        hidden: [repository.workspace, repository.commonDir],
        hunks,
      },
      { ...base, tree: await treeOf(objects, base.commit) },
      hear,
      signal,
    )
}
