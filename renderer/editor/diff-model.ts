/** What the difference of two texts is to a reader: how it is looked at, its changes in order, what no line shows. */

export type Side = 'before' | 'after'

export interface DiffLook {
  /** Both texts beside each other, where there is room. */
  split: boolean
  /** Lines that differ in white space at their ends alone count as the same. */
  blanks: boolean
  wrap: boolean
  /** Unchanged lines as well, however many. */
  whole: boolean
}

export const defaultLook: DiffLook = { split: true, blanks: false, wrap: false, whole: false }

/** As preferences keep it; anything else found there counts as nothing. */
export function lookFrom(value: unknown): DiffLook {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return defaultLook
  const kept = value as Record<string, unknown>
  const flag = (name: keyof DiffLook): boolean => {
    const found = Object.hasOwn(kept, name) ? kept[name] : undefined
    return typeof found === 'boolean' ? found : defaultLook[name]
  }
  return { split: flag('split'), blanks: flag('blanks'), wrap: flag('wrap'), whole: flag('whole') }
}

/** Lines of the newer text, both ends included; where lines only went, the line after which they stood. */
export interface DiffChange {
  from: number
  to: number
  /** Lines that only went. */
  gone: boolean
}

interface LineChange {
  modifiedStartLineNumber: number
  modifiedEndLineNumber: number
}

export const changesOf = (lines: readonly LineChange[]): DiffChange[] =>
  lines.map(({ modifiedStartLineNumber: start, modifiedEndLineNumber: end }) =>
    end === 0
      ? { from: Math.max(1, start), to: Math.max(1, start), gone: true }
      : { from: start, to: end, gone: false },
  )

/** The change to go to from a line (null: from outside), or null where there is none in that direction. */
export function stepFrom(
  changes: readonly DiffChange[],
  line: number | null,
  direction: 1 | -1,
): number | null {
  if (changes.length === 0) return null
  if (line === null) return direction === 1 ? 0 : changes.length - 1
  const found =
    direction === 1
      ? changes.findIndex(({ from }) => from > line)
      : changes.findLastIndex(({ to }) => to < line)
  return found === -1 ? null : found
}

/** "Change 2 of 5, lines 40 to 52". */
export function changeWords(changes: readonly DiffChange[], at: number): string {
  const change = changes[at]
  if (change === undefined) return ''
  const { from, to, gone } = change
  const where = gone
    ? `lines removed after line ${from}`
    : from === to
      ? `line ${from}`
      : `lines ${from} to ${to}`
  return `Change ${at + 1} of ${changes.length}, ${where}`
}

/** A text as lines to be shown: what stands behind the last line break is none. */
export const asLines = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text)

type Ending = 'LF' | 'CR LF' | 'mixed'

function endingOf(text: string): Ending | null {
  let crlf = 0
  let all = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    all += 1
    if (text.charCodeAt(at - 1) === 13) crlf += 1
  }
  if (all === 0) return null
  return crlf === 0 ? 'LF' : crlf === all ? 'CR LF' : 'mixed'
}

/** What differs and is on no line: line endings, the last line break. */
export function besideLines(before: string, after: string): string[] {
  const notes: string[] = []
  const [was, is] = [endingOf(before), endingOf(after)]
  if (was !== null && is !== null && was !== is) notes.push(`Line endings: ${was} becomes ${is}.`)
  if (before !== '' && after !== '' && before.endsWith('\n') !== after.endsWith('\n'))
    notes.push(after.endsWith('\n') ? 'A last line break is added.' : 'The last line break is taken away.')
  return notes
}
