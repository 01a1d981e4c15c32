/** White space: where a side changed nothing else, the other side's edit stands; where it re-indented, both can. */
import type { Lines } from '../lines.ts'
import { piecesOf } from './fine.ts'
import { bareOf, indentOf, isBlank } from './text.ts'
import { RANKS } from './ranks.ts'
import type { Candidate, Move, Sides } from './types.ts'

export const blanks: Move = ({ base, cur, inc }, { names }) => {
  const [b, c, i] = [bareOf(base), bareOf(cur), bareOf(inc)]
  if (c === i) {
    const why = `${names.cur} and ${names.inc} differ in white space alone.`
    return [
      { id: 'same-but-blanks', lines: cur, label: `Keep ${names.cur}`, why, rank: RANKS.sameButBlanks },
      {
        id: 'same-but-blanks-incoming',
        lines: inc,
        label: `Take ${names.inc}`,
        why,
        rank: RANKS.sideAgainstBlanks,
      },
    ]
  }
  const found: Candidate[] = []
  if (b !== '' && c === b) {
    const why = `${names.cur} changed nothing but white space here.`
    found.push({
      id: 'current-only-blanks',
      lines: inc,
      label: `Take ${names.inc}`,
      why,
      rank: RANKS.onlyBlanks,
    })
  }
  if (b !== '' && i === b) {
    const why = `${names.inc} changes nothing but white space here.`
    found.push({
      id: 'incoming-only-blanks',
      lines: cur,
      label: `Keep ${names.cur}`,
      why,
      rank: RANKS.onlyBlanks,
    })
  }
  return found
}

/** Both sides' edits, where one of them indented the lines anew. */
export const reindented: Move = (sides) => {
  const lines = withBothIndents(sides)
  if (lines === null) return []
  const why = 'One side indents these lines anew and the other edits some of them: the edits, indented anew.'
  return [{ id: 'reindented', lines, label: 'Both edits, indented anew', why, rank: RANKS.reindented }]
}

/**
 * Both sides' edits where lines count as unchanged whatever their indent; null where that is no news: nothing was
 * indented anew, or a line was edited by both.
 */
function withBothIndents(sides: Sides): Lines | null {
  if (sides.base.length === 0) return null
  const out: string[] = []
  // How far each side has shifted the lines last seen, for what the other one puts among them.
  const shift: Record<'cur' | 'inc', Shift> = { cur: NO_SHIFT, inc: NO_SHIFT }
  let isNews = false
  for (const { kind, base, cur, inc } of piecesOf(sides, (line) => line.trim())) {
    if (kind === 'conflict') return null
    if (kind === 'same') {
      for (const [index, line] of base.entries()) {
        const [ours, theirs] = [cur[index] ?? '', inc[index] ?? '']
        if (ours !== line && theirs === line) isNews = true
        if (theirs !== line && ours === line) isNews = true
        if (!isBlank(line)) {
          shift.cur = { from: indentOf(line), to: indentOf(ours) }
          shift.inc = { from: indentOf(line), to: indentOf(theirs) }
        }
        out.push(ours === line ? theirs : ours)
      }
    } else if (kind === 'current') out.push(...cur.map((line) => shifted(line, shift.inc)))
    else if (kind === 'incoming') out.push(...inc.map((line) => shifted(line, shift.cur)))
    else out.push(...cur)
  }
  return isNews ? out : null
}

interface Shift {
  from: string
  to: string
}
const NO_SHIFT: Shift = { from: '', to: '' }

function shifted(line: string, { from, to }: Shift): string {
  if (from === to || isBlank(line)) return line
  const indent = indentOf(line)
  const rest = line.slice(indent.length)
  if (to.startsWith(from)) return to.slice(from.length) + line
  const extra = from.startsWith(to) ? from.slice(to.length) : null
  return extra !== null && indent.startsWith(extra) ? indent.slice(extra.length) + rest : line
}
