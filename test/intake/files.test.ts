/** File events: real files of a real repository, seen and written down, within bounds. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../main/engine/base/clock.ts'
import { TICK_MS, watchFiles, type FilesWatch } from '../../main/engine/intake/files/watch.ts'
import { FILE_EVENTS_KEPT } from '../../main/engine/store/files.ts'
import { until } from '../support/processes.ts'
import { tempRepo, type TempRepo } from '../support/temp-repo.ts'
import { tempStore, type TempStore } from '../support/temp-store.ts'

let repo: TempRepo
let temp: TempStore
let watch: FilesWatch | null = null
const troubles: unknown[] = []

beforeEach(() => {
  repo = tempRepo({ files: { 'a.txt': 'one\n', 'src/deep/b.txt': 'two\n', '.gitignore': 'dist/\n*.log\n' } })
  temp = tempStore()
  troubles.length = 0
})
afterEach(async () => {
  await watch?.stop()
  watch = null
  temp.dispose()
  repo.dispose()
})

async function start(folders: number): Promise<void> {
  const { gitDir, dir } = repo
  const made = Date.now()
  await until('what was made before counts as old', () => Date.now() > made + 2 * TICK_MS)
  watch = watchFiles({ clock: systemClock(), files: temp.store.files, gitDir, folder: dir }, (error) => void troubles.push(error)) // prettier-ignore
  await until(`${folders} folders are watched`, () => (watch?.folders() ?? 0) >= folders)
}

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(repo.dir, path)), { recursive: true })
  writeFileSync(join(repo.dir, path), text)
}

const events = (): string[] =>
  temp.store.files.list({}).map(({ kind, path, size }) => `${kind} ${path} ${size}`)
const seen = (what: string): Promise<void> => until(what, () => events().includes(what))

test('files added, changed and removed are written down, in new folders too; nothing that git ignores', async () => {
  put('node_modules/x/index.js', 'x')
  put('dist/old.js', 'x')
  await start(3)
  put('dist/new.js', 'x')
  put('debug.log', 'x')
  put('node_modules/x/more.js', 'x')
  put('.hyperion/x.json', 'x')
  put('execution/report.json', 'x')
  put('a.txt', 'changed\n')
  await seen('changed a.txt 8')
  put('new/folder/c.txt', 'three\n')
  await seen('added new/folder/c.txt 6')
  put('new/folder/c.txt', 'four!\n\n')
  await seen('changed new/folder/c.txt 7')
  rmSync(join(repo.dir, 'src'), { recursive: true })
  await seen('removed src/deep/b.txt null')
  // Saved as editors do.
  put('.a.txt.swp', 'x')
  writeFileSync(join(repo.dir, 'a.txt.new'), 'saved\n')
  renameSync(join(repo.dir, 'a.txt.new'), join(repo.dir, 'a.txt'))
  await seen('changed a.txt 6')
  expect(events().filter((one) => /dist|log|node_modules|hyperion|execution|gitignore/.test(one))).toEqual([])
  expect(watch?.folders()).toBeLessThanOrEqual(5)
  expect(troubles).toEqual([])
})

test('what was there before is no event', async () => {
  await start(3)
  put('last.txt', 'x')
  await seen('added last.txt 1')
  expect(events()).toEqual(['added last.txt 1'])
})

test('a storm becomes a bounded number of rows', async () => {
  await start(3)
  for (let n = 0; n < 3_000; n += 1) put(`src/${n}.txt`, 'x')
  await until('the rest is told of', () => events().some((one) => one.startsWith('many src/')))
  // While it lasts the last of many may fall under the rest; afterwards it has a row of its own.
  await until('a single file is told of again', () => {
    put('end.txt', 'end')
    return events().some((one) => one.endsWith(' end.txt 3'))
  })
  // One writing holds a bounded number; a slow machine may need several.
  expect(events().length).toBeLessThan(3_000)
})

test('rows are kept up to a number, and two programs write one change once', () => {
  const { files } = temp.store
  const other = temp.again().files
  const one = { path: 'a.txt', kind: 'changed' as const, size: 4 }
  files.record([one])
  other.record([one])
  expect(files.list({})).toHaveLength(1)
  other.record([{ ...one, size: 5 }])
  temp.clock.advance(10_000)
  files.record([one])
  expect(files.list({}).map(({ size }) => size)).toEqual([4, 5, 4])
  const many = Array.from({ length: FILE_EVENTS_KEPT + 50 }, (_, n) => ({
    path: `${n}`,
    kind: 'added' as const,
    size: 1,
  }))
  files.record(many)
  expect(files.list({})).toHaveLength(FILE_EVENTS_KEPT)
  expect(files.list({ limit: 2 }).map(({ path }) => path)).toEqual([
    String(FILE_EVENTS_KEPT + 48),
    String(FILE_EVENTS_KEPT + 49),
  ])
  expect(files.list({ sinceSeconds: Math.floor(temp.clock.nowMs() / 1000) + 1 })).toEqual([])
})
