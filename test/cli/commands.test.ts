/** Every command by its result: what it prints, where, with which exit code, and what it did. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { logEventSchema } from '../../schemas/log-event.ts'
import { queueMetricsSchema } from '../../schemas/metrics.ts'
import { deadLetterRowSchema, listRowSchema } from '../../schemas/records.ts'
import { added, change, patched, replaced, request } from '../support/requests.ts'
import { hyperion, workspace, type Workspace } from './support.ts'

const PROGRESS = new RegExp(
  '^\\[progress\\] pending=\\d+ in_progress=\\d+ applied=\\d+ failed=\\d+ throughput=(\\d+\\.\\d/min|n/a) ' +
    'avg_dequeue_latency=(\\d+\\.\\dms|n/a) avg_apply_duration=(\\d+\\.\\dms|n/a) ' +
    'avg_poll_interval=(\\d+\\.\\dms|n/a) lease_contention_events=\\d+$',
)

describe('a queue at work', () => {
  let w: Workspace
  beforeAll(async () => {
    w = await workspace({
      files: { 'b.txt': 'b\n', 'check.sh': 'grep -q one a.txt\n' },
      config: { checks: { allow: { ones: 'sh check.sh' } }, approvals: { protectedPaths: ['b.txt'] } },
    })
  })
  afterAll(() => w.dispose())

  test('validate-change says valid, or every reason why not', async () => {
    const good = w.file('good.json', change({ task: 'V-1', path: 'a.txt', replacement: 'x\n' }))
    const ran = await w.run('validate-change', good)
    expect([ran.code, ran.stdout]).toEqual([0, 'valid\n'])
    expect(ran.stderr).toMatch(/^warning: metadata is absent/)
    const bad = w.file('bad.json', { ...change({ task: 'V-1', path: '../a', add: 'x' }), agent: 7, more: 1 })
    const refused = await w.run('validate-change', bad)
    expect(refused.code).toBe(1)
    expect(refused.stdout).toMatch(/^invalid\n- agent takes [^\n]+\n- more is not a key[^\n]+\n$/)
    const json = await w.run('validate-change', bad, '--format', 'json')
    const verdict = z.strictObject({
      valid: z.boolean(),
      errors: z.array(z.string()),
      warnings: z.array(z.string()),
    })
    expect(verdict.parse(JSON.parse(json.stdout))).toMatchObject({
      valid: false,
      errors: [/agent/, /more/].map((m) => expect.stringMatching(m)),
    })
    expect(json.code).toBe(1)
  })

  test('enqueue takes files, arrays, folders and standard input', async () => {
    const ones = { checks: ['ones'] }
    w.file('dir/2.json', [
      { ...change({ task: 'T-2', path: 'two.txt', add: 'two\n' }), ...ones },
      { ...change({ task: 'T-3', path: 'a.txt', patch: '@@ -1 +1 @@\n-one\n+eins\n' }), ...ones },
    ])
    const first = w.file('dir/1.json', { ...change({ task: 'T-1', path: 'one.txt', add: 'one\n' }), ...ones })
    w.file('dir/ignored.txt', 'not JSON')
    const ran = await w.run('enqueue', dirname(first))
    expect([ran.code, ran.stdout]).toEqual([
      0,
      [1, 2, 3].map((id) => `Enqueued change request ${id}\n`).join(''),
    ])
    const input = JSON.stringify({ ...change({ task: 'T-4', path: 'b.txt', replacement: 'B\n' }), ...ones })
    const piped = await hyperion(['enqueue', '-'], { cwd: w.dir, input })
    expect(piped.stdout).toBe('Enqueued change request 4\n')
    const unlisted = {
      ...change({ task: 'T-5', path: 'five.txt', add: '5\n' }),
      checks: ['curl example.invalid'],
    }
    expect(await w.enqueue(unlisted)).toEqual([5])
  })

  test('a duplicate is reported, logged and counted, and the others of the call are queued', async () => {
    const twice = { ...change({ task: 'T-1', path: 'one.txt', add: 'one\n' }), checks: ['ones'] }
    const fresh = { ...change({ task: 'T-6', path: 'six.txt', add: '6\n' }), checks: ['none'] }
    const ran = await w.run('enqueue', w.file('twice.json', [twice, fresh]))
    expect([ran.code, ran.stdout]).toEqual([1, 'Enqueued change request 6\n'])
    expect(ran.stderr).toContain('Skipped T-1: the same change request is change 1 already (pending)\n')
    expect(await w.list()).toHaveLength(6)
    const metrics = JSON.parse(await w.ok('queue-metrics', '--format', 'json')) as { dedup_hits: number }
    expect(metrics.dedup_hits).toBe(1)
  })

  test('worker --run-checks --drain lands what passes, and exits with 3 for what waits for a person', async () => {
    const ran = await w.run('worker', '--run-checks', '--drain', '--poll-interval-ms', '20', '--workers', '1')
    expect([ran.code, ran.stderr]).toEqual([3, ''])
    const lines = ran.stdout.trimEnd().split('\n')
    for (const line of lines) expect(line).toMatch(PROGRESS)
    expect(lines.at(-1)).toMatch(/^\[progress\] pending=0 in_progress=0 applied=2 failed=1 /)
    const rows = await w.list()
    expect(rows.map(({ id, status }) => `${id} ${status}`)).toEqual([
      '1 applied',
      '2 applied',
      '3 failed',
      '4 held',
      '5 held',
      '6 held',
    ])
    expect(rows[2]?.last_error).toBe('the check "ones" failed with exit code 1')
    expect(w.repo.git('show', 'hyperion/main:two.txt')).toBe('two')
    expect(w.repo.git('log', '--format=%B', 'hyperion/main')).toContain('Checks: passed ones')
    expect(w.repo.git('status', '--porcelain')).toBe('')
  })

  test('list prints rows of the contract, newest last, filtered by status, time and number', async () => {
    const rows = z.array(listRowSchema).parse(JSON.parse(await w.ok('list', '--format', 'json')))
    expect(rows.map((row) => row.id)).toEqual([1, 2, 3, 4, 5, 6])
    const ids = async (...args: string[]): Promise<number[]> =>
      (JSON.parse(await w.ok('list', '--format', 'json', ...args)) as { id: number }[]).map((row) => row.id)
    expect(await ids('held')).toEqual([4, 5, 6])
    expect(await ids('--status', 'failed')).toEqual([3])
    expect(await ids('--limit', '2')).toEqual([5, 6])
    expect(await ids('--since', String((rows[0]?.updated_at ?? 0) + 10_000))).toEqual([])
    const text = await w.ok('list')
    expect(text).toMatch(
      /^ID +STATUS +TASK +AGENT +COMMIT +WHY\n1 +applied +T-1 +developer-1 +[0-9a-f]{10}\n/,
    )
    expect(text).toMatch(/^4 +held +T-4 +developer-1 +– +b\.txt is protected and needs an approval$/m)
  })

  test('show tells one change in full', async () => {
    const text = await w.ok('show', '3')
    for (const line of [
      /^change 3 {2}failed$/m,
      /^task T-3 {2}agent developer-1 {2}priority normal$/m,
      /^because the check "ones" failed with exit code 1$/m,
      /^ {2}update a\.txt$/m,
      /^check ones: failed exit 1 in \d+ ms \(run 1\)$/m,
      /^check ones: failed exit 1 in \d+ ms \(run 2\)$/m,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ checks failed$/m,
    ])
      expect(text).toMatch(line)
    const held = await w.show(4)
    expect(held.waits_for).toEqual(['a person: b.txt is protected and needs an approval'])
    listRowSchema.parse(
      Object.fromEntries(Object.keys(listRowSchema.shape).map((key) => [key, held[key as 'id']])),
    )
  })

  test('list-dead-letters prints rows of the contract', async () => {
    const rows = z
      .array(deadLetterRowSchema)
      .parse(JSON.parse(await w.ok('list-dead-letters', '--format', 'json')))
    expect(rows).toMatchObject([
      { queue_id: 3, task_id: 'T-3', error: 'the check "ones" failed with exit code 1' },
    ])
    expect(JSON.parse(await w.ok('list-dead-letters', '--format', 'json', '--limit', '0'))).toEqual([])
    expect(await w.ok('list-dead-letters')).toMatch(/^CHANGE +TASK +AGENT +FAILED +ERROR\n3 +T-3 /)
  })

  test('logs prints events of the contract, as one array', async () => {
    const rows = JSON.parse(await w.ok('logs', '--format', 'json', '--level', 'debug')) as unknown[]
    const events = rows.map((row) => logEventSchema.parse(row))
    const messages = new Set(events.map((event) => event.message))
    for (const message of [
      'enqueued',
      'dequeued',
      'dequeue_metrics',
      'check',
      'applied',
      'checks failed',
      'held',
      'duplicate change request',
    ])
      expect(messages).toContain(message)
    const ofOne = JSON.parse(await w.ok('logs', '--change', '3', '--format', 'json')) as {
      queue_id: number
    }[]
    expect(new Set(ofOne.map((row) => row.queue_id))).toEqual(new Set([3]))
    const errors = await w.ok('logs', '--level', 'error')
    expect(errors).toMatch(/^\S+Z error checks failed change=3 \{/)
    expect((await w.ok('logs', '--limit', '1')).trimEnd().split('\n')).toHaveLength(1)
  })

  test('queue-metrics prints the contract, and no figure that nobody measured', async () => {
    const metrics = queueMetricsSchema.parse(
      JSON.parse(await w.ok('queue-metrics', '--format', 'json', '--since', '600')),
    )
    expect(metrics).toMatchObject({ window_seconds: 600, status_counts: { applied: 2, failed: 1, held: 3 } })
    expect(metrics.avg_apply_duration_ms).toBeGreaterThan(0)
    const text = await w.ok('queue-metrics')
    expect(text).toContain(
      'queue            pending 0, in_progress 0, applied 2, failed 1, conflict 0, held 3, cancelled 0\n',
    )
    expect(text).toMatch(/^guard success {4}no data$/m)
  })

  test('approve lets exactly one change go on, reject ends it with the reason', async () => {
    expect(await w.ok('approve', '4', '--by', 'Ada', '--role', 'lead', '--note', 'fine')).toBe(
      'change 4 is pending\n',
    )
    const reject = ['reject', '5', '--by', 'Ada', '--reason', 'no network', '--at', 'five.txt:1']
    expect(await w.ok(...reject)).toBe('change 5 is failed\n')
    expect((await w.row(5)).last_error).toBe('rejected by Ada at five.txt:1: no network')
    const ran = await w.run('worker', '--run-checks', '--drain', '--poll-interval-ms', '20')
    expect(ran.code).toBe(0)
    expect(w.repo.git('log', '-1', '--format=%B', 'hyperion/main')).toMatch(/^Approved-By: Ada$/m)
    expect((await w.show(4)).approvals).toMatchObject([
      { decision: 'approved', approver: 'Ada', role: 'lead' },
    ])
  })

  test('without --run-checks nothing runs, nothing holds, and the commit says so', async () => {
    expect(await w.ok('cancel', '6')).toBe('change 6 is cancelled\n')
    expect(await w.ok('retry', '6')).toBe('change 6 is pending\n')
    expect(await w.ok('retry', '3')).toBe('change 3 is pending\n')
    const ran = await w.run('worker', '--drain', '--poll-interval-ms', '20')
    expect(ran.code).toBe(0)
    expect(await w.row(3)).toMatchObject({ status: 'applied', check_verdict: 'not_run' })
    expect(w.repo.git('log', '-1', '--format=%B', 'hyperion/main')).toMatch(/^Checks: not-run$/m)
    expect(await w.ok('list-dead-letters', '--format', 'json')).not.toContain('T-3')
  })

  test('a conflict is resolved path by path', async () => {
    const base = w.repo.head()
    const both = { base, checks: ['none'] }
    const [id = 0] = await w.enqueue(
      request(
        { task: 'C-1', ...both },
        patched('a.txt', '@@ -1 +1 @@\n-one\n+uno\n'),
        added('one.txt', 'zwei\n'),
      ),
    )
    const ran = await w.run('worker', '--drain', '--poll-interval-ms', '20')
    expect([ran.code, await w.row(id)]).toMatchObject([3, { status: 'conflict' }])
    expect(await w.ok('show', String(id))).toMatch(
      /^conflict content in a\.txt[^]*^conflict add_add in one\.txt/m,
    )
    const some = await w.run('resolve', String(id), '--by', 'Ada', '--path', 'a.txt', '--theirs')
    expect([some.code, some.stderr]).toEqual([
      1,
      `hyperion: change ${id} has undecided conflicts in one.txt; decide each with --path P and --from FILE, --delete, --ours, --theirs or --base\n`,
    ])
    const wrong = await w.run('resolve', String(id), '--by', 'Ada', '--path', 'zzz', '--ours')
    expect([wrong.code, wrong.stderr]).toEqual([1, `hyperion: change ${id} has no conflict in zzz\n`])
    const text = w.file('resolved.txt', 'both\n')
    const all = [
      'resolve',
      String(id),
      '--by',
      'Ada',
      '--path',
      'a.txt',
      '--theirs',
      '--path',
      'one.txt',
      '--from',
      text,
    ]
    expect(await w.ok(...all)).toBe(`change ${id} is pending\n`)
    expect((await w.run('worker', '--drain', '--poll-interval-ms', '20')).code).toBe(0)
    expect(w.repo.git('show', 'hyperion/main:one.txt')).toBe('both')
    expect(w.repo.git('show', 'hyperion/main:a.txt')).toBe('uno\ntwo\nthree')
  })

  test('dequeue leases to a script; its fence opens release, mark-applied and mark-failed', async () => {
    const ids = await w.enqueue(
      ...['D-1', 'D-2', 'D-3'].map((task) => change({ task, path: `${task}.txt`, add: `${task}\n` })),
    )
    const leased = z.looseObject({ ...listRowSchema.shape, fence: z.int().min(1) })
    const lease = async (): Promise<{ id: number; fence: number }> =>
      leased.parse(JSON.parse(await w.ok('dequeue', '--lease-seconds', '60')))
    const first = await lease()
    expect(first).toMatchObject({ id: ids[0], status: 'in_progress', attempts: 1 })
    const bare = await w.run('mark-applied', String(first.id))
    expect([bare.code, bare.stderr]).toEqual([
      1,
      expect.stringMatching(/needs the fence; give its fence with --fence/),
    ])
    const other = await w.run('release', String(first.id), '--fence', String(first.fence + 7))
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/has fence \d+, not \d+/)])
    expect(await w.ok('release', String(first.id), '--fence', String(first.fence))).toBe(
      `change ${first.id} is pending\n`,
    )
    expect(await w.row(first.id)).toMatchObject({ attempts: 0, leased_until: null })

    const again = await lease()
    expect(again.fence).toBeGreaterThan(first.fence)
    expect(await w.ok('mark-applied', String(again.id), '--fence', String(again.fence))).toBe(
      `change ${again.id} is applied\n`,
    )
    const next = await lease()
    const failed = ['mark-failed', String(next.id), '--fence', String(next.fence), '--error', 'not wanted']
    expect(await w.ok(...failed)).toBe(`change ${next.id} is failed\n`)
    expect(await w.row(next.id)).toMatchObject({ last_error: 'not wanted' })
    expect(await w.ok('discard', String(next.id))).toBe(`change ${next.id} is cancelled\n`)
    expect(await w.ok('list-dead-letters', '--format', 'json')).not.toContain('D-2')
    expect(await w.ok('cancel', String(ids[2]))).toBe(`change ${ids[2]} is cancelled\n`)
    const none = await w.run('dequeue')
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', 'nothing to dequeue\n'])
    const log = (await w.show(again.id)).log.find((event) => event.message === 'mark_applied')
    expect(log?.details).toMatchObject({ by: expect.stringMatching(/@cli$/), from: 'in_progress' })
  })

  test('sync brings landed commits to upstream and its checkout', async () => {
    const tip = w.repo.git('rev-parse', 'hyperion/main')
    const from = w.repo.head()
    expect(await w.ok('sync')).toBe(
      `Moved main and the checkout ${w.dir} from ${from.slice(0, 10)} to ${tip.slice(0, 10)}\n`,
    )
    expect([w.repo.head(), w.repo.git('status', '--porcelain')]).toEqual([tip, ''])
    expect(w.repo.read('two.txt').toString()).toBe('two\n')
    expect(await w.ok('sync')).toBe(`main is up to date at ${tip.slice(0, 10)}\n`)
  })

  test('apply changes the checkout itself, without a commit', async () => {
    const head = w.repo.head()
    const file = w.file('apply.json', {
      ...request({ task: 'A-1' }, replaced('b.txt', 'applied\n'), added('new/deep.txt', 'deep\n')),
      checks: ['ones'],
    })
    const refused = await w.run('apply', file, '--run-checks')
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      3,
      '',
      'hyperion: the check "ones" ended failed (exit code 1); everything was put back\n',
    ])
    expect(w.repo.git('status', '--porcelain')).toBe('')
    expect(existsSync(join(w.dir, 'new'))).toBe(false)
    expect(await w.ok('apply', file)).toBe('Applied b.txt\nApplied new/deep.txt\n')
    expect([w.repo.head(), w.repo.git('status', '--porcelain', '-uall')]).toEqual([
      head,
      ' M b.txt\n?? new/deep.txt',
    ])
    w.repo.git('checkout', '--', 'b.txt')
    w.repo.remove('new')
  })

  test('cleanup archives what ended; the pair may come again, and the old one is still shown', async () => {
    expect(await w.ok('cleanup')).toBe('Archived 0 row(s)\n')
    const count = (await w.list()).length
    expect(await w.ok('cleanup', '--ttl-seconds', '0')).toBe(`Archived ${count} row(s)\n`)
    expect(await w.list()).toEqual([])
    expect(await w.ok('show', '1')).toMatch(/^change 1 {2}applied \(archived\)\n/)
    const again = await w.run('retry', '1')
    expect([again.code, again.stderr]).toEqual([
      1,
      'hyperion: change 1 was archived as applied and stays as it is\n',
    ])
    const pair = { ...change({ task: 'T-1', path: 'one.txt', add: 'one\n' }), checks: ['ones'] }
    expect(await w.enqueue(pair)).toHaveLength(1)
    const metrics = queueMetricsSchema.parse(JSON.parse(await w.ok('queue-metrics', '--format', 'json')))
    expect(metrics.last_cleanup_timestamp).not.toBeNull()
  })

  test('doctor finds nothing broken', async () => {
    const ran = await w.run('doctor')
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    expect(ran.stdout).not.toContain('BROKEN')
  })
})

test('what is empty says so on stderr and is an empty list as JSON', async () => {
  const w = await workspace()
  try {
    for (const [args, said] of [
      [['list'], 'no changes'],
      [['list-dead-letters'], 'no dead letters'],
      [['requests'], 'no requests'],
      [['logs'], 'no events'],
    ] as const) {
      const ran = await w.run(...args)
      expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, '', `${said}\n`])
    }
    expect(JSON.parse(await w.ok('list', '--format', 'json'))).toEqual([])
    const figures = queueMetricsSchema.parse(JSON.parse(await w.ok('queue-metrics', '--format', 'json')))
    expect([figures.avg_apply_duration_ms, figures.timestamp_skew_secs]).toEqual([null, null])
  } finally {
    w.dispose()
  }
})
