/** What an agent did to its work tree, as the entries of a change request: the difference is what it hands in. */
import { MAX_CHANGES, type FileChange } from '../../../../schemas/change-request.ts'
import { HyperionError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { deletedFile, fileChange } from '../../domain/file-change.ts'
import { inScope } from '../../domain/paths.ts'
import type { Hunks } from '../draft.ts'
import type { ReadFile, Refused } from '../harness.ts'
import { findFile } from './files.ts'

export interface DifferenceOf {
  /** The folder of the tree. */
  tree: string
  /** Asks the tree's own git. */
  ask(args: readonly string[]): Promise<Buffer>
  /** Files as the agent found them. */
  readBase: ReadFile
  /** Whether a file was executable as the agent found it. */
  wasExecutable(path: string): boolean
  hunks: Hunks
  /** Paths that differ from the commit although the agent did nothing: drafts it stands on. */
  given: ReadonlySet<string>
  /** Paths that were there beside the commit's before it began: what setup left, what is shared. */
  around: ReadonlySet<string>
}

const no = (code: string, message: string): Refused => ({ accepted: false, code, message })

const MOST_NAMED = 10

function namedOf(paths: readonly string[]): string {
  const some = paths.slice(0, MOST_NAMED).map((path) => inert(path, 200))
  const rest = paths.length - some.length
  return rest > 0 ? `${some.join(', ')} and ${rest} more` : some.join(', ')
}

const STATUS = [
  '--no-optional-locks',
  'status',
  '--porcelain',
  '-z',
  '--untracked-files=all',
  '--ignore-submodules=none',
  '--no-renames',
]

/** Paths that differ from the commit, those git is told to ignore left out. */
export async function pathsThatDiffer(ask: DifferenceOf['ask']): Promise<string[]> {
  const lines = (await ask(STATUS)).toString('utf8').split('\0')
  return lines.filter((line) => line !== '').map((line) => line.slice(3))
}

/** Targets that are there although git is told to ignore them: the assignment names them all the same. */
async function namedAndThere(tree: string, targets: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of targets) {
    if (path.endsWith('/')) continue
    if ((await findFile(tree, path)).kind !== 'missing') found.push(path)
  }
  return found
}

async function changeOf(of: DifferenceOf, path: string): Promise<FileChange | Refused | null> {
  const name = inert(path, 200)
  const [base, now] = [await of.readBase(path), await findFile(of.tree, path)]
  const refuse = (code: string, message: string): Refused =>
    no(code, `${name} ${message}; put it back as it was, or remove it`)
  if (now.kind === 'missing') {
    const made = base === null ? null : deletedFile(path, base)
    return made === null || 'code' in made ? null : made.change
  }
  if (now.kind === 'other') return refuse('not_a_file', `is ${now.what}, and only text files are handed in`)
  const { bytes, executable } = now
  if (base !== null && executable !== of.wasExecutable(path))
    return refuse('mode_change', `${executable ? 'became executable' : 'is executable no longer'}, which cannot be handed in`) // prettier-ignore
  if (base?.equals(bytes) === true) return null
  const hunks = base === null ? undefined : await of.hunks(base, bytes)
  const made = fileChange({ path, old: base, now: bytes, executable: base === null && executable, hunks })
  return 'code' in made ? refuse(made.code, made.message) : made.change
}

const isRefused = (one: FileChange | Refused): one is Refused => 'accepted' in one

/**
 * Returns the difference, or why it cannot be handed in, fit to be said to the agent.
 *
 * Whatever the agent left in the tree is looked at as it is; nothing of it is run or followed.
 */
export async function differenceOf(
  of: DifferenceOf,
  targets: readonly string[],
): Promise<FileChange[] | Refused> {
  try {
    const differ = await pathsThatDiffer(of.ask)
    const inner = differ.filter((path) => path.endsWith('/'))
    if (inner.length > 0)
      return no('nested_repository', `${namedOf(inner)} is a repository of its own; remove it, or its .git`)
    const named = await namedAndThere(of.tree, targets)
    const paths = [...new Set([...differ, ...of.given, ...named])]
      .filter((path) => !of.around.has(path) || named.includes(path))
      .toSorted()
    const stray = paths.filter((path) => !inScope(path, targets) && !of.given.has(path))
    if (stray.length > 0)
      return no(
        'out_of_scope',
        `${namedOf(stray)} ${stray.length === 1 ? 'was' : 'were'} changed or made and ${stray.length === 1 ? 'is' : 'are'} not among the assignment's targets: restore or remove what you do not need, ask for the rest by widen; you may change only ${namedOf(targets)}`,
      )
    const changes: FileChange[] = []
    for (const path of paths) {
      const change = await changeOf(of, path)
      if (change === null) continue
      if (isRefused(change)) return change
      changes.push(change)
      if (changes.length > MAX_CHANGES)
        return no('too_many_files', `more than ${MAX_CHANGES} files differ: remove those that need not be there`) // prettier-ignore
    }
    if (changes.length === 0)
      return no('no_change', 'the work tree is as you found it: change what the assignment asks for, or ask for files by widen') // prettier-ignore
    return changes
  } catch (thrown) {
    if (!(thrown instanceof HyperionError) || thrown.kind === 'bug') throw thrown
    // What git, or we, cannot get past lies in the tree, which is the agent's to mend.
    return no('tree_unreadable', `the work tree cannot be read: ${inert(thrown.message, 500)}`)
  }
}
