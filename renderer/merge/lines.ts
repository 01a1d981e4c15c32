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
