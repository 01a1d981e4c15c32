/** SIGKILL in the middle of `apply` and `sync`: the next command takes the checkout forward or back, never half. */
import { existsSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { added, deleted, replaced, request, type Json } from '../support/requests.ts'
import { strayProcesses } from '../support/leftovers.ts'
import { hyperion, workspace, type Running, type Workspace } from './support.ts'

const COUNT = 160
const path = (n: number): string => `files/${String(n).padStart(3, '0')}.txt`
const NEW = `${'new line of text\n'.repeat(40)}`

/** A third replaced, a third deleted, a third added. */
const changes = (): Json[] =>
  Array.from({ length: COUNT }, (_, n) =>
    n % 3 === 0
      ? replaced(path(n), `${NEW}${n}\n`)
      : n % 3 === 1
        ? deleted(path(n))
        : added(path(n), `${NEW}${n}\n`),
  )

const initial = (): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: COUNT }, (_, n) => [path(n), `old ${n}\n`] as const).filter((_, n) => n % 3 !== 2),
  )

/** Tells how many of the files are as they were, and how many as they are to be. */
function census(w: Workspace): { old: number; done: number; other: string[] } {
  const found = { old: 0, done: 0, other: [] as string[] }
  const before = initial()
  for (let n = 0; n < COUNT; n += 1) {
    const file = join(w.dir, path(n))
    const text = existsSync(file) ? readFileSync(file, 'utf8') : null
    if (text === (before[path(n)] ?? null)) found.old += 1
    else if (text === (n % 3 === 1 ? null : `${NEW}${n}\n`)) found.done += 1
    else found.other.push(path(n))
  }
  return found
}

const isDone = (w: Workspace, n: number): boolean => {
  const file = join(w.dir, path(n))
  return n % 3 === 1 ? !existsSync(file) : existsSync(file) && readFileSync(file, 'utf8').startsWith('new')
}

/** Waits until the n-th file was changed, then kills. */
async function killAt(w: Workspace, running: Running, n: number, kill: () => void): Promise<void> {
  while (!running.hasEnded() && !isDone(w, n)) await new Promise((resolve) => setImmediate(resolve))
  kill()
  await running.ended
}

let w: Workspace
beforeAll(async () => {
  const config = { checks: { allow: { slow: 'sleep 60', fine: ':' } } }
  w = await workspace({ files: { ...initial(), 'mine.txt': 'mine\n' }, config })
  w.repo.write('mine.txt', 'edited\n')
  w.repo.write('untracked.txt', 'untracked\n')
})
afterAll(() => w.dispose())

function reset(): void {
  for (const name of readdirSync(join(w.dir, 'files')))
    if (name.startsWith('.')) throw new Error(`${name} is left`)
  w.repo.git('checkout', '--quiet', '--', 'files')
  w.repo.git('clean', '-fdxq', 'files')
  expect(census(w)).toEqual({ old: COUNT, done: 0, other: [] })
}

describe('apply', () => {
  const file = (checks: string[]): string =>
    w.file('apply.json', { ...request({ task: 'A-1' }, ...changes()), checks })

  test('killed between files goes forward at the next command', async () => {
    let halves = 0
    for (const at of [0, 31, 77, 118, 158]) {
      const running = w.start('apply', file(['none']))
      await killAt(w, running, at, () => running.kill('SIGKILL'))
      const { old, other } = census(w)
      if (old > 0) halves += 1
      expect(other).toEqual([])
      // An empty queue: what recovers is not what was interrupted.
      expect((await w.run('worker', '--drain', '--workers', '1')).code).toBe(0)
      expect(census(w)).toEqual({ old: 0, done: COUNT, other: [] })
      reset()
    }
    expect(halves).toBeGreaterThan(0)
  })

  test('killed while its checks run, or before, goes back at the next command', async () => {
    for (const at of [40, COUNT - 1]) {
      const running = w.start('apply', file(['slow']), '--run-checks')
      await killAt(w, running, at, () => running.kill('SIGKILL'))
      expect(census(w).done).toBeGreaterThan(0)
      expect((await w.run('doctor')).stdout).toMatch(
        /^notice +interruptions +0 attempts and 1 checkout jobs were interrupted/m,
      )
      expect((await w.run('sync')).code).toBe(0)
      expect(census(w)).toEqual({ old: COUNT, done: 0, other: [] })
      reset()
    }
    for (const { pid } of strayProcesses(process.env['TMPDIR'] ?? '')) process.kill(pid, 'SIGKILL')
    // What the checks of a killed command wrote is put away by the next that runs any.
    const passing = { ...request({ task: 'A-1' }, added('passing.txt', 'x\n')), checks: ['fine'] }
    expect((await w.run('apply', w.file('passing.json', passing), '--run-checks')).code).toBe(0)
    rmSync(join(w.dir, 'passing.txt'))
    const scratch = globSync('hyperion/*/checkout/*', { cwd: process.env['XDG_CACHE_HOME'] })
    expect(scratch).toEqual([])
  })

  test('what the operator edited after the kill stays theirs', async () => {
    const running = w.start('apply', file(['none']))
    await killAt(w, running, 60, () => running.kill('SIGKILL'))
    w.repo.write(path(0), 'edited since\n')
    w.repo.write(path(COUNT - 1), 'edited since\n')
    expect((await w.run('worker', '--drain', '--workers', '1')).code).toBe(0)
    expect(census(w)).toEqual({ old: 0, done: COUNT - 2, other: [path(0), path(COUNT - 1)] })
    reset()
  })

  test('Ctrl-C while checks run puts everything back at once', async () => {
    const running = w.start('apply', file(['slow']), '--run-checks')
    await killAt(w, running, COUNT - 1, () => running.kill('SIGINT'))
    expect(await running.ended).toMatchObject({ code: 130, stdout: '' })
    expect(census(w)).toEqual({ old: COUNT, done: 0, other: [] })
    reset()
  })

  test('two at once do not mix', async () => {
    const args = file(['none'])
    const both = await Promise.all([
      hyperion(['apply', args], { cwd: w.dir }),
      hyperion(['apply', args], { cwd: w.dir }),
    ])
    expect(both.map(({ code }) => code).sort()[0]).toBe(0)
    expect([3, 4]).toContain(both.map(({ code }) => code ?? 0).sort()[1])
    expect(census(w)).toEqual({ old: 0, done: COUNT, other: [] })
    reset()
  })
})

describe('sync', () => {
  const gitOf = (): number[] =>
    strayProcesses(process.env['TMPDIR'] ?? '')
      .filter(({ command }) => command.includes('read-tree') && !command.includes(' -n '))
      .map(({ pid }) => pid)
  const end = (pid: number): void => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It was quicker.
    }
  }

  test('killed anywhere, it is finished by the next one, and local work stays', async () => {
    // A process for every file that git writes gives the killer time.
    w.repo.git('config', 'filter.slow.smudge', 'cat')
    writeFileSync(join(w.repo.gitDir, 'info/attributes'), 'files/* filter=slow\n')
    const from = w.repo.head()
    await w.enqueue(request({ task: 'S-1' }, ...changes()))
    await w.ok('worker', '--drain', '--workers', '1')
    const to = w.repo.git('rev-parse', 'hyperion/main')
    let halves = 0
    const kills: readonly ('program' | 'both' | 'git')[] = ['program', 'both', 'git', 'both', 'git', 'both']
    for (const [round, whom] of kills.entries()) {
      const running = w.start('sync')
      await killAt(w, running, [2, 50, 98, 140, 14, 119][round] ?? 0, () => {
        const gits = gitOf()
        if (whom !== 'git') running.kill('SIGKILL')
        if (whom !== 'program') gits.forEach(end)
      })
      while (gitOf().length > 0) await new Promise((resolve) => setImmediate(resolve))
      if (census(w).old > 0) halves += 1
      // A killed git leaves its lock, which nobody can tell from that of a git which still runs.
      const locked = existsSync(join(w.repo.gitDir, 'index.lock'))
      const first = await w.run('sync')
      expect([first.code, /wait for it, or remove the file if no git runs$/m.test(first.stderr)]).toEqual([
        locked ? 4 : 0,
        locked,
      ])
      rmSync(join(w.repo.gitDir, 'index.lock'), { force: true })
      const ran = await w.run('sync')
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect([w.repo.head(), census(w)]).toEqual([to, { old: 0, done: COUNT, other: [] }])
      expect(w.repo.git('status', '--porcelain')).toBe(' M mine.txt\n?? untracked.txt')
      expect(w.repo.read('mine.txt').toString()).toBe('edited\n')
      // Back to before, for the next round; that a person went back would be asked about.
      w.sql(`DELETE FROM workspace WHERE key = 'upstream_seen'`)
      w.repo.git('stash', '--quiet')
      w.repo.git('reset', '--quiet', '--hard', from)
      w.repo.git('stash', 'pop', '--quiet')
    }
    expect(halves).toBeGreaterThan(0)
    w.repo.git('config', '--unset', 'filter.slow.smudge')
  })

  test('a file that git was killed in the middle of writing is written again, an edited one refused', async () => {
    const from = w.repo.head()
    const to = w.repo.git('rev-parse', 'hyperion/main')
    const details = JSON.stringify({ gitDir: w.repo.gitDir, folder: w.dir, from, to })
    const interrupted = (): void =>
      w.sql(
        `INSERT INTO checkout_journal (kind, state, direction, details, pid, pid_started, created_at)
         VALUES ('sync', 'open', 'forward', '${details.replaceAll("'", "''")}', 2000000000, '1', 0)`,
      )
    interrupted()
    w.repo.write(path(0), NEW.slice(0, 100))
    w.repo.write(path(2), '')
    w.repo.remove(path(1))
    w.repo.remove(path(3))
    w.repo.write(path(6), `${NEW}6\n`)
    w.repo.write(path(9), 'edited since\n')
    const ran = await w.run('sync')
    expect([ran.code, ran.stderr]).toEqual([
      1,
      expect.stringMatching(/files\/009\.txt has edits that would be lost; commit or stash them/),
    ])
    expect([w.repo.head(), w.repo.read(path(9)).toString()]).toEqual([from, 'edited since\n'])
    w.repo.git('checkout', '--quiet', '--', path(9))
    await w.ok('sync')
    expect([w.repo.head(), census(w)]).toEqual([to, { old: 0, done: COUNT, other: [] }])
  })

  test('where another branch stands at that commit by now, it is taken back, and the branch that was meant is moved', async () => {
    const to = w.repo.git('rev-parse', 'hyperion/main')
    const from = w.repo.git('rev-parse', `${to}~1`)
    w.sql(`DELETE FROM workspace WHERE key = 'upstream_seen'`)
    w.repo.git('stash', '--quiet')
    w.repo.git('reset', '--quiet', '--hard', from)
    const details = { gitDir: w.repo.gitDir, folder: w.dir, from, to, branch: 'refs/heads/main' }
    w.sql(
      `INSERT INTO checkout_journal (kind, state, direction, details, pid, pid_started, created_at)
       VALUES ('sync', 'open', 'forward', '${JSON.stringify(details).replaceAll("'", "''")}', 2000000000, '1', 0)`,
    )
    w.repo.write(path(6), `${NEW}6\n`)
    w.repo.remove(path(1))
    w.repo.git('switch', '--quiet', '--create', 'other')
    w.repo.git('stash', 'pop', '--quiet')
    await w.ok('sync')
    expect(['main', 'other', 'HEAD'].map((ref) => w.repo.git('rev-parse', ref))).toEqual([to, from, from])
    expect(census(w)).toEqual({ old: COUNT, done: 0, other: [] })
    expect(w.repo.git('status', '--porcelain')).toBe(' M mine.txt\n?? untracked.txt')
    expect(w.repo.read('mine.txt').toString()).toBe('edited\n')
  })
})
