/** Figures: counted where something was, null where nobody measured, never a made-up 0. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { progressLine } from '../../main/engine/domain/metrics.ts'
import { openHour } from '../../main/engine/store/hour.ts'
import { readMetrics } from '../../main/engine/store/metrics.ts'
import { cleanUp } from '../../main/engine/store/retention.ts'
import { queueMetricsSchema, type QueueMetrics } from '../../schemas/metrics.ts'
import { newChange, OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
beforeEach(() => {
  temp = tempStore()
})
afterEach(() => temp.dispose())

const RETENTION = { appliedSeconds: 100, deadLetterSeconds: 1_000 }
const read = (windowSeconds = 60): QueueMetrics => {
  const metrics = readMetrics({ ...temp.store, clock: temp.clock }, windowSeconds, RETENTION)
  return queueMetricsSchema.parse(metrics)
}
const tell = (message: string, details: Record<string, unknown>): void =>
  temp.store.logs.write({ message, details })

describe('an empty queue', () => {
  test('has counts of 0 and figures of null', () => {
    expect(read()).toMatchObject({
      window_seconds: 60,
      status_counts: {
        pending: 0,
        in_progress: 0,
        applied: 0,
        failed: 0,
        conflict: 0,
        held: 0,
        cancelled: 0,
      },
      throughput_per_minute: 0,
      avg_dequeue_latency_ms: null,
      avg_apply_duration_ms: null,
      avg_poll_interval_ms: null,
      lease_contention_events: 0,
      stale_applied_rows: 0,
      stale_dead_letter_rows: 0,
      dedup_hits: 0,
      last_cleanup_timestamp: null,
      timestamp_skew_secs: null,
      agent: {
        requests_per_sec: null,
        guard_success_rate: null,
        guard: { submissions: 0, passed_first: 0, passed: 0, success_rate_after_repair: null, refusals: {} },
        approval_latency_ms: { avg: null, p50: null, p95: null },
      },
    })
  })

  test('says n/a on the progress line', () => {
    expect(progressLine(read())).toBe(
      '[progress] pending=0 in_progress=0 applied=0 failed=0 throughput=0.0/min avg_dequeue_latency=n/a ' +
        'avg_apply_duration=n/a avg_poll_interval=n/a lease_contention_events=0',
    )
  })
})

describe('figures of the window', () => {
  test('latency, poll interval and contention come from the claims in it', () => {
    tell('dequeue_metrics', { dequeue_latency_ms: 900, poll_interval_ms: 100, worker_id: 'old' })
    temp.clock.advance(61_000)
    tell('dequeue_metrics', { dequeue_latency_ms: 10, poll_interval_ms: 500, worker_id: 'w' })
    tell('dequeue_metrics', { dequeue_latency_ms: 502.5, poll_interval_ms: 500, worker_id: 'w' })
    tell('dequeue_metrics', { dequeue_latency_ms: 500, poll_interval_ms: 500, worker_id: 'w' })
    expect(read()).toMatchObject({
      avg_dequeue_latency_ms: 337.5,
      avg_poll_interval_ms: 500,
      lease_contention_events: 1,
    })
    expect(read(3_600)).toMatchObject({ lease_contention_events: 2 })
  })

  test('a measured 0 is 0', () => {
    tell('dequeue_metrics', { dequeue_latency_ms: 0, poll_interval_ms: 0, worker_id: 'w' })
    tell('applied', { apply_duration_ms: 0, commit: 'c' })
    tell('guard', { code: 'secret', output: '', duration_ms: 1 })
    expect(read()).toMatchObject({
      avg_dequeue_latency_ms: 0,
      avg_apply_duration_ms: 0,
      avg_poll_interval_ms: 0,
      agent: { guard_success_rate: 0 },
    })
  })

  test('a landing whose duration nobody saw counts for throughput and not for the duration', () => {
    tell('applied', { apply_duration_ms: null, commit: 'c' })
    expect(read()).toMatchObject({ throughput_per_minute: 1, avg_apply_duration_ms: null })
    tell('applied', { apply_duration_ms: 40, commit: 'c' })
    expect(read()).toMatchObject({ throughput_per_minute: 2, avg_apply_duration_ms: 40 })
    expect(read(30).throughput_per_minute).toBe(4)
  })

  test('what was found already present is no throughput', async () => {
    temp.add('T')
    const [row] = temp.claim()
    await temp.finish(row as NonNullable<typeof row>, OUTCOMES.already_present)
    expect(read()).toMatchObject({ throughput_per_minute: 0, status_counts: { applied: 1 } })
  })

  test('agents: submissions, the guard’s passes, how long people took', () => {
    for (const code of ['ok', 'ok', 'ok', 'out_of_scope']) {
      tell('guard', { code, output: '', duration_ms: 1 })
    }
    for (const ms of [100, 200, 300, 400])
      tell('approval', { approver: 'a', decision: 'approved', approval_latency_ms: ms })
    tell('approval', { approver: 'a', decision: 'approved', approval_latency_ms: null })
    expect(read().agent).toEqual({
      requests_per_sec: 0.067,
      guard_success_rate: 0.75,
      guard: {
        submissions: 4,
        passed_first: 3,
        passed: 3,
        success_rate_after_repair: 0.75,
        refusals: { out_of_scope: 1 },
      },
      approval_latency_ms: { avg: 250, p50: 200, p95: 400 },
    })
  })
})

describe('the guard’s rates', () => {
  const look = (taskId: string, code: string, repair: number): void => {
    const details = { code, output: '', duration_ms: 1, repair, agent: 'agent-1' }
    temp.store.logs.write({ message: 'guard', taskId, details })
  }
  const rates = (windowSeconds?: number): [number | null, number | null | undefined] => {
    const { guard_success_rate: first, guard } = read(windowSeconds).agent
    return [first, guard?.success_rate_after_repair]
  }

  test('a submission that was mended passed in the end, and not at first', () => {
    look('T-1', 'search_not_found', 0)
    expect(rates()).toEqual([0, 0])
    look('T-1', 'ok', 1)
    expect(rates()).toEqual([0, 1])
    expect(read().agent.requests_per_sec).toBe(0.033)
    const hour = openHour(temp.store.db, temp.clock)()
    expect([hour.guard_success_rate.at(-1), hour.requests.at(-1)]).toEqual([0, 2])
  })

  test('each submission counts once, whatever came in between and however often a task is tried', () => {
    look('T-1', 'out_of_scope', 0)
    look('T-2', 'ok', 0)
    look('T-3', 'secret_found', 0)
    look('T-1', 'out_of_scope', 1)
    look('T-3', 'ok', 1)
    look('T-1', 'no_change', 2)
    look('T-1', 'ok', 0)
    expect(read().agent).toMatchObject({
      guard_success_rate: 0.5,
      guard: {
        submissions: 4,
        passed_first: 2,
        passed: 3,
        success_rate_after_repair: 0.75,
        refusals: { out_of_scope: 2, secret_found: 1, no_change: 1 },
      },
    })
    expect(Object.keys(read().agent.guard?.refusals ?? {})[0]).toBe('out_of_scope')
  })

  test('a repair in the window of what was handed in before it makes no rate above 1', () => {
    look('T-1', 'out_of_scope', 0)
    temp.clock.advance(61_000)
    look('T-1', 'ok', 1)
    expect(rates()).toEqual([null, null])
    expect(openHour(temp.store.db, temp.clock)().guard_success_rate.at(-1)).toBeNull()
    look('T-2', 'no_change', 0)
    look('T-1', 'ok', 2)
    expect(rates()).toEqual([0, 0])
    expect(rates(600)).toEqual([0, 0.5])
  })

  test('codes are no more than can be read', () => {
    for (let n = 0; n < 30; n += 1) look('T-1', `code_${n}`, 0)
    look('T-1', 'code_29', 0)
    const refusals = Object.entries(read().agent.guard?.refusals ?? {})
    expect(refusals).toHaveLength(20)
    expect(refusals[0]).toEqual(['code_29', 2])
  })
})

describe('figures of all time', () => {
  test('duplicates, sweeps and rows past their retention', async () => {
    temp.add('T')
    temp.store.db.write(() => temp.store.changes.insert(newChange('T')))
    temp.add('F')
    const [first, second] = temp.claim(2)
    await temp.finish(first as NonNullable<typeof first>, OUTCOMES.applied)
    await temp.finish(second as NonNullable<typeof second>, OUTCOMES.check_failed)
    expect(read()).toMatchObject({ dedup_hits: 1, stale_applied_rows: 0, timestamp_skew_secs: 0 })
    temp.clock.advance(101_000)
    expect(read()).toMatchObject({
      stale_applied_rows: 1,
      stale_dead_letter_rows: 0,
      timestamp_skew_secs: 101,
    })
    temp.clock.advance(900_000)
    expect(read()).toMatchObject({ stale_dead_letter_rows: 1 })
    cleanUp({ ...temp.store, clock: temp.clock }, 100)
    const now = Math.floor(temp.clock.nowMs() / 1000)
    expect(read()).toMatchObject({ stale_applied_rows: 0, last_cleanup_timestamp: now, timestamp: now })
  })

  test('a clock set back shows as negative skew', () => {
    temp.add('T')
    temp.clock.jumpWall(-5_000)
    expect(read().timestamp_skew_secs).toBe(-5)
  })

  test('the log’s pages are counted, and unknown in the middle of a transaction', () => {
    temp.add('T')
    const wal = read().wal_checkpoint_stats
    expect(wal?.wal).toBeGreaterThan(0)
    expect(wal?.checkpointed).toBe(wal?.log)
    temp.store.db.write(() => expect(read().wal_checkpoint_stats).toBeNull())
  })
})
