/** Puts the window's parts together: connection, store, live feed, readings. */
import type { Live } from '../../schemas/view.ts'
import type { Api, Connection } from '../client.ts'
import { silent, type Outside } from '../notify/outside.ts'
import type { Clock } from './clock.ts'
import { createCommandStore, type CommandStore } from './commands.ts'
import { runFeed } from './feed.ts'
import { keepPreferences, watchPreferences, type PreferenceChange } from './preferences.ts'
import { createReadCache, type ReadCache } from './read-cache.ts'
import { createAppStore, folderOf, type AppStore } from './store.ts'

export interface App {
  api: Api
  connection: Connection
  store: AppStore
  clock: Clock
  reads: ReadCache
  commands: CommandStore
  /** What can be said outside the window. */
  outside: Outside
  /** Hears every painted turn of the live feed. */
  onTurn(listener: (turn: Live) => void): () => void
  /** In force at once, kept by the engine; put back where that fails. */
  prefer(change: PreferenceChange): void
  close(): void
}

export function createApp(connection: Connection, clock: Clock, outside: Outside = silent): App {
  const store = createAppStore()
  const reads = createReadCache(clock)
  const listeners = new Set<(turn: Live) => void>()
  const life = new AbortController()

  store.setState({ connection: connection.state() })
  connection.subscribe(() => store.setState({ connection: connection.state() }))
  store.subscribe((now, before) => {
    if (folderOf(now.workspace) !== folderOf(before.workspace)) reads.clear()
  })
  const preferences = keepPreferences(connection.api, store)
  void watchPreferences({
    connection,
    clock,
    signal: life.signal,
    hear(personal) {
      preferences.take(personal.preferences)
      reads.put('recent', personal.recent)
    },
  })
  void runFeed({
    connection,
    store,
    clock,
    signal: life.signal,
    takePreferences: preferences.take,
    hand(turn) {
      for (const listener of listeners) listener(turn)
    },
  })

  return {
    api: connection.api,
    connection,
    store,
    clock,
    reads,
    commands: createCommandStore(),
    outside,
    onTurn(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    prefer: preferences.prefer,
    close() {
      life.abort()
      connection.close()
    },
  }
}
