/** What every text an agent sends must keep to before anything reads it further. */
import { MAX_LINE_BYTES, MAX_PATCH_BYTES } from './model.ts'

export type TextKind = 'patch' | 'replacement'
export type TextRefusalCode = `${TextKind}_${'too_large' | 'not_unicode' | 'binary' | 'line_too_long'}`

export interface TextRefusal {
  ok: false
  code: TextRefusalCode
  message: string
}

/** Returns why a patch or replacement text is refused before it is read any further, or null. */
export function textRefusal(text: string, what: TextKind): TextRefusal | null {
  const refuse = (code: TextRefusalCode, said: string): TextRefusal => ({
    ok: false,
    code,
    message: `the ${what} ${said}`,
  })
  // A UTF-16 unit is at most three bytes, so most texts need no second look.
  if (text.length * 3 > MAX_PATCH_BYTES && Buffer.byteLength(text) > MAX_PATCH_BYTES) {
    return refuse(`${what}_too_large`, 'is over 1 MiB; split the change')
  }
  if (!text.isWellFormed()) {
    return refuse(`${what}_not_unicode`, 'holds a lone surrogate; send it as well-formed Unicode')
  }
  if (text.includes('\0')) {
    return refuse(`${what}_binary`, 'holds a NUL character; only text files can be changed')
  }
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start)
    const stop = end === -1 ? text.length : end
    if ((stop - start) * 3 > MAX_LINE_BYTES && Buffer.byteLength(text.slice(start, stop)) > MAX_LINE_BYTES) {
      return refuse(`${what}_line_too_long`, 'has a line over 64 KiB; break it up')
    }
    start = stop + 1
  }
  return null
}
