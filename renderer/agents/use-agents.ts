/** What agents do for a request, as it happens; a line that was lost is taken up again where it is. */
import { useEffect, useState } from 'react'
import type { Costs } from '../../schemas/agents.ts'
import type { Live } from '../../schemas/view.ts'
import type { App } from '../state/app.ts'
import { useApp, useKept, useRead, useStore, type Reading } from '../state/hooks.ts'
import { folderOf } from '../state/store.ts'
import { PAINT_EVERY_MS } from '../state/turns.ts'
import { until } from '../state/until.ts'
import { NO_RUNS, takeTurn, type Runs } from './model.ts'

const AGAIN_MS = 1_000

/** Listens until `signal` aborts; `paint` hears all that is known, at most so often. */
export async function followRuns(
  { api, clock }: Pick<App, 'api' | 'clock'>,
  requestId: string,
  signal: AbortSignal,
  paint: (runs: Runs) => void,
): Promise<void> {
  let runs = NO_RUNS
  let resting = false
  let painted: Runs | null = null
  const show = (): void => {
    if (resting || signal.aborted || painted === runs) return
    painted = runs
    paint(runs)
    resting = true
    clock.after(PAINT_EVERY_MS, () => {
      resting = false
      show()
    })
  }
  while (!signal.aborted) {
    try {
      // Everything is told from the start each time; what is known already changes nothing.
      for await (const turn of until(api.agents.watch({ request_id: requestId }, { signal }), signal)) {
        runs = takeTurn(runs, turn)
        show()
      }
    } catch {
      // Shown as the state of the connection; a workspace that is being opened again answers soon.
    }
    if (!signal.aborted) await new Promise<void>((resolve) => void clock.after(AGAIN_MS, resolve))
  }
}

/** Null until the engine told something; the last that it told stays while it is away. */
export function useAgentRuns(requestId: string): Runs | null {
  const app = useApp()
  const online = useStore(({ connection }) => connection.state === 'online')
  const folder = useStore(({ workspace }) => folderOf(workspace))
  const of = `${folder} ${requestId}`
  const [held, setHeld] = useState<{ of: string; runs: Runs } | null>(null)
  useEffect(() => {
    if (!online) return
    const life = new AbortController()
    void followRuns(app, requestId, life.signal, (runs) => setHeld({ of, runs }))
    return () => life.abort()
  }, [app, online, of, requestId])
  return held?.of === of ? held.runs : null
}

const COSTS = 'agents.costs'
const COSTS_EVERY_MS = 5_000
const OF_AGENTS = new Set(['agent run', 'agents stopped', 'agents resumed', 'run cancelled'])

/** What agents cost today and how many run; the line at the bottom reads it for the whole window. */
export function useReadCosts(): Reading<Costs> {
  const open = useStore(({ workspace }) => workspace?.state === 'open')
  return useRead(COSTS, (api, signal) => api.agents.costs({}, { signal }), {
    enabled: open,
    // A run that begins has no row in the log.
    everyMs: COSTS_EVERY_MS,
    on: ({ logs }: Live) => logs.some(({ message }) => OF_AGENTS.has(message)),
  })
}

export const useCosts = (): Costs | undefined => useKept<Costs>(COSTS)
