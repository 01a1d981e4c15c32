/** What somebody was writing about an item that another person decided meanwhile: it is handed back, not thrown away. */
import { useEffect, useRef } from 'react'
import type { InboxItem } from '../../../schemas/view.ts'
import { useStore } from '../../state/hooks.ts'
import { folderOf } from '../../state/store.ts'
import { tellLeft } from '../../state/toasts.ts'
import { keyOfKept, readKept, writeKept } from './kept.ts'

/** Under which name the note about an item is kept until it is sent. */
export const noteOf = (key: string): string => `note.${key}`

export const isText = (value: unknown): value is string => typeof value === 'string'

/** `all` is what waits now, `shown` the item that is looked at. */
export function useLeftBehind(all: readonly InboxItem[] | undefined, shown: InboxItem | null): void {
  const folder = useStore((state) => folderOf(state.workspace)) ?? ''
  const looked = useRef<{ folder: string; item: InboxItem } | null>(null)
  useEffect(() => {
    const before = looked.current
    looked.current = shown === null ? null : { folder, item: shown }
    if (before === null || before.folder !== folder || all === undefined) return
    if (all.some(({ key }) => key === before.item.key)) return
    const name = keyOfKept(noteOf(before.item.key), folder)
    const note = readKept(window.localStorage, name, isText)
    writeKept(window.localStorage, name, null)
    if (note !== null) tellLeft(`${before.item.task_id ?? before.item.title} was decided meanwhile`, note)
  }, [all, shown, folder])
}
