/** Names a folder of the machine that the engine runs on, level by level; the last part may be one that is not there yet. */
import { useCallback } from 'react'
import { useApp } from '../state/hooks.ts'
import type { Offer } from './choosing.ts'
import { Combo, type ComboProps } from './combo.tsx'

const OFFERED = 50

export function FolderField(props: Omit<ComboProps, 'offering' | 'ask' | 'goesOn'>) {
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
