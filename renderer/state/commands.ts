/** What can be done where the operator is: views register it, palette and key sheet show it, the shell hears the keys. */
import { useEffect, useRef } from 'react'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { useApp } from './hooks.ts'

export interface Command {
  id: string
  label: string
  /** Where it stands in palette and key sheet: "Change", "Queue", "Go to". */
  group: string
  /** As `Kbd` writes them: one chord ("j", "shift+J", "mod+Enter") or a sequence ("g q"). */
  keys?: string
  /** Why it cannot be done now. */
  reason?: string | null
  /** True where the key works while a text field has the focus. */
  inText?: boolean
  /** False: only a key, not in the palette (moving up and down). */
  palette?: boolean
  run: () => void
}

/** Later registrations stand nearer to the operator and win. */
export type CommandStore = StoreApi<readonly (readonly Command[])[]>

export const createCommandStore = (): CommandStore => createStore(() => [])

/** Registers commands while the component is there; `commands` may be a fresh array each time. */
export function useCommands(commands: readonly Command[], where: 'view' | 'window' = 'view'): void {
  const { commands: store } = useApp()
  const latest = useRef(commands)
  latest.current = commands
  // Functions are no JSON: this is everything of a command but what it runs.
  const shape = JSON.stringify(commands)
  useEffect(() => {
    // What is shown changes with `shape`; what runs is always the newest.
    const mine = latest.current.map((command, index) => ({
      ...command,
      run: () => (latest.current[index] ?? command).run(),
    }))
    store.setState((all) => (where === 'view' ? [...all, mine] : [mine, ...all]), true)
    return () => store.setState((all) => all.filter((one) => one !== mine), true)
  }, [store, shape, where])
}
