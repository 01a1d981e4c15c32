/**
 * Makes a slot's tree ready for a check: the candidate's files, what is shared, and what setup leaves.
 *
 * What setup left stays from check to check while the lockfiles are equal, and every check finds exactly that: what an
 * earlier one added is taken away, and where it changed or removed something, setup runs again.
 */
import { readFileSync, rmSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { sha256 } from '../base/hash.ts'
import { listBelow, restore, stampOf, type Listing } from './listing.ts'
import { lockfileLines } from './lockfiles.ts'
import { runCheck, type CheckDeps, type CheckRunRequest, type CheckRunResult } from './run-check.ts'
import type { Sandbox } from './sandbox.ts'
import { copyShares, makeMountPoints, removeMountPoints, resolveShares, type SharedPath } from './share.ts'
import type { CheckSlot } from './worktrees.ts'

/** What checks need besides the candidate's files, by the policy in force. */
export interface Provision {
  setup: string | null
  share: readonly string[]
  /** The operator's checkout, which shared paths are of. */
  checkout: string
}

export interface PrepareRequest {
  slot: Pick<CheckSlot, 'tree' | 'scratch' | 'readOnly' | 'prepared' | 'checkout' | 'ask'>
  provision: Provision
  parentCommit: string
  sandbox: Sandbox
  timeoutMs: number
  memoryMb: number | null
  signal?: AbortSignal
}

/** How setup ended, as it is logged. */
export interface SetupRun extends CheckRunResult {
  command: string
  tree: string
}

export type Readiness =
  /** `shared` is what the sandbox has to bind. */
  | { kind: 'ready'; shared: readonly SharedPath[] }
  | { kind: 'could_not_run'; reason: string; run: SetupRun | null }
  | { kind: 'cancelled' }

interface Prepared {
  key: string
  roots: string[]
  entries: [name: string, mark: string][]
}

/** More would be a command line of their own; then setup runs before every check. */
const MAX_ROOTS = 500

function readPrepared(file: string): Prepared | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Prepared
  } catch {
    return null
  }
}

async function keyOf(
  treeOid: string,
  copies: readonly SharedPath[],
  request: PrepareRequest,
): Promise<string> {
  const { slot, provision, sandbox, signal } = request
  const listed = await slot.ask(['ls-tree', '-r', '-z', treeOid], signal)
  return sha256(
    JSON.stringify({
      setup: provision.setup,
      lockfiles: provision.setup === null ? [] : lockfileLines(listed),
      sandbox: sandbox.kind,
      share: provision.share,
      copies: copies.map((shared) => stampOf('', shared.source.slice(1))),
    }),
  )
}

/** Tells whether the tree holds what setup left and nothing else beside the candidate's files. */
async function holds(request: PrepareRequest, kept: Prepared): Promise<boolean> {
  const { slot, signal } = request
  const paths = kept.roots.map((root) => Buffer.from(root, 'latin1').toString('utf8'))
  if (paths.length > 0) {
    // What one tree leaves to setup another may track: its own files must be neither judged nor removed.
    const tracked = await slot.ask(['--literal-pathspecs', 'ls-files', '-z', '--', ...paths], signal)
    if (tracked.length > 0) return false
  }
  return restore(slot.tree, kept.roots, new Map(kept.entries))
}

/** Writes down what is in the tree beside the candidate's files; null where it is too scattered to be kept. */
async function remember(request: PrepareRequest, key: string): Promise<Prepared | null> {
  const { slot, signal } = request
  const args = ['ls-files', '--others', '--directory', '--no-empty-directory', '-z']
  const listed = (await slot.ask(args, signal)).toString('latin1')
  const roots = listed.split('\0').filter((name) => name !== '')
  if (roots.length > MAX_ROOTS) return null
  const entries: Listing = new Map(roots.flatMap((root) => [...listBelow(slot.tree, root)]))
  const prepared: Prepared = { key, roots, entries: [...entries] }
  await writeFile(`${slot.prepared}.new`, JSON.stringify(prepared))
  await rename(`${slot.prepared}.new`, slot.prepared)
  return prepared
}

async function runSetup(
  treeOid: string,
  shared: readonly SharedPath[],
  command: string,
  request: PrepareRequest,
  deps: CheckDeps,
  watching: Pick<CheckRunRequest, 'onOutput'>,
): Promise<SetupRun> {
  const { slot, signal } = request
  const wanted: CheckRunRequest = {
    command,
    cwd: slot.tree,
    timeoutMs: request.timeoutMs,
    memoryMb: request.memoryMb,
    sandbox: request.sandbox,
    scratch: slot.scratch,
    readOnly: slot.readOnly,
    shared,
    network: true,
    ...watching,
    ...(signal === undefined ? {} : { signal }),
  }
  return { ...(await runCheck(wanted, deps)), command, tree: treeOid }
}

function sayFailed(run: SetupRun, timeoutMs: number): string {
  if (run.reason !== undefined) return `setup ${run.reason}`
  if (run.verdict === 'timed_out') return `setup did not end within ${timeoutMs / 1000} s`
  return `setup failed${run.exit_code === null ? '' : ` with exit code ${run.exit_code}`}`
}

export interface SetupEvents {
  /** Setup is about to run; returns what takes its output. */
  starting(command: string): Pick<CheckRunRequest, 'onOutput'>
  ended(run: SetupRun): void | Promise<void>
}

/** Puts exactly `treeOid` into the slot, with everything the policy provides; `onSetup` hears of setup, if it runs. */
export async function prepareTree(
  treeOid: string,
  request: PrepareRequest,
  deps: CheckDeps,
  onSetup: SetupEvents,
): Promise<Readiness> {
  const { slot, provision, sandbox, parentCommit, signal } = request
  const { setup } = provision
  const refuse = (reason: string): Readiness => ({ kind: 'could_not_run', reason, run: null })
  const { shares, refused } = resolveShares(provision.checkout, provision.share)
  if (refused !== null) return refuse(refused)
  const shared = sandbox.kind === 'bubblewrap' ? shares : []
  const copies = sandbox.kind === 'none' ? shares : []
  const plain = sandbox.kind === 'refused' || (setup === null && copies.length === 0)
  const move = (keep: readonly string[] = []): Promise<string> =>
    slot.checkout(treeOid, parentCommit, signal, keep)
  const ready = (): Readiness => {
    const taken = makeMountPoints(slot.tree, shared)
    return taken === null ? { kind: 'ready', shared } : refuse(taken)
  }
  if (plain) {
    rmSync(slot.prepared, { force: true })
    await move()
    return ready()
  }
  const kept = readPrepared(slot.prepared)
  await move(kept?.roots)
  const key = await keyOf(treeOid, copies, request)
  if (kept?.key === key && (await holds(request, kept))) return ready()
  rmSync(slot.prepared, { force: true })
  await move()
  const taken = await copyShares(slot.tree, provision.checkout, copies, signal)
  if (taken !== null) return refuse(taken)
  if (setup !== null) {
    const made = ready()
    if (made.kind !== 'ready') return made
    const run = await runSetup(treeOid, shared, setup, request, deps, onSetup.starting(setup))
    if (run.verdict === 'cancelled') return { kind: 'cancelled' }
    // Whatever kept setup from doing its work says nothing about the change.
    const told: SetupRun = run.verdict === 'passed' ? run : { ...run, verdict: 'could_not_run' }
    await onSetup.ended(told)
    if (run.verdict !== 'passed') {
      return { kind: 'could_not_run', reason: sayFailed(run, request.timeoutMs), run: told }
    }
    removeMountPoints(slot.tree, shared)
  }
  const now = await remember(request, key)
  // Setup may have written to tracked files, which are the candidate's; what it left too scattered stays this once.
  if (now !== null) {
    await move(now.roots)
    if (!(await holds(request, now))) return refuse('setup left files that change by themselves')
  } else await slot.ask(['reset', '--hard', '--quiet'], signal)
  return ready()
}
