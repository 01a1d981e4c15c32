/** Surroundings that do not fit: a clear sentence and a safe state for each. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
} from 'node:fs'
import { rmSync, writeFileSync, writeSync, openSync, closeSync, lstatSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../main/engine/store/database.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { change } from '../support/requests.ts'
import { tempRepo, type TempRepo, type TempRepoOptions } from '../support/temp-repo.ts'
import {
  hyperion,
  sentence,
  workspace,
  type RunOptions,
  type Workspace,
  type WorkspaceOptions,
} from './support.ts'

const undo: (() => void)[] = []
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one()
})

function repository(options: TempRepoOptions = { files: { 'a.txt': 'one\n' } }): TempRepo {
  const repo = tempRepo(options)
  undo.push(() => repo.dispose())
  return repo
}

async function prepared(options?: WorkspaceOptions): Promise<Workspace> {
  const made = await workspace(options)
  undo.push(() => made.dispose())
  return made
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'env-'))
  undo.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** Runs a command that must be refused with one sentence while nothing in `watched` changes. */
async function refused(
  watched: string,
  args: readonly string[],
  options: RunOptions,
  exit = 1,
): Promise<string> {
  const before = files(watched)
  const ran = await hyperion(args, options)
  expect(ran).toMatchObject({ code: exit, stdout: '' })
  expect(files(watched)).toEqual(before)
  return sentence(ran)
}

/** Everything below a folder; looking at a database makes an empty log and its index beside it. */
const files = (watched: string): object =>
  Object.fromEntries(
    Object.entries(fingerprint(watched, { times: true })).filter(([path]) => !/\.db-(?:wal|shm)$/.test(path)),
  )

const one = change({ task: 'T-1', path: 'b.txt', add: 'b\n' })
const two = change({ task: 'T-2', path: 'c.txt', add: 'c\n' })
const DRAIN = ['worker', '--drain', '--poll-interval-ms', '20']

describe('git', () => {
  function fakeGit(script: string): string {
    const bin = folder()
    writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, 'git'), 0o755)
    return bin
  }

  test('missing from PATH', async () => {
    const { dir } = repository()
    const options = { cwd: dir, env: { PATH: folder() } }
    expect(await refused(dir, ['init'], options)).toBe('git was not found on PATH; install git 2.38 or newer')
    const file = join(folder(), 'x.json')
    writeFileSync(file, JSON.stringify(one))
    // What needs no repository works without git.
    expect((await hyperion(['validate-change', file], options)).code).toBe(0)
  })

  test.each([
    ['echo git version 2.20.1', 'git 2.20.1 is too old; install git 2.38 or newer'],
    ['echo hello', 'the git on PATH does not tell its version: it says "hello"; install git 2.38 or newer'],
    ['exit 3', 'the git on PATH does not tell its version; install git 2.38 or newer'],
  ])('%s', async (script, said) => {
    const { dir } = repository()
    const PATH = `${fakeGit(script)}:${process.env['PATH'] ?? ''}`
    expect(await refused(dir, ['init'], { cwd: dir, env: { PATH } })).toBe(said)
  })
})

describe('a repository', () => {
  test('that is none', async () => {
    const dir = folder()
    expect(await refused(dir, ['init'], { cwd: dir })).toBe(
      `${dir} is not in a git repository; run \`git init\` there, or name the repository with --workspace`,
    )
    const away = join(dir, 'away')
    expect(await refused(dir, ['--workspace', away, 'init'], {})).toBe(
      `there is no folder ${away}; name the repository with --workspace`,
    )
  })

  test('that is bare', async () => {
    const { dir } = repository({ bare: true, files: { 'a.txt': 'a\n' } })
    expect(await refused(dir, ['init'], { cwd: dir })).toBe(
      `${dir} is a bare repository, or inside a .git folder; name a checkout with --workspace`,
    )
  })

  test('without commits', async () => {
    const { dir } = repository({})
    expect(await refused(dir, ['init'], { cwd: dir })).toBe(
      `the repository ${dir} has no commits yet; make a first commit; changes land on top of it`,
    )
  })

  test('with a branch hyperion', async () => {
    const repo = repository()
    repo.git('branch', 'hyperion')
    expect(await refused(repo.dir, ['init'], { cwd: repo.dir })).toBe(
      'the branch hyperion stands in the way of hyperion/main; rename that branch, or set landing.target to another name',
    )
  })

  test('with a branch below the target', async () => {
    const repo = repository()
    repo.git('branch', 'hyperion/main/old')
    expect(await refused(repo.dir, ['init'], { cwd: repo.dir })).toMatch(
      /^the branch hyperion\/main\/old stands in the way of hyperion\/main; /,
    )
  })

  test('with a detached HEAD: it works without an upstream, and says so', async () => {
    const w = await prepared({ init: false })
    w.repo.git('checkout', '--quiet', '--detach')
    const ran = await w.run('init')
    expect([ran.code, ran.stderr]).toEqual([
      0,
      'HEAD is detached, so no upstream branch is followed; set landing.upstream to follow one\n',
    ])
    expect(ran.stdout).toContain('upstream is none.')
    await w.enqueue(one)
    expect((await w.run(...DRAIN)).code).toBe(0)
    const head = w.repo.head()
    expect(sentence(await w.run('sync'))).toBe(
      'no upstream branch is known; set landing.upstream in hyperion.config.json',
    )
    expect(w.repo.head()).toBe(head)
    expect((await w.run('doctor')).stdout).toMatch(/^notice +upstream +none is followed;/m)
  })

  test('that belongs to somebody else', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('only root can give a repository away')
    const { dir } = repository()
    chownSync(dir, 4321, 4321)
    chownSync(join(dir, '.git'), 4321, 4321)
    expect(await refused(dir, ['init'], { cwd: dir })).toBe(
      `the repository around ${dir} belongs to somebody else; add it to safe.directory in your git configuration if you trust it`,
    )
    const home = folder()
    writeFileSync(join(home, '.gitconfig'), `[safe]\n\tdirectory = ${dir}\n`)
    const env = { HOME: home, GIT_CONFIG_GLOBAL: undefined }
    const file = join(home, 'one.json')
    writeFileSync(file, JSON.stringify(one))
    for (const args of [['init'], ['enqueue', file], DRAIN, ['sync']])
      expect(await hyperion(args, { cwd: dir, env })).toMatchObject({ code: 0 })
    expect(readFileSync(join(dir, 'b.txt'), 'utf8')).toBe('b\n')
  })

  test('that is read-only', async ({ skip }) => {
    const w = await prepared({ init: false })
    const file = w.file('one.json', one)
    const mounted = mountReadOnly(w.dir, folder())
    if (mounted === null) return skip('a read-only bind mount is not allowed here')
    for (const args of [['init'], ['enqueue', file], ['worker', '--drain'], ['request', file]]) {
      if (args[0] === 'request') continue
      expect(await refused(mounted, args, { cwd: mounted })).toBe(
        `the repository ${mounted}/.git cannot be written; make it writable for this user; nothing was changed`,
      )
    }
  })

  test('that became read-only: what was queued stays queued', async ({ skip }) => {
    const w = await prepared()
    await w.enqueue(one)
    const mounted = mountReadOnly(w.dir, folder())
    if (mounted === null) return skip('a read-only bind mount is not allowed here')
    for (const args of [['list'], ['worker', '--drain'], ['enqueue', w.file('two.json', two)]])
      expect(await refused(mounted, args, { cwd: mounted })).toMatch(
        /hyperion\.db cannot be written: .*; make the file and its folder writable$/,
      )
    execFileSync('umount', [mounted])
    undo.splice(undo.length - 1, 1)
    expect((await w.run(...DRAIN)).code).toBe(0)
  })
})

/** Mounts a folder read-only elsewhere; root would write through mere modes. */
function mountReadOnly(source: string, target: string): string | null {
  try {
    execFileSync('mount', ['--bind', source, target], { stdio: 'ignore' })
  } catch {
    return null
  }
  undo.push(() => execFileSync('umount', [target]))
  execFileSync('mount', ['-o', 'remount,ro,bind', target], { stdio: 'ignore' })
  return target
}

describe('the target', () => {
  test.each(['here', 'in a linked worktree'])('checked out %s at init', async (where) => {
    const repo = repository()
    let place = repo.dir
    if (where === 'here') repo.git('checkout', '--quiet', '-b', 'hyperion/main')
    else {
      place = join(dirname(repo.dir), 'linked')
      repo.git('worktree', 'add', '--quiet', '-b', 'hyperion/main', place)
    }
    expect(await refused(repo.dir, ['init'], { cwd: repo.dir })).toBe(
      `the branch hyperion/main, which changes land on, is checked out at ${place}; check out another branch there; nothing lands while it is`,
    )
  })

  test('checked out later: landing stops, queueing and looking do not', async () => {
    const w = await prepared()
    await w.enqueue(one)
    const place = join(dirname(w.dir), 'linked')
    w.repo.git('worktree', 'add', '--quiet', place, 'hyperion/main')
    const tip = w.repo.git('rev-parse', 'hyperion/main')
    const ran = await w.run(...DRAIN)
    expect([ran.code, ran.stderr]).toEqual([
      1,
      `hyperion: the branch hyperion/main, which changes land on, is checked out at ${place}; check out another branch there; nothing lands while it is\n`,
    ])
    expect(await w.enqueue(two)).toEqual([2])
    expect((await w.list()).map((row) => [row.status, row.attempts])).toEqual([
      ['pending', 0],
      ['pending', 0],
    ])
    expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(tip)
    expect((await w.run('doctor')).stdout).toMatch(
      new RegExp(`^BROKEN +target +hyperion/main is checked out at ${place}`, 'm'),
    )

    // A worker that does not drain waits, complaining once, and goes on when the branch is free.
    const worker = w.start('worker', '--poll-interval-ms', '20')
    await worker.says(/is checked out at/)
    w.repo.git('worktree', 'remove', place)
    await landed(w, 2)
    worker.kill('SIGINT')
    const { code, stderr } = await worker.ended
    expect([code, stderr.match(/is checked out at/g)?.length]).toEqual([130, 1])
  })

  test('rebased or bisected counts as checked out', async () => {
    const w = await prepared()
    mkdirSync(join(w.dir, '.git/rebase-merge'))
    writeFileSync(join(w.dir, '.git/rebase-merge/head-name'), 'refs/heads/hyperion/main\n')
    await w.enqueue(one)
    expect(await w.run(...DRAIN)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is checked out at'),
    })
    expect((await w.row(1)).status).toBe('pending')
  })

  test('gone: nothing lands until init has put it back where the last landing left it', async () => {
    const w = await prepared()
    await w.enqueue(one)
    await w.ok(...DRAIN)
    const tip = w.repo.git('rev-parse', 'hyperion/main')
    w.repo.git('update-ref', '-d', 'refs/heads/hyperion/main')
    await w.enqueue(two)
    const ran = await w.run(...DRAIN)
    expect([ran.code, ran.stderr]).toEqual([
      1,
      'hyperion: the branch hyperion/main, which changes land on, does not exist; run `hyperion init` to make it again; nothing lands until then\n',
    ])
    expect((await w.run('init')).stderr).toBe(
      'hyperion/main was gone; it is back where the last landing left it\n',
    )
    expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(tip)
    await w.ok(...DRAIN)
    expect((await w.list()).map((row) => row.status)).toEqual(['applied', 'applied'])
  })
})

/** Waits, looking at the queue, until so many changes are applied. */
async function landed(w: Workspace, count: number): Promise<void> {
  for (;;) if ((await w.list()).filter((row) => row.status === 'applied').length >= count) return
}

describe('the database', () => {
  const EVERY = [['list'], ['init'], DRAIN, ['queue-metrics'], ['enqueue'], ['sync'], ['logs'], ['cleanup']]

  test('from a newer version is left alone by every command, with exit code 5', async () => {
    const w = await prepared()
    await w.enqueue(one)
    w.sql('PRAGMA user_version = 99')
    for (const args of EVERY) {
      const all = args[0] === 'enqueue' ? [...args, w.file('two.json', two)] : args
      expect(await refused(w.dir, all, { cwd: w.dir }, 5)).toBe(
        `the queue ${w.db} was written by a newer version (schema 99, this program knows 1); use the newer Hyperion; nothing was changed`,
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
      expect(await refused(w.dir, all, { cwd: w.dir })).toBe(
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
    const w = await prepared()
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
      expect(await refused(dirname(other), ['--db', other, ...args], { cwd: w.dir })).toBe(
        `${other} is the database of another program; name another file with --db`,
      )
  })

  test('that is not there yet', async () => {
    const { dir } = repository()
    for (const args of [
      ['list'],
      ['show', '1'],
      ['logs'],
      ['sync'],
      ['requests'],
      ['cleanup'],
      ['retry', '1'],
    ])
      expect(await refused(dir, args, { cwd: dir })).toBe(
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
    const w = await prepared()
    const disk = folder()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=900k', 'tmpfs', disk], { stdio: 'ignore' })
    } catch {
      return skip('mounting a tmpfs is not allowed here')
    }
    undo.push(() => execFileSync('umount', [disk]))
    const db = join(disk, 'queue.db')
    expect((await w.run('--db', db, 'init')).code).toBe(0)
    const filler = join(disk, 'filler')
    const fill = (): void => {
      writeFileSync(filler, '')
      try {
        for (;;) writeFileSync(filler, Buffer.alloc(4096), { flag: 'a' })
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
      }
    }
    fill()
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

  test('HYPERION_AGENT=copilot is an error in this version, never silently the stubs', async () => {
    const w = await prepared({ files: { 'a.js': 'one()\n' } })
    const file = w.file('r.json', {
      request_id: 'R-1',
      summary: 'Do',
      requested_changes: [{ path: 'a.js', summary: 'Do' }],
    })
    const env = { HYPERION_AGENT: 'copilot' }
    expect(sentence(await hyperion(['request', file], { cwd: w.dir, env }))).toBe(
      'the agent harness "copilot" is not in this version; unset HYPERION_AGENT and agents.harness to use the stub agents',
    )
    expect(await w.list()).toEqual([])
    expect(JSON.parse(await w.ok('requests', '--format', 'json'))).toEqual([])
    const doctor = await hyperion(['doctor'], { cwd: w.dir, env })
    expect(doctor.stdout).toMatch(
      /^BROKEN +agents +the harness copilot \(HYPERION_AGENT\) is not in this version/m,
    )
    w.repo.write('hyperion.config.json', '{"agents":{"harness":"copilot"}}')
    expect(sentence(await w.run('request', file))).toContain('"copilot" is not in this version')
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

describe('where it is started', () => {
  test('from a subfolder, and with a relative --workspace', async () => {
    const w = await prepared({ files: { 'deep/down/x.txt': 'x\n' } })
    await w.enqueue(one)
    expect((await hyperion(['list'], { cwd: join(w.dir, 'deep/down') })).stdout).toMatch(/^1 +pending/m)
    const file = w.file('two.json', two)
    expect((await hyperion(['--workspace', 'work', ...DRAIN], { cwd: dirname(w.dir) })).code).toBe(0)
    expect((await hyperion(['apply', file], { cwd: join(w.dir, 'deep') })).stdout).toBe('Applied c.txt\n')
    expect(existsSync(join(w.dir, 'c.txt'))).toBe(true)
    expect(readdirSync(join(w.dir, 'deep'))).toEqual(['down'])
  })

  test('in a path with spaces, quotes and other alphabets', async () => {
    const w = await prepared({ init: false, config: { checks: { allow: { yes: 'test -f a.txt' } } } })
    const dir = join(folder(), `a "b" 'c' $d ünï 日本 \u{1f600}`)
    cpSync(w.dir, dir, { recursive: true })
    const file = w.file('ü.json', {
      ...change({ task: 'T-1', path: 'ünï/日本.txt', add: 'x\n' }),
      checks: ['yes'],
    })
    for (const args of [
      ['init'],
      ['enqueue', file],
      ['worker', '--run-checks', '--drain'],
      ['sync'],
      ['doctor'],
    ])
      expect([args, await hyperion(args, { cwd: dir })]).toMatchObject([args, { code: 0 }])
    expect(readFileSync(join(dir, 'ünï/日本.txt'), 'utf8')).toBe('x\n')
  })

  test('in a linked worktree, which has its own queue', async () => {
    const w = await prepared({ init: false })
    const linked = join(dirname(w.dir), 'linked')
    w.repo.git('worktree', 'add', '--quiet', '-b', 'feature', linked)
    const file = w.file('one.json', one)
    expect((await hyperion(['init'], { cwd: linked })).stdout).toContain('upstream is feature.')
    for (const args of [['enqueue', file], DRAIN, ['sync']])
      expect([args, await hyperion(args, { cwd: linked })]).toMatchObject([args, { code: 0 }])
    expect(existsSync(join(linked, 'b.txt'))).toBe(true)
    expect(existsSync(join(w.dir, 'b.txt'))).toBe(false)
    expect(w.repo.git('status', '--porcelain')).toBe('')
    expect(lstatSync(join(linked, '.hyperion')).isDirectory()).toBe(true)
  })
})
