/** Names a folder of the machine that the engine runs on, level by level; the last part may be one that is not there yet. */
import { useCallback, type ReactNode } from 'react'
import { useApp } from '../state/hooks.ts'
import { Combo, type Offer } from './combo.tsx'

const OFFERED = 50

export interface FolderFieldProps {
  label: string
  value: string
  onChange: (value: string) => void
  help: ReactNode
  placeholder?: string
  autoFocus?: boolean
  inFlow?: boolean
}

export function FolderField(props: FolderFieldProps) {
  const app = useApp()
  const ask = useCallback(
    async (typed: string, signal: AbortSignal): Promise<Offer[]> => {
      const { folders } = await app.api.workspace.folders({ typed, limit: OFFERED }, { signal })
      return folders.map((value) => ({ value }))
    },
    [app],
  )
  return <Combo {...props} offering="Folders" ask={ask} goesOn />
}
