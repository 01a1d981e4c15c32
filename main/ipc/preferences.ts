/** What one person set for themselves on this machine, and which workspaces they opened last. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { nowSeconds, type Clock } from '../engine/engine.ts'
import { preferencesSchema, type Personal, type Preferences, type Recent } from '../../schemas/view.ts'

const RECENT_KEPT = 12
/** How often a watcher looks whether the file is another one. */
const LOOK_MS = 200

const fileSchema = z.object({
  preferences: preferencesSchema.catch(preferencesSchema.parse({})),
  recent: z.array(z.object({ folder: z.string(), opened_at: z.int() })).catch([]),
})
type Stored = z.infer<typeof fileSchema>

export interface PreferenceStore {
  read(): Preferences
  /** Sets what is given and keeps the rest. */
  write(given: { [K in keyof Preferences]?: Preferences[K] | undefined }): Preferences
  recent(): Recent[]
  opened(folder: string): void
  forget(folder: string): Recent[]
  /** Yields what is kept now and after each change of it, until `signal` aborts. */
  watch(signal: AbortSignal, writable: () => Promise<void>): AsyncGenerator<Personal>
}

/** Several programs share the file: each write reads it anew and replaces it whole. */
export function openPreferences(folder: string, clock: Clock): PreferenceStore {
  const file = join(folder, 'preferences.json')
  /** Another text for each replacement of the file. */
  const stamp = (): string => {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? '' : `${stat.ino} ${stat.mtimeNs} ${stat.size}`
  }
  const load = (): Stored => {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    } catch {
      // Not there, or not ours to understand: nothing in it is worth stopping for.
      return { preferences: preferencesSchema.parse({}), recent: [] }
    }
  }
  /** What another program wrote while this one was at it is taken up, not written over. */
  const change = (edit: (stored: Stored) => Stored): Stored => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const next = `${file}.${process.pid}`
    for (;;) {
      const before = stamp()
      const stored = edit(load())
      writeFileSync(next, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 })
      chmodSync(next, 0o600)
      if (stamp() !== before) continue
      renameSync(next, file)
      return stored
    }
  }
  const there = (recent: Stored['recent']): Recent[] =>
    recent.map((one) => ({ ...one, exists: existsSync(one.folder) }))
  return {
    read: () => load().preferences,
    write(given) {
      const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      return change(({ preferences, recent }) => {
        const layout = { ...preferences.layout, ...given.layout }
        return { preferences: preferencesSchema.parse({ ...preferences, ...set, layout }), recent }
      }).preferences
    },
    recent: () => there(load().recent),
    opened(opened) {
      const first = { folder: opened, opened_at: nowSeconds(clock) }
      change(({ preferences, recent }) => {
        const others = recent.filter((one) => one.folder !== opened)
        return { preferences, recent: [first, ...others].slice(0, RECENT_KEPT) }
      })
    },
    forget(gone) {
      const without = (stored: Stored): Stored => ({
        ...stored,
        recent: stored.recent.filter((one) => one.folder !== gone),
      })
      return there(change(without).recent)
    },
    async *watch(signal, writable) {
      let seen: string | null = null
      while (!signal.aborted) {
        const now = stamp()
        if (now !== seen) {
          // Stamped before it is read: what is written in between is read again.
          seen = now
          const { preferences, recent } = load()
          await writable()
          yield { preferences, recent: there(recent) }
        }
        await clock.sleep(LOOK_MS, signal)
      }
    },
  }
}
