/** What one person set for themselves on this machine, and which workspaces they opened last. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { nowSeconds, type Clock } from '../engine/engine.ts'
import { preferencesSchema, type Preferences, type Recent } from '../../schemas/view.ts'

const RECENT_KEPT = 12

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
}

/** Several programs share the file: each write reads it anew and replaces it whole. */
export function openPreferences(folder: string, clock: Clock): PreferenceStore {
  const file = join(folder, 'preferences.json')
  const load = (): Stored => {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    } catch {
      // Not there, or not ours to understand: nothing in it is worth stopping for.
      return { preferences: preferencesSchema.parse({}), recent: [] }
    }
  }
  const save = (stored: Stored): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const next = `${file}.${process.pid}`
    writeFileSync(next, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 })
    chmodSync(next, 0o600)
    renameSync(next, file)
  }
  const recent = (): Recent[] => load().recent.map((one) => ({ ...one, exists: existsSync(one.folder) }))
  return {
    read: () => load().preferences,
    write(given) {
      const stored = load()
      const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      const preferences = preferencesSchema.parse({ ...stored.preferences, ...set })
      save({ ...stored, preferences })
      return preferences
    },
    recent,
    opened(opened) {
      const stored = load()
      const others = stored.recent.filter((one) => one.folder !== opened)
      const first = { folder: opened, opened_at: nowSeconds(clock) }
      save({ ...stored, recent: [first, ...others].slice(0, RECENT_KEPT) })
    },
    forget(gone) {
      const stored = load()
      save({ ...stored, recent: stored.recent.filter((one) => one.folder !== gone) })
      return recent()
    },
  }
}
