/** A work tree of one run's own: a check slot moved to its base, with a shell in the sandbox that checks run in. */
import type { ChangeRequest } from '../../../../schemas/change-request.ts'
import type { Clock } from '../../base/clock.ts'
import { userError } from '../../base/errors.ts'
import type { CheckHost } from '../../checks/host.ts'
import { prepareTree, type Provision } from '../../checks/prepare.ts'
import { runCheck, type CheckRunResult } from '../../checks/run-check.ts'
import { SETUP_NAME } from '../../checks/run-checks.ts'
import type { Sandbox } from '../../checks/sandbox.ts'
import type { SharedPath } from '../../checks/share.ts'
import type { CheckSlot } from '../../checks/worktrees.ts'
import type { Hunks } from '../draft.ts'
import type { ReadFile, RunEvent, WorkTree } from '../harness.ts'
import { differenceOf, pathsThatDiffer } from './difference.ts'
import { findFile, putFile } from './files.ts'

export interface WorkTreeDeps {
  clock: Clock
  host: CheckHost
  /** Opens a slot that nobody else works in. */
  openSlot(): Promise<CheckSlot>
  /** What commands run in; throws the user error that says why nothing may run. */
  sandbox(slot: CheckSlot): Promise<Sandbox>
  provision: Provision
  /** Of setup, in milliseconds. */
  timeoutMs: number
  memoryMb: number | null
  /** Folders that are shown empty: the operator's own checkout. */
  hidden: readonly string[]
  hunks: Hunks
}

/** What a run begins on. */
export interface WorkTreeBase {
  commit: string
  /** The commit's tree. */
  tree: string
  /** Files as earlier drafts leave them. */
  read: ReadFile
  /** Drafts that it stands on, which are in no commit. */
  earlier: readonly ChangeRequest[]
}

/** Whoever watches for silence hears that a command still runs. */
const SIGN_OF_LIFE_MS = 15_000
/** Of what a command prints, an agent reads so much of the head and of the tail, in characters. */
const MOST_TOLD = 16_000

function told({ verdict, exit_code: code, duration_ms: ms, output }: CheckRunResult): string {
  const how = verdict === 'timed_out' ? 'ended at its time limit' : verdict === 'cancelled' ? 'called off' : code === null ? 'did not run' : `exit code ${code}` // prettier-ignore
  const half = MOST_TOLD / 2
  const text =
    output.length <= MOST_TOLD
      ? output
      : `${output.slice(0, half)}\n[… ${output.length - MOST_TOLD} characters left out …]\n${output.slice(-half)}`
  return `${how}, after ${(ms / 1000).toFixed(1)} s\n${text}`
}

const SURROUNDINGS = {
  bubblewrap:
    'Its commands run in a sandbox: without a network, and the rest of the machine cannot be changed.',
  none: 'Its commands run without a sandbox: keep to the work tree.',
} as const

/** Does something, and says every so often that it goes on. */
async function aloud<T>(clock: Clock, hear: (event: RunEvent) => void, act: () => Promise<T>): Promise<T> {
  const over = new AbortController()
  const saying = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(SIGN_OF_LIFE_MS, over.signal)
      if (!over.signal.aborted) hear({ kind: 'alive' })
    }
  }
  void saying()
  try {
    return await act()
  } finally {
    over.abort()
  }
}

/** Makes the slot hold the base with what the policy provides; returns what the sandbox has to bind. */
async function prepare(
  deps: WorkTreeDeps,
  slot: CheckSlot,
  sandbox: Sandbox,
  base: WorkTreeBase,
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<readonly SharedPath[]> {
  const { clock, host, provision, timeoutMs, memoryMb } = deps
  const readiness = await prepareTree(
    base.tree,
    { slot, provision, parentCommit: base.commit, sandbox, timeoutMs, memoryMb, signal },
    { clock, host },
    {
      starting(command) {
        hear({ kind: 'tool', name: SETUP_NAME, input: { command } })
        return {}
      },
      ended: () => undefined,
    },
  )
  if (readiness.kind === 'ready') return readiness.shared
  if (readiness.kind === 'cancelled') throw userError('cancelled', 'the run was cancelled')
  const output = readiness.run?.output.trim().split('\n').at(-1) ?? ''
  throw userError(
    'work_tree_not_ready',
    `the work tree could not be made ready: ${readiness.reason}${output === '' ? '' : ` (${output.slice(0, 300)})`}`,
    'correct checks.setup or checks.share, or set agents.workTree to "off"',
  )
}

async function executablesIn(slot: CheckSlot): Promise<ReadonlySet<string>> {
  const lines = (await slot.ask(['ls-tree', '-r', '-z', 'HEAD'])).toString('utf8').split('\0')
  return new Set(lines.filter((line) => line.startsWith('100755')).map((line) => line.slice(line.indexOf('\t') + 1))) // prettier-ignore
}

/** Opens one; `hear` is told of setup, and that commands go on. Throws a user error where it cannot be had. */
export async function openWorkTree(
  deps: WorkTreeDeps,
  base: WorkTreeBase,
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<WorkTree> {
  const slot = await deps.openSlot()
  try {
    return await openIn(deps, slot, base, hear, signal)
  } catch (thrown) {
    await slot.release()
    throw thrown
  }
}

async function openIn(
  deps: WorkTreeDeps,
  slot: CheckSlot,
  base: WorkTreeBase,
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<WorkTree> {
  const { clock, host, memoryMb, hidden, hunks } = deps
  const sandbox = await deps.sandbox(slot)
  const shared = await aloud(clock, hear, () => prepare(deps, slot, sandbox, base, hear, signal))
  const { tree } = slot
  const isolated = sandbox.kind === 'bubblewrap'
  const around = new Set(await pathsThatDiffer(slot.ask))
  const executables = await executablesIn(slot)
  const given = new Map(
    base.earlier.flatMap(({ changes }) => changes.map((one) => [one.path, one.executable === true] as const)),
  )
  const wasExecutable = (path: string): boolean => executables.has(path) || given.get(path) === true
  const restore = async (path: string): Promise<void> =>
    putFile(tree, path, await base.read(path), wasExecutable(path))
  for (const path of given.keys()) await restore(path)

  /** One thing at a time: while files are looked at, nothing runs that could change them. */
  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = turn.then(act)
    turn = mine.catch(() => undefined)
    return mine
  }
  const closing = new AbortController()
  const over = AbortSignal.any([signal, closing.signal])

  const run = (command: string, timeoutMs: number, until: AbortSignal): Promise<CheckRunResult> =>
    runCheck(
      {
        command,
        cwd: tree,
        timeoutMs,
        memoryMb,
        sandbox,
        scratch: slot.scratch,
        readOnly: slot.readOnly,
        hidden,
        shared,
        signal: AbortSignal.any([over, until]),
      },
      { clock, host },
    )
  async function find(path: string): Promise<Buffer | null> {
    const found = await findFile(tree, path)
    if (found.kind === 'other') throw userError('not_a_file', `${path} is ${found.what}`)
    return found.kind === 'file' ? found.bytes : null
  }
  const difference = {
    tree,
    ask: slot.ask,
    readBase: base.read,
    wasExecutable,
    hunks,
    given: new Set(given.keys()),
    around,
  }
  return {
    folder: tree,
    surroundings: SURROUNDINGS[isolated ? 'bubblewrap' : 'none'],
    isolated,
    mounts: { readOnly: slot.readOnly, shared },
    read: (path) => inTurn(() => find(path)),
    paths: () =>
      inTurn(async () => {
        const listed = await slot.ask(['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
        return [...new Set(listed.toString('utf8').split('\0'))].filter((path) => path !== '')
      }),
    run: (command, timeoutMs, until) =>
      inTurn(async () => {
        const result = await aloud(clock, hear, () => run(command, timeoutMs, until))
        return { ok: result.verdict === 'passed', text: told(result) }
      }),
    put: (path, bytes, executable) =>
      inTurn(async () => {
        const now = executable === null && bytes !== null ? await findFile(tree, path) : null
        await putFile(tree, path, bytes, executable ?? (now?.kind === 'file' && now.executable))
      }),
    restore: (path) => inTurn(() => restore(path)),
    difference: (targets) => inTurn(() => differenceOf(difference, targets)),
    async close() {
      closing.abort()
      await turn
      await slot.release()
    },
  }
}
