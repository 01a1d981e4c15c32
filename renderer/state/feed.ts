/** Keeps the live feed running: goes on where it stopped, gives up a wire on which nothing is heard. */
import type { Live, Preferences } from '../../schemas/view.ts'
import type { Connection } from '../client.ts'
import type { Clock } from './clock.ts'
import { applyTurn, folderOf, setWorkspace, type AppStore } from './store.ts'
import { pacer } from './turns.ts'
import { until } from './until.ts'

/** A feed not heard for so long is shown as stopped: a quiet one speaks every few seconds. */
export const STALE_AFTER_MS = 12_000
const DROP_AFTER_MS = 20_000
const ASK_WORKSPACE_EVERY_MS = 1_000

export interface FeedParts {
  connection: Connection
  store: AppStore
  clock: Clock
  /** Hears every painted turn. */
  hand(turn: Live): void
  takePreferences(preferences: Preferences): void
  signal: AbortSignal
}

const isOnline = (connection: Connection): boolean => connection.state().state === 'online'

/** Until the time is over, the engine is back or a workspace was opened here. */
function waitFor({ connection, store, clock, signal }: FeedParts, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      stopTimer()
      stopListening()
      stopLooking()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const stopTimer = clock.after(ms, finish)
    const stopListening = connection.subscribe(() => {
      if (isOnline(connection)) finish()
    })
    const before = store.getState().workspace
    const stopLooking = store.subscribe(({ workspace }) => {
      if (workspace !== before) finish()
    })
    signal.addEventListener('abort', finish)
  })
}

/** Reads what holds for the whole window; returns whether a workspace is open. */
async function readStanding({ connection: { api }, store, takePreferences }: FeedParts): Promise<boolean> {
  if (!store.getState().preferencesRead) {
    // First, for views take up the sizes kept there when they are drawn; without them the defaults serve.
    const preferences = await api.preferences.read({}).catch(() => null)
    if (preferences !== null) takePreferences(preferences)
  }
  const workspace = await api.workspace.state({})
  setWorkspace(store, workspace)
  return workspace.state === 'open'
}

async function listen(parts: FeedParts): Promise<void> {
  const { connection, store, clock } = parts
  const stop = new AbortController()
  // A turn that is still held back when this ends is asked for again: `seq` moves only with what was taken in.
  const take = pacer(clock, (turn) => {
    if (stop.signal.aborted) return
    applyTurn(store, turn, clock.now())
    parts.hand(turn)
  })
  const onAbort = (): void => stop.abort()
  parts.signal.addEventListener('abort', onAbort)
  // A wire that was given up here says nothing more, not even that it is closed.
  const stopHearing = connection.subscribe(() => {
    if (!isOnline(connection)) stop.abort()
  })
  let heard = clock.now()
  const watch = (): (() => void) =>
    clock.after(DROP_AFTER_MS / 4, () => {
      if (stop.signal.aborted) return
      if (clock.now() - heard > DROP_AFTER_MS) connection.drop()
      stopWatching = watch()
    })
  let stopWatching = watch()
  // Another workspace is another database with numbers of its own.
  const folder = folderOf(store.getState().workspace)
  const stopLooking = store.subscribe(({ workspace }) => {
    if (workspace?.state !== 'open' || workspace.folder !== folder) stop.abort()
  })
  try {
    const asked = connection.api.live({ after: store.getState().seq }, { signal: stop.signal })
    for await (const turn of until(asked, stop.signal)) {
      heard = clock.now()
      take(turn)
    }
  } finally {
    stopWatching()
    stopHearing()
    stopLooking()
    parts.signal.removeEventListener('abort', onAbort)
    stop.abort()
  }
}

export async function runFeed(parts: FeedParts): Promise<void> {
  const { signal } = parts
  while (!signal.aborted) {
    try {
      if (await readStanding(parts)) await listen(parts)
    } catch {
      // What failed shows as the state of the connection, or in the view that asks the same.
    }
    if (!signal.aborted) await waitFor(parts, ASK_WORKSPACE_EVERY_MS)
  }
}
