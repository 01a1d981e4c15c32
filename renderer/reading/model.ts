/** What is read, in words: the files of a change, where a line is, what a text that is not shown would be. */
import type { ChangedFile, ChangedFiles, ChangedTexts, ReadText } from '../../schemas/reading.ts'

export const STATE_WORDS: Readonly<Record<ChangedFile['state'], { label: string; sign: string }>> = {
  added: { label: 'added', sign: 'A' },
  changed: { label: 'changed', sign: 'M' },
  deleted: { label: 'deleted', sign: 'D' },
  refused: { label: 'refused', sign: '!' },
  unknown: { label: 'fits nowhere', sign: '?' },
}

const figure = (count: number): string => count.toLocaleString('en')

/** "src/a.ts, changed, 12 lines added, 3 removed", for who hears the list. */
export function fileWords({ path, state, added, removed, note }: ChangedFile): string {
  const lines =
    added === null || removed === null
      ? []
      : [`${figure(added)} ${added === 1 ? 'line' : 'lines'} added, ${figure(removed)} removed`]
  return [path, STATE_WORDS[state].label, ...lines, ...(note === null ? [] : [note])].join(', ')
}

/** Lines of all of them; null where not one is counted. */
export function totalOf(files: readonly ChangedFile[]): { added: number; removed: number } | null {
  const counted = files.filter(({ added, removed }) => added !== null && removed !== null)
  if (counted.length === 0) return null
  return {
    added: counted.reduce((sum, { added }) => sum + (added ?? 0), 0),
    removed: counted.reduce((sum, { removed }) => sum + (removed ?? 0), 0),
  }
}

/** The path beside one in a list, or null at its end. */
export function nextPath(files: readonly ChangedFile[], path: string | null, by: 1 | -1): string | null {
  const at = files.findIndex((one) => one.path === path)
  return files[at === -1 ? 0 : at + by]?.path ?? null
}

const REASONS: Readonly<Record<NonNullable<ReadText['reason']>, string>> = {
  binary: 'is binary',
  not_utf8: 'is not UTF-8 text',
  too_large: 'is too large to be sent to a window',
  not_a_file: 'is a link, a submodule or a folder',
  gone: 'is missing from the repository',
}

/** Why a side has no text, as a sentence; null where it has one, or where there is no file. */
export function whyNoText(side: ReadText, which: string): string | null {
  if (side.reason === null) return null
  const size = side.bytes === null ? '' : ` (${figure(side.bytes)} bytes)`
  return `${which} ${REASONS[side.reason]}${size}, so its lines cannot be shown.`
}

/** Both texts, or why they cannot be compared. A file that is not there has no lines. */
export function comparable({
  before,
  after,
  note,
}: ChangedTexts): { before: string; after: string } | { why: string } {
  if (before === null || after === null)
    return {
      why:
        note === null ? 'There is nothing to compare it with.' : `${sentence(note)} Nothing can be compared.`,
    }
  const why = whyNoText(before, 'What it was') ?? whyNoText(after, 'What it becomes')
  return why === null ? { before: before.text ?? '', after: after.text ?? '' } : { why }
}

/** Begins with a capital and ends with a stop. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`
}

const short = (commit: string): string => commit.slice(0, 10)

/** What is compared with what. */
export function originWords(files: ChangedFiles, texts: ChangedTexts | undefined): string {
  if (files.landed !== null) return `Landed as ${short(files.landed)}, against the commit before it.`
  if (texts === undefined) return 'As it was written.'
  const { base_origin, before_commit } = texts
  if (base_origin === 'unknown' || before_commit === null) return 'As it was written; its base is not known.'
  const found = base_origin === 'given' ? 'on the base it names' : 'on the base found for it'
  return `As it was written, ${found}: ${short(before_commit)}.`
}

const plain = /^[A-Za-z0-9_./@%+=:,-]+$/

/** The command that says where a line comes from, quoted for a shell. */
export function whyCommand(path: string, line: number | null): string {
  const place = line === null ? path : `${path}:${line}`
  return `hyperion why ${plain.test(place) && !place.startsWith('-') ? place : `'${place.replaceAll("'", `'\\''`)}'`}`
}

export const fileAddress = (path: string, line: number | null): string =>
  `/file?${new URLSearchParams({ path, ...(line === null ? {} : { line: String(line) }) }).toString()}`

/** A line number as an address has it; null for anything else. */
export const lineFrom = (text: string | null): number | null =>
  text !== null && /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : null
