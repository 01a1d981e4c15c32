/** Generated texts of few different words, which is where merges, and what is carried between them, get difficult. */
import * as fc from 'fast-check'

const line = fc.constantFrom('a', 'b', 'c', 'd', 'e', '', '  a', '}').map((word) => `${word}\n`)

export const someLines = (most: number): fc.Arbitrary<string> =>
  fc.array(line, { maxLength: most }).map((lines) => lines.join(''))

const edits = fc.array(
  fc.record({ at: fc.nat({ max: 40 }), drop: fc.nat({ max: 3 }), put: fc.array(line, { maxLength: 3 }) }),
  { maxLength: 4 },
)

function edited(text: string, list: readonly { at: number; drop: number; put: string[] }[]): string {
  const lines = text.split(/(?<=\n)/)
  for (const { at, drop, put } of list) lines.splice(at % (lines.length + 1), drop, ...put)
  return lines.join('')
}

const ending = fc.constantFrom('', '', '', 'end without a line break')

/** A text and two that were made of it. */
export const triples = fc
  .record({ base: someLines(30), mine: edits, theirs: edits, ends: fc.tuple(ending, ending, ending) })
  .map(({ base, mine, theirs, ends: [b, c, i] }) => ({
    base: base + b,
    cur: edited(base, mine) + c,
    inc: edited(base, theirs) + i,
  }))

export const LABELS = { cur: 'target', base: 'base', inc: 'incoming' }
