/** How a view gets at the window's state: `useApp`, `useStore`, `useRead`, `useStale`, `useAct`. */
import { createContext, use, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useStore as useZustand } from 'zustand'
import type { Live } from '../../schemas/view.ts'
import type { Api } from '../client.ts'
import { failureOf, type Failure } from '../failure.ts'
import type { App } from './app.ts'
import { useSeconds } from './clock.ts'
import { STALE_AFTER_MS } from './feed.ts'
import type { Snapshot } from './read-cache.ts'
import { folderOf, type AppState } from './store.ts'
import { tellFailure } from './toasts.ts'

export const AppContext = createContext<App | null>(null)

export function useApp(): App {
  const app = use(AppContext)
  if (app === null) throw new Error('A view stands outside AppContext')
  return app
}

/** A part of the store; `pick` must return the same object for the same state (no fresh arrays or objects). */
export const useStore = <T>(pick: (state: AppState) => T): T => useZustand(useApp().store, pick)

/** Since when (milliseconds) the figures on screen are no longer live, or null while they are. */
export function useStale(): number | null {
  const app = useApp()
  const connection = useStore((state) => state.connection)
  const heardAt = useStore((state) => state.heardAt)
  useSeconds()
  if (connection.state === 'offline' || connection.state === 'refused') {
    return heardAt === null ? connection.since : Math.min(heardAt, connection.since)
  }
  return heardAt !== null && app.clock.now() - heardAt > STALE_AFTER_MS ? heardAt : null
}

/** Why nothing can be done while the engine is away, or null while it is there. */
export const useAway = (): string | null =>
  useStore(({ connection }) => connection.state !== 'online')
    ? 'The engine cannot be reached at the moment'
    : null

export interface Reading<T> extends Snapshot<T> {
  /** Since when the value shown is not live any more, or null. */
  stale: number | null
  reload(): void
}

export interface ReadOptions {
  /** Which turns of the live feed make it read again; left out: none does. */
  on?: (turn: Live) => boolean
  /** Reads again after so long without that, for figures that move by themselves. */
  everyMs?: number
  /** False: not now (a closed pane, no id yet). */
  enabled?: boolean
}

/**
 * Reads something and keeps it current. The last value stays while it is read again or fails; a turn that `on` accepts,
 * a reset of the feed and a connection that came back read it again. Readers of one key share one reading.
 */
export function useRead<T>(
  key: string,
  read: (api: Api, signal: AbortSignal) => Promise<T>,
  { on, everyMs, enabled = true }: ReadOptions = {},
): Reading<T> {
  const app = useApp()
  const { reads } = app
  const latest = useRef({ read, on })
  latest.current = { read, on }
  const online = useStore((state) => state.connection.state === 'online')
  const folder = useStore((state) => folderOf(state.workspace))
  const stale = useStale()

  const subscribe = useCallback((listener: () => void) => reads.subscribe(key, listener), [reads, key])
  const snapshot = useSyncExternalStore(subscribe, () => reads.snapshot<T>(key))
  const reload = useCallback(
    () => reads.load(key, (signal) => latest.current.read(app.api, signal)),
    [app, reads, key],
  )

  useEffect(() => {
    if (!enabled || !online) return
    reload()
    return app.onTurn((turn) => {
      if (turn.reset || latest.current.on?.(turn) === true) reload()
    })
  }, [app, enabled, online, folder, reload])

  useEffect(() => {
    if (!enabled || !online || everyMs === undefined) return
    const timer = setInterval(reload, everyMs)
    return () => clearInterval(timer)
  }, [enabled, online, everyMs, reload])

  return { ...snapshot, stale, reload }
}

/** What somebody else reads and keeps current; undefined until it was read. */
export function useKept<T>(key: string): T | undefined {
  const { reads } = useApp()
  const subscribe = useCallback((listener: () => void) => reads.subscribe(key, listener), [reads, key])
  return useSyncExternalStore(subscribe, () => reads.snapshot<T>(key).value)
}

export interface Act<I> {
  busy: boolean
  error: Failure | null
  /** Returns whether it was done. */
  run(input: I): Promise<boolean>
  clear(): void
}

/** Runs an act once at a time; what goes wrong stands in `error`, and as a notice where `notice` names the act. */
export function useAct<I, O>(
  act: (api: Api, input: I) => Promise<O>,
  { done, notice }: { done?: (output: O, input: I) => void; notice?: string } = {},
): Act<I> {
  const app = useApp()
  const [state, setState] = useState<{ busy: boolean; error: Failure | null }>({ busy: false, error: null })
  const busy = useRef(false)
  return {
    ...state,
    clear: () => setState((before) => ({ ...before, error: null })),
    async run(input) {
      if (busy.current) return false
      busy.current = true
      setState({ busy: true, error: null })
      try {
        const output = await act(app.api, input)
        busy.current = false
        setState({ busy: false, error: null })
        done?.(output, input)
        return true
      } catch (thrown) {
        const error = failureOf(thrown)
        busy.current = false
        setState({ busy: false, error })
        if (notice !== undefined) tellFailure(notice, error)
        return false
      }
    },
  }
}
