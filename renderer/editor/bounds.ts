/** Texts before the editor sees them: which it takes, how one looks that it does not, what changed in one. */

export const MAX_CHARACTERS = 1_000_000
export const MAX_LINES = 50_000
/** A line of this length is wrapped, measured and coloured in one go, so it costs what a thousand lines do not. */
export const MAX_LINE = 200_000

export function lineCount(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

function hasLineOver(text: string, most: number): boolean {
  let from = 0
  while (text.length - from > most) {
    const end = text.indexOf('\n', from)
    if (end === -1 || end - from > most) return true
    from = end + 1
  }
  return false
}

/** Says what of a text is beyond the editor, or null where the editor takes it. */
export function beyondEditor(text: string): string | null {
  if (text.length > MAX_CHARACTERS)
    return `This text has ${text.length.toLocaleString('en')} characters, more than the editor's ${MAX_CHARACTERS.toLocaleString('en')}`
  const lines = lineCount(text)
  if (lines > MAX_LINES)
    return `This text has ${lines.toLocaleString('en')} lines, more than the editor's ${MAX_LINES.toLocaleString('en')}`
  if (hasLineOver(text, MAX_LINE))
    return `A line of this text is longer than the editor's ${MAX_LINE.toLocaleString('en')} characters`
  return null
}

/** Says why a text is shown without the editor, or null where the editor takes it. */
export function whyPlain(text: string): string | null {
  const beyond = beyondEditor(text)
  return beyond === null
    ? null
    : `${beyond}, so it is shown as plain text, without colours, folding and search.`
}

/** Ends of the pieces a long text is drawn in: whole lines where they are short, never half a surrogate pair. */
export function pieces(text: string, size: number): string[] {
  const all: string[] = []
  for (let from = 0; from < text.length;) {
    let end = Math.min(text.length, from + size)
    if (end < text.length) {
      const line = text.lastIndexOf('\n', end - 1) + 1
      if (line > from) end = line
      else if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1
    }
    all.push(text.slice(from, end))
    from = end
  }
  return all
}

const isHigh = (text: string, at: number): boolean => /[\ud800-\udbff]/.test(text.charAt(at))
const isLow = (text: string, at: number): boolean => /[\udc00-\udfff]/.test(text.charAt(at))

/** What has to be put in place of `from` to `to` to make one text the other; it splits no surrogate pair. */
export function differingPart(one: string, other: string): { from: number; to: number; text: string } {
  const least = Math.min(one.length, other.length)
  let from = 0
  while (from < least && one.charCodeAt(from) === other.charCodeAt(from)) from += 1
  if (from > 0 && isHigh(one, from - 1)) from -= 1
  let same = 0
  while (
    same < least - from &&
    one.charCodeAt(one.length - 1 - same) === other.charCodeAt(other.length - 1 - same)
  )
    same += 1
  if (same > 0 && isLow(one, one.length - same)) same -= 1
  return { from, to: one.length - same, text: other.slice(from, other.length - same) }
}
