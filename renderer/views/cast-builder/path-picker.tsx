/** Picks a path of the target by a few of its letters; says who else edits it. */
import { useCallback, type ReactNode } from 'react'
import { useApp } from '../../state/hooks.ts'
import { Combo, type Offer } from '../../ui/combo.tsx'

const OFFERED = 12

export interface PathPickerProps {
  field: string
  value: string
  onChange: (path: string) => void
  onFocus: () => void
  onLeave: () => void
  error: string | undefined
  help: ReactNode
  /** Why it cannot be another one now. */
  locked: string | null
}

export function PathPicker(props: PathPickerProps) {
  const app = useApp()
  const ask = useCallback(
    async (typed: string, signal: AbortSignal): Promise<Offer[]> => {
      const paths = await app.api.casts.paths({ query: typed, limit: OFFERED }, { signal })
      return paths.map(({ path, also }) =>
        also.length === 0
          ? { value: path }
          : {
              value: path,
              note: `${also.slice(0, 2).join(', ')} also edit${also.length === 1 ? 's' : ''} this`,
            },
      )
    },
    [app],
  )
  return (
    <Combo {...props} label="Path" offering="Paths of the target" ask={ask} placeholder="src/…" required />
  )
}
