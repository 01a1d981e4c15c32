/** Text from elsewhere made harmless to look at: nothing in it can move a cursor, colour a line or reorder words. */

// Controls, formats (bidi, zero width), halves of surrogate pairs, line separators, and what draws nothing at all.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u2800]/gu
const UNSEEN_IN_BLOCK =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u2800]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function visible(character: string): string {
  const short = SHORT[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** Returns the first `max` UTF-16 units, never ending in half a character. */
function clip(text: string, max: number): string {
  const end = /[\ud800-\udbff]/.test(text.charAt(max - 1)) ? max - 1 : max
  return text.slice(0, end)
}

/** Returns the text on one line with everything invisible spelled out, at most `max` characters and a "…". */
export function inert(text: string, max = 200): string {
  // Clipped before and after: escaping makes text longer, and a hostile text may be megabytes.
  const shown = clip(text, max).replace(UNSEEN, visible)
  return text.length <= max && shown.length <= max ? shown : `${clip(shown, max)}…`
}

/** Returns text of several lines made inert; line feeds and tabs stay. */
export function inertBlock(text: string, max = 1024 * 1024): string {
  const shown = clip(text, max).replaceAll('\r\n', '\n').replace(UNSEEN_IN_BLOCK, visible)
  return text.length <= max ? shown : `${shown}…`
}

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')

/** Returns a value as JSON that reads back the same, with everything invisible in its texts as escapes. */
export const inertJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(UNSEEN_IN_BLOCK, escaped)
