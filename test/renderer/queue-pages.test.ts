/** The page cache of the queue's table: what is read, and that rows stay where they are. */
import { describe, expect, it } from 'vitest'
import {
  applyChanges,
  freshPages,
  indexOf,
  missingPages,
  noPages,
  offsetOf,
  PAGE_SIZE,
  putPage,
  rowAt,
} from '../../renderer/views/queue/page-cache.ts'
import type { ChangeSummary } from '../../schemas/view.ts'

const row = (id: number, status: ChangeSummary['status'] = 'pending'): ChangeSummary => ({
  id, status, task_id: `T-${id}`, agent: 'a', request_id: null, priority: 'normal', attempts: 0, intent: null, title: null, paths: [],
  path_count: 0, anchors: [], last_error: null, reason_code: null, lease_owner: null, leased_until: null,
  landed_commit: null, check_verdict: null, waiting: false, created_at: 1, updated_at: 1,
}) // prettier-ignore

/** What the engine answers: `count` changes, newest first. */
const answer = (count: number, offset: number) => ({
  total: count,
  rows: Array.from({ length: Math.max(0, Math.min(PAGE_SIZE, count - offset)) }, (_, at) =>
    row(count - offset - at),
  ),
})

describe('the page cache', () => {
  it('asks for the pages on screen that are not there, and none behind the end', () => {
    const { after } = putPage(noPages, 0, answer(250, 0))
    expect(missingPages(after, 90, 130)).toEqual([1])
    expect(missingPages(after, 230, 400)).toEqual([2])
    expect(missingPages(after, 0, 50)).toEqual([])
    expect(missingPages(noPages, 0, 40)).toEqual([0])
  })

  it('shows later pages of the same list though rows came on top meanwhile', () => {
    let { after: pages } = putPage(noPages, 0, answer(250, 0))
    let asked = 0
    for (let again = true; again; asked += 1) {
      // Seven changes were queued since the first page was read.
      const put = putPage(pages, 1, answer(257, offsetOf(pages, 1)))
      again = put.again
      pages = put.after
    }
    expect(asked).toBe(2)
    const ids = Array.from({ length: 2 * PAGE_SIZE }, (_, at) => rowAt(pages, at)?.id)
    expect(ids).toEqual(Array.from({ length: 2 * PAGE_SIZE }, (_, at) => 250 - at))
    expect(pages.total).toBe(250)
    expect(pages.dirty).toBe(true)
  })

  it('puts new states into the rows without moving one', () => {
    const { after: pages } = putPage(noPages, 0, answer(5, 0))
    const next = applyChanges(pages, [row(3, 'applied')], [], false)
    expect(next.pages.get(0)?.map(({ id, status }) => [id, status])).toEqual([
      [5, 'pending'],
      [4, 'pending'],
      [3, 'applied'],
      [2, 'pending'],
      [1, 'pending'],
    ])
    expect(next.dirty).toBe(false)
  })

  it('knows when the list is no longer what there is', () => {
    const { after: pages } = putPage(noPages, 0, answer(5, 0))
    expect(applyChanges(pages, [row(6)], [], false).dirty).toBe(true)
    expect(applyChanges(pages, [], [2], false).dirty).toBe(true)
    expect(applyChanges(pages, [row(3, 'failed')], [], true).dirty).toBe(true)
    expect(applyChanges(pages, [], [], true)).toBe(pages)
    expect(applyChanges(noPages, [row(1)], [], true)).toBe(noPages)
  })

  it('keeps only pages around the screen of a very long list', () => {
    let { after: pages } = putPage(noPages, 0, answer(100_000, 0))
    for (let page = 1; page <= 60; page += 1) {
      pages = putPage(pages, page, answer(100_000, page * PAGE_SIZE)).after
    }
    expect(pages.pages.size).toBeLessThanOrEqual(24)
    expect(rowAt(pages, 60 * PAGE_SIZE)?.id).toBe(94_000)
    expect(rowAt(pages, 0)).toBeUndefined()
  })

  it('finds a change again after everything was read anew', () => {
    const pages = freshPages(300, [[1, answer(300, 100).rows]])
    expect(indexOf(pages, 200)).toBe(100)
    expect(indexOf(pages, 299)).toBeNull()
  })
})
