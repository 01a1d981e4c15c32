/**
 * Suggestions against what people committed. Rules are tuned on one half of the conflicts; what they are held to is told
 * of the other. That every file opens and its chunks rebuild all three texts is in `oracle.test.ts`.
 */
import { beforeAll, expect, test } from 'vitest'
import { textOf } from '../../../renderer/merge/lines.ts'
import { conflictFigures, offered, share } from '../../support/conflict-figures.ts'
import { areConflictsHere, NO_CONFLICTS, realChunks, type RealChunk } from '../../support/real-conflicts.ts'

let chunks: RealChunk[] = []
beforeAll(() => {
  if (areConflictsHere) chunks = realChunks()
})

test('every conflict has suggestions: each text once, both sides among them', (context) => {
  if (!areConflictsHere) return context.skip(NO_CONFLICTS)
  expect(chunks.length).toBeGreaterThan(1_000)
  for (const real of chunks) {
    const texts = offered(real).map(({ lines }) => textOf(lines))
    expect([real.path, new Set(texts).size]).toEqual([real.path, texts.length])
    expect(texts).toContain(textOf(real.chunk.cur))
    expect(texts).toContain(textOf(real.chunk.inc))
  }
})

test('on the half that no rule was tuned on, the goals are kept', (context) => {
  if (!areConflictsHere) return context.skip(NO_CONFLICTS)
  const {
    chunks: all,
    first,
    three,
    reachable,
  } = conflictFigures(chunks.filter(({ half }) => half === 'report'))
  expect(all).toBeGreaterThan(500)
  expect(share(first, all)).toBeGreaterThanOrEqual(0.5)
  expect(share(three, all)).toBeGreaterThanOrEqual(0.75)
  expect(share(reachable, all)).toBeGreaterThanOrEqual(0.75)
})
