/** Sets one member of a JSON text and leaves every other byte as somebody wrote it. */
import { bug } from '../base/errors.ts'

interface Member {
  key: string
  keyAt: number
  valueAt: number
  end: number
}

interface Place {
  open: number
  close: number
  members: Member[]
}

const skip = (text: string, at: number): number => {
  let index = at
  while (/[\s]/.test(text[index] ?? 'x')) index += 1
  return index
}

function stringEnd(text: string, at: number): number {
  let index = at + 1
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1
  return index + 1
}

/** Returns the offset after the value at `at`; the text is JSON, which was judged before. */
function valueEnd(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at)
  if (text[at] !== '{' && text[at] !== '[') return at + text.slice(at).search(/[\s,\]}]|$/)
  let depth = 0
  for (let index = at; index < text.length;) {
    if (text[index] === '"') {
      index = stringEnd(text, index)
      continue
    }
    if (/[{[]/.test(text[index] ?? '')) depth += 1
    if (/[}\]]/.test(text[index] ?? '')) depth -= 1
    index += 1
    if (depth === 0) return index
  }
  return text.length
}

function objectAt(text: string, open: number): Place {
  const members: Member[] = []
  let at = skip(text, open + 1)
  while (text[at] === '"') {
    const keyAt = at
    const keyEnd = stringEnd(text, at)
    const valueAt = skip(text, skip(text, keyEnd) + 1)
    const end = valueEnd(text, valueAt)
    members.push({ key: JSON.parse(text.slice(keyAt, keyEnd)) as string, keyAt, valueAt, end })
    at = skip(text, end)
    if (text[at] === ',') at = skip(text, at + 1)
  }
  return { open, close: at, members }
}

const indentAt = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))?.[0] ?? ''

/** Returns the text with `value` at a path of keys; objects on the way are made, a member that is there is replaced. */
export function setMember(text: string, path: readonly string[], value: unknown): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const unit = /\n([ \t]+)"/.exec(text)?.[1] ?? '  '
  let place = objectAt(text, skip(text, 0))
  for (const [depth, key] of path.entries()) {
    const found = place.members.find((member) => member.key === key)
    const rest = path.slice(depth + 1)
    if (found !== undefined && rest.length > 0 && text[found.valueAt] === '{') {
      place = objectAt(text, found.valueAt)
      continue
    }
    const wanted = rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
    const [first] = place.members
    const last = place.members.at(-1)
    const isInline = first !== undefined && !text.slice(place.open, first.keyAt).includes('\n')
    const base = indentAt(text, place.open)
    const indent = first === undefined || isInline ? base + unit : indentAt(text, first.keyAt)
    const written = isInline
      ? JSON.stringify(wanted)
      : JSON.stringify(wanted, null, unit).replaceAll('\n', newline + indent)
    if (found !== undefined) return text.slice(0, found.valueAt) + written + text.slice(found.end)
    const member = `${JSON.stringify(key)}: ${written}`
    if (last === undefined) {
      const inside = `${newline}${indent}${member}${newline}${base}`
      return text.slice(0, place.open + 1) + inside + text.slice(place.close)
    }
    return (
      text.slice(0, last.end) + (isInline ? ', ' : `,${newline}${indent}`) + member + text.slice(last.end)
    )
  }
  throw bug('no_path', 'a member of a JSON text was to be set without a name')
}
