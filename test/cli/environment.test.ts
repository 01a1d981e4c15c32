/** Surroundings that do not fit: git, the repository, the target; a clear sentence and a safe state for each. */
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mountReadOnly, NO_MOUNTS, type Mount } from '../support/mounts.ts'
import { change } from '../support/requests.ts'
import { hyperion, refusedIn, sentence, thingsForEach } from './support.ts'
import type { Workspace } from './support.ts'

const { undo, repository, prepared, folder } = thingsForEach()

const one = change({ task: 'T-1', path: 'b.txt', add: 'b\n' })
const two = change({ task: 'T-2', path: 'c.txt', add: 'c\n' })
const DRAIN = ['worker', '--drain', '--poll-interval-ms', '20']

/** Mounts read-only until the test has ended. */
function readOnly(source: string, target?: string): Mount | null {
  const mount = mountReadOnly(source, target)
  if (mount !== null) undo(() => mount.end())
  return mount
}

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
    expect(await refusedIn(dir, ['init'], options)).toBe(
      'git was not found on PATH; install git 2.38 or newer',
    )
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
    expect(await refusedIn(dir, ['init'], { cwd: dir, env: { PATH } })).toBe(said)
  })
})

describe('a repository', () => {
  test('that is none', async () => {
    const dir = folder()
    expect(await refusedIn(dir, ['init'], { cwd: dir })).toBe(
      `${dir} is not in a git repository; run \`git init\` there, or name the repository with --workspace`,
    )
    const away = join(dir, 'away')
    expect(await refusedIn(dir, ['--workspace', away, 'init'], {})).toBe(
      `there is no folder ${away}; name the repository with --workspace`,
    )
  })

  test('that is bare', async () => {
    const { dir } = repository({ bare: true, files: { 'a.txt': 'a\n' } })
    expect(await refusedIn(dir, ['init'], { cwd: dir })).toBe(
      `${dir} is a bare repository, or inside a .git folder; name a checkout with --workspace`,
    )
  })

  test('without commits', async () => {
    const { dir } = repository({})
    expect(await refusedIn(dir, ['init'], { cwd: dir })).toBe(
      `the repository ${dir} has no commits yet; make a first commit; changes land on top of it`,
    )
  })

  test('with a branch hyperion', async () => {
    const repo = repository()
    repo.git('branch', 'hyperion')
    expect(await refusedIn(repo.dir, ['init'], { cwd: repo.dir })).toBe(
      'the branch hyperion stands in the way of hyperion/main; rename that branch, or set landing.target to another name',
    )
  })

  test('with a branch below the target', async () => {
    const repo = repository()
    repo.git('branch', 'hyperion/main/old')
    expect(await refusedIn(repo.dir, ['init'], { cwd: repo.dir })).toMatch(
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
    expect(await refusedIn(dir, ['init'], { cwd: dir })).toBe(
      `the repository around ${dir} belongs to somebody else; if you trust it, run \`git config --global --add safe.directory ${dir}\` and try again`,
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
    const mounted = folder()
    if (readOnly(w.dir, mounted) === null) return skip(NO_MOUNTS)
    for (const args of [['init'], ['enqueue', file], ['worker', '--drain'], ['request', file]]) {
      if (args[0] === 'request') continue
      expect(await refusedIn(mounted, args, { cwd: mounted })).toBe(
        `the repository ${mounted}/.git cannot be written; make it writable for this user; nothing was changed`,
      )
    }
  })

  test('that became read-only: what was queued stays queued', async ({ skip }) => {
    const w = await prepared()
    await w.enqueue(one)
    const mounted = folder()
    const mount = readOnly(w.dir, mounted)
    if (mount === null) return skip(NO_MOUNTS)
    for (const args of [['list'], ['worker', '--drain'], ['enqueue', w.file('two.json', two)]])
      expect(await refusedIn(mounted, args, { cwd: mounted })).toMatch(
        /hyperion\.db cannot be written: .*; make the file and its folder writable$/,
      )
    mount.end()
    expect((await w.run(...DRAIN)).code).toBe(0)
  })

  test('whose disk alone became read-only: no change is blamed for it, and they land once it is mended', async ({
    skip,
  }) => {
    const w = await prepared()
    await w.enqueue(one)
    const mount = readOnly(w.repo.gitDir)
    if (mount === null) return skip(NO_MOUNTS)
    const ran = await w.run(...DRAIN)
    expect([ran.code, ran.stderr]).toEqual([
      1,
      `hyperion: the repository ${w.repo.gitDir} cannot be written; make it writable for this user; nothing lands until then\n`,
    ])
    expect(await w.row(1)).toMatchObject({ status: 'pending', attempts: 0 })
    // Taken and given back again and again it would fill the log.
    expect((await w.run('logs')).stdout).not.toContain('dequeued')
    mount.mend()
    expect((await w.run(...DRAIN)).code).toBe(0)
    expect((await w.row(1)).status).toBe('applied')
  })
})

describe('the target', () => {
  test.each(['here', 'in a linked worktree'])('checked out %s at init', async (where) => {
    const repo = repository()
    let place = repo.dir
    if (where === 'here') repo.git('checkout', '--quiet', '-b', 'hyperion/main')
    else {
      place = join(dirname(repo.dir), 'linked')
      repo.git('worktree', 'add', '--quiet', '-b', 'hyperion/main', place)
    }
    expect(await refusedIn(repo.dir, ['init'], { cwd: repo.dir })).toBe(
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

  test('a linked worktree that is being removed does not count', async () => {
    const w = await prepared()
    const left = join(w.dir, '.git/worktrees/linked')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'HEAD'), 'ref: refs/heads/hyperion/main\n')
    expect(w.repo.git('worktree', 'list').split('\n')).toHaveLength(1)
    await w.enqueue(one)
    expect((await w.run(...DRAIN)).code).toBe(0)
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
