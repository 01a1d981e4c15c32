/** Who decides: the name of the settings, else the one git knows, until another is written. */
import { useState } from 'react'
import { useApp, useStore } from '../state/hooks.ts'

export interface Decider {
  by: string
  write(name: string): void
  /** Why nothing can be decided yet, or null. */
  reason: string | null
  /** Keeps the name for the next decision where none is kept; returns it. */
  settle(): string
}

export function useDecider(): Decider {
  const app = useApp()
  const name = useStore(({ preferences }) => preferences.name)
  const operator = useStore(({ workspace }) => (workspace?.state === 'open' ? workspace.operator : null))
  // The known name may be read later than this is drawn.
  const [written, write] = useState<string | null>(null)
  const by = written ?? (name === '' ? (operator ?? '') : name)
  return {
    by,
    write,
    reason: by.trim() === '' ? 'Say who decides first' : null,
    settle() {
      if (name === '') app.prefer({ name: by.trim() })
      return by.trim()
    },
  }
}
