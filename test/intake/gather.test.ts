/** What happened to files, gathered: one line a file, one a folder where there are too many. */
import { describe, expect, test } from 'vitest'
import {
  both,
  linesOf,
  MOST_LINES,
  openGathering,
  type Happening,
} from '../../main/engine/intake/files/gather.ts'
import { isNever } from '../../main/engine/intake/files/watch.ts'
import { isRequestName } from '../../main/engine/intake/inbox/names.ts'
import { isRemote, isRemoteType } from '../../main/engine/intake/inbox/network.ts'

describe('what happens to one file', () => {
  const cases: [Happening | undefined, Happening, Happening | null][] = [
    [undefined, 'changed', 'changed'],
    ['added', 'changed', 'added'],
    ['added', 'removed', null],
    ['removed', 'added', 'changed'],
    ['changed', 'removed', 'removed'],
    ['changed', 'added', 'changed'],
    ['removed', 'removed', 'removed'],
  ]
  test.each(cases)('%s, then %s, comes to %s', (first, then, result) =>
    expect(both(first, then)).toBe(result),
  )
})

test('a file that came and went leaves nothing', () => {
  const gathering = openGathering()
  gathering.note('a', 'added')
  gathering.note('b', 'changed')
  gathering.note('a', 'removed')
  expect(gathering.take()).toEqual({ files: [{ path: 'b', happening: 'changed' }], many: [] })
  expect(gathering.size).toBe(0)
})

test('a storm is a bounded number of lines and says where there was more', () => {
  const gathering = openGathering()
  for (let n = 0; n < 30_000; n += 1) gathering.note(n % 2 === 0 ? `src/${n}` : `${n}`, 'changed')
  const { files, many } = gathering.take()
  expect(files).toHaveLength(20_000)
  const lines = linesOf(files, many)
  expect(lines.files).toHaveLength(MOST_LINES)
  expect(lines.many.map(({ path, kind, size }) => [path, kind, size]).toSorted()).toEqual([
    ['./', 'many', null],
    ['src/', 'many', null],
  ])
})

test("what is nobody's work is never gone into", () => {
  for (const path of [
    '.git',
    '.git/index',
    'a/node_modules',
    'node_modules/x/y.js',
    '.hyperion/inbox',
    'execution/x',
  ])
    expect(isNever(path), path).toBe(true)
  for (const path of ['src/execution/a.ts', '.github/x', 'src/.gitignore', 'node_modules.txt'])
    expect(isNever(path), path).toBe(false)
})

test('names of change requests are told from what editors keep', () => {
  for (const name of ['a.json', 'A b.json', '4913.json']) expect(isRequestName(name), name).toBe(true)
  for (const name of [
    '4913',
    'a.json~',
    '.a.json.swp',
    '.#a.json',
    '#a.json#',
    'a.json.tmp',
    '~$a.json',
    'a.JSON.part',
  ])
    expect(isRequestName(name), name).toBe(false)
})

test('folders of another machine are known by their type, signed or not', () => {
  for (const type of [0x6969, 0x65735546, 0xff534d42, 0xff534d42 | 0, 0x01021997])
    expect(isRemoteType(type)).toBe(true)
  for (const type of [0xef53, 0x58465342, 0x9123683e, 0x01021994]) expect(isRemoteType(type)).toBe(false)
  expect(isRemote('\\\\server\\share', 'win32')).toBe(true)
  expect(isRemote('C:\\here', 'win32')).toBe(false)
  expect(isRemote('/nowhere/at/all', 'linux')).toBe(false)
})
