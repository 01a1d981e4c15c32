/** Bubblewrap around a check: the whole machine read-only, homes hidden, no network, a process world of its own. */
import { accessSync, constants } from 'node:fs'
import { mkdtemp, realpath } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Clock } from '../base/clock.ts'
import { isInside, realOrNull, searchPath, toolInstalls, type CheckHost } from './host.ts'
import { removeTree } from './remove-tree.ts'
import type { SharedPath } from './share.ts'
import { spawnAndCollect } from './spawn.ts'

/** `auto` isolates where it can, `required` runs no check where it cannot, `off` never isolates. */
export type SandboxMode = 'auto' | 'required' | 'off'

export type Sandbox =
  | { kind: 'bubblewrap'; program: string; version: string }
  | { kind: 'none'; reason: string }
  | { kind: 'refused'; reason: string }

/** What one check may see and write. All paths are real ones, without symbolic links. */
export interface SandboxView {
  /** The candidate's files; the only folder of the machine that the check may change. */
  tree: string
  home: string
  tmp: string
  /** Shown read-only even where their surroundings are hidden: git directories, object stores. */
  readOnly: readonly string[]
  /** Shown empty, besides the homes: what of the workspace is nobody's business. */
  hidden: readonly string[]
  /** Paths of the operator's checkout, bound read-only into the tree. */
  shared?: readonly SharedPath[]
  /** Leaves the network open; setup has to fetch what checks then use. */
  network?: boolean
  /** Shown read-only although their surroundings are hidden: where a program is installed. */
  shown?: readonly string[]
  /** The same, to be written to: what a program of the operator's keeps for itself. */
  kept?: readonly string[]
}

/** Folders that hold other people's files, credentials or sockets that reach out of the sandbox. */
const HIDDEN: readonly string[] = ['/home', '/root', '/Users', '/tmp', '/var/tmp', '/run']

/** Folders without which nothing runs; a home that contains one of them cannot be hidden. */
const ESSENTIAL: readonly string[] = ['/usr', '/bin', '/lib', '/etc', '/proc', '/dev']

/** Returns what a sandbox shows empty, `more` besides the homes; none lies in another. */
export function hiddenFolders(host: CheckHost, more: readonly string[]): string[] {
  const wanted = [...HIDDEN, ...(host.home === null ? [] : [host.home]), ...more]
  const real = [...new Set(wanted.map(realOrNull))].filter((folder) => folder !== null)
  const possible = real.filter((folder) => !ESSENTIAL.some((essential) => isInside(essential, folder)))
  return possible.filter((folder) => !possible.some((other) => other !== folder && isInside(folder, other)))
}

/**
 * Returns bubblewrap's arguments up to and including the `--`; the command follows.
 *
 * `statusFd` is where bubblewrap writes the command's exit code, which tells a failed check from a failed sandbox.
 */
export function sandboxArgs(host: CheckHost, view: SandboxView, statusFd: number | null): string[] {
  const args = ['--unshare-all', '--die-with-parent', '--new-session']
  // For root the capabilities would otherwise stay, and with them the right to unmount what hides the homes.
  args.push('--cap-drop', 'ALL', '--ro-bind', '/', '/')
  const hidden = hiddenFolders(host, view.hidden)
  for (const folder of hidden) {
    if (folder === '/tmp') args.push('--bind', view.tmp, '/tmp')
    else args.push('--tmpfs', folder)
  }
  args.push('--dev', '/dev', '--proc', '/proc')
  if (view.network === true) {
    args.splice(args.indexOf('--unshare-all') + 1, 0, '--share-net')
    // Where names are looked up is often a file under /run.
    const names = realOrNull('/etc/resolv.conf')
    if (names !== null && hidden.some((folder) => isInside(names, folder)))
      args.push('--ro-bind', names, names)
  }
  for (const { source, shownAt } of toolInstalls(host, hidden)) args.push('--ro-bind', source, shownAt)
  for (const folder of view.shown ?? []) args.push('--ro-bind', folder, folder)
  for (const folder of view.kept ?? []) args.push('--bind', folder, folder)
  args.push('--bind', view.home, view.home, '--bind', view.tmp, view.tmp, '--bind', view.tree, view.tree)
  for (const file of view.readOnly) args.push('--ro-bind', file, file)
  for (const shared of view.shared ?? []) {
    args.push('--ro-bind', shared.source, path.join(view.tree, shared.path))
  }
  args.push('--chdir', view.tree)
  if (statusFd !== null) args.push('--json-status-fd', String(statusFd))
  return [...args, '--']
}

function findProgram(host: CheckHost): string | null {
  for (const folder of searchPath(host)) {
    const file = path.join(folder, 'bwrap')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

/**
 * Finds bubblewrap and tries it once: it can be installed and yet not be permitted, as in many containers. `scratch` is
 * where the trial's folder is made; a process killed in the middle leaves it there.
 */
export async function detectSandbox(
  host: CheckHost,
  deps: { clock: Clock },
  scratch: string = os.tmpdir(),
): Promise<Sandbox> {
  if (process.platform !== 'linux') {
    return { kind: 'none', reason: `there is no bubblewrap on ${process.platform}` }
  }
  const program = findProgram(host)
  if (program === null)
    return { kind: 'none', reason: 'bubblewrap is not installed (bwrap was not found on PATH)' }
  const version = await spawnAndCollect(program, ['--version'], { timeoutMs: 10_000 }, deps)
  const folder = await realpath(await mkdtemp(path.join(scratch, 'hyperion-sandbox-')))
  const view = { tree: folder, home: folder, tmp: folder, readOnly: [], hidden: [] }
  const args = [...sandboxArgs(host, view, null), '/bin/sh', '-c', ':']
  const trial = await spawnAndCollect(program, args, { timeoutMs: 10_000 }, deps)
  await removeTree(folder)
  if (trial.exitCode !== 0) {
    const said = trial.output.trim().split('\n')[0] ?? ''
    return {
      kind: 'none',
      reason: `bubblewrap is installed but may not run here: ${said || 'it did not answer'}`,
    }
  }
  return { kind: 'bubblewrap', program, version: version.output.trim().replace(/^bubblewrap /, '') }
}

/** Returns what checks run in, by the configuration and what was found. */
export function chooseSandbox(mode: SandboxMode, found: Sandbox): Sandbox {
  if (mode === 'off') return { kind: 'none', reason: 'checks.sandbox is "off"' }
  if (mode === 'required' && found.kind === 'none') {
    return { kind: 'refused', reason: `checks.sandbox is "required" and ${found.reason}` }
  }
  return found
}

/** Says in one sentence what protects the machine from the code under test. */
export function describeSandbox(sandbox: Sandbox): { isolated: boolean; text: string } {
  switch (sandbox.kind) {
    case 'bubblewrap':
      return {
        isolated: true,
        text: `checks run isolated by bubblewrap ${sandbox.version}: no network, the machine read-only, homes hidden`,
      }
    case 'none':
      return {
        isolated: false,
        text: `checks run with your own rights, because ${sandbox.reason}: they can read and write what you can`,
      }
    case 'refused':
      return { isolated: false, text: `no check runs, because ${sandbox.reason}` }
  }
}
