/** Small records kept in this browser, for one workspace: what is set aside, drafts of forms. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { useStore } from '../../state/hooks.ts'
import { folderOf } from '../../state/store.ts'

type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Whatever is wrong with the shelf (full, forbidden, garbage on it), the view works without it. */
export function readKept<T>(shelf: Shelf, key: string, isOne: (value: unknown) => value is T): T | null {
  try {
    const text = shelf.getItem(key)
    const value: unknown = text === null ? null : JSON.parse(text)
    return isOne(value) ? value : null
  } catch {
    return null
  }
}

export function writeKept(shelf: Shelf, key: string, value: unknown): boolean {
  try {
    if (value === null) shelf.removeItem(key)
    else shelf.setItem(key, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}

/** Where a record of one workspace lies on the shelf. */
export const keyOfKept = (name: string, folder: string): string => `hyperion:${name}:${folder}`

/** Told in this window; other windows hear of it from the shelf itself. */
const KEPT = 'hyperion:kept'

/** Null takes the record away. A shared one is the same wherever it is shown, in other tabs too. */
export function useKept<T>(
  name: string,
  isOne: (value: unknown) => value is T,
  { shared = false }: { shared?: boolean } = {},
): [T | null, (value: T | null) => void] {
  const folder = useStore((state) => folderOf(state.workspace)) ?? ''
  const key = keyOfKept(name, folder)
  const check = useRef(isOne)
  const [held, setHeld] = useState(() => ({ key, value: readKept(window.localStorage, key, isOne) }))
  useEffect(() => {
    setHeld((before) =>
      before.key === key ? before : { key, value: readKept(window.localStorage, key, check.current) },
    )
  }, [key])
  useEffect(() => {
    if (!shared) return
    const hear = (event: Event): void => {
      // A shelf that was cleared as a whole names no key.
      const changed = event instanceof StorageEvent ? (event.key ?? key) : (event as CustomEvent).detail
      if (changed === key) setHeld({ key, value: readKept(window.localStorage, key, check.current) })
    }
    window.addEventListener('storage', hear)
    window.addEventListener(KEPT, hear)
    return () => {
      window.removeEventListener('storage', hear)
      window.removeEventListener(KEPT, hear)
    }
  }, [key, shared])
  const keep = useCallback(
    (value: T | null) => {
      writeKept(window.localStorage, key, value)
      setHeld({ key, value })
      if (shared) window.dispatchEvent(new CustomEvent(KEPT, { detail: key }))
    },
    [key, shared],
  )
  return [held.key === key ? held.value : null, keep]
}
