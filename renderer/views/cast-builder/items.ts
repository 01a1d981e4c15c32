/** What is done to the list of files as a whole. */
import { withItems } from '../../cast/work.ts'
import { tellDone } from '../../state/toasts.ts'
import type { Builder } from './builder.ts'

export const MOST_ITEMS = 500

export function addItem({ session, ui, jump }: Builder): void {
  const { work } = session.store.getState()
  if (work === null || work.items.length >= MOST_ITEMS) return
  const key = session.newKey()
  session.change((now) => ({ ...now, items: [...now.items, { key, path: '', summary: '', change: null }] }))
  ui.setState(({ fresh }) => ({ open: key, fresh: new Set([...fresh, key]) }))
  jump(`items[${work.items.length}].path`)
}

/** For ten seconds it can be had back, where it was. */
export function removeItem({ session, ui, jump }: Builder, key: string): void {
  const { work } = session.store.getState()
  const index = work?.items.findIndex((one) => one.key === key) ?? -1
  const item = work?.items[index]
  if (work === null || item === undefined) return
  const { base_commit } = work
  session.change((now) =>
    withItems(
      now,
      now.items.filter((one) => one.key !== key),
    ),
  )
  ui.setState({ open: null })
  jump(work.items.length === 1 ? 'add' : `row[${Math.min(index, work.items.length - 2)}]`)
  tellDone(`${item.path === '' ? `File ${index + 1}` : item.path} removed`, {
    run: () =>
      session.change((now) =>
        now.items.some((one) => one.key === key)
          ? now
          : withItems(now, now.items.toSpliced(index, 0, item), base_commit),
      ),
  })
}

export function moveItem({ session }: Builder, key: string, by: 1 | -1): number | null {
  const { work } = session.store.getState()
  const from = work?.items.findIndex((one) => one.key === key) ?? -1
  const item = work?.items[from]
  const to = from + by
  if (item === undefined || to < 0 || to >= (work?.items.length ?? 0)) return null
  session.change((now) => ({ ...now, items: now.items.toSpliced(from, 1).toSpliced(to, 0, item) }))
  return to
}
