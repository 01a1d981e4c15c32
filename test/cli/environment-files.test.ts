/** A queue or a configuration that cannot be used: a clear sentence and a safe state for each. */
import { closeSync, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MIGRATIONS, openDatabase } from '../../main/engine/store/database.ts'
import { fill, mountSmall, NO_MOUNTS } from '../support/mounts.ts'
import { change } from '../support/requests.ts'
import { hyperion, refusedIn, sentence, thingsForEach } from './support.ts'

const { undo, repository, prepared, folder } = thingsForEach()

const one = change({ task: 'T-1', path: 'b.txt', add: 'b\n' })
const two = change({ task: 'T-2', path: 'c.txt', add: 'c\n' })
const DRAIN = ['worker', '--drain', '--poll-interval-ms', '20']

describe('the database', () => {
  const EVERY = [['list'], ['init'], DRAIN, ['enqueue'], ['cleanup']]

  test('from a newer version is left alone by every command, with exit code 5', async () => {
    const w = await prepared()
    await w.enqueue(one)
    w.sql('PRAGMA user_version = 99')
    for (const args of EVERY) {
      const all = args[0] === 'enqueue' ? [...args, w.file('two.json', two)] : args
      expect(await refusedIn(w.dir, all, { cwd: w.dir }, 5)).toBe(
        `the queue ${w.db} was written by a newer version (schema 99, this program knows ${MIGRATIONS.length}); use the newer Hyperion; nothing was changed`,
      )
    }
    const doctor = await w.run('doctor', '--format', 'json')
    expect(doctor.code).toBe(5)
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      healthy: false,
      examinations: [{ name: 'workspace', state: 'broken' }],
    })
  })

  test('that is damaged', async () => {
    const w = await prepared()
    await w.enqueue(one)
    writeFileSync(w.db, 'This is not a database, it only has the name of one.\n'.repeat(100))
    for (const args of EVERY) {
      const all = args[0] === 'enqueue' ? [...args, w.file('two.json', two)] : args
      expect(await refusedIn(w.dir, all, { cwd: w.dir })).toBe(
        `the queue ${w.db} is damaged: file is not a database; restore it from a backup, or move it away and run init`,
      )
    }
    expect((await w.run('doctor')).stdout).toMatch(/^BROKEN +workspace +the queue .* is damaged/m)
  })

  test('that is damaged in the middle', async () => {
    const w = await prepared()
    const handle = openSync(w.db, 'r+')
    writeSync(handle, Buffer.alloc(150_000, 0x5a), 0, 150_000, 8192)
    closeSync(handle)
    for (const args of [['list'], DRAIN, ['show', '1']])
      expect(sentence(await w.run(...args))).toMatch(/hyperion\.db is damaged: .*; restore it from a backup/)
  })

  test('of another program is not touched', async () => {
    const w = await prepared({ init: false })
    const other = join(folder(), 'other.db')
    const db = openDatabase(other)
    for (const { name } of db
      .sql<{ name: string }>(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
      )
      .all())
      db.exec(`PRAGMA foreign_keys = OFF; DROP TABLE "${name}"`)
    db.exec('CREATE TABLE places (url TEXT); PRAGMA user_version = 0')
    db.close()
    for (const args of [['list'], ['init'], DRAIN])
      expect(await refusedIn(dirname(other), ['--db', other, ...args], { cwd: w.dir })).toBe(
        `${other} is the database of another program; name another file with --db`,
      )
  })

  test('that is not there yet', async () => {
    const { dir } = repository()
    const { file: write } = await prepared({ init: false })
    const file = write('one.json', one)
    const changes = [{ path: 'a.txt', summary: 'Do' }]
    const task = write('r.json', { request_id: 'R-1', summary: 'Do', requested_changes: changes })
    for (const args of [
      ['list'],
      ['show', '1'],
      ['logs'],
      ['sync'],
      ['requests'],
      ['cleanup'],
      ['retry', '1'],
      ['apply', file],
      ['orchestrate', task],
    ])
      expect(await refusedIn(dir, args, { cwd: dir })).toBe(
        `there is no queue at ${dir}/.hyperion/hyperion.db; run \`hyperion init\` in the repository`,
      )
  })

  test('elsewhere with --db, its folder made on the way', async () => {
    const w = await prepared({ init: false })
    const db = join(folder(), 'deep', 'queue.db')
    const file = w.file('one.json', one)
    for (const args of [['enqueue', file], DRAIN]) expect((await w.run('--db', db, ...args)).code).toBe(0)
    expect(existsSync(w.db)).toBe(false)
    expect((await w.run('--db', db, 'list')).stdout).toMatch(/^1 +applied /m)
  })

  test('on a full disk: exit code 4, nothing half-queued, and it goes on once there is room', async ({
    skip,
  }) => {
    const w = await prepared({ init: false })
    const disk = folder()
    const small = mountSmall(disk, 900)
    if (small === null) return skip(NO_MOUNTS)
    undo(small.end)
    const db = join(disk, 'queue.db')
    expect((await w.run('--db', db, 'init')).code).toBe(0)
    const filler = join(disk, 'filler')
    fill(filler)
    const big = w.file('big.json', change({ task: 'BIG', path: 'big.txt', add: 'x'.repeat(60_000) }))
    const full = await w.run('--db', db, 'enqueue', big)
    expect([full.code, full.stdout]).toEqual([4, ''])
    expect(full.stderr).toBe(`hyperion: the disk that holds ${db} is full; make room and try again\n`)
    rmSync(filler)
    expect(JSON.parse((await w.run('--db', db, 'list', '--format', 'json')).stdout)).toEqual([])
    expect((await w.run('--db', db, 'enqueue', big)).stdout).toBe('Enqueued change request 1\n')
    expect((await w.run('--db', db, ...DRAIN)).code).toBe(0)
  })
})

describe('the configuration', () => {
  const cases: readonly [config: string, said: string][] = [
    ['{"landing":{"target":5}}', 'landing.target takes the name of a branch, got 5'],
    ['{"landing":{"target":"a..b"}}', 'landing.target takes the name of a branch, got "a..b"'],
    ['{"landing":{"target":"../../x"}}', 'landing.target takes the name of a branch, got "../../x"'],
    ['{"landing":{"target":"refs/tags/x"}}', 'landing.target takes the name of a branch, got "refs/tags/x"'],
    ['{"workers":{"count":0}}', 'workers.count takes a whole number from 1 to 64, got 0'],
    ['{"foo":1}', 'foo is not a key that belongs here; remove it'],
    ['{"checks":{"allow":{"x":1}}}', 'checks.allow.x takes a command, got 1'],
    ['{', 'expected a key in double quotes or "}", found the end'],
  ]

  test('in the workspace: landing pauses, looking and queueing go on', async () => {
    const w = await prepared()
    await w.enqueue(one)
    for (const [config, said] of cases) {
      w.repo.write('hyperion.config.json', config)
      const ran = await w.run(...DRAIN)
      expect([config, ran.code, ran.stdout]).toEqual([config, 1, ''])
      expect(ran.stderr).toContain(said)
      expect(ran.stderr).toMatch(
        /^hyperion: .*hyperion\.config\.json.*; correct it; nothing lands until then\n$/,
      )
    }
    for (const args of [
      ['list'],
      ['show', '1'],
      ['queue-metrics'],
      ['logs'],
      ['enqueue', w.file('two.json', two)],
    ])
      expect([args, (await w.run(...args)).code]).toEqual([args, 0])
    const doctor = await w.run('doctor')
    expect([doctor.code, doctor.stdout]).toEqual([
      1,
      expect.stringMatching(/^BROKEN +config +.*found the end/m),
    ])
    expect((await w.row(1)).attempts).toBe(0)
    expect(sentence(await w.run('init'))).toMatch(/correct it; nothing lands until then$/)
  })

  test('at the tip of the target: changes wait, and land once it is mended', async () => {
    const w = await prepared({ config: { workers: { count: 0 } }, init: false })
    const broken = w.repo.read('hyperion.config.json')
    w.repo.write('hyperion.config.json', '{}')
    await w.ok('init')
    await w.enqueue(one)
    const ran = await w.run(...DRAIN)
    expect([ran.code, ran.stderr]).toEqual([
      1,
      'hyperion: hyperion.config.json in the target: workers.count takes a whole number from 1 to 64, got 0; correct it; nothing lands until then\n',
    ])
    expect((await w.row(1)).status).toBe('pending')
    expect(broken.toString()).toContain('"count": 0')
    w.repo.commit('mend the configuration')
    expect((await w.run(...DRAIN)).code).toBe(0)
  })

  test('named by HYPERION_CONFIG is used, and has to be there', async () => {
    const w = await prepared()
    const named = w.file('named.json', { landing: { target: 'other/target' } })
    const env = { HYPERION_CONFIG: named }
    const init = await hyperion(['init'], { cwd: w.dir, env })
    expect(init.stdout).toContain('Changes land on other/target')
    const doctor = await hyperion(['doctor', '--format', 'json'], { cwd: w.dir, env })
    const { examinations } = JSON.parse(doctor.stdout) as { examinations: { name: string; detail: string }[] }
    expect(examinations.find((one) => one.name === 'config')?.detail).toBe(
      `${named} (HYPERION_CONFIG): landing.target="other/target" (file); the rest are defaults`,
    )
    const missing = { HYPERION_CONFIG: join(dirname(named), 'missing.json') }
    expect(sentence(await hyperion(DRAIN, { cwd: w.dir, env: missing }))).toBe(
      `the configuration ${missing.HYPERION_CONFIG} does not exist; correct HYPERION_CONFIG`,
    )
    expect((await hyperion(['list'], { cwd: w.dir, env: missing })).code).toBe(0)
    const other = { HYPERION_CONFIG: dirname(named) }
    expect(sentence(await hyperion(DRAIN, { cwd: w.dir, env: other }))).toMatch(
      / is a folder; correct HYPERION_CONFIG$/,
    )
  })

  test('HYPERION_AGENT=copilot where there is none is an error with the remedy, never silently the stubs', async () => {
    const w = await prepared({ files: { 'a.js': 'one()\n' } })
    const file = w.file('r.json', {
      request_id: 'R-1',
      summary: 'Do',
      requested_changes: [{ path: 'a.js', summary: 'Do' }],
    })
    const env = { HYPERION_AGENT: 'copilot', PATH: '/usr/local/bin:/usr/bin:/bin' }
    expect(sentence(await hyperion(['request', file], { cwd: w.dir, env }))).toBe(
      'copilot is not installed: it is not on PATH; npm install -g @github/copilot, start `copilot` once and run /login; or use stub',
    )
    expect(await w.list()).toEqual([])
    expect(JSON.parse(await w.ok('requests', '--format', 'json'))).toEqual([])
    const doctor = await hyperion(['doctor'], { cwd: w.dir, env })
    expect(doctor.stdout).toMatch(
      /^BROKEN +agents +copilot is not installed: it is not on PATH \(HYPERION_AGENT\)/m,
    )
    w.repo.write('hyperion.config.json', '{"agents":{"harness":"copilot"}}')
    const other = { PATH: env.PATH, HYPERION_COPILOT: '/nowhere' }
    expect(sentence(await hyperion(['request', file], { cwd: w.dir, env: other }))).toContain('HYPERION_COPILOT names /nowhere, which is no program') // prettier-ignore
    const unknown = { ...env, HYPERION_AGENT: 'nobody' }
    expect(sentence(await hyperion(['request', file], { cwd: w.dir, env: unknown }))).toContain(
      '"nobody" is not in this version; use copilot, claude, codex, gemini, opencode, acp or stub',
    )
    const gemini = { ...env, HYPERION_AGENT: 'gemini' }
    expect(sentence(await hyperion(['request', file], { cwd: w.dir, env: gemini }))).toBe(
      'gemini is not installed: gemini is not on PATH; npm install -g @google/gemini-cli, then start `gemini` once and sign in, or set GEMINI_API_KEY; or use stub',
    ) // prettier-ignore
    expect((await hyperion(['request', file], { cwd: w.dir, env: { HYPERION_AGENT: 'stub' } })).code).toBe(0)
  })

  test('HYPERION_LOG=1 logs events of all processes to stderr, and nothing else changes', async () => {
    const w = await prepared()
    const env = { HYPERION_LOG: '1' }
    const queued = await hyperion(['enqueue', w.file('one.json', one)], { cwd: w.dir, env })
    expect(queued.stdout).toBe('Enqueued change request 1\n')
    expect(queued.stderr).toMatch(/^\[info\] enqueued change=1 \{/m)
    const worked = await hyperion(DRAIN, { cwd: w.dir, env })
    expect(worked.stdout).toMatch(/^\[progress\] [^\n]+\n$/)
    expect(worked.stderr).toMatch(/^\[info\] dequeued change=1 [^]*^\[info\] applied change=1 \{/m)
  })
})
