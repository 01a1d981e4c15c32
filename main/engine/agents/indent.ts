/** How far text stands in: a replacement set in as the lines it takes the place of, where that is plain. */

/** The white space a line begins with. */
export const indentOf = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? ''

/** A line without the blanks it begins and ends with; a byte order mark or any other sign is none. */
export function bareOf(line: string): string {
  let end = line.length
  while (end > 0 && ' \t\r'.includes(line[end - 1] ?? '')) end -= 1
  return line.slice(0, end).slice(indentOf(line.slice(0, end)).length)
}

const isBlank = (line: string): boolean => bareOf(line) === ''

/** An indentation as it was written, and as the file has it. */
type Pair = readonly [written: string, found: string]

const isOf = (text: string, sign: string): boolean => text === sign.repeat(text.length)

/** How many spaces a tab was written as; null where the pairs do not say one number. */
function spacesPerTab(pairs: readonly (readonly [spaces: string, tabs: string])[]): number | null {
  const told = pairs.filter(([spaces, tabs]) => spaces !== '' || tabs !== '')
  const [first] = told
  if (first === undefined) return null
  const width = first[0].length / first[1].length
  const holds = ([spaces, tabs]: readonly [string, string]): boolean =>
    isOf(spaces, ' ') && isOf(tabs, '\t') && tabs !== '' && spaces.length === tabs.length * width
  return width >= 1 && Number.isInteger(width) && told.every(holds) ? width : null
}

/** The ways in which one indentation may be made of another, the plainest first. */
function waysOf(pairs: readonly Pair[]): ((written: string) => string | null)[] {
  const known = new Map(pairs)
  if (pairs.some(([written, found]) => known.get(written) !== found)) return []
  const ways = [(written: string): string | null => known.get(written) ?? null]
  const [written = '', found = ''] = pairs[0] ?? []
  const further = found.slice(0, found.length - written.length)
  if (pairs.every(([one, other]) => other === further + one)) {
    // What is set in by tabs and goes on in spaces, or the other way round, is a level that nobody named.
    const fits = (one: string): boolean => further === '' || isOf(one, further[0] ?? '')
    ways.push((one) => (fits(one) ? further + one : null))
  }
  const less = written.slice(0, written.length - found.length)
  if (pairs.every(([one, other]) => one === less + other))
    ways.push((one) => (one.startsWith(less) ? one.slice(less.length) : null))
  const asTabs = spacesPerTab(pairs)
  if (asTabs !== null) {
    ways.push((one) =>
      isOf(one, ' ') && one.length % asTabs === 0 ? '\t'.repeat(one.length / asTabs) : null,
    )
  }
  const asSpaces = spacesPerTab(pairs.map(([tabs, spaces]) => [spaces, tabs]))
  if (asSpaces !== null) ways.push((one) => (isOf(one, '\t') ? ' '.repeat(one.length * asSpaces) : null))
  return ways
}

/**
 * Sets the lines of a replacement in as far as the found lines stand in, judged by the lines they were searched with.
 *
 * Null where no one way holds for all of them: every line further in, every line less far, or tabs for spaces.
 */
export function reindent(
  replacement: readonly string[],
  written: readonly string[],
  found: readonly string[],
): string[] | null {
  const pairs = written.flatMap((line, index): Pair[] =>
    isBlank(line) ? [] : [[indentOf(line), indentOf(found[index] ?? '')]],
  )
  if (pairs.every(([one, other]) => one === other)) return [...replacement]
  for (const way of waysOf(pairs)) {
    const lines: string[] = []
    for (const line of replacement) {
      const indent = indentOf(line)
      const made = isBlank(line) ? indent : way(indent)
      if (made === null) break
      lines.push(made + line.slice(indent.length))
    }
    if (lines.length === replacement.length) return lines
  }
  return null
}
