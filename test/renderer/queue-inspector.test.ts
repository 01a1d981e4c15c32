/** What the inspector works out: the time of attempts, and the lines of patches. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  diffLines,
  LINES_AT_FIRST,
  patchFile,
  patchRows,
  sameFiles,
} from '../../renderer/views/queue/patch-model.ts'
import { waterfall } from '../../renderer/views/queue/waterfall.ts'
import type { FileChange } from '../../schemas/change-request.ts'

type Recorded = Parameters<typeof waterfall>[0]
type Run = Recorded['check_runs'][number]

const attempt = (fence: number, from: number, to: number | null, outcome: string | null) => ({
  change_id: 1,
  fence,
  worker_id: 'w',
  leased_at_ms: from,
  ended_at_ms: to,
  outcome,
  detail: null,
})
const run = (id: number, fence: number, verdict: string, duration_ms: number, nth = 1): Run => ({
  id, change_id: 1, fence, name: 'test', command: 'node --test', run: nth, tree: 'a'.repeat(40), verdict, exit_code: 0,
  duration_ms, output: '', created_at: 20,
}) // prettier-ignore
const applied = (ms: number): Recorded['log'] => [
  { id: 1, queue_id: 1, task_id: 'T', level: 'info', message: 'applied', details: { apply_duration_ms: ms }, created_at: 21 }, // prettier-ignore
]

describe('the waterfall', () => {
  it('lays out wait, lease, build, checks and landing one after the other', () => {
    const [one] = waterfall({ created_at: 10, attempts_made: [attempt(1, 20_000, 21_000, 'applied')], check_runs: [run(1, 1, 'passed', 600)], log: applied(100) }, 99_000) // prettier-ignore
    expect(one?.steps.map(({ kind, ms }) => [kind, ms])).toEqual([
      ['wait', 10_000],
      ['lease', 1_000],
      ['build', 300],
      ['check', 600],
      ['land', 100],
    ])
    expect(one?.steps.map(({ bar }) => bar?.from)).toEqual([undefined, 0, 0, 0.3, 0.9])
    expect(one?.steps.map(({ bar }) => bar?.width)[3]).toBeCloseTo(0.6)
  })

  it('gives each attempt its own checks, and counts the wait from the end of the one before', () => {
    const views = waterfall({ created_at: 10, attempts_made: [attempt(2, 40_000, 41_000, 'check_failed'), attempt(1, 20_000, 25_000, 'tip_moved')], check_runs: [run(2, 2, 'failed', 400), run(3, 2, 'failed', 300, 2), run(1, 1, 'passed', 10)], log: [] }, 99_000) // prettier-ignore
    expect(views.map(({ number, fence, outcome }) => [number, fence, outcome])).toEqual([
      [1, 1, 'given back: the target moved'],
      [2, 2, 'checks failed'],
    ])
    expect(views[1]?.steps[0]?.ms).toBe(15_000)
    expect(views[1]?.steps.filter(({ kind }) => kind === 'check').map(({ label }) => label)).toEqual(['test', 'test (run 2)']) // prettier-ignore
    expect(views[1]?.steps.some(({ kind }) => kind === 'land')).toBe(false)
  })

  it('grows while an attempt runs', () => {
    const [one] = waterfall({ created_at: 10, attempts_made: [attempt(1, 20_000, null, null)], check_runs: [], log: [] }, 23_000) // prettier-ignore
    expect([one?.outcome, one?.ms, one?.endedAtMs]).toEqual(['running', 3_000, null])
  })

  it('never draws outside its track, whatever was recorded', () => {
    const ms = fc.integer({ min: 0, max: 100_000 })
    fc.assert(
      fc.property(ms, ms, fc.array(ms, { maxLength: 5 }), ms, (from, to, checks, land) => {
        const runs = checks.map((took, index) => run(index + 1, 1, 'passed', took))
        const [one] = waterfall({ created_at: 30, attempts_made: [attempt(1, from, to, 'applied')], check_runs: runs, log: applied(land) }, 0) // prettier-ignore
        for (const { bar, ms: took } of one?.steps ?? []) {
          expect(took).toBeGreaterThanOrEqual(0)
          if (bar === null) continue
          expect(bar.from).toBeGreaterThanOrEqual(0)
          expect(bar.width).toBeGreaterThanOrEqual(0)
          expect(bar.from + bar.width).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
    )
  })
})

describe('the patch view', () => {
  it('numbers lines on both sides and keeps removed lines that look like headers', () => {
    const lines = diffLines(
      '--- a/x\n+++ b/x\n@@ -3,3 +3,3 @@ in\n keep\n--- gone\n+++ came\n end\n\\ No newline at end of file\n',
    )
    expect(lines).toEqual([
      { kind: 'meta', old: null, new: null, text: '--- a/x' },
      { kind: 'meta', old: null, new: null, text: '+++ b/x' },
      { kind: 'hunk', old: null, new: null, text: '@@ -3,3 +3,3 @@ in' },
      { kind: 'context', old: 3, new: 3, text: 'keep' },
      { kind: 'removed', old: 4, new: null, text: '-- gone' },
      { kind: 'added', old: null, new: 4, text: '++ came' },
      { kind: 'context', old: 5, new: 5, text: 'end' },
      { kind: 'meta', old: null, new: null, text: '\\ No newline at end of file' },
    ])
  })

  it('shows bare hunks without numbers as such', () => {
    expect(diffLines('@@\n-a\n+b\n').map(({ kind, old, new: now }) => [kind, old, now])).toEqual([
      ['hunk', null, null],
      ['removed', null, null],
      ['added', null, null],
    ])
  })

  const whole = (replacement: string): FileChange => ({ path: 'a', operation: 'add', replacement, patch_hash: '0'.repeat(64) }) // prettier-ignore

  it('shows a whole replacement as added lines and says where the last one has no end', () => {
    expect(patchFile(whole('a\nb\n'))).toMatchObject({ form: 'replacement', added: 2, removed: 0 })
    expect(patchFile(whole('a\nb')).lines.at(-1)?.kind).toBe('meta')
    expect(patchFile(whole('')).lines).toEqual([])
  })

  it('cuts a long file until all of it is asked for', () => {
    const files = [patchFile(whole('x\n'.repeat(LINES_AT_FIRST + 7))), patchFile(whole('y\n'))]
    const cut = patchRows(files, new Set())
    expect(cut.filter(({ kind }) => kind === 'more')).toEqual([{ kind: 'more', index: 0, left: 7 }])
    expect(cut.filter(({ kind }) => kind === 'file')).toHaveLength(2)
    const all = patchRows(files, new Set([0]))
    expect(all.filter(({ kind }) => kind === 'line')).toHaveLength(LINES_AT_FIRST + 8)
  })

  it('knows the same files again when they are read again', () => {
    const files = (): FileChange[] => [whole('a\n'), { ...whole('b\n'), executable: true } as FileChange]
    expect(sameFiles(files(), files())).toBe(true)
    expect(sameFiles([], [])).toBe(true)
    for (const other of [
      files().slice(0, 1),
      [...files(), whole('c')],
      files().toReversed(),
      [whole('A\n'), ...files().slice(1)],
      [whole('a\n'), whole('b\n')],
      [whole('a\n'), { ...whole('b\n'), executable: false } as FileChange],
    ])
      expect(sameFiles(files(), other)).toBe(false)
  })

  it('keeps every line of any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }).map((line) => line.replaceAll(/[\n]/g, '')), { minLength: 1, maxLength: 30 }), (lines) => {
        expect(diffLines(`${lines.join('\n')}\n`)).toHaveLength(lines.length)
      }), // prettier-ignore
    )
  })
})
