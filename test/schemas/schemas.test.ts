/** The shapes themselves: what each contract takes, and that the JSON Schema says the same. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { assignmentSchema } from '../../schemas/assignment.ts'
import { castSchema } from '../../schemas/cast.ts'
import { CATALOGUE } from '../../schemas/catalogue.ts'
import { changeRequestSchema, fileChangeSchema } from '../../schemas/change-request.ts'
import { configSchema, defaultConfig } from '../../schemas/config.ts'
import { LOG_DETAILS, LOG_MESSAGES } from '../../schemas/log-event.ts'
import { queueMetricsSchema } from '../../schemas/metrics.ts'
import { taskRequestSchema } from '../../schemas/task-request.ts'

const hash = 'a'.repeat(64)
const change = { path: 'a.txt', operation: 'update', replacement: 'x\n', patch_hash: hash }
const request = { task_id: 'T-1', agent: 'dev', changes: [change], checks: ['npm test'] }
const metadata = {
  intent: 'x',
  complexity: 3,
  sample_diff: '',
  telemetry_anchors: [],
  approvals: [],
  agent_model: 'gpt-5-mini',
}
const task = { request_id: 'R', summary: 's', requested_changes: [{ path: 'a', summary: 's' }] }
const assignment = {
  task_id: 'R-1',
  parent_request_id: 'R',
  summary: 's',
  file_targets: ['a'],
  instructions: [],
}
const cast = { ...task, schema: 'hyperion.cast/1', metadata }

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success

describe('change request', () => {
  test.each([
    ['the least', request],
    ['any unknown key in metadata', { ...request, metadata: { ...metadata, team: { a: [1] } } }],
    [
      'an approval with keys of its own',
      { ...request, metadata: { approvals: [{ approver: 'x', approved_at: 1, via: 'chat' }] } },
    ],
    [
      'an ISO time in a claim',
      { ...request, metadata: { approvals: [{ approver: 'x', approved_at: '2026-01-02T03:04:05Z' }] } },
    ],
    ['a SHA-256 base', { ...request, base_commit: 'b'.repeat(64) }],
    [
      'an expectation',
      { ...request, checks: [{ run: 'x', expect: { exit_code: 2, stdout_includes: 'y' }, why: 'z' }] },
    ],
    ['500 changes', { ...request, changes: Array.from({ length: 500 }, () => change) }],
    ['an id of 200', { ...request, task_id: 'x'.repeat(200) }],
  ])('accepts %s', (_, value) => expect(accepts(changeRequestSchema, value)).toBe(true))

  test.each([
    ['an unknown key', { ...request, comment: 'x' }],
    ['an unknown key in a change', { ...request, changes: [{ ...change, mode: '100755' }] }],
    ['no changes', { ...request, changes: [] }],
    ['501 changes', { ...request, changes: Array.from({ length: 501 }, () => change) }],
    ['no checks', { ...request, checks: [] }],
    ['checks left out', { task_id: 'T', agent: 'a', changes: [change] }],
    ['a blank check', { ...request, checks: [' '] }],
    ['an unknown key in a check', { ...request, checks: [{ run: 'x', shell: true }] }],
    ['an id of 201', { ...request, task_id: 'x'.repeat(201) }],
    ['an id with a slash', { ...request, agent: 'a/b' }],
    ['an id with a line feed', { ...request, task_id: 'T-1\n' }],
    ['an id that begins with a dot', { ...request, request_id: '.x' }],
    ['a short base', { ...request, base_commit: 'abc123' }],
    ['another priority', { ...request, priority: 'asap' }],
    ['complexity 0', { ...request, metadata: { complexity: 0 } }],
    ['complexity 11', { ...request, metadata: { complexity: 11 } }],
    ['complexity 2.5', { ...request, metadata: { complexity: 2.5 } }],
    ['complexity as text', { ...request, metadata: { complexity: '3' } }],
    ['a list', [request]],
    ['null', null],
  ])('refuses %s', (_, value) => expect(accepts(changeRequestSchema, value)).toBe(false))
})

describe('exactly one of patch and replacement, except for delete', () => {
  const schema = z.fromJSONSchema(z.toJSONSchema(fileChangeSchema) as Parameters<typeof z.fromJSONSchema>[0])
  const base = { path: 'a', patch_hash: hash }
  const cases: [string, object, boolean][] = [
    ['add by patch', { operation: 'add', patch: '@@' }, true],
    ['add by replacement', { operation: 'add', replacement: '' }, true],
    ['add an executable', { operation: 'add', replacement: '', executable: true }, true],
    ['update by patch', { operation: 'update', patch: '@@' }, true],
    ['update by replacement', { operation: 'update', replacement: '' }, true],
    ['delete by nothing', { operation: 'delete' }, true],
    ['delete by patch', { operation: 'delete', patch: '@@' }, true],
    ['add by both', { operation: 'add', patch: '@@', replacement: '' }, false],
    ['add by neither', { operation: 'add' }, false],
    ['update by both', { operation: 'update', patch: '@@', replacement: '' }, false],
    ['update by neither', { operation: 'update' }, false],
    ['update of the mode', { operation: 'update', patch: '@@', executable: true }, false],
    ['update by an empty patch', { operation: 'update', patch: '' }, false],
    ['delete by replacement', { operation: 'delete', replacement: '' }, false],
    ['rename', { operation: 'rename', patch: '@@' }, false],
  ]
  test.each(cases)('%s: zod', (_, value, fine) => {
    expect(accepts(fileChangeSchema, { ...base, ...value })).toBe(fine)
  })
  test.each(cases)('%s: JSON Schema', (_, value, fine) => {
    expect(accepts(schema, { ...base, ...value })).toBe(fine)
  })
})

describe('task request, assignment, cast', () => {
  test('the least of each', () => {
    expect(accepts(taskRequestSchema, task)).toBe(true)
    expect(accepts(taskRequestSchema, { ...task, assignments: [assignment] })).toBe(true)
    expect(accepts(assignmentSchema, assignment)).toBe(true)
    expect(accepts(castSchema, cast)).toBe(true)
    expect(
      accepts(castSchema, { ...cast, requested_changes: [{ path: 'a.txt', summary: 's', change }] }),
    ).toBe(true)
  })
  test.each([
    ['task request with an unknown key', taskRequestSchema, { ...task, title: 'x' }],
    ['task request without requested changes', taskRequestSchema, { ...task, requested_changes: [] }],
    [
      'task request with a finished edit',
      taskRequestSchema,
      { ...task, requested_changes: [{ path: 'a', summary: 's', change }] },
    ],
    ['task request with a blank summary', taskRequestSchema, { ...task, summary: ' ' }],
    ['task request with no assignment in the list', taskRequestSchema, { ...task, assignments: [] }],
    ['assignment without targets', assignmentSchema, { ...assignment, file_targets: [] }],
    ['assignment with an unknown key', assignmentSchema, { ...assignment, agent: 'x' }],
    ['cast without its schema', castSchema, { ...task, metadata }],
    ['cast of another version', castSchema, { ...cast, schema: 'hyperion.cast/2' }],
    ['cast without metadata', castSchema, { ...cast, metadata: undefined }],
    ['cast with half its metadata', castSchema, { ...cast, metadata: { intent: 'x' } }],
    ['cast with an unknown key', castSchema, { ...cast, title: 'x' }],
  ])('refuses a %s', (_, schema, value) => expect(accepts(schema, value)).toBe(false))
})

describe('config', () => {
  test('is complete when nothing is given', () => {
    expect(configSchema.parse({})).toEqual(defaultConfig)
    expect(configSchema.parse({ checks: { allow: { test: 'npm test' } } }).checks).toEqual({
      ...defaultConfig.checks,
      allow: { test: 'npm test' },
    })
  })
})

test('null is a figure that nobody measured, and a negative one is none', () => {
  const counts = { pending: 0, in_progress: 0, applied: 0, failed: 0, conflict: 0, held: 0, cancelled: 0 }
  const metrics = {
    window_seconds: 60,
    status_counts: counts,
    avg_dequeue_latency_ms: null,
    avg_apply_duration_ms: null,
    avg_poll_interval_ms: null,
    throughput_per_minute: 0,
    lease_contention_events: 0,
    timestamp: 1,
    stale_applied_rows: 0,
    stale_dead_letter_rows: 0,
    dedup_hits: 0,
    last_cleanup_timestamp: null,
    wal_checkpoint_stats: null,
    timestamp_skew_secs: null,
    agent: {
      requests_per_sec: null,
      guard_success_rate: null,
      approval_latency_ms: { avg: null, p50: null, p95: null },
    },
  }
  expect(accepts(queueMetricsSchema, metrics)).toBe(true)
  expect(accepts(queueMetricsSchema, { ...metrics, avg_dequeue_latency_ms: -1 })).toBe(false)
})

test('every known log message has details, and those named in the contract are enforced', () => {
  expect(LOG_MESSAGES).toHaveLength(16)
  expect(accepts(LOG_DETAILS.applied, { apply_duration_ms: 1, commit: 'c'.repeat(40), anchors: ['x'] })).toBe(
    true,
  )
  expect(accepts(LOG_DETAILS.applied, { apply_duration_ms: 1 })).toBe(false)
})

test('every contract in the catalogue has a title and a description', () => {
  for (const [name, schema] of Object.entries(CATALOGUE)) {
    expect(schema.meta(), name).toMatchObject({ title: expect.any(String), description: expect.any(String) })
  }
})
