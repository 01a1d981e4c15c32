/** Text from anywhere made harmless to look at, spelled as the command line spells it. */

/** What a field shows at most before "show all". */
export const CLIP_AT = 20_000

// Controls, formats (bidi, zero width), halves of surrogate pairs, line separators, and what draws nothing at all.
const UNSEEN =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u2800]/gu

function spelled(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (character === '\r') return '\\r'
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** Line breaks and tabs stay; a CR before a line break goes with it. */
export const inertText = (text: string): string => text.replaceAll('\r\n', '\n').replace(UNSEEN, spelled)

/** The same for JSON, spelled so that what is copied from the screen is still the same JSON. */
export const inertJson = (json: string): string =>
  json.replace(UNSEEN, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )

/** What is shown at first of a long text, and how many characters that leaves out. */
export function clipText(text: string, at: number = CLIP_AT): { shown: string; left: number } {
  if (text.length <= at) return { shown: text, left: 0 }
  const end = /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at
  return { shown: text.slice(0, end), left: text.length - end }
}

/** On one line and never longer than `max`: for rows, titles and tooltips. */
export function inertLine(text: string, max = 500): string {
  const { shown, left } = clipText(text, max)
  const line = inertText(shown).replaceAll('\n', '\\n').replaceAll('\t', ' ')
  return left > 0 || line.length > max ? `${clipText(line, max).shown}…` : line
}
