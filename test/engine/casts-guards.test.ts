/** What keeps an approval of a cast to exactly what was approved, and what counts as open work on its paths. */
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { castContentHash } from '../../main/engine/casts/answers.ts'
import type { AgentHarness } from '../../main/engine/agents/harness.ts'
import { openDatabase } from '../../main/engine/store/database.ts'
import type { CastAnswers } from '../../schemas/cast-draft.ts'
import type { FileChange } from '../../schemas/change-request.ts'
import { CHANGE_STATUSES, type ChangeStatus } from '../../schemas/states.ts'
import { replaced, request } from '../support/requests.ts'
import { withBench } from '../support/workbench.ts'
import { at, codes, complete, configured, queue, store, text, write } from './casts-support.ts'

/** Checks that the agent adds to its draft. */
const agent = vi.hoisted(() => ({ checks: [] as string[] }))

vi.mock('../../main/engine/agents/adapters/stub.ts', async (original) => {
  const real = await original<{ stubHarness: () => AgentHarness }>()
  const stubHarness = (): AgentHarness => {
    const stub = real.stubHarness()
    return {
      ...stub,
      start(task, signal) {
        const { handIn } = task
        const adding = handIn && {
          ...handIn,
          review: (draft: unknown) => handIn.review({ ...(draft as object), checks: agent.checks }),
        }
        return stub.start({ ...task, handIn: adding }, signal)
      },
    }
  }
  return { ...real, stubHarness }
})

test.each([
  ['that nobody named', 'echo unnamed', [], 'held'],
  ['of the allow-list', 'other', [{ approver: 'Ada' }], 'applied'],
  ['that the cast names', 'echo named', [{ approver: 'Ada' }], 'applied'],
])('an approval of a cast, and a check %s that its agent adds', async (_, added, approvals, status) => {
  agent.checks = [added]
  const allow = { good: 'true', other: 'true' }
  await withBench(configured({ approvals: { required: 1 }, checks: { allow } }), async (bench) => {
    const view = await complete(bench, {
      checks: ['good', 'echo named'],
      items: [{ path: 'notes.md', summary: 'An agent does it', change: null }],
      base_commit: null,
    })
    await write(bench, await bench.engine.casts.approve(at(view), { by: 'Ada', role: null, note: null }))
    await queue(bench)
    const [row] = bench.engine.list({})
    const shown = bench.show(row?.id ?? 0)
    expect(shown.payload.checks).toEqual([...new Set(['good', 'echo named', added])])
    expect(shown.approvals).toMatchObject(approvals)
    expect(shown.approvals).toHaveLength(approvals.length)
    await bench.drain()
    expect(bench.statuses()).toEqual([status])
  })
})

const COMMIT = 'c'.repeat(40)

/** Of every answer but the approvals themselves, others than those that were approved; a new one has to be added. */
const EDITS: {
  [Field in Exclude<keyof CastAnswers, 'approvals'>]: (answers: CastAnswers) => readonly CastAnswers[Field][]
} = {
  request_id: () => ['REQ-8'],
  summary: () => ['Name three lines'],
  intent: () => ['Because'],
  context: () => ['As was said', ''],
  priority: () => ['urgent', null],
  acceptance_criteria: () => [['it reads well', 'it is short'], ['it reads better'], []],
  items: ({ items: [item] }) =>
    item?.change === null || item === undefined
      ? []
      : [
          [{ ...item, path: 'src/b.txt' }],
          [{ ...item, summary: 'Name one' }],
          [{ ...item, change: null }],
          [{ ...item, change: { ...item.change, operation: 'add' } as FileChange }],
          [{ ...item, change: { ...item.change, path: 'src/b.txt' } }],
          [{ ...item, change: { ...item.change, patch: `${item.change.patch}\n` } as FileChange }],
          [{ ...item, change: { ...item.change, patch_hash: 'f'.repeat(64) } }],
          [{ ...item, change: { ...item.change, operation: 'add', executable: true } as FileChange }],
          [item, { path: 'win.txt', summary: 'This too', change: null }],
          [],
        ],
  base_commit: () => [COMMIT, null],
  checks: () => [['good', 'echo more'], ['good'], null],
  // Of the same model, so that it is the complexity itself that counts.
  complexity: () => [3, null],
  agent_model: () => ['another', ''],
  telemetry_anchors: () => [['naming', 'lines'], []],
  sample_diff: () => ['+ another', ''],
  kept: ({ kept }) => [
    { ...kept, metadata: { team: { name: 'others' } } },
    { ...kept, metadata: {} },
    { ...kept, assignments: [{ agent: 'agent-2' }] },
    { ...kept, assignments: null },
  ],
}

test('each answer that is edited makes an approval void, and put back it stands again', () =>
  withBench(configured({ checks: { allow: { good: 'true' } } }), async (bench) => {
    const view = await complete(bench, {
      context: 'As is known',
      priority: 'high',
      acceptance_criteria: ['it reads well'],
      checks: ['good', 'echo named'],
      agent_model: 'model-a',
      sample_diff: '+ so',
      kept: { assignments: [{ agent: 'agent-1' }], metadata: { team: { name: 'ours' } } },
    })
    let now = await bench.engine.casts.approve(at(view), { by: 'Ada', role: null, note: null })
    const approved = now.draft.answers
    const told: [field: string, edit: number, approvals: readonly string[]][] = []
    const expected: typeof told = []
    for (const [field, edits] of Object.entries(EDITS)) {
      for (const [n, value] of edits(approved).entries()) {
        now = await store(bench, now, { ...approved, [field]: value })
        told.push([field, n, now.examination.approvals])
        expected.push([field, n, ['void']])
      }
      now = await store(bench, now, approved)
      told.push([field, -1, now.examination.approvals])
      expected.push([field, -1, ['recorded']])
    }
    expect(told).toEqual(expected)
    expect(Object.values(EDITS).every((edits) => edits(approved).length > 0)).toBe(true)
  }))

test('every value anywhere in a cast is of what is approved, but for the approvals it claims', () =>
  withBench(configured(), async (bench) => {
    const { examination } = await complete(bench)
    const cast = JSON.parse(examination.text) as { metadata: object }
    const leaves = (value: unknown, path: readonly string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, one]) => leaves(one, [...path, key]))
        : [[...path]]
    const edited = (path: readonly string[]): { metadata: object } => {
      const copy = structuredClone(cast)
      let holder = copy as Record<string, unknown>
      for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>
      holder[path.at(-1) ?? ''] = 'edited'
      return copy
    }
    const paths = leaves(cast)
    const same = paths.filter((path) => castContentHash(edited(path)) === castContentHash(cast))
    expect(same).toEqual([])
    expect(paths.map((path) => path.join('.'))).toContain('metadata.agent_model')
    const claims = [{ approver: 'Eve', approved_at: 1 }]
    const claimed = { ...cast, metadata: { ...cast.metadata, approvals: claims } }
    expect(castContentHash(claimed)).toBe(castContentHash(cast))
  }))

test('work on a path is open until it is applied, given up or cancelled: to the picker, and at the item', () =>
  withBench(configured(), async (bench) => {
    const [id] = await bench.enqueue(request({ task: 'OPEN-1' }, replaced('src/b.txt', text({ 1: 'x\n' }))))
    let view = await complete(bench, { items: [{ path: 'src/b.txt', summary: 'b', change: null }] })
    const db = openDatabase(join(bench.dir, '.hyperion/hyperion.db'), { mustExist: true })
    try {
      const told: Partial<Record<ChangeStatus, [string[], boolean]>> = {}
      for (const status of CHANGE_STATUSES) {
        db.sql('UPDATE change_queue SET status = ? WHERE id = ?').run(status, id ?? 0)
        view = await store(bench, view, {})
        const [found] = await bench.engine.casts.paths('src/b.txt', 1)
        told[status] = [found?.also ?? [], codes(view).includes('also_edited')]
      }
      const [open, ended] = [[['OPEN-1'], true], [[], false]] // prettier-ignore
      expect(told).toEqual({
        pending: open, in_progress: open, held: open, conflict: open,
        applied: ended, failed: ended, cancelled: ended,
      }) // prettier-ignore
    } finally {
      db.close()
    }
  }))
