/**
 * `sync` on checkouts nobody would think of: either it refuses by naming a file and nothing changed at all, or every
 * byte the operator had is where it was, and HEAD, index and files are those of the new commit everywhere else.
 */
import {
  chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs' // prettier-ignore
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asHyperionError } from '../../main/engine/engine.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

const RUNS = process.env['HYPERION_LONG'] === '1' ? 300 : 70
const TARGET = 'refs/heads/hyperion/main'

/** Names that are files in one tree and folders in the other, and some that are ignored. */
const PATHS = ['a', 'a/b', 'a/b/c', 'd', 'd/e', 'f', 'x.env', 'd/y.env', 'build/out', 'run.sh'] as const
type Path = (typeof PATHS)[number]
/** `@` is a link, `!` an executable file; the rest is text. */
type Tree = Partial<Record<Path, string>>

const content = fc.constantFrom('one\n', 'two\n', 'two\nthree\n', '', '!run\n', '@f')
const tree = fc.array(fc.tuple(fc.constantFrom(...PATHS), content), { maxLength: 7 }).map((entries): Tree => {
  const made: Tree = {}
  for (const [path, text] of entries) {
    const taken = Object.keys(made) as Path[]
    if (
      taken.some((other) => other !== path && (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)))
    )
      continue
    made[path] = text
  }
  return made
})

const act = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), path: fc.constantFrom(...PATHS), text: content }),
  fc.record({ kind: fc.constantFrom('remove' as const, 'stage' as const, 'unstage' as const, 'assume' as const, 'skip' as const, 'intend' as const, 'folder' as const, 'repository' as const), path: fc.constantFrom(...PATHS), text: fc.constant('') }),
) // prettier-ignore
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

const only = (kind: Exclude<Act['kind'], 'write'>, path: Path): Act => ({ kind, path, text: '' })
const write = (path: Path, text: 'one\n' | 'two\n' | 'two\nthree\n' | '@f'): Act => ({
  kind: 'write',
  path,
  text,
})

/** One for each thing that git by itself would have lost, or done unasked; what is random comes on top. */
const EXAMPLES: [Tree, Tree, Act[]][] = [
  [{}, { 'x.env': 'one\n' }, [write('x.env', 'two\n')]],
  [{}, { d: 'one\n' }, [write('d/y.env', 'one\n')]],
  [{ f: 'one\n' }, { f: 'two\n' }, [write('f', 'two\nthree\n'), only('assume', 'f')]],
  [{ f: 'one\n' }, { f: 'two\n' }, [write('f', 'two\nthree\n'), only('skip', 'f')]],
  [{ f: 'one\n' }, { f: 'two\n' }, [only('skip', 'f')]],
  [{ f: 'one\n' }, {}, [write('f', 'two\n'), only('skip', 'f')]],
  [{ f: 'one\n' }, {}, [write('f', 'two\n'), only('assume', 'f')]],
  [{}, { 'd/e': 'one\n' }, [only('repository', 'd')]],
  [{ f: 'one\n' }, { f: 'two\n' }, [only('remove', 'f')]],
  [{ 'a/b': 'one\n' }, { 'a/b': 'two\n' }, [only('remove', 'a'), write('a', '@f')]],
  [{ 'a/b/c': 'one\n' }, { a: 'one\n' }, [write('a/b/c', 'two\nthree\n'), only('stage', 'a')]],
  [{}, { a: 'one\n' }, [write('a/b', 'two\n'), only('stage', 'a/b'), only('remove', 'a')]],
  [{}, { 'a/b': 'one\n' }, [write('a', 'two\n'), only('stage', 'a'), only('remove', 'a')]],
  [{ 'd/y.env': 'one\n' }, { d: 'one\n' }, [only('unstage', 'd/y.env')]],
]

let bench: Workbench
beforeAll(async () => {
  bench = await workbench({ files: { '.gitignore': '*.env\nbuild/\n' } })
})
afterAll(() => bench.dispose())

const there = (path: string): boolean => {
  try {
    return lstatSync(join(bench.dir, path), { throwIfNoEntry: false }) !== undefined
  } catch {
    // Below a file.
    return false
  }
}
const quietly = (...args: string[]): void => {
  try {
    bench.repo.git(...args)
  } catch {
    // Not possible in this state; then it is not done.
  }
}

function put(path: string, text: string): boolean {
  const full = join(bench.dir, path)
  try {
    mkdirSync(dirname(full), { recursive: true })
    rmSync(full, { force: true })
    if (text.startsWith('@')) symlinkSync(text.slice(1), full)
    else writeFileSync(full, text)
    if (text.startsWith('!')) chmodSync(full, 0o755)
    return true
  } catch {
    return false
  }
}

function perform({ kind, path, text }: Act): void {
  switch (kind) {
    case 'write':
      return void put(path, text)
    case 'remove':
      if (there(path)) rmSync(join(bench.dir, path), { recursive: true })
      return
    case 'stage':
      return quietly('add', '-f', '--', path)
    case 'intend':
      return quietly('add', '-f', '-N', '--', path)
    case 'unstage':
      return quietly('rm', '-q', '-r', '--cached', '--', path)
    case 'assume':
      return quietly('update-index', '--assume-unchanged', '--', path)
    case 'skip':
      return quietly('update-index', '--skip-worktree', '--', path)
    case 'folder':
      if (!there(path)) put(`${path}/kept`, 'kept\n')
      return
    case 'repository':
      if (there(path)) return
      if (put(`${path}/kept`, 'kept\n')) bench.repo.run(['init', '--quiet', path])
  }
}

/** Puts a commit of this tree on top of another and returns it. */
function commitOf(files: Tree, parent: string): string {
  const index = { GIT_INDEX_FILE: join(bench.repo.gitDir, 'index-of-test') }
  bench.repo.run(['read-tree', parent], { env: index })
  for (const path of bench.repo.run(['ls-files', '-z'], { env: index }).toString().split('\0')) {
    if (path !== '' && path !== '.gitignore')
      bench.repo.run(['update-index', '--force-remove', path], { env: index })
  }
  for (const [path, text] of Object.entries(files)) {
    const link = text.startsWith('@')
    const oid = bench.repo
      .run(['hash-object', '-w', '--stdin'], { stdin: link ? text.slice(1) : text })
      .toString()
      .trim()
    const mode = link ? '120000' : text.startsWith('!') ? '100755' : '100644'
    bench.repo.run(['update-index', '--add', '--cacheinfo', `${mode},${oid},${path}`], { env: index })
  }
  const made = bench.repo.run(['write-tree'], { env: index }).toString().trim()
  return bench.repo.git('commit-tree', made, '-p', parent, '-m', 'made')
}

/** Every file of the checkout with its bytes and whether it can be run; nested repositories by their files alone. */
function files(): Map<string, string> {
  const found = new Map<string, string>()
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(bench.dir, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (path === '.git' || path === '.hyperion') continue
      const full = join(bench.dir, path)
      if (entry.isDirectory()) walk(path)
      else if (entry.isSymbolicLink()) found.set(path, `120000 ${readlinkSync(full)}`)
      else
        found.set(
          path,
          `${(lstatSync(full).mode & 0o100) === 0 ? '100644' : '100755'} ${readFileSync(full, 'latin1')}`,
        )
    }
  }
  walk('')
  return found
}

const entriesOf = (rev: string): Map<string, string> =>
  new Map(bench.repo.tree(rev).map(({ path, mode, bytes }) => [path, `${mode} ${bytes.toString('latin1')}`]))

/** The index by path: mode, id, stage and marks. */
function index(): Map<string, string> {
  const marks = new Map(bench.repo.git('ls-files', '-v', '-z').split('\0').map((line) => [line.slice(2), line.slice(0, 1)])) // prettier-ignore
  const lines = bench.repo.git('ls-files', '--stage', '-z').split('\0').filter(Boolean)
  return new Map(lines.map((line) => [line.split('\t')[1] ?? '', `${line.split('\t')[0]} ${marks.get(line.split('\t')[1] ?? '')}`])) // prettier-ignore
}

const idsOf = (rev: string): Map<string, string> =>
  new Map(
    bench.repo.git('ls-tree', '-r', '-z', rev).split('\0').filter(Boolean).map((line) => {
      const [meta = '', path = ''] = line.split('\t')
      const [mode, , oid] = meta.split(' ')
      return [path, `${mode} ${oid} 0 H`]
    }),
  ) // prettier-ignore

test('random checkouts and random landed commits: refused with nothing changed, or nothing of the operator lost', async () => {
  const outcomes = { synced: 0, kept: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(tree, tree, fc.array(act, { maxLength: 6 }), async (before, after, acts) => {
      // A checkout of `before`, and a target that has `after` on top of it.
      const from = commitOf(before, bench.base)
      const to = commitOf(after, from)
      bench.repo.git('update-ref', 'refs/heads/main', from)
      bench.repo.git('read-tree', '--empty')
      for (const name of readdirSync(bench.dir)) {
        if (name !== '.git' && name !== '.hyperion') rmSync(join(bench.dir, name), { recursive: true })
      }
      bench.repo.git('read-tree', '-m', '-u', from)
      bench.repo.git('update-ref', TARGET, to)
      for (const fact of ['upstream_seen', 'landed_tip'] as const)
        bench.engine.ground.store.facts.remove(fact)
      for (const one of acts) perform(one)

      const [diskBefore, indexBefore] = [files(), index()]
      try {
        await bench.engine.sync()
      } catch (thrown) {
        const { kind, code, message } = asHyperionError(thrown)
        expect([kind, code]).toEqual(['user', 'would_overwrite'])
        const rest = message.replaceAll(bench.dir, '')
        expect(PATHS.some((path) => rest.includes(path.split('/')[0] ?? ''))).toBe(true)
        expect([files(), index(), bench.repo.head()]).toEqual([diskBefore, indexBefore, from])
        outcomes.refused += 1
        return
      }
      outcomes.synced += 1
      if (acts.length > 0) outcomes.kept += 1
      expect(bench.repo.head()).toBe(to)
      const [was, is, ids] = [entriesOf(from), entriesOf(to), idsOf(to)]
      const [wantDisk, wantIndex] = [new Map(diskBefore), new Map(indexBefore)]
      for (const path of new Set([...was.keys(), ...is.keys()])) {
        const now = is.get(path)
        if (was.get(path) === now) continue
        if (now !== undefined && was.has(path) && indexBefore.has(path) && !diskBefore.has(path))
          throw new Error(`${path} was deleted here and came back`)
        const above = path.split('/').slice(0, -1).map((_, at, parts) => parts.slice(0, at + 1).join('/')) // prettier-ignore
        if (now !== undefined && above.some((folder) => there(`${folder}/.git`)))
          throw new Error(`${path} was written in a repository of its own`)
        const staged = indexBefore.get(path)?.split(' ').slice(0, 3).join(' ')
        // What the operator staged as it is to be, or took out of the index to keep as a file, is not touched.
        if (staged === ids.get(path)?.split(' ').slice(0, 3).join(' ')) continue
        if (now === undefined) wantDisk.delete(path)
        else wantDisk.set(path, now)
        if (now === undefined) wantIndex.delete(path)
        else wantIndex.set(path, ids.get(path) ?? '')
      }
      expect(Object.fromEntries(files())).toEqual(Object.fromEntries(wantDisk))
      expect(Object.fromEntries(index())).toEqual(Object.fromEntries(wantIndex))
      // Whatever was not as committed is still there, byte for byte.
      for (const [path, bytes] of diskBefore) {
        if (was.get(path) !== bytes) expect([path, files().get(path)]).toEqual([path, bytes])
      }
    }),
    {
      numRuns: RUNS,
      examples: EXAMPLES,
      endOnFailure: false,
      ...(process.env['SYNC_SEED'] === undefined ? {} : { seed: Number(process.env['SYNC_SEED']) }),
    },
  )
  // Both happen, often enough to mean something.
  expect(Math.min(outcomes.kept, outcomes.refused)).toBeGreaterThan(RUNS / 20)
}, 600_000)
