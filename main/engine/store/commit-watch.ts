/** Waits for the next commit of any program: woken by the file system where it tells, else looking again soon. */
import { watch, type FSWatcher } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import type { Database } from './database.ts'

export interface CommitWatch {
  /**
   * Sleeps until something was committed since `stamp`, or for `pollMs`; where the file system was heard to tell of
   * commits, up to `restMs`.
   */
  rest(since: string, times: { pollMs: number; restMs: number }, stop: AbortSignal): Promise<void>
  close(): void
}

/** Begins to listen. What is committed right after by this program shows whether the file system tells. */
export function openCommitWatch(db: Database, clock: Clock): CommitWatch {
  let heard = false
  let resting: AbortController | null = null
  let watcher: FSWatcher | null = null
  const lose = (): void => {
    watcher?.close()
    watcher = null
    heard = false
  }
  try {
    watcher = watch(`${db.file}-wal`, { persistent: false }, (what) => {
      // The file was put away and is made anew by the next commit, which this watch would not hear of.
      if (what === 'rename') lose()
      else heard = true
      resting?.abort()
    })
    watcher.on('error', lose)
  } catch {
    // No file yet, or a system without notices: it is looked at.
  }
  return {
    async rest(since, { pollMs, restMs }, stop) {
      const told = new AbortController()
      resting = told
      try {
        if (db.stamp() !== since) return
        await clock.sleep(heard ? restMs : pollMs, AbortSignal.any([stop, told.signal]))
      } finally {
        resting = null
      }
    },
    close: lose,
  }
}
