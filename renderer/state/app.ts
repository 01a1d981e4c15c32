/** Puts the window's parts together: connection, store, live feed, readings. */
import type { Live, Preferences } from '../../schemas/view.ts'
import type { Api, Connection } from '../client.ts'
import { failureOf } from '../failure.ts'
import type { Clock } from './clock.ts'
import { createCommandStore, type CommandStore } from './commands.ts'
import { runFeed } from './feed.ts'
import { createReadCache, type ReadCache } from './read-cache.ts'
import { createAppStore, folderOf, type AppStore } from './store.ts'
import { tellFailure } from './toasts.ts'

export interface App {
  api: Api
  connection: Connection
  store: AppStore
  clock: Clock
  reads: ReadCache
  commands: CommandStore
  /** Hears every painted turn of the live feed. */
  onTurn(listener: (turn: Live) => void): () => void
  /** In force at once, kept by the engine; put back where that fails. */
  prefer(change: Partial<Preferences>): void
  close(): void
}

export function createApp(connection: Connection, clock: Clock): App {
  const store = createAppStore()
  const reads = createReadCache(clock)
  const listeners = new Set<(turn: Live) => void>()
  const life = new AbortController()

  store.setState({ connection: connection.state() })
  connection.subscribe(() => store.setState({ connection: connection.state() }))
  store.subscribe((now, before) => {
    if (folderOf(now.workspace) !== folderOf(before.workspace)) reads.clear()
  })
  void runFeed({
    connection,
    store,
    clock,
    signal: life.signal,
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
    onTurn(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    prefer(change) {
      const before = store.getState().preferences
      store.setState({ preferences: { ...before, ...change } })
      connection.api.preferences.write(change).catch((error: unknown) => {
        const undone = Object.fromEntries(
          Object.keys(change).map((key) => [key, before[key as keyof Preferences]]),
        )
        store.setState(({ preferences }) => ({ preferences: { ...preferences, ...undone } }))
        tellFailure('Not remembered', failureOf(error))
      })
    },
    close() {
      life.abort()
      connection.close()
    },
  }
}
