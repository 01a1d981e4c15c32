/** What the moves ask of lines. */
import type { Lines } from '../lines.ts'

/** A text without anything blank: equal where two texts differ in white space alone. */
export const bareOf = (lines: Lines): string => lines.map((line) => line.replace(/\s+/g, '')).join('')

export const isBlank = (line: string): boolean => line.trim() === ''

export const withoutBlank = (lines: Lines): string[] => lines.filter((line) => !isBlank(line))

export const indentOf = (line: string): string => /^[^\S\r\n]*/.exec(line)?.[0] ?? ''

/** How the lines around end; a line feed where none of them tells. */
export function endOf(...texts: readonly Lines[]): string {
  for (const lines of texts)
    for (const line of lines) if (line.endsWith('\n')) return line.endsWith('\r\n') ? '\r\n' : '\n'
  return '\n'
}

/** Characters of some texts together. */
export const lengthOf = (...texts: readonly Lines[]): number =>
  texts.reduce((sum, lines) => lines.reduce((length, line) => length + line.length, sum), 0)

/** Whether all lines of `part` are in `whole`, in that order, blanks at either end of a line aside. */
export function isWithin(part: Lines, whole: Lines): boolean {
  let at = 0
  for (const line of whole) if (at < part.length && line.trim() === part[at]?.trim()) at += 1
  return at === part.length
}

/** Lines of a side that the result has not, one for one, blank ones left out. */
export function lostOf(side: Lines, result: Lines): string[] {
  const left = new Map<string, number>()
  for (const line of result) left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1)
  return side.filter((line) => {
    const key = line.trim()
    const count = left.get(key) ?? 0
    if (count > 0) left.set(key, count - 1)
    return count === 0 && key !== ''
  })
}

const KEY = /^\s*(?:"([^"]+)"|'([^']+)'|([\w.$-]+))\s*[:=](?![:=])/

/** Whether a result has a line, or a line for one key, more often than any text it is made of. */
export function repeats(result: Lines, texts: Record<'base' | 'cur' | 'inc', Lines>): boolean {
  const counted = (lines: Lines): Map<string, number> => {
    const counts = new Map<string, number>()
    for (const line of lines) {
      // Signs alone (a closing bracket) repeat everywhere.
      if (!/[\p{L}\p{N}]/u.test(line)) continue
      const match = KEY.exec(line)
      const key = match?.[1] ?? match?.[2] ?? match?.[3]
      for (const one of [line.trim(), ...(key === undefined ? [] : [`key ${key}`])])
        counts.set(one, (counts.get(one) ?? 0) + 1)
    }
    return counts
  }
  const known = [texts.base, texts.cur, texts.inc].map(counted)
  for (const [key, count] of counted(result))
    if (count > 1 && known.every((counts) => (counts.get(key) ?? 0) < count)) return true
  return false
}
