/** A JSON syntax scanner that never recurses: it says where a text stops being JSON before anything parses it. */

export interface ScanFault {
  code: 'malformed_json' | 'too_deep' | 'duplicate_key' | 'forbidden_key'
  /** Offset in UTF-16 units. */
  at: number
  /** May quote the text as it is: whoever shows it makes it harmless. */
  message: string
}

/** A member that readers of JSON in JavaScript drop without a word. */
export const FORBIDDEN_KEY = '__proto__'

type Expect = 'value' | 'value_or_end' | 'key' | 'key_or_end' | 'colon' | 'comma_or_end' | 'nothing'

const EXPECTED: Readonly<Record<Expect, string>> = {
  value: 'a value',
  value_or_end: 'a value or "]"',
  key: 'a key in double quotes',
  key_or_end: 'a key in double quotes or "}"',
  colon: '":" after the key',
  comma_or_end: '"," or the closing bracket',
  nothing: 'nothing more after the value',
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LITERAL = /(?:true|false|null)(?![A-Za-z0-9_])/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
/** How much of a key a sentence quotes. */
const KEY_SHOWN = 80
const QUOTE = 0x22
const BACKSLASH = 0x5c

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** Returns the offset after the string that opens at `at`, or where and why it is none. */
function stringEnd(text: string, at: number): number | ScanFault {
  for (let index = at + 1; index < text.length;) {
    const unit = text.charCodeAt(index)
    if (unit === QUOTE) return index + 1
    if (unit < 0x20) {
      const message = `expected an escape such as \\n inside the text, found a bare ${describe(text, index)}`
      return { code: 'malformed_json', at: index, message }
    }
    if (unit === BACKSLASH) {
      const end = matchEnd(ESCAPE, text, index)
      if (end < 0) {
        const message = 'expected an escape JSON knows (\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX)'
        return { code: 'malformed_json', at: index, message }
      }
      index = end
    } else index += 1
  }
  return {
    code: 'malformed_json',
    at: text.length,
    message: 'expected a closing double quote, found the end',
  }
}

function describe(text: string, at: number): string {
  if (at >= text.length) return 'the end'
  return `"${String.fromCodePoint(text.codePointAt(at) ?? 0)}"`
}

/** Returns the first fault of a JSON text, or null; after null, `JSON.parse` cannot fail on it. */
export function scanJson(text: string, maxDepth: number): ScanFault | null {
  // One entry for each open bracket: the keys seen so far for an object, null for a list.
  const open: (Set<string> | null)[] = []
  let expect: Expect = 'value'
  const wrong = (at: number): ScanFault => ({
    code: 'malformed_json',
    at,
    message: `expected ${EXPECTED[expect]}, found ${describe(text, at)}`,
  })
  const afterValue = (): Expect => (open.length === 0 ? 'nothing' : 'comma_or_end')

  for (let at = 0; at < text.length;) {
    const character = text.charAt(at)
    if (character === ' ' || character === '\n' || character === '\r' || character === '\t') {
      at += 1
      continue
    }
    if (expect === 'nothing') return wrong(at)
    if (expect === 'colon') {
      if (character !== ':') return wrong(at)
      expect = 'value'
      at += 1
      continue
    }
    if (character === '}' || character === ']') {
      const keys = open.at(-1)
      const closes = character === '}' ? keys instanceof Set : keys === null
      const may = expect === 'comma_or_end' || expect === (character === '}' ? 'key_or_end' : 'value_or_end')
      if (!closes || !may) return wrong(at)
      open.pop()
      expect = afterValue()
      at += 1
      continue
    }
    if (expect === 'comma_or_end') {
      if (character !== ',') return wrong(at)
      expect = open.at(-1) instanceof Set ? 'key' : 'value'
      at += 1
      continue
    }
    if (expect === 'key' || expect === 'key_or_end') {
      if (character !== '"') return wrong(at)
      const end = stringEnd(text, at)
      if (typeof end !== 'number') return end
      const raw = text.slice(at, end)
      const key = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
      const fault = keyFault(key, at, open.at(-1) ?? null)
      if (fault !== null) return fault
      expect = 'colon'
      at = end
      continue
    }
    if (character === '{' || character === '[') {
      if (open.length === maxDepth) {
        return { code: 'too_deep', at, message: `is nested deeper than ${maxDepth} levels` }
      }
      open.push(character === '{' ? new Set() : null)
      expect = character === '{' ? 'key_or_end' : 'value_or_end'
      at += 1
      continue
    }
    const end = scalarEnd(text, at, character)
    if (typeof end !== 'number') return end
    if (end < 0) return wrong(at)
    expect = afterValue()
    at = end
  }
  return expect === 'nothing' ? null : wrong(text.length)
}

function scalarEnd(text: string, at: number, character: string): number | ScanFault {
  if (character === '"') return stringEnd(text, at)
  const literal = matchEnd(LITERAL, text, at)
  return literal >= 0 ? literal : matchEnd(NUMBER, text, at)
}

function keyFault(key: string, at: number, keys: Set<string> | null): ScanFault | null {
  // Copied by assignment this key would change an object's prototype instead of its content.
  if (key === FORBIDDEN_KEY)
    return { code: 'forbidden_key', at, message: `has the key "${FORBIDDEN_KEY}"; rename it` }
  if (keys?.has(key)) {
    const clipped = key.length > KEY_SHOWN ? `${key.slice(0, KEY_SHOWN)}…` : key
    return {
      code: 'duplicate_key',
      at,
      message: `has the key "${clipped}" twice in one object; keep one`,
    }
  }
  keys?.add(key)
  return null
}
