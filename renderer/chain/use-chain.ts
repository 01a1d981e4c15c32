/** Reads the chain and keeps it current; every view that shows it shares one reading. */
import { useState } from 'react'
import type { ChainView, Home } from '../../schemas/view.ts'
import { useKept, useRead, type Reading } from '../state/hooks.ts'

/** That a check began is told by no row of the log. */
const LOOK_EVERY_MS = 1_000

export function useChain(enabled = true): Reading<ChainView> {
  const [busy, setBusy] = useState(false)
  const reading = useRead('chain', (api, signal) => api.changes.chain({}, { signal }), {
    enabled,
    on: ({ logs }) => logs.length > 0,
    ...(busy ? { everyMs: LOOK_EVERY_MS } : {}),
  })
  const now = (reading.value?.links.length ?? 0) > 0
  if (now !== busy) setBusy(now)
  return reading
}

/** What the status bar keeps current, in every view. */
function useHome(): Home | undefined {
  return useKept<Home>('home')
}

/** The branch that changes land on, as far as it is known. */
export const useTarget = (): string => useHome()?.runtime.target ?? 'the target'

export const usePaused = (): boolean => (useHome()?.paused ?? null) !== null
