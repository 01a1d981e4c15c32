/** Personal settings: in force at once here, kept by the engine, and heard of when another tab changes them. */
import type { Personal, Preferences } from '../../schemas/view.ts'
import type { Api, Connection } from '../client.ts'
import { failureOf } from '../failure.ts'
import type { Clock } from './clock.ts'
import type { AppStore } from './store.ts'
import { tellFailure } from './toasts.ts'
import { until } from './until.ts'

export type PreferenceChange = Partial<Preferences>

/** Sizes of panes are set view by view, everything else field by field. */
const merged = (kept: Preferences, { layout, ...change }: PreferenceChange): Preferences => ({
  ...kept,
  ...change,
  layout: { ...kept.layout, ...layout },
})

export interface PreferenceKeeper {
  /** As the engine has them. */
  take(kept: Preferences): void
  /** In force at once; taken back where the engine does not keep it. */
  prefer(change: PreferenceChange): void
}

export function keepPreferences(api: Api, store: AppStore): PreferenceKeeper {
  let kept = store.getState().preferences
  /** On their way: what the engine said before it knew of them does not undo them. */
  const pending = new Set<PreferenceChange>()
  const show = (): void => {
    let preferences = kept
    for (const change of pending) preferences = merged(preferences, change)
    store.setState({ preferences })
  }
  return {
    take(now) {
      kept = now
      show()
      store.setState({ preferencesRead: true })
    },
    prefer(change) {
      pending.add(change)
      show()
      const keep = async (): Promise<void> => {
        try {
          kept = await api.preferences.write(change)
        } catch (error) {
          tellFailure('Not remembered', failureOf(error))
        }
        pending.delete(change)
        show()
      }
      void keep()
    },
  }
}

const TRY_AGAIN_MS = 1_000

export interface WatchParts {
  connection: Connection
  clock: Clock
  signal: AbortSignal
  hear(personal: Personal): void
}

const isOnline = ({ connection }: WatchParts): boolean => connection.state().state === 'online'

/** Until the engine ends it or is away. */
async function listen(parts: WatchParts): Promise<void> {
  const stop = new AbortController()
  const onAbort = (): void => stop.abort()
  parts.signal.addEventListener('abort', onAbort)
  const unsubscribe = parts.connection.subscribe(() => {
    if (!isOnline(parts)) stop.abort()
  })
  try {
    const asked = parts.connection.api.preferences.watch({}, { signal: stop.signal })
    for await (const turn of until(asked, stop.signal)) parts.hear(turn)
  } finally {
    unsubscribe()
    parts.signal.removeEventListener('abort', onAbort)
    stop.abort()
  }
}

/** Until the time is over, the engine is back, or the page goes. */
function rest(parts: WatchParts): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      stopTimer()
      unsubscribe()
      parts.signal.removeEventListener('abort', finish)
      resolve()
    }
    const stopTimer = parts.clock.after(TRY_AGAIN_MS, finish)
    const unsubscribe = parts.connection.subscribe(() => isOnline(parts) && finish())
    parts.signal.addEventListener('abort', finish)
  })
}

export async function watchPreferences(parts: WatchParts): Promise<void> {
  while (!parts.signal.aborted) {
    try {
      if (isOnline(parts)) await listen(parts)
    } catch {
      // Shown as the state of the connection.
    }
    if (!parts.signal.aborted) await rest(parts)
  }
}
