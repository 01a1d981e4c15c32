/** What views have read: the last value stays while it is read again, and whoever shows it hears of a new one. */
import { failureOf, type Failure } from '../failure.ts'
import type { Clock } from './clock.ts'

/** Two readings of the same begin at least so far apart, however much happens. */
const READ_EVERY_MS = 250
const KEPT_ENTRIES = 200

export interface Snapshot<T> {
  value: T | undefined
  error: Failure | null
  /** Whether a reading is under way. */
  loading: boolean
  /** When `value` was read. */
  at: number | null
}

interface Entry {
  snapshot: Snapshot<unknown>
  listeners: Set<() => void>
  startedAt: number
  running: boolean
  again: boolean
  waiting: boolean
}

export type Read<T> = (signal: AbortSignal) => Promise<T>

export interface ReadCache {
  snapshot<T>(key: string): Snapshot<T>
  subscribe(key: string, listener: () => void): () => void
  load(key: string, read: Read<unknown>): void
  /** Puts a value there that an act has answered with. */
  put(key: string, value: unknown): void
  /** Forgets everything: another workspace. */
  clear(): void
}

const blank: Snapshot<never> = { value: undefined, error: null, loading: false, at: null }

export function createReadCache(clock: Clock): ReadCache {
  const entries = new Map<string, Entry>()
  let life = new AbortController()

  const entryOf = (key: string): Entry => {
    const known = entries.get(key)
    if (known !== undefined) return known
    const entry: Entry = {
      snapshot: blank,
      listeners: new Set(),
      startedAt: 0,
      running: false,
      again: false,
      waiting: false,
    }
    entries.set(key, entry)
    for (const [oldKey, old] of entries) {
      if (entries.size <= KEPT_ENTRIES) break
      if (old.listeners.size === 0 && !old.running && old !== entry) entries.delete(oldKey)
    }
    return entry
  }

  const tell = (entry: Entry, change: Partial<Snapshot<unknown>>): void => {
    entry.snapshot = { ...entry.snapshot, ...change }
    for (const listener of entry.listeners) listener()
  }

  async function run(entry: Entry, read: Read<unknown>): Promise<void> {
    const { signal } = life
    entry.running = true
    entry.startedAt = clock.now()
    tell(entry, { loading: true })
    try {
      const value = await read(signal)
      if (signal.aborted) return
      entry.running = false
      tell(entry, { value, error: null, loading: false, at: clock.now() })
    } catch (error) {
      if (signal.aborted) return
      entry.running = false
      tell(entry, { error: failureOf(error), loading: false })
    }
    if (!entry.again) return
    entry.again = false
    load(entry, read)
  }

  function load(entry: Entry, read: Read<unknown>): void {
    if (entry.running) {
      entry.again = true
      return
    }
    if (entry.waiting) return
    const pause = entry.startedAt + READ_EVERY_MS - clock.now()
    if (pause <= 0) {
      void run(entry, read)
      return
    }
    entry.waiting = true
    clock.after(pause, () => {
      entry.waiting = false
      if (entry.running) return
      void run(entry, read)
    })
  }

  return {
    snapshot: <T>(key: string) => (entries.get(key)?.snapshot ?? blank) as Snapshot<T>,
    subscribe(key, listener) {
      const entry = entryOf(key)
      entry.listeners.add(listener)
      return () => entry.listeners.delete(listener)
    },
    load: (key, read) => load(entryOf(key), read),
    put: (key, value) => tell(entryOf(key), { value, error: null, at: clock.now() }),
    clear() {
      life.abort()
      life = new AbortController()
      for (const [key, entry] of entries) {
        if (entry.listeners.size === 0) entries.delete(key)
        else {
          entry.running = false
          entry.again = false
          entry.startedAt = 0
          tell(entry, blank)
        }
      }
    },
  }
}
