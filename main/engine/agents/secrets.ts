/** Secrets in what a change adds: found by the library's rules and our own, told by line and kind and never shown. */
import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import { isHarmlessUrl, isPlaceholder, isWords, SECRET_RULES, type SecretRule } from './secret-rules.ts'

export interface FoundSecret {
  /** In the new file, from 1. */
  line: number
  /** What it looks like, with its article: `a private key`. */
  kind: string
}

/** The part of a rule's contract that is used: it reports ranges, and its texts are never asked for. */
interface LibraryRule {
  meta: { id: string }
  create(
    context: {
      createTranslator(): (messageId: string) => { messageId: string }
      report(found: { range: readonly [number, number] }): void
      ignore(): void
    },
    options: object,
  ): { file(source: { content: string; filePath: string; ext: string; contentType: 'text' }): unknown }
}

const shortId = (rule: LibraryRule): string => rule.meta.id.replace('@secretlint/secretlint-rule-', '')

/** One opens the file that a path names, on this disk; with the other a comment switches all rules off. */
const LEFT_OUT = new Set(['gcp', 'filter-comments'])

const LIBRARY = (rules as unknown as LibraryRule[]).filter((rule) => !LEFT_OUT.has(shortId(rule)))

/** Of the library, what is asked. */
export const LIBRARY_RULES: readonly string[] = LIBRARY.map(shortId)

const KINDS: Readonly<Record<string, string>> = {
  aws: 'an AWS secret access key',
  privatekey: 'a private key',
  basicauth: 'a password in a URL',
  'database-connection-string': 'a password in a URL',
}

const isHarmless = (id: string, text: string): boolean => {
  if (id === 'privatekey') return false
  if (isPlaceholder(text)) return true
  return KINDS[id] === 'a password in a URL' ? isHarmlessUrl(text) : isWords(text)
}

interface Match {
  start: number
  end: number
  kind: string
}

function byLibrary(text: string, path: string): Match[] {
  const found: Match[] = []
  for (const rule of LIBRARY) {
    const id = shortId(rule)
    const report = ({ range: [start, end] }: { range: readonly [number, number] }): void => {
      if (!isHarmless(id, text.slice(start, end)))
        found.push({ start, end, kind: KINDS[id] ?? `${/^[aeiou]/.test(id) ? 'an' : 'a'} ${id} token` })
    }
    const context = {
      createTranslator: () => (messageId: string) => ({ messageId }),
      report,
      ignore: () => undefined,
    }
    rule.create(context, {}).file({ content: text, filePath: path, ext: '', contentType: 'text' })
  }
  return found
}

function byOwnRules(text: string, own: readonly SecretRule[]): Match[] {
  return own.flatMap(({ kind, pattern, accepts }) =>
    [...text.matchAll(pattern)]
      .filter((match) => accepts?.(match) ?? true)
      .map((match) => ({ start: match.index, end: match.index + match[0].length, kind })),
  )
}

/** Characters that are looked at before others have their turn: some patterns take long on a text made for it. */
const WINDOW = 16 * 1024
/** Characters that are looked at twice, for what begins in one window and ends in the next. */
const OVERLAP = 2 * 1024

interface Window {
  from: number
  to: number
}

/** Cuts a text into windows of whole lines; of a line that fills one alone, into windows of equal size. */
function windowsOf(text: string): Window[] {
  const windows: Window[] = []
  for (let from = 0; from < text.length;) {
    const newline = text.lastIndexOf('\n', from + WINDOW)
    const to =
      from + WINDOW >= text.length ? text.length : newline > from + OVERLAP ? newline + 1 : from + WINDOW
    windows.push({ from, to })
    if (to === text.length) break
    const again = text.indexOf('\n', to - OVERLAP) + 1
    from = again > 0 && again < to ? again : to - OVERLAP
  }
  return windows
}

/** Returns what looks like secrets in a part of a text; of two that overlap, the first. */
function matchesIn(text: string, { from, to }: Window, path: string, own: readonly SecretRule[]): Match[] {
  const part = text.slice(from, to)
  // Where a line is cut, what stands at the cut is a piece of something that another window has whole.
  const cutBefore = from > 0 && text[from - 1] !== '\n'
  const cutAfter = to < text.length && text[to - 1] !== '\n'
  const found: Match[] = []
  for (const match of [...byLibrary(part, path), ...byOwnRules(part, own)]) {
    if ((cutBefore && match.start === 0) || (cutAfter && match.end === part.length)) continue
    if (found.some((other) => match.start < other.end && other.start < match.end)) continue
    found.push(match)
  }
  return found.map(({ start, end, kind }) => ({ start: start + from, end: end + from, kind }))
}

/** Where each line begins. */
function startsOf(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Returns the index of the line an offset is in. */
function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** More than these are not told of. */
const MOST = 20

/**
 * Finds secrets that touch a line which the base does not have; one that was moved or set further in it does have.
 *
 * Lines around are read along, so that a key of several lines is known by its head.
 */
export async function secretsIn(path: string, base: string, text: string): Promise<FoundSecret[]> {
  const known = new Set(base.split('\n').map((line) => line.trim()))
  const isAdded = text.split('\n').map((line) => {
    const bare = line.trim()
    return bare !== '' && !known.has(bare)
  })
  const firstAdded = (from: number, to: number): number | null => {
    for (let line = from; line <= to; line += 1) if (isAdded[line]) return line
    return null
  }
  const starts = startsOf(text)
  const own = SECRET_RULES.filter(({ paths }) => paths?.test(path) ?? true)
  const found = new Map<string, FoundSecret>()
  for (const window of windowsOf(text)) {
    if (firstAdded(lineOf(starts, window.from), lineOf(starts, window.to - 1)) === null) continue
    for (const { start, end, kind } of matchesIn(text, window, path, own)) {
      const line = firstAdded(lineOf(starts, start), lineOf(starts, end - 1))
      if (line !== null) found.set(`${line} ${kind}`, { line: line + 1, kind })
    }
    if (found.size >= MOST) break
    await new Promise((resolve) => setImmediate(resolve))
  }
  return [...found.values()].toSorted((a, b) => a.line - b.line).slice(0, MOST)
}
