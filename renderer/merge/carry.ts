/**
 * Carries a person's decisions over to another text: where the target moved on, and where two windows worked on the same
 * file. Decisions go by the conflict they were made about, what was typed elsewhere is merged like any other edit; what
 * cannot be carried is handed back and never just gone.
 */
import { chunksOf } from './chunks.ts'
import { linesOf, textOf, type Lines } from './lines.ts'
import { settledLines } from './markers.ts'
import { beginResult, choiceOf, type Conflict, type Merge, type Result } from './result.ts'

/** A result as settled lines, with one line that stands for each conflict, and what each conflict says. */
interface Outline {
  lines: Lines
  /** Text by the line that stands for it. */
  texts: ReadonlyMap<string, string>
}

/** Holds a NUL, which no text of a merge does. */
const placeholder = (key: string): string => `\0${key}\n`
const isPlaceholder = (line: string): boolean => line.startsWith('\0')

/** One line for each conflict: the same for the same three texts, and for the same one of several. */
export function placeholdersOf(conflicts: readonly Conflict[]): string[] {
  const seen = new Map<string, number>()
  return conflicts.map(({ chunk }) => {
    const key = [chunk.base, chunk.cur, chunk.inc].map((lines) => JSON.stringify(textOf(lines))).join(' ')
    const nth = seen.get(key) ?? 0
    seen.set(key, nth + 1)
    return placeholder(`${nth} ${key}`)
  })
}

function outlineOf(merge: Merge, { text, spans }: Result): Outline {
  const names = placeholdersOf(merge.conflicts)
  const lines: string[] = []
  const texts = new Map<string, string>()
  let at = 0
  for (const [index, { from, to }] of spans.entries()) {
    const name = names[index] ?? ''
    lines.push(...linesOf(text.slice(at, from)), name)
    texts.set(name, text.slice(from, to))
    at = to
  }
  lines.push(...linesOf(text.slice(at)))
  return { lines, texts }
}

/**
 * Puts texts in for the lines that stand for conflicts. All of `merge` are there, in order: a merge of outlines takes
 * them from the side that has them, and nobody can edit one away.
 */
function resultOf(merge: Merge, { lines, texts }: Outline): Result {
  const names = placeholdersOf(merge.conflicts)
  const spans: Result['spans'][number][] = []
  let text = ''
  for (const line of lines) {
    if (!isPlaceholder(line)) text += line
    else if (names[spans.length] === line) {
      const part = texts.get(line) ?? merge.conflicts[spans.length]?.marker ?? ''
      spans.push({ from: text.length, to: text.length + part.length })
      text += part
    }
  }
  return { text, spans }
}

/** A three-way merge of outlines; where both changed the same lines `other`'s stand, and mine are handed back. */
function mergeOutlines(base: Lines, mine: Lines, other: Lines): { lines: string[]; dropped: Lines[] } {
  const dropped: Lines[] = []
  const lines = chunksOf(base, mine, other).flatMap((chunk) => {
    const settled = settledLines(chunk)
    if (settled !== null) return settled
    const lost = chunk.cur.filter((line) => !isPlaceholder(line) && !chunk.inc.includes(line))
    if (lost.length > 0) dropped.push(lost)
    return chunk.inc
  })
  return { lines, dropped }
}

export interface Carried {
  result: Result
  /** Decisions there were, and how many of them still stand. */
  decided: number
  kept: number
  /** What was typed outside of any conflict and met an edit of the other side. */
  dropped: Lines[]
  /** What was decided about conflicts that are others by now. */
  lost: { conflict: Conflict; text: string }[]
}

/** Brings a result over to a merge of other sides, after the target moved on. */
export function carryOver(from: Merge, result: Result, onto: Merge): Carried {
  const [old, mine, fresh] = [
    outlineOf(from, beginResult(from)),
    outlineOf(from, result),
    outlineOf(onto, beginResult(onto)),
  ]
  const { lines, dropped } = mergeOutlines(old.lines, mine.lines, fresh.lines)
  const there = new Set(placeholdersOf(onto.conflicts))
  const names = placeholdersOf(from.conflicts)
  const decisions = from.conflicts.flatMap((conflict, index) => {
    const text = mine.texts.get(names[index] ?? '') ?? ''
    return choiceOf(from, conflict, text) === 'open' ? [] : [{ conflict, text, name: names[index] ?? '' }]
  })
  const lost = decisions.filter(({ name }) => !there.has(name))
  // What is open there carries its present labels, whatever they were.
  const texts = new Map(decisions.map(({ name, text }) => [name, text]))
  return {
    result: resultOf(onto, { lines, texts }),
    decided: decisions.length,
    kept: decisions.length - lost.length,
    dropped,
    lost: lost.map(({ conflict, text }) => ({ conflict, text })),
  }
}

export interface Reconciled {
  result: Result
  /** Conflicts that both decided, each in another way: mine stands. */
  differing: { index: number; theirs: string }[]
  /** What the other typed outside of any conflict and met an edit of mine. */
  dropped: Lines[]
}

/** Brings two windows' results together, which both went out from `base`. */
export function reconcile(merge: Merge, base: Result, mine: Result, theirs: Result): Reconciled {
  const [b, m, t] = [base, mine, theirs].map((result) => outlineOf(merge, result)) as [
    Outline,
    Outline,
    Outline,
  ]
  const { lines, dropped } = mergeOutlines(b.lines, t.lines, m.lines)
  const differing: Reconciled['differing'] = []
  const texts = new Map<string, string>()
  for (const [index, name] of placeholdersOf(merge.conflicts).entries()) {
    const [was, own, other] = [b, m, t].map((outline) => outline.texts.get(name) ?? '') as [
      string,
      string,
      string,
    ]
    if (own !== was && other !== was && own !== other) differing.push({ index, theirs: other })
    texts.set(name, own === was ? other : own)
  }
  return { result: resultOf(merge, { lines, texts }), differing, dropped }
}
