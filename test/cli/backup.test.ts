/** `backup`: whole, private, checked, made while workers land, and put back by the steps the README gives. */
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs' // prettier-ignore
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../main/engine/store/database.ts'
import { change, type Json } from '../support/requests.ts'
import { dumpOf, sentence, workspace, type Running, type Workspace } from './support.ts'

let w: Workspace
let folder: string
let worker: Running | null = null
beforeEach(async () => {
  w = await workspace()
  folder = join(dirname(w.dir), 'copies')
  mkdirSync(folder)
})
afterEach(async () => {
  worker?.kill('SIGKILL')
  await worker?.ended
  worker = null
  w.dispose()
})

const plain = (n: number): Json => change({ task: `T-${n}`, path: `file-${n}.txt`, add: `${n}\n` })
const QUICK = ['--poll-interval-ms', '20', '--workers', '1']

const refused = async (...args: string[]): Promise<string> => {
  const ran = await w.run('backup', ...args)
  expect(ran.code).toBe(1)
  return sentence(ran)
}

test('the copy holds what the queue held, is private, alone, and logged', async () => {
  await w.enqueue(plain(1), plain(2))
  const file = join(folder, 'queue.db')
  const before = w.dump()
  const said = await w.ok('backup', file)
  expect(said).toBe(`Backed up 2 change(s) to ${file} (${statSync(file).size} bytes)\n`)
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  expect(dumpOf(file)).toBe(before)
  expect(readdirSync(folder).filter((name) => !/-(?:wal|shm)$/.test(name))).toEqual(['queue.db'])
  expect(await w.ok('logs', '--limit', '1')).toContain(' backup ')
})

test('it overwrites only where that is asked for, and never the queue or a database in use', async () => {
  const file = join(folder, 'queue.db')
  writeFileSync(file, 'mine')
  chmodSync(file, 0o644)
  expect(await refused(file)).toBe(`${file} is there already; name another file, or give --overwrite`)
  expect(readFileSync(file, 'utf8')).toBe('mine')
  await w.ok('backup', file, '--overwrite')
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  writeFileSync(`${file}-wal`, 'left')
  expect(await refused(file, '--overwrite')).toMatch(
    /queue\.db-wal is there: a database of that name is in use/,
  )

  const linked = join(folder, 'linked.db')
  linkSync(w.db, linked)
  const shown = join(folder, 'shown.db')
  symlinkSync(w.db, shown)
  for (const place of [w.db, '.hyperion/hyperion.db', `${w.db}-wal`, linked])
    expect(await refused(place, '--overwrite')).toMatch(/ is the queue itself; name another file$/)
  // A link is replaced, not what it leads to.
  await w.ok('backup', shown, '--overwrite')
  expect(statSync(shown).ino).not.toBe(statSync(w.db).ino)
  expect(await refused(folder)).toBe(`${folder} is a folder; name a file in it`)
  const nowhere = join(folder, 'no/where.db')
  expect(await refused(nowhere)).toBe(
    `the folder ${join(folder, 'no')} is not there; make it, or name another`,
  )
  expect(existsSync(join(folder, 'no'))).toBe(false)
})

test('a folder that takes no file says so', async (context) => {
  if (process.platform !== 'linux')
    context.skip('needs a folder that takes no file from anybody, root included')
  expect(await refused('/proc/queue.db')).toMatch(
    /^\/proc\/queue\.db cannot be written \(E[A-Z]+\); name a file in a folder that can be$/,
  )
})

test('made while a worker lands and others queue, each copy is one moment of the queue', async () => {
  worker = w.start('worker', ...QUICK)
  const writer = openDatabase(w.db)
  let wrote = 0
  // Another connection that never stops writing: a copy that began anew with each commit would never end.
  const busy = setInterval(() => {
    writer.write(() => writer.exec(`INSERT INTO change_queue_logs (level, message, details, created_at) VALUES ('debug', 'noise', '{}', 1)`)) // prettier-ignore
    wrote += 1
  }, 1)
  try {
    for (let n = 1; n <= 3; n += 1) {
      await w.enqueue(...Array.from({ length: 200 }, (_, k) => plain(n * 1000 + k)))
      const file = join(folder, `copy-${n}.db`)
      await w.ok('backup', file)
      const copy = openDatabase(file)
      expect(copy.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
      const rows = copy.sql<{ status: string; landed: number }>(
        `SELECT status, landed_commit IS NOT NULL AS landed FROM change_queue`,
      )
      // A row and its log entry are of one transaction, so a copy has both or neither.
      for (const { status, landed } of rows.all()) expect(landed === 1).toBe(status === 'applied')
      const applied = copy.sql<{ n: number }>(
        `SELECT count(*) AS n FROM change_queue_logs WHERE message = 'applied'`,
      )
      expect(applied.get()?.n).toBe(rows.all().filter(({ status }) => status === 'applied').length)
      copy.close()
    }
    expect(wrote).toBeGreaterThan(0)
  } finally {
    clearInterval(busy)
    writer.close()
  }
})

test('put back as the README says, the queue goes on: what landed since is found there, nothing lands twice', async () => {
  await w.enqueue(plain(1))
  await w.ok('worker', '--drain', ...QUICK)
  await w.enqueue(plain(2))
  const file = join(folder, 'queue.db')
  await w.ok('backup', file)
  await w.ok('worker', '--drain', ...QUICK)
  await w.enqueue(plain(3))

  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain('rm -f .hyperion/hyperion.db-wal .hyperion/hyperion.db-shm')
  expect(readme).toContain('cp BACKUP .hyperion/hyperion.db')
  for (const end of ['-wal', '-shm']) rmSync(`${w.db}${end}`, { force: true })
  copyFileSync(file, w.db)

  expect((await w.run('doctor')).code).toBe(0)
  expect((await w.list()).map(({ id, status }) => [id, status])).toEqual([
    [1, 'applied'],
    [2, 'pending'],
  ])
  expect((await w.run('worker', '--drain', ...QUICK)).code).toBe(0)
  expect(await w.row(2)).toMatchObject({ status: 'applied', landed_commit: null })
  expect(w.repo.git('rev-list', '--count', 'main..hyperion/main')).toBe('2')
})
