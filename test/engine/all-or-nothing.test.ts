import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import {
  added,
  change,
  deleted,
  diffed,
  entry,
  patched,
  replaced,
  request,
  type Json,
} from '../support/requests.ts'
import { workspaceFingerprint } from '../support/fingerprint.ts'
import type { TempRepo } from '../support/temp-repo.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

const BEFORE = 'one\ntwo\nthree\nfour\nfive\n'
const EDITED = 'one\ntwo\nTHREE\nfour\nfive\n'
const HUNK = '@@ -2,3 +2,3 @@\n two\n-three\n+drei\n four\n'

let older = ''

/** A repository with something in the way of every second operation below. */
function prepare(repo: TempRepo): void {
  repo.write('twice.txt', 'a\nb\nc\nx\na\nb\nc\n')
  repo.write('image.png', Buffer.from([137, 80, 78, 71, 0, 1, 2, 10]))
  repo.write('latin1.txt', Buffer.from('caf\u00e9\n', 'latin1'))
  repo.write(
    'large.bin',
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1\n`,
  )
  repo.write('ended.txt', BEFORE.replaceAll('\n', '\r\n'))
  repo.write('Folder/Name.txt', 'x\n')
  repo.write('goes.txt', BEFORE)
  repo.write('changes.txt', BEFORE)
  symlinkSync('../elsewhere', join(repo.dir, 'link'))
  repo.write('module/file.txt', 'x\n')
  const inModule = { cwd: join(repo.dir, 'module') }
  repo.run(['init', '--quiet'], inModule)
  repo.run(['add', '.'], inModule)
  repo.run(['commit', '--quiet', '-m', 'in the module'], inModule)
  older = repo.commit('older')
  repo.write('changes.txt', EDITED)
  repo.write('appeared.txt', 'by the operator\n')
  repo.remove('goes.txt')
  repo.commit('newer')
}

interface Variant {
  name: string
  second: () => Json
  /** How the change ends: its status and the code behind it. */
  status: 'failed' | 'conflict' | 'held'
  code: string
  base?: 'older'
}

const failed = (name: string, code: string, second: () => Json): Variant => ({
  name,
  second,
  status: 'failed',
  code,
})

const VARIANTS: readonly Variant[] = [
  { ...failed('a hunk that is not in the named base', 'does_not_apply', () => patched('goes.txt', HUNK.replace('two', 'zwei'))), base: 'older' },
  { name: 'a hunk that no known base has', second: () => patched('changes.txt', HUNK.replace('two', 'zwei')), status: 'conflict', code: 'conflict' },
  failed('an update of nothing', 'path_missing', () => replaced('nowhere.txt', 'x\n')),
  failed('a patch of nothing', 'path_missing', () => patched('nowhere.txt', HUNK)),
  failed('a delete of nothing', 'path_missing', () => deleted('nowhere.txt')),
  { ...failed('an add of what the named base has', 'path_exists', () => added('goes.txt', 'x\n')), base: 'older' },
  { name: 'an add of what somebody else added', second: () => added('appeared.txt', 'mine\n'), status: 'conflict', code: 'conflict', base: 'older' },
  { name: 'an edit of an edited line', second: () => patched('changes.txt', HUNK), status: 'conflict', code: 'conflict', base: 'older' },
  { name: 'a delete of an edited file', second: () => deleted('changes.txt'), status: 'conflict', code: 'conflict', base: 'older' },
  { name: 'an edit of a deleted file', second: () => patched('goes.txt', HUNK), status: 'conflict', code: 'conflict', base: 'older' },
  failed('a name that differs in case', 'name_collision', () => added('folder/name.txt', 'x\n')),
  failed('a file below a file', 'path_under_file', () => added('README.md/x.txt', 'x\n')),
  failed('a file below a link', 'path_under_file', () => added('link/x.txt', 'x\n')),
  failed('a link', 'not_a_regular_file', () => replaced('link', 'x\n')),
  failed('a submodule', 'not_a_regular_file', () => deleted('module')),
  failed('a folder', 'not_a_regular_file', () => deleted('Folder')),
  failed('a binary file', 'binary_path', () => replaced('image.png', 'x\n')),
  failed('a file that is not UTF-8', 'not_utf8', () => replaced('latin1.txt', 'x\n')),
  failed('a Git LFS pointer', 'lfs_pointer', () => replaced('large.bin', 'x\n')),
  failed('a hunk that fits twice', 'ambiguous_hunk', () => patched('twice.txt', '@@\n a\n-b\n+B\n c\n')),
  failed('an insertion without context', 'no_context', () => patched('changes.txt', '@@\n+x\n')),
  failed('a text of mixed line endings', 'mixed_line_endings', () => replaced('ended.txt', 'a\r\nb\n')),
  { ...failed('a delete that leaves lines', 'incomplete_delete', () => entry('changes.txt', 'delete', { patch: '@@ -1,2 +0,0 @@\n-one\n-two\n' })), base: 'older' },
  { name: 'a protected path', second: () => added('.github/workflows/ci.yml', 'on: push\n'), status: 'held', code: 'protected_path' },
] // prettier-ignore

const firstPath = (index: number): string => `first/${index}.txt`
const firstText = (index: number): string => `first operation of variant ${index}\n`

function requestOf(variant: Variant, index: number): Json {
  const fields = { task: `V-${index}`, ...(variant.base === undefined ? {} : { base: older }) }
  return request(fields, added(firstPath(index), firstText(index)), variant.second())
}

describe('of a change whose second operation does not go, nothing lands', () => {
  let bench: Workbench
  let ids: number[]
  let before: Record<string, string>
  let after: Record<string, string>
  const good = change({ task: 'GOOD', path: 'good.txt', add: 'good\n' })

  beforeAll(async () => {
    bench = await workbench({ files: { 'README.md': 'hello\n' }, before: prepare })
    before = workspaceFingerprint(bench.dir)
    ids = await bench.enqueue(...VARIANTS.map(requestOf))
    await bench.drain()
    after = workspaceFingerprint(bench.dir)
    await bench.enqueue(good)
    await bench.drain()
  })
  afterAll(() => bench.dispose())

  test('there are at least twenty variants', () => expect(VARIANTS.length).toBeGreaterThanOrEqual(20))

  test.each(VARIANTS.map((variant, index) => ({ ...variant, index })))('$name', ({ index, status, code }) => {
    const shown = bench.show(ids[index] ?? 0)
    expect([shown.status, shown.reason_code, shown.last_error]).toEqual([status, code, expect.any(String)])
    expect(shown.landed_commit).toBeNull()
    expect(bench.file(firstPath(index))).toBeNull()
    // Not even as an object that no commit names.
    const oid = bench.repo
      .run(['hash-object', '--stdin'], { stdin: firstText(index) })
      .toString()
      .trim()
    expect(() => bench.repo.git('cat-file', '-e', oid)).toThrow(/cat-file/)
  })

  test('refs, index and checkout stay as they were', () => {
    const withoutObjects = (all: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(all).filter(([path]) => !path.startsWith('.git/objects/')))
    expect(withoutObjects(after)).toEqual(withoutObjects(before))
  })

  test('a change behind them lands alone', () => {
    const landed = bench.landed()
    expect(landed.length).toBe(1)
    expect(bench.repo.git('diff-tree', '-r', '--name-status', '--no-commit-id', bench.tip())).toBe(
      'A\tgood.txt',
    )
  })
})

test('a request with one bad entry is refused as a whole, with everything else of its call', async () => {
  const bench = await workbench()
  try {
    const before = workspaceFingerprint(bench.dir)
    const good = change({ task: 'A', path: 'a.txt', add: 'a\n' })
    const modeChange = 'diff --git a/README.md b/README.md\nold mode 100644\nnew mode 100755\n'
    const bad: readonly [string, Json][] = [
      ['patch_mode_change', request({ task: 'B' }, added('b.txt', 'b\n'), patched('README.md', modeChange))],
      ['hash_mismatch', request({ task: 'B' }, added('b.txt', 'b\n'), { ...added('c.txt', 'c\n'), patch_hash: '0'.repeat(64) })],
      ['path_parent_component', request({ task: 'B' }, added('b.txt', 'b\n'), added('../c.txt', 'c\n'))],
      ['base_missing', request({ task: 'B', base: 'f'.repeat(40) }, added('b.txt', 'b\n'))],
    ] // prettier-ignore
    for (const [code, value] of bad) {
      await expect(bench.enqueue(good, value), code).rejects.toMatchObject({ code, kind: 'user' })
    }
    expect(bench.engine.list({})).toEqual([])
    expect(workspaceFingerprint(bench.dir)).toEqual(before)
  } finally {
    bench.dispose()
  }
})

test('a file may give way to a folder, a folder to a file, and a name to its other case, in one change', async () => {
  const bench = await workbench({
    files: { 'a.txt': 'a\n', 'dir/one.txt': '1\n', 'dir/two.txt': '2\n', 'Read.md': 'r\n' },
  })
  try {
    const [id] = await bench.enqueue(
      request(
        { task: 'SWAP' },
        deleted('a.txt'),
        diffed('a.txt/inside.txt', null, 'inside\n'),
        deleted('dir/one.txt'),
        diffed('dir/two.txt', '2\n', null),
        added('dir', 'a file now\n'),
        deleted('Read.md'),
        added('READ.md', 'other case\n'),
      ),
    )
    await bench.drain()
    expect(bench.show(id ?? 0).last_error).toBeNull()
    expect(bench.repo.tree('hyperion/main').map(({ path }) => path)).toEqual([
      'READ.md',
      'a.txt/inside.txt',
      'dir',
    ])
  } finally {
    bench.dispose()
  }
})

test('a folder does not give way to a file while something of it would be left', async () => {
  const bench = await workbench({ files: { 'dir/one.txt': '1\n', 'dir/two.txt': '2\n' } })
  try {
    const [id] = await bench.enqueue(
      request({ task: 'HALF' }, deleted('dir/one.txt'), added('dir', 'a file now\n')),
    )
    await bench.drain()
    expect(bench.show(id ?? 0)).toMatchObject({ status: 'failed', reason_code: 'not_a_regular_file' })
    expect(bench.tip()).toBe(bench.base)
  } finally {
    bench.dispose()
  }
})
