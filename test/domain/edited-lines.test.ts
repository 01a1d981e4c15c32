/** Which lines a change edits, and where two of them meet; the oracle for "meet" is git's own merge. */
import { expect, test } from 'vitest'
import type { FileChange } from '../../schemas/change-request.ts'
import { editedLines, whereEditsMeet } from '../../main/engine/domain/edited-lines.ts'
import { added, deleted, hunksBetween, numbered, patched, replaced, type Json } from '../support/requests.ts'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { filesIn } from '../support/requests.ts'

const linesOf = (change: Json) => editedLines(change as unknown as FileChange)

test.each([
  ['one line', '@@ -10,3 +10,3 @@\n a\n-b\n+c\n d\n', [{ first: 11, last: 11 }]],
  ['several lines', '@@ -5,2 +5,1 @@\n-a\n-b\n+c\n', [{ first: 5, last: 6 }]],
  ['an insertion, after line 10', '@@ -10,2 +10,3 @@\n a\n+b\n c\n', [{ first: 11, last: 10 }]],
  ['an insertion without context', '@@ -10,0 +11,2 @@\n+b\n+c\n', [{ first: 11, last: 10 }]],
  [
    'two hunks',
    '@@ -1,1 +1,1 @@\n-a\n+b\n@@ -9,1 +9,1 @@\n-c\n+d\n',
    [
      { first: 1, last: 1 },
      { first: 9, last: 9 },
    ],
  ],
  ['no numbers', '@@\n-a\n+b\n', null],
  ['no patch at all', 'rubbish', null],
])('%s', (_name, patch, lines) => {
  expect(linesOf(patched('a', patch))).toEqual(lines)
})

test('whole texts, additions and deletes are of the whole file, and so is what meets them', () => {
  for (const change of [replaced('a', 'x\n'), added('a', 'x\n'), deleted('a')])
    expect(linesOf(change)).toBeNull()
  expect(whereEditsMeet([{ first: 3, last: 4 }], null)).toBe('whole')
  expect(
    whereEditsMeet(null, [
      { first: 3, last: 4 },
      { first: 8, last: 9 },
    ]),
  ).toEqual({ first: 3, last: 9 })
  expect(whereEditsMeet(null, [{ first: 4, last: 3 }])).toEqual({ first: 3, last: 3 })
})

test('more hunks than anybody reads are one edit from the first to the last', () => {
  const patch = Array.from({ length: 300 }, (_, n) => `@@ -${n * 9 + 1},1 +${n * 9 + 1},1 @@\n-a\n+b\n`).join(
    '',
  )
  expect(linesOf(patched('a', patch))).toEqual([{ first: 1, last: 2692 }])
})

/** Whether git merges two edits of ten lines without a conflict. */
function merges(base: string, mine: string, theirs: string): boolean {
  const folder = filesIn({ base, mine, theirs })
  try {
    execFileSync(
      'git',
      ['merge-file', '-p', join(folder, 'mine'), join(folder, 'base'), join(folder, 'theirs')],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('edits meet exactly where git finds a conflict', () => {
  const base = numbered(10)
  const lines = base.split('\n').slice(0, -1)
  const edit = (from: number, count: number, text: readonly string[]): string =>
    `${lines.toSpliced(from, count, ...text).join('\n')}\n`
  const mine = [edit(4, 1, ['mine']), edit(4, 2, ['mine']), edit(4, 0, ['mine']), edit(4, 1, [])]
  const wrong: string[] = []
  for (const [which, my] of mine.entries()) {
    for (let from = 0; from < 9; from += 1) {
      for (const count of [0, 1, 2]) {
        const their = edit(from, count, ['theirs'])
        const hunks = (text: string) => linesOf(patched('a', hunksBetween(base, text)))
        const meets = whereEditsMeet(hunks(my), hunks(their)) !== null
        if (meets === merges(base, my, their))
          wrong.push(`mine ${which}, theirs ${count} from ${from}: ${meets}`)
      }
    }
  }
  expect(wrong).toEqual([])
})
