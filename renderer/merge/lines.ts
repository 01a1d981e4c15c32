/** Texts as lines that keep their own ends, so that what is cut apart is put together again byte for byte. */

export type Lines = readonly string[]

/** Cuts behind each line feed; what stands behind the last one is a line of its own. An empty text has none. */
export function linesOf(text: string): string[] {
  const lines: string[] = []
  let at = 0
  while (at < text.length) {
    const end = text.indexOf('\n', at)
    const next = end < 0 ? text.length : end + 1
    lines.push(text.slice(at, next))
    at = next
  }
  return lines
}

export const textOf = (lines: Lines): string => lines.join('')

export const sameLines = (a: Lines, b: Lines): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index])

/** One behind the other, each on lines of its own: the last line of a file may have no end. */
export function joined(first: Lines, second: Lines): Lines {
  const last = first.at(-1)
  if (last === undefined || last.endsWith('\n') || second.length === 0) return [...first, ...second]
  return [...first.slice(0, -1), `${last}\n`, ...second]
}
