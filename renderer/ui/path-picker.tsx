/** Picks a path of the target by a few of its letters. */
import { useCallback } from 'react'
import { useApp } from '../state/hooks.ts'
import type { Offer } from './choosing.ts'
import { Combo, type ComboProps } from './combo.tsx'

const OFFERED = 12

export interface PathPickerProps extends Omit<ComboProps, 'offering' | 'ask' | 'placeholder'> {
  /** What is picked is to be edited: who else edits it is said. */
  toEdit?: boolean
}

export function PathPicker({ toEdit = false, ...props }: PathPickerProps) {
  const app = useApp()
  const ask = useCallback(
    async (typed: string, signal: AbortSignal): Promise<Offer[]> => {
      const paths = await app.api.casts.paths({ query: typed, limit: OFFERED }, { signal })
      return paths.map(({ path, also }) =>
        also.length === 0 || !toEdit
          ? { value: path }
          : {
              value: path,
              note: `${also.slice(0, 2).join(', ')} also edit${also.length === 1 ? 's' : ''} this`,
            },
      )
    },
    [app, toEdit],
  )
  return <Combo {...props} offering="Paths of the target" ask={ask} placeholder="src/…" />
}
