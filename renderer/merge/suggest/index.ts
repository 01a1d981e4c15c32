/** What could be wanted for a conflict, likeliest first. Only ever offered: nothing here decides. */
import { joined, sameLines, textOf, type Lines } from '../lines.ts'
import { blanks, reindented } from './blanks.ts'
import { both } from './both.ts'
import { MAX_LINES } from './bounds.ts'
import { contains } from './contains.ts'
import { deleteEdit } from './delete-edit.ts'
import { edits } from './edits.ts'
import { isGenerated } from './generated.ts'
import { imports } from './imports.ts'
import { precedents } from './precedents.ts'
import { RANKS } from './ranks.ts'
import { sides } from './sides.ts'
import { endOf, lostOf } from './text.ts'
import type { Candidate, Move, Sides, SuggestContext, SuggestedChoice, Suggestion } from './types.ts'
import { versions } from './versions.ts'

export { linesAround } from './around.ts'
export { chunkKey } from './key.ts'
export type { PrecedentLines, SuggestContext, SuggestedChoice, Suggestion } from './types.ts'

const base: Move = (texts) => [
  {
    id: 'base',
    lines: texts.base,
    label: 'Back to the base',
    why: 'What both sides began with.',
    rank: RANKS.base,
  },
]

/** What takes one look at each line, whatever the size. */
const PLAIN: readonly Move[] = [precedents, blanks, contains, versions, deleteEdit, both, sides, base]
/** What compares lines with lines. */
const CLOSER: readonly Move[] = [edits, reindented, imports]

export function suggestionsFor(chunk: Sides, context: SuggestContext): Suggestion[] {
  const texts = { base: chunk.base, cur: chunk.cur, inc: chunk.inc }
  const isSmall = texts.base.length + texts.cur.length + texts.inc.length <= MAX_LINES
  const found = [...PLAIN, ...(isSmall && !isGenerated(context.path) ? CLOSER : [])].flatMap((move) =>
    move(texts, context),
  )
  const ranked = found
    .flatMap((one) => [one, ...(one.swap === undefined ? [] : [one.swap])])
    .toSorted((a, b) => b.rank - a.rank)
  const byText = new Map<string, Suggestion>()
  for (const one of ranked) {
    const shown = suggestionOf(one, texts)
    const text = textOf(shown.lines)
    const same = byText.get(text)
    // The likelier reason stands; that the order can be turned round is true of the text whatever the reason.
    if (same === undefined) byText.set(text, shown)
    else if (same.swap === undefined && shown.swap !== undefined) same.swap = shown.swap
  }
  return [...byText.values()]
}

function suggestionOf(candidate: Candidate, texts: Sides): Suggestion {
  const { id, label, why, swap } = candidate
  const lines = joined([candidate.lines], endOf(texts.cur, texts.inc, texts.base))
  let lost: Suggestion['loses'] | undefined
  return {
    id,
    lines,
    choice: choiceOf(lines, texts),
    label,
    why,
    // Counted when somebody looks: of a long list mostly the first is looked at.
    get loses() {
      return (lost ??= { cur: lostOf(texts.cur, lines), inc: lostOf(texts.inc, lines) })
    },
    ...(swap === undefined ? {} : { swap: suggestionOf(swap, texts) }),
  }
}

function choiceOf(lines: Lines, { base, cur, inc }: Sides): SuggestedChoice {
  const end = endOf(cur, inc, base)
  if (sameLines(lines, cur)) return 'current'
  if (sameLines(lines, inc)) return 'incoming'
  if (sameLines(lines, joined([cur, inc], end))) return 'both'
  if (sameLines(lines, joined([inc, cur], end))) return 'both_reversed'
  if (sameLines(lines, base)) return 'base'
  return 'suggestion'
}
