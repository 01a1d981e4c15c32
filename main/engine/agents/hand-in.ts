/** Work that is handed in as JSON in a message, in a fence or between other words. */
import { parse } from 'yaml'

export type ReadHandIn =
  | { ok: true; value: unknown }
  /** `no_submission`: nothing that could be one is there; `invalid`: what is there is cut off, broken or another thing. */
  | { ok: false; code: 'no_submission' | 'invalid'; message: string }

/** What stands in fences, as CommonMark has them (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), line by line. */
function fencedIn(message: string): string[] {
  const bodies: string[] = []
  let open: { fence: string; lines: string[] } | null = null
  for (const line of message.split('\n')) {
    const [, fence = '', info = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    if (open === null) {
      if (fence !== '' && !(fence.startsWith('`') && info.includes('`'))) open = { fence, lines: [] }
    } else if (fence.startsWith(open.fence) && info.trim() === '') {
      bodies.push(open.lines.join('\n'))
      open = null
    } else open.lines.push(line)
  }
  // One that never ends goes to the end.
  return open === null ? bodies : [...bodies, open.lines.join('\n')]
}

/** Where the object that begins at `from` ends, strings in it aside; null where it does not. */
function endOf(text: string, from: number): number | null {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1
    } else if (sign === '{' || sign === '[') depth += 1
    else if (sign === '}' || sign === ']') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}

/** The objects that stand in a text, whole ones only; `cut` where one begins that does not end. */
function objectsIn(text: string): { whole: string[]; cut: boolean } {
  const whole: string[] = []
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at)) {
    const end = endOf(text, at)
    if (end === null) return { whole, cut: /^\{\s*"/.test(text.slice(at)) }
    whole.push(text.slice(at, end))
    at = end
  }
  return { whole, cut: false }
}

/** Of the objects of a message, the last ones are the answer. */
const MOST_TRIED = 20

/** JSON, or what a model takes for it: a comma too many, a comment. Accepted only where it then fits the schema. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    try {
      // Flow collections of YAML 1.2 are JSON, and may end in a comma.
      return parse(text, { schema: 'json', uniqueKeys: true, maxAliasCount: 0 })
    } catch {
      return undefined
    }
  }
}

const hasKey = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)

/** Reads what was handed in: the last object with the key `mark`, those in fences first. What is cut off is none. */
export function readHandIn(message: string, mark: string): ReadHandIn {
  const fenced = fencedIn(message).map(objectsIn).toReversed()
  const places = [...fenced, objectsIn(message)]
  for (const { whole } of places) {
    const value = whole
      .filter((text) => text.includes(mark))
      .slice(-MOST_TRIED)
      .map(valueOf)
      .findLast((one) => hasKey(one, mark))
    if (value !== undefined) return { ok: true, value }
  }
  const cut = places.some((one) => one.cut)
  if (!cut && !/```|~~~|\{\s*"/.test(message))
    return { ok: false, code: 'no_submission', message: 'the message holds no submission; hand it in' }
  return { ok: false, code: 'invalid', message: whyNone(places, cut, mark) }
}

/** What is wrong with objects of which none could be read as the submission. */
function whyNone(places: readonly { whole: string[] }[], cut: boolean, mark: string): string {
  if (cut) return 'the JSON of the submission is cut off; send it whole'
  const whole = places.flatMap((one) => one.whole).slice(-MOST_TRIED)
  return whole.length === 0 || whole.some((text) => typeof valueOf(text) !== 'object')
    ? 'the JSON of the submission is missing or broken; send it whole'
    : `the JSON has no key "${mark}"; send the submission in the form that is asked for`
}
