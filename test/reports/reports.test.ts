/** The two files under execution/: what they say, and that they are whole and ours at every moment. */
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assignmentContext, nextTask } from '../../main/engine/reports/figures.ts'
import { openReporter, type Reporter, type ReporterDeps } from '../../main/engine/reports/reporter.ts'
import { lookAt } from '../../main/engine/reports/seals.ts'
import { readMetrics } from '../../main/engine/store/metrics.ts'
import { z } from 'zod'
import type { Metadata } from '../../schemas/metadata.ts'
import { nextTaskContextSchema, verificationReportSchema } from '../../schemas/reports.ts'
import { startWriter } from './writer.ts'
import { OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'

let temp: TempStore
let folder: string
let problems: string[]
beforeEach(() => {
  temp = tempStore()
  folder = mkdtempSync(join(tmpdir(), 'reports-'))
  problems = []
})
afterEach(() => {
  temp.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const at = (...parts: string[]): string => join(folder, 'execution', ...parts)
const reporter = (more: Partial<ReporterDeps> = {}): Reporter => {
  const { clock, store } = temp
  const metrics = (seconds: number) =>
    readMetrics({ ...store, clock }, seconds, { appliedSeconds: 1e6, deadLetterSeconds: 1e6 })
  const tracked = () => Promise.resolve(new Set<string>())
  const onProblem = (said: string): void => void problems.push(said)
  return openReporter({ clock, store, workspace: folder, metrics, tracked, onProblem, ...more })
}
const report = () =>
  verificationReportSchema.parse(JSON.parse(readFileSync(at('verification_report.json'), 'utf8')))
const context = () =>
  nextTaskContextSchema.parse(JSON.parse(readFileSync(at('next_task_context.json'), 'utf8')))

describe('verification_report.json', () => {
  test('holds the figures of the queue, and null where nothing was measured', async () => {
    temp.add('A')
    temp.add('B')
    const [row] = temp.claim()
    await temp.finish(row as NonNullable<typeof row>, OUTCOMES.applied)
    await reporter().stop()
    expect(report()).toMatchObject({
      generated_at: Math.floor(temp.clock.nowMs() / 1000),
      window_seconds: 60,
      queue: {
        depth: 1,
        status_counts: { pending: 1, applied: 1 },
        throughput_per_minute: 1,
        avg_poll_interval_ms: null,
      },
      agent: { requests_per_sec: null, guard_success_rate: null },
    })
  })

  test('has one entry a minute for the last sixty, over restarts and several writers', async () => {
    const both = [reporter(), reporter()]
    for (let minute = 0; minute < 65; minute += 1) {
      for (const one of both) await one.stop()
      temp.clock.advance(30_000)
      await both[0]?.stop()
      temp.clock.advance(30_000)
      if (minute === 30) both.splice(0, 2, reporter(), reporter())
    }
    const minutes = report().history.map(({ generated_at }) => Math.floor(generated_at / 60))
    const now = Math.floor(temp.clock.nowMs() / 60_000)
    expect(minutes).toEqual(Array.from({ length: 60 }, (_, index) => now - 59 + index))
    temp.clock.jumpWall(-600_000)
    await reporter().stop()
    expect(report().history.at(-1)?.generated_at).toBeLessThanOrEqual(report().generated_at)
  })

  test('is written at most once a second, when something is new or five seconds passed', async () => {
    const one = reporter()
    const written = async (): Promise<boolean> => {
      rmSync(at('verification_report.json'), { force: true })
      await one.tick()
      return readdirSync(at()).includes('verification_report.json')
    }
    temp.add('A')
    expect(await written()).toBe(true)
    temp.add('B')
    temp.clock.advance(900)
    expect(await written()).toBe(false)
    temp.clock.advance(200)
    expect(await written()).toBe(true)
    temp.clock.advance(2_000)
    expect(await written()).toBe(false)
    temp.clock.advance(3_100)
    expect(await written()).toBe(true)
    // Once nothing is left in the window of the figures, a minute is often enough.
    temp.clock.advance(66_000)
    expect(await written()).toBe(true)
    temp.clock.advance(20_000)
    expect(await written()).toBe(false)
    temp.clock.advance(40_000)
    expect(await written()).toBe(true)
    temp.add('C')
    temp.clock.advance(1_000)
    expect(await written()).toBe(true)
  })

  test('that another program wrote within the second is left alone', async () => {
    const file = at('verification_report.json')
    await reporter().stop()
    temp.add('A')
    const written = (secondsAgo: number): void => {
      const then = temp.clock.nowMs() / 1000 - secondsAgo
      utimesSync(file, then, then)
    }
    const depth = (): number => report().queue.depth
    written(0.9)
    await reporter().tick()
    expect(depth()).toBe(0)
    // A time that lies ahead is of a clock that went back: nobody waits for it to come.
    for (const secondsAgo of [1.1, -5]) {
      const before = depth()
      written(secondsAgo)
      await reporter().tick()
      expect(depth()).toBe(before + 1)
      temp.add(`B${secondsAgo}`)
    }
  })
})

describe('next_task_context.json', () => {
  const METADATA = {
    intent: 'why', complexity: 4, sample_diff: '+x', telemetry_anchors: ['a'], approvals: [{ approver: 'p', approved_at: 5 }],
    agent_model: 'm',
  } // prettier-ignore

  test('knows nothing of an empty queue, and says so with null', async () => {
    await reporter().stop()
    expect(context()).toEqual({
      generated_at: Math.floor(temp.clock.nowMs() / 1000),
      request_id: null, task_id: null, intent: null, complexity: null, sample_diff: null, telemetry_anchors: [],
      approvals: [], agent_model: null, exported_skills: null,
    }) // prettier-ignore
  })

  function receive(requestId: string, metadatas: readonly Metadata[]): void {
    const { requests } = temp.store
    const payload = JSON.stringify({ request_id: requestId, summary: `all of ${requestId}` })
    requests.receive({ requestId, payload, options: {}, baseTip: null })
    const assignments = metadatas.map((metadata, index) => ({
      agent: 'agent-1',
      inFlight: [],
      assignment: {
        task_id: `${requestId}-${index + 1}`,
        parent_request_id: requestId,
        summary: 'do it',
        file_targets: ['x'],
        instructions: [],
        metadata,
      },
    }))
    temp.store.db.write(() => requests.setAssignments(requestId, assignments))
  }
  const next = () => nextTask(temp.store.db, 0)

  test('is of the newest request: its first assignment that has not ended, else its last', async () => {
    receive('OLD', [METADATA])
    temp.clock.advance(5_000)
    receive('NEW', [METADATA, { ...METADATA, intent: 'second' }])
    expect(next()).toMatchObject({ request_id: 'NEW', task_id: 'NEW-1', ...METADATA })
    const id = temp.add('NEW-1')
    temp.store.db.write(() => temp.store.requests.setQueued('NEW-1', id))
    const [row] = temp.claim()
    await temp.finish(row as NonNullable<typeof row>, OUTCOMES.applied)
    expect(next()).toMatchObject({ task_id: 'NEW-2', intent: 'second' })
    temp.store.db.write(() => temp.store.requests.setFailed('NEW-2', 'no'))
    expect(next()).toMatchObject({ task_id: 'NEW-2' })
    temp.store.requests.setStatus('NEW', 'failed', 'no')
    expect(next()).toMatchObject({ request_id: 'OLD' })
  })

  test('is of a cast that was written, until its request is there; an agent is told the same of its assignment', () => {
    receive('OLD', [METADATA])
    const { casts } = temp.store
    const write = (intent: string): void =>
      casts.written({
        request_id: 'CAST',
        path: 'taskjson/CAST.json',
        sha256: 'x',
        content_hash: 'x',
        cast_json: JSON.stringify({ summary: 's', metadata: { ...METADATA, intent } }),
      })
    temp.clock.advance(5_000)
    write('as first written')
    write('as written last')
    expect(next()).toMatchObject({ request_id: 'CAST', task_id: null, intent: 'as written last' })
    temp.clock.advance(5_000)
    receive('CAST', [METADATA, { ...METADATA, intent: 'second' }])
    expect(next()).toMatchObject({ request_id: 'CAST', task_id: 'CAST-1' })
    expect(assignmentContext(temp.store.db, 0, 'CAST-1')).toEqual(next())
    expect(assignmentContext(temp.store.db, 0, 'CAST-2')).toMatchObject({
      task_id: 'CAST-2',
      intent: 'second',
    })
    expect(assignmentContext(temp.store.db, 0, 'NONE')).toMatchObject({ request_id: null, intent: null })
  })

  test('is of a change without a request where that one is newer, and of what is known where metadata is bad', () => {
    receive('R', [{ ...METADATA, complexity: 99 }])
    expect(next()).toMatchObject({ request_id: 'R', intent: 'do it', complexity: null, approvals: [] })
    temp.clock.advance(5_000)
    temp.add('ALONE')
    expect(next()).toMatchObject({ request_id: null, task_id: 'ALONE', intent: null })
  })
})

describe('what is there already', () => {
  test.each([
    ['broken', '{"generated_at": 1,', 'is not JSON'],
    [
      'of somebody else',
      '{"mine": true}',
      'does not fit its schema (generated_at: a time in whole seconds since 1970)',
    ],
    ['empty', '', 'is not JSON'],
  ])('a file that is %s is kept aside, replaced, and told of', async (_, text, why) => {
    mkdirSync(at())
    writeFileSync(at('verification_report.json'), text)
    await reporter().stop()
    expect(report().history).toHaveLength(1)
    const [aside = ''] = readdirSync(at()).filter((name) => name.includes('.kept-'))
    expect(readFileSync(at(aside), 'utf8')).toBe(text)
    expect(problems).toEqual([
      `${at('verification_report.json')} ${why}, so none of it is used; it is kept as ${aside}`,
    ])
  })

  test('a file that the repository tracks is never written to', async () => {
    mkdirSync(at())
    writeFileSync(at('verification_report.json'), 'tracked')
    const one = reporter({ tracked: () => Promise.resolve(new Set(['verification_report.json'])) })
    await one.stop()
    await one.stop()
    expect(readFileSync(at('verification_report.json'), 'utf8')).toBe('tracked')
    expect(context().task_id).toBeNull()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/tracks execution\/verification_report\.json.*git rm --cached/)
  })

  test('a link where the folder should be is not followed', async () => {
    const elsewhere = join(folder, 'elsewhere')
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(folder, 'execution'))
    await reporter().stop()
    expect(readdirSync(elsewhere)).toEqual([])
    expect(problems[0]).toMatch(/is a link, so no report is written there/)
  })

  test('a workspace that is gone stays gone', async () => {
    rmSync(folder, { recursive: true })
    await reporter().stop()
    expect(() => readdirSync(folder)).toThrow(/ENOENT/)
    expect(problems).toHaveLength(1)
  })
})

test('a reader finds valid JSON at every moment, though writers are killed in the middle', async () => {
  mkdirSync(at())
  let read = 0
  for (let round = 0; round < 4; round += 1) {
    const child = startWriter(temp.file, at(), 'counted.json', 0)
    const ended = once(child, 'close')
    await once(child.stdout, 'data')
    for (let look = 0; look < 200 + round * 37; look += 1) {
      JSON.parse(readFileSync(at('counted.json'), 'utf8'))
      read += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.kill('SIGKILL')
    await ended
    // Killed at whatever moment, it left one that the queue knows.
    expect(lookAt(temp.store, at('counted.json'), 'counted.json', z.looseObject({})).found.kind).toBe('ours')
  }
  expect(read).toBeGreaterThan(800)
  // What they left is taken away by the next writer.
  await reporter().stop()
  expect(readdirSync(at()).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

describe('a report that somebody else edited', () => {
  test.each([
    [
      'with valid JSON of the right shape',
      (text: string) => text.replace('"dedup_hits": 0', '"dedup_hits": 7'),
      /was edited by somebody else/,
    ],
    ['until it is no JSON', (text: string) => text.slice(0, -20), /is not JSON/],
    [
      'until it fits no schema',
      (text: string) => text.replace('"window_seconds": 60', '"window_seconds": "x"'),
      /does not fit its schema \(window_seconds/,
    ],
  ])('%s is kept aside and told, and none of it goes on', async (_, edit, why) => {
    await reporter().stop()
    temp.clock.advance(61_000)
    await reporter().stop()
    expect(report().history).toHaveLength(2)
    expect(problems).toEqual([])
    const name = 'verification_report.json'
    const edited = edit(readFileSync(at(name), 'utf8'))
    writeFileSync(at(name), edited)
    await reporter().stop()
    expect(problems).toEqual([expect.stringMatching(why)])
    const [aside = ''] = readdirSync(at()).filter((one) => one.includes('.kept-'))
    expect(readFileSync(at(aside), 'utf8')).toBe(edited)
    expect(report().history).toHaveLength(1)
  })

  test('is told from one of another program over the same workspace, however they take turns', async () => {
    const others = [reporter(), reporter(), reporter()]
    for (let turn = 0; turn < 30; turn += 1) {
      temp.clock.advance(1_000)
      await Promise.all(others.map((one) => one.stop()))
    }
    expect(problems).toEqual([])
  })
})
