/** `worker` as a process: its flags, how it ends, what it says; and `logs --follow` beside it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { MAX_SLOTS } from '../../main/engine/checks/free-slot.ts'
import { ownIdentity } from '../../main/engine/base/process.ts'
import { nextTaskContextSchema, verificationReportSchema } from '../../schemas/reports.ts'
import { change, type Json } from '../support/requests.ts'
import { strayProcesses } from '../support/leftovers.ts'
import { workspace, type Running, type Workspace, type WorkspaceOptions } from './support.ts'

const PROGRESS =
  /^\[progress\] pending=\d+ in_progress=\d+ applied=\d+ failed=\d+ throughput=(?:\d+\.\d\/min|n\/a) avg_dequeue_latency=(?:\d+\.\dms|n\/a) avg_apply_duration=(?:\d+\.\dms|n\/a) avg_poll_interval=(?:\d+\.\dms|n\/a) lease_contention_events=\d+$/
const QUICK = ['--poll-interval-ms', '20']

const open: Workspace[] = []
const running: Running[] = []
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.kill('SIGKILL')
    await one.ended
  }
  for (const one of open.splice(0)) one.dispose()
})

async function prepared(options?: WorkspaceOptions): Promise<Workspace> {
  const made = await workspace(options)
  open.push(made)
  return made
}

function worker(w: Workspace, ...args: string[]): Running {
  const started = w.start('worker', ...QUICK, ...args)
  running.push(started)
  return started
}

const plain = (n: number): Json => change({ task: `T-${n}`, path: `file-${n}.txt`, add: `${n}\n` })
const checked = (n: number, check: string): Json => ({ ...plain(n), checks: [check] })

async function until(w: Workspace, done: (statuses: string[]) => boolean): Promise<void> {
  while (!done((await w.list()).map((row) => row.status)));
}

describe('draining', () => {
  test('an empty queue ends at once with 0', async () => {
    const w = await prepared()
    const ran = await w.run('worker', '--drain')
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    expect(ran.stdout.trimEnd()).toMatch(PROGRESS)
    expect(ran.stdout).toContain(
      'pending=0 in_progress=0 applied=0 failed=0 throughput=0.0/min avg_dequeue_latency=n/a',
    )
  })

  test('waits for the lease of a script to run out, and takes the change then', async () => {
    const w = await prepared()
    await w.enqueue(plain(1))
    await w.ok('dequeue', '--lease-seconds', '1')
    expect((await w.run('worker', '--drain', ...QUICK)).code).toBe(0)
    expect(await w.row(1)).toMatchObject({ status: 'applied' })
  })

  test('ignores what waits for a person or for a task that does not come', async () => {
    const w = await prepared()
    await w.enqueue(change({ task: 'T-9', path: 'x.txt', add: 'x\n', dependsOn: ['NEVER'] }))
    expect((await w.run('worker', '--drain', ...QUICK)).code).toBe(0)
    expect((await w.show(1)).waits_for).toEqual([
      'task NEVER to be applied (not submitted yet)',
      'a worker: none runs',
    ])
  })

  test('several workers land everything once, and the exit code is that of all of them', async () => {
    const w = await prepared()
    await w.enqueue(...Array.from({ length: 12 }, (_, n) => plain(n)))
    const ran = await w.run('worker', '--drain', '--workers', '3', '--worker-id', 'team', ...QUICK)
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(w.repo.git('rev-list', '--count', 'main..hyperion/main')).toBe('12')
    const owners = new Set((await w.show(1)).attempts_made.map((attempt) => attempt.worker_id))
    for (const owner of owners) expect(owner).toMatch(/^team-[123]$/)
  })
})

describe('--trust-checks and --max-attempts', () => {
  test('unlisted commands run only with --trust-checks, which implies --run-checks', async () => {
    const w = await prepared()
    await w.enqueue(checked(1, 'test -f file-1.txt'))
    expect((await w.run('worker', '--run-checks', '--drain', ...QUICK)).code).toBe(3)
    expect(await w.row(1)).toMatchObject({
      status: 'held',
      last_error: 'the check "test -f file-1.txt" is not on the allow-list',
    })
    await w.ok('cancel', '1')
    await w.ok('retry', '1')
    expect((await w.run('worker', '--trust-checks', '--drain', ...QUICK)).code).toBe(0)
    expect(await w.row(1)).toMatchObject({ status: 'applied', check_verdict: 'passed' })
  })

  test('a change whose every attempt is interrupted is given up after --max-attempts', async () => {
    const w = await prepared()
    await w.enqueue(plain(1))
    w.sql(`UPDATE change_queue SET attempts = 2`)
    expect((await w.run('worker', '--drain', '--max-attempts', '2', ...QUICK)).code).toBe(3)
    expect(await w.row(1)).toMatchObject({ status: 'failed', attempts: 2 })
    expect(await w.ok('list-dead-letters')).toContain('T-1')
  })
})

describe('until it is stopped', () => {
  test('it prints a progress line every five seconds and lands what comes', async () => {
    const w = await prepared()
    const started = worker(w)
    const first = process.hrtime.bigint()
    await started.says(/\[progress\]/)
    const seconds = Number(process.hrtime.bigint() - first) / 1e9
    expect(seconds).toBeGreaterThan(4.5)
    await w.enqueue(plain(1))
    await until(w, ([status]) => status === 'applied')
    started.kill('SIGINT')
    const { code, signal, stdout, stderr } = await started.ended
    expect([code, signal, stderr]).toEqual([130, null, ''])
    for (const line of stdout.trimEnd().split('\n')) expect(line).toMatch(PROGRESS)
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('applied=1')
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s in the middle of a check gives the change back, untouched',
    async (signal) => {
      const w = await prepared({
        config: { checks: { allow: { slow: 'echo started > started; exec sleep 60' } } },
      })
      await w.enqueue(checked(1, 'slow'))
      const tip = w.repo.git('rev-parse', 'hyperion/main')
      const started = worker(w, '--run-checks', '--workers', '1')
      await checking(w)
      started.kill(signal)
      expect(await started.ended).toMatchObject({ code: 130, stderr: '' })
      expect(await w.row(1)).toMatchObject({ status: 'pending', attempts: 0, leased_until: null })
      expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(tip)
      expect(
        strayProcesses(process.env['TMPDIR'] ?? '').filter(({ command }) => /sleep/.test(command)),
      ).toEqual([])
    },
  )

  test('cancel stops a check that runs, with everything it started', async () => {
    const w = await prepared({
      config: { checks: { allow: { slow: 'echo started > started; sleep 60 & sleep 61' } } },
    })
    await w.enqueue(checked(1, 'slow'))
    const started = worker(w, '--run-checks', '--drain', '--workers', '1')
    await checking(w)
    expect(await w.run('cancel', '1')).toMatchObject({
      code: 0,
      stdout: 'change 1 is in_progress\n',
      stderr: 'its worker was asked to stop; it lands only if it is past its last look\n',
    })
    expect((await started.ended).code).toBe(3)
    expect(await w.row(1)).toMatchObject({ status: 'cancelled' })
    expect(
      strayProcesses(process.env['TMPDIR'] ?? '').filter(({ command }) => /sleep 6/.test(command)),
    ).toEqual([])
  })

  test('Ctrl-Z stops it between attempts, and it goes on where it was', async () => {
    const w = await prepared()
    const started = worker(w)
    await w.enqueue(plain(1))
    await until(w, ([status]) => status === 'applied')
    const state = (): string =>
      readFileSync(`/proc/${started.process.pid}/stat`, 'latin1').replace(/^.*\) /, '')
    started.kill('SIGTSTP')
    while (!state().startsWith('T')) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await w.enqueue(plain(2))).toEqual([2])
    expect((await w.row(2)).status).toBe('pending')
    started.kill('SIGCONT')
    await until(w, (statuses) => statuses.every((status) => status === 'applied'))
    started.kill('SIGINT')
    expect(await started.ended).toMatchObject({ code: 130, stderr: '' })
  })

  test('a reader that goes away does not leave workers behind', async () => {
    const w = await prepared()
    const started = worker(w)
    await w.enqueue(plain(1))
    await until(w, ([status]) => status === 'applied')
    started.process.stdout?.destroy()
    const { code } = await started.ended
    expect(code).toBe(0)
  })
})

/** Waits until the check of the workspace's first slot has begun: it says so in its tree. */
async function checking(w: Workspace): Promise<void> {
  const file = join(w.cache(), 'slots/1/tree/started')
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('check worktrees', () => {
  const hold = (slots: string, slot: number): void => {
    const { pid, startedAt } = ownIdentity()
    mkdirSync(join(slots, String(slot)), { recursive: true })
    writeFileSync(join(slots, String(slot), `lock.${pid}.${startedAt}`), '')
  }

  test('one that a live process holds is left to it: the next free one is used', async () => {
    const w = await prepared({ config: { checks: { allow: { yes: 'true' } } } })
    const slots = join(w.cache(), 'slots')
    hold(slots, 1)
    await w.enqueue(checked(1, 'yes'))
    expect((await w.run('worker', '--run-checks', '--drain', ...QUICK, '--workers', '1')).code).toBe(0)
    expect(existsSync(join(slots, '1/tree'))).toBe(false)
    expect(readFileSync(join(slots, '2/tree/file-1.txt'), 'utf8')).toBe('1\n')
  })

  test('where live processes hold all of them it is busy, exit code 4, and nothing changed', async () => {
    const w = await prepared({ config: { checks: { allow: { yes: 'true' } } } })
    const cache = w.cache()
    for (let slot = 1; slot <= MAX_SLOTS; slot += 1) hold(join(cache, 'slots'), slot)
    await w.enqueue(checked(1, 'yes'))
    // Which reports it wrote is all that it writes down.
    const dumped = (): string => w.dump().replace(/\{"key":"report_hashes".*?\},(?=\{"key")/, '')
    const dump = dumped()
    const ran = await w.run('worker', '--run-checks', '--drain', ...QUICK)
    expect([ran.code, ran.stderr]).toEqual([
      4,
      `hyperion: all ${MAX_SLOTS} check worktrees in ${cache} are held by live processes; try again when one of those workers ends\n`,
    ])
    expect(dumped()).toBe(dump)
  })

  test('two command lines check at the same time', async () => {
    const w = await prepared({ config: { checks: { allow: { yes: 'true' } } } })
    await w.enqueue(...Array.from({ length: 6 }, (_, n) => checked(n, 'yes')))
    const both = [worker(w, '--run-checks', '--drain'), worker(w, '--run-checks', '--drain')]
    for (const one of both) expect(await one.ended).toMatchObject({ code: 0, stderr: '' })
    expect((await w.list()).map((row) => [row.status, row.attempts])).toEqual(
      Array.from({ length: 6 }, () => ['applied', 1]),
    )
  })
})

test('logs --follow tells what happens while it happens, and ends with 130', async () => {
  const w = await prepared()
  const follower = w.start('logs', '--follow', '--format', 'json')
  running.push(follower)
  await w.enqueue(plain(1))
  await follower.says(/"message":"enqueued"/)
  await w.ok('worker', '--drain', ...QUICK)
  await follower.says(/"message":"applied"/)
  follower.kill('SIGINT')
  const { code, stdout, stderr } = await follower.ended
  expect([code, stderr]).toEqual([130, ''])
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; message: string })
  expect(events.map((event) => event.message)).toEqual(['enqueued', 'dequeued', 'applied'])
  expect(events.map((event) => event.id)).toEqual(events.map((event) => event.id).toSorted((a, b) => a - b))
})

test('writes the reports, and sweeps by the retention when that is due', async () => {
  const w = await prepared({ config: { retention: { appliedSeconds: 60 } } })
  await w.enqueue(plain(1))
  await w.ok('worker', '--drain', ...QUICK)
  const read = (name: string): unknown => JSON.parse(readFileSync(join(w.dir, 'execution', name), 'utf8'))
  expect(verificationReportSchema.parse(read('verification_report.json'))).toMatchObject({
    queue: { depth: 0, status_counts: { applied: 1 } },
    history: [{}],
  })
  expect(nextTaskContextSchema.parse(read('next_task_context.json'))).toMatchObject({ task_id: null })
  expect(w.repo.git('status', '--porcelain')).toBe('')
  w.sql(`UPDATE change_queue SET updated_at = updated_at - 100`)
  await w.ok('worker', '--drain', ...QUICK)
  expect(await w.list()).toHaveLength(1)
  w.sql(`UPDATE change_queue_logs SET created_at = created_at - 3600`)
  await w.ok('worker', '--drain', ...QUICK)
  expect(await w.list()).toEqual([])
})
