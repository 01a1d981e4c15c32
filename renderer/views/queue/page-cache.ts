/**
 * Pages of a long list as far as they were read: which are needed for the rows on screen, and what happened meanwhile.
 *
 * The list is shown as it was when it was read: new rows come on top only when it is read anew. Pages read later are
 * asked for further down by as many rows as came on top since.
 */
import type { ChangeSummary } from '../../../schemas/view.ts'

export const PAGE_SIZE = 100
/** Pages kept around the screen. */
const KEPT_PAGES = 24

export interface Pages {
  /** How many rows there are; null before the first answer. */
  total: number | null
  /** How many rows came on top since the first answer. */
  shift: number
  pages: ReadonlyMap<number, readonly ChangeSummary[]>
  /** Whether what is shown may no longer be what there is. */
  dirty: boolean
  /** Highest id on the first page when it was read. */
  newest: number
}

export const noPages: Pages = { total: null, shift: 0, pages: new Map(), dirty: false, newest: 0 }

export const pageOf = (index: number): number => Math.floor(index / PAGE_SIZE)

export const rowAt = ({ pages }: Pages, index: number): ChangeSummary | undefined =>
  pages.get(pageOf(index))?.[index % PAGE_SIZE]

/** Pages that rows `first` to `last` need and that are not there. */
export function missingPages({ pages, total }: Pages, first: number, last: number): number[] {
  const end = total === null ? pageOf(last) : pageOf(Math.max(0, Math.min(last, total - 1)))
  const missing: number[] = []
  for (let page = Math.max(0, pageOf(first)); page <= end; page += 1) if (!pages.has(page)) missing.push(page)
  return missing
}

/** Where a page begins in the list as it is now. */
export const offsetOf = ({ shift }: Pages, page: number): number => page * PAGE_SIZE + shift

function trimmed(
  pages: Map<number, readonly ChangeSummary[]>,
  around: number,
): Map<number, readonly ChangeSummary[]> {
  const far = [...pages.keys()].sort((a, b) => Math.abs(b - around) - Math.abs(a - around))
  for (const page of far.slice(0, Math.max(0, pages.size - KEPT_PAGES))) pages.delete(page)
  return pages
}

/** Takes in a page; null where rows came on top since the offset was worked out, so it must be asked for again. */
export function putPage(
  before: Pages,
  page: number,
  answer: { total: number; rows: readonly ChangeSummary[] },
): { after: Pages; again: boolean } {
  if (before.total === null) {
    const newest = answer.rows.reduce((most, { id }) => Math.max(most, id), 0)
    const pages = new Map([[page, answer.rows]])
    return { after: { total: answer.total, shift: 0, pages, dirty: false, newest }, again: false }
  }
  const shift = Math.max(0, answer.total - before.total)
  if (shift !== before.shift) return { after: { ...before, shift, dirty: true }, again: true }
  return {
    after: { ...before, pages: trimmed(new Map(before.pages).set(page, answer.rows), page) },
    again: false,
  }
}

/** Starts over from pages read at one time. */
export function freshPages(
  total: number,
  read: readonly (readonly [page: number, rows: readonly ChangeSummary[]])[],
): Pages {
  const newest = read.reduce((most, [, rows]) => rows.reduce((top, { id }) => Math.max(top, id), most), 0)
  return { total, shift: 0, pages: new Map(read), dirty: false, newest }
}

/**
 * Puts what changes became into the rows that show them, without moving any; `filtered` says that a change of state
 * may make a row fit no more, or another one fit.
 */
export function applyChanges(
  before: Pages,
  changed: readonly ChangeSummary[],
  gone: readonly number[],
  filtered: boolean,
): Pages {
  if (before.total === null || (changed.length === 0 && gone.length === 0)) return before
  const byId = new Map(changed.map((change) => [change.id, change]))
  let touched = false
  const pages = new Map<number, readonly ChangeSummary[]>()
  for (const [page, rows] of before.pages) {
    if (!rows.some(({ id }) => byId.has(id))) {
      pages.set(page, rows)
      continue
    }
    touched = true
    pages.set(
      page,
      rows.map((row) => byId.get(row.id) ?? row),
    )
  }
  const dirty = before.dirty || filtered || gone.length > 0 || changed.some(({ id }) => id > before.newest)
  if (!touched && dirty === before.dirty) return before
  return { ...before, pages: touched ? pages : before.pages, dirty }
}

/** Index of a change among the rows that were read, or null. */
export function indexOf({ pages }: Pages, id: number): number | null {
  for (const [page, rows] of pages) {
    const at = rows.findIndex((row) => row.id === id)
    if (at >= 0) return page * PAGE_SIZE + at
  }
  return null
}
