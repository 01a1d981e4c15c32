import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExpectedPath } from '../../main/engine/landing/build.ts'
import { findViolations } from '../../main/engine/landing/verify.ts'
import type { Candidate } from '../../main/engine/landing/deps.ts'
import { randomFrom } from '../bench/workload.ts'
import { diffed, request } from '../support/requests.ts'
import { tempRepo, type TempRepo } from '../support/temp-repo.ts'
import { land, withBench } from '../support/workbench.ts'

const LINES = { added: 1, removed: 1 }

describe('a candidate may differ from its parent in exactly what its change declared', () => {
  let repo: TempRepo
  let parent: string
  beforeAll(() => {
    repo = tempRepo({ files: { 'a.txt': 'a\nb\nc\n', 'b.txt': 'b\n' } })
    parent = repo.git('rev-parse', 'HEAD^{tree}')
  })
  afterAll(() => repo.dispose())

  /** The tree of the parent with something done to it. */
  function treeAfter(act: () => void): string {
    act()
    repo.git('add', '-A')
    const tree = repo.git('write-tree')
    repo.git('reset', '--quiet', '--hard')
    repo.git('clean', '-dfq')
    return tree
  }

  const oid = (tree: string, path: string): string => repo.git('rev-parse', `${tree}:${path}`)

  async function said(act: () => void, expected: (tree: string) => ExpectedPath[]): Promise<string> {
    const tree = treeAfter(act)
    const candidate = {
      row: { id: 7 },
      parentTree: parent,
      tree,
      expected: expected(tree),
      mergeParent: null,
    } as unknown as Candidate
    return (await findViolations({ gitDir: repo.gitDir }, [candidate])).get(7) ?? 'sound'
  }

  const edit = (): void => repo.write('a.txt', 'a\nB\nc\n')
  const changed = (tree: string, more: Partial<ExpectedPath> = {}): ExpectedPath => ({
    path: 'a.txt',
    status: 'M',
    oid: oid(tree, 'a.txt'),
    mode: '100644',
    lines: LINES,
    ...more,
  })

  test('what was declared is sound', async () => {
    expect(await said(edit, (tree) => [changed(tree)])).toBe('sound')
  })

  test.each<[string, () => void, (tree: string) => ExpectedPath[], string]>([
    ['another path changed too', () => (edit(), repo.write('b.txt', 'x\n')), (tree) => [changed(tree)], 'b.txt changed and was not declared'],
    ['another path came', () => (edit(), repo.write('c.txt', 'x\n')), (tree) => [changed(tree)], 'c.txt changed and was not declared'],
    ['another path went', () => (edit(), repo.remove('b.txt')), (tree) => [changed(tree)], 'b.txt changed and was not declared'],
    ['nothing changed', () => undefined, (tree) => [changed(tree)], 'a.txt was declared and did not change'],
    ['another operation', edit, (tree) => [changed(tree, { status: 'A' })], 'a.txt is M and was declared A'],
    ['other contents', edit, (tree) => [changed(tree, { oid: oid(parent, 'b.txt') })], 'a.txt holds other contents'],
    ['another mode', () => repo.write('a.txt', { content: 'a\nB\nc\n', executable: true }), (tree) => [changed(tree)], 'a.txt has mode 100755'],
    ['a link', () => (repo.remove('a.txt'), symlinkSync('b.txt', join(repo.dir, 'a.txt'))), (tree) => [changed(tree)], 'a.txt is T and was declared M'],
    ['more lines than the patch', () => repo.write('a.txt', 'A\nB\nc\n'), (tree) => [changed(tree)], 'a.txt differs by +2 -2, its patch by +1 -1'],
    ['lines on balance that the patch has not', () => repo.write('a.txt', 'a\nc\n'), (tree) => [changed(tree)], 'a.txt differs by +0 -1'],
  ])('%s: refused', async (_, act, expected, why) => {
    expect(await said(act, expected)).toContain(why)
  }) // prettier-ignore
})

test('a patch shorter than the difference git finds in a hurry lands', () => {
  const random = randomFrom(20)
  const line = (): string => `l${Math.floor(random() * 20)}\n`
  const before = Array.from({ length: 3000 }, line)
  const kept = before.flatMap((old) => [
    ...(random() < 0.25 ? [line()] : []),
    ...(random() < 0.8 ? [old] : []),
  ])
  const after = [...kept.slice(1000), ...kept.slice(0, 1000)].join('')
  const patch = diffed('f.txt', before.join(''), after, { minimal: true })
  const hurried = diffed('f.txt', before.join(''), after)
  expect(String(patch['patch']).length).toBeLessThan(String(hurried['patch']).length)
  return withBench({ files: { 'f.txt': before.join('') } }, async (bench) => {
    await land(bench, request({ task: 'T' }, patch))
    expect(bench.text('f.txt')).toBe(after)
  })
})
