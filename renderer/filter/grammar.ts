/** The one field in which lists are filtered: `state:failed agent:agent-2 free text`, parsed and completed. */

export interface FilterKey {
  name: string
  /** What it finds, in a few words, for the completions. */
  hint: string
  /** The only values it takes; left out: any. */
  values?: readonly string[]
  /** Takes several values, joined by commas or given again. */
  many?: boolean
  /** Why a value is not taken, or null. */
  refuse?: (value: string) => string | null
}

/** One piece of the text: `key` null for free text; positions are of the whole piece. */
export interface Token {
  key: string | null
  value: string
  from: number
  to: number
}

export interface FilterError {
  message: string
  from: number
  to: number
}

export interface ParsedFilter {
  /** Key → its values, in the order they were given. */
  values: ReadonlyMap<string, readonly string[]>
  /** What is left, joined by spaces. */
  text: string
  error: FilterError | null
}

// A key and its colon, then a value in quotes or up to the next space; a quote left open goes to the end.
const TOKEN = /(?:([A-Za-z_-]+):)?(?:"((?:[^"\\]|\\.)*)(?:"|$)|(\S*))/y

const unquote = (text: string): string => text.replaceAll(/\\(.)/g, '$1')

/** A value as it has to be written to be read again as it is. */
export const quoted = (value: string): string =>
  value === '' || /[\s"\\:]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value

export function tokensOf(input: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    while (/\s/.test(input.charAt(at))) at += 1
    if (at >= input.length) return tokens
    TOKEN.lastIndex = at
    const match = TOKEN.exec(input)
    if (match === null || match[0] === '') return tokens
    const [whole, key, inQuotes, bare] = match
    const value = inQuotes === undefined ? (bare ?? '') : unquote(inQuotes)
    tokens.push({ key: key?.toLowerCase() ?? null, value, from: at, to: at + whole.length })
    at += whole.length
  }
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`

function refusal(key: FilterKey, value: string): string | null {
  if (value === '') return `${key.name}: needs a value`
  if (key.values !== undefined && !key.values.includes(value.toLowerCase()))
    return `${key.name}: takes ${listed(key.values)}, not “${value}”`
  return key.refuse?.(value) ?? null
}

/** Reads a filter; the first thing that is wrong is told, and what is right is read all the same. */
export function parseFilter(input: string, keys: readonly FilterKey[]): ParsedFilter {
  const values = new Map<string, string[]>()
  const words: string[] = []
  let error: FilterError | null = null
  const wrong = (message: string, { from, to }: Token): void => {
    error ??= { message, from, to }
  }
  for (const token of tokensOf(input)) {
    if (token.key === null) {
      if (token.value !== '') words.push(token.value)
      continue
    }
    const key = keys.find(({ name }) => name === token.key)
    if (key === undefined) {
      const known = listed(keys.map(({ name }) => name))
      wrong(`There is no “${token.key}:”. Use ${known}, or put the text in quotes.`, token)
      continue
    }
    const given = key.many === true ? token.value.split(',').filter((one) => one !== '') : [token.value]
    if (given.length === 0) wrong(`${key.name}: needs a value`, token)
    const before = values.get(key.name) ?? []
    if (before.length > 0 && key.many !== true) wrong(`${key.name}: is given twice`, token)
    for (const one of given) {
      const why = refusal(key, one)
      if (why !== null) wrong(why, token)
      else before.push(key.values === undefined ? one : one.toLowerCase())
    }
    if (before.length > 0) values.set(key.name, [...new Set(before)])
  }
  return { values, text: words.join(' '), error }
}

/** The same filter with one key's values replaced; none takes the key out. */
export function withValues(input: string, name: string, values: readonly string[]): string {
  const kept = tokensOf(input)
    .filter(({ key }) => key !== name)
    .map(({ from, to }) => input.slice(from, to))
  const piece = values.length === 0 ? [] : [`${name}:${values.map(quoted).join(',')}`]
  return [...piece, ...kept].join(' ')
}

export interface Completion {
  /** What stands in the list. */
  label: string
  hint: string
  /** The whole text once it is taken, and where the caret is then. */
  input: string
  caret: number
}

const MOST_SHOWN = 12

/** What could stand at the caret: keys, or values of the key before it; `known` has values seen so far. */
export function completions(
  input: string,
  caret: number,
  keys: readonly FilterKey[],
  known: Readonly<Record<string, readonly string[]>> = {},
): Completion[] {
  const token = tokensOf(input).find(({ from, to }) => from < caret && caret <= to)
  const from = token?.from ?? caret
  const to = token?.to ?? caret
  const put = (piece: string): Pick<Completion, 'input' | 'caret'> => {
    const before = input.slice(0, from)
    const after = input.slice(to)
    const space = piece.endsWith(':') || after.startsWith(' ') ? '' : ' '
    return { input: before + piece + space + after, caret: before.length + piece.length + space.length }
  }
  if (token === undefined || token.key === null) {
    const typed = token?.value.toLowerCase() ?? ''
    return keys
      .filter(({ name }) => name.startsWith(typed))
      .map(({ name, hint }) => ({ label: `${name}:`, hint, ...put(`${name}:`) }))
  }
  const key = keys.find(({ name }) => name === token.key)
  if (key === undefined) return []
  const parts = key.many === true ? token.value.split(',') : [token.value]
  const typed = (parts.pop() ?? '').toLowerCase()
  const before = parts.map((part) => `${quoted(part)},`).join('')
  return [...(key.values ?? known[key.name] ?? [])]
    .filter((value) => value.toLowerCase().includes(typed) && !parts.includes(value))
    .filter((value) => value.toLowerCase() !== typed)
    .slice(0, MOST_SHOWN)
    .map((value) => ({ label: value, hint: '', ...put(`${key.name}:${before}${quoted(value)}`) }))
}
