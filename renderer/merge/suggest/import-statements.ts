/** Import statements taken apart into the names they bring, and put together again in the style they were in. */
import type { Lines } from '../lines.ts'
import { indentOf, isBlank } from './text.ts'

export interface ImportStatement {
  /** Blank lines before it. */
  lead: Lines
  lines: Lines
  /** What stands around the names, blanks aside: statements with the same bring names from the same place. */
  source: string
  /** Names in braces, in parentheses or behind `import`; null for a statement that brings no list of names. */
  names: string[] | null
  /** The same statement with other names. */
  withNames(names: readonly string[]): Lines
}

const START = /^\s*(?:import\b|from\s+\S+\s+import\b|export\s+(?:type\s+)?(?:\*|\{)|#include\b|use\s|using\s|require\b|(?:const|let|var)\s.*=\s*require\()/ // prettier-ignore
/** At most so many lines of one statement are looked at for its end. */
const LONGEST = 200

/** Returns the statements, or null where anything else stands between them. */
export function importStatements(lines: Lines): ImportStatement[] | null {
  const found: ImportStatement[] = []
  let lead: string[] = []
  for (let at = 0; at < lines.length;) {
    const line = lines[at] as string
    if (isBlank(line)) {
      lead.push(line)
      at += 1
      continue
    }
    if (!START.test(line)) return null
    let to = at + 1
    while (to < lines.length && to - at < LONGEST && isOpen(lines.slice(at, to))) to += 1
    if (isOpen(lines.slice(at, to))) return null
    found.push({ lead, ...statementOf(lines.slice(at, to)) })
    lead = []
    at = to
  }
  return found
}

const count = (text: string, sign: RegExp): number => text.match(sign)?.length ?? 0

/** Whether a bracket, or a line that says so, leaves the statement unfinished. */
function isOpen(lines: Lines): boolean {
  const text = lines.join('')
  return count(text, /[{(]/g) > count(text, /[})]/g) || /\\\s*$/.test(text)
}

const BRACED = /^([^{}]*\{)([^{}]*)(\}[^{}]*)$/
const PARENTHESES = /^(\s*from\s[^()]*\()([^()]*)(\)\s*)$/
const BARE = /^(\s*from\s+\S+\s+import\s+)([\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+(?:\s+as\s+\w+)?)*)(\s*)$/

function statementOf(lines: Lines): Omit<ImportStatement, 'lead'> {
  const text = lines.join('')
  const match = BRACED.exec(text) ?? PARENTHESES.exec(text) ?? BARE.exec(text)
  // A comment among the names belongs to one of them; nobody can tell to which.
  const isPlain = match !== null && !/\/\/|\/\*|#/.test(match[2] as string)
  if (!isPlain) {
    return { lines, source: text.replace(/\s+/g, ' ').trim(), names: null, withNames: () => lines }
  }
  const [head, list, tail] = match.slice(1) as [string, string, string]
  const names = list
    .split(',')
    .map((name) => name.trim().replace(/\s+/g, ' '))
    .filter((name) => name !== '')
  const source = `${head}\u0000${tail}`.replace(/\s|[;(]|\)$/g, '')
  return { lines, source, names, withNames: (wanted) => rendered(head, list, tail, wanted) }
}

/** Longer lines are broken where the statement's own style tells how. */
function rendered(head: string, list: string, tail: string, names: readonly string[]): string[] {
  const text = list.includes('\n')
    ? head + brokenList(list, names) + tail
    : head + (/^\s*/.exec(list)?.[0] ?? '') + names.join(', ') + ending(list) + tail
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** What stands behind the last name. */
function ending(list: string): string {
  const names = list.trimEnd()
  return list.slice(names.endsWith(',') ? names.length - 1 : names.length)
}

function brokenList(list: string, names: readonly string[]): string {
  const end = list.includes('\r\n') ? '\r\n' : '\n'
  const lines = list.split(/\r?\n/)
  const indent = indentOf(lines.find((line) => !isBlank(line)) ?? '  ')
  const isLastComma = ending(list).startsWith(',')
  const last = names.length - 1
  return (
    end +
    names.map((name, index) => `${indent}${name}${index < last || isLastComma ? ',' : ''}${end}`).join('') +
    (lines.at(-1) ?? '')
  )
}
