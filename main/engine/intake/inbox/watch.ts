/** Watches an inbox: the system's notices only say when to look, so that none that is missed loses a file. */
import { basename } from 'node:path'
import { watch, type FSWatcher } from 'chokidar'
import { asHyperionError } from '../../base/errors.ts'
import { dropEmpty, ensureInbox, handsOf, ownHand } from './folders.ts'
import type { IngestDeps } from './ingest.ts'
import { isRequestName } from './names.ts'
import { isRemote } from './network.ts'
import { lookThrough, type Inbox, type InboxHears } from './pass.ts'

export type { InboxHears } from './pass.ts'

export interface InboxWatch {
  readonly folder: string
  /** How it is noticed that something came. */
  how(): 'events' | 'polling'
  /** What is in the way at the moment, as a sentence; null while nothing is. */
  trouble(): string | null
  /** Lets the files in hand be finished, then lets go of the folder. */
  stop(): Promise<void>
}

export interface InboxOptions {
  folder: string
  own: boolean
  /** Whether to look every second, whatever the file system. */
  poll: boolean
}

/** Between two looks where the system does not tell. */
const POLL_MS = 1_000
/** The same where it does: for what it may have missed, and for folders that were made again. */
const REST_MS = 5_000
/** While somebody writes. */
const UNFINISHED_MS = 250
/** After something was told: more is likely to follow, and one look takes it all. */
const GATHER_MS = 15

/** Starts watching; throws where the folder cannot be used at all. */
export async function watchInbox(
  deps: IngestDeps,
  options: InboxOptions,
  hears: InboxHears,
): Promise<InboxWatch> {
  const { folder, own } = options
  await ensureInbox(folder, own)
  const inbox: Inbox = { folder, own, unfinished: new Map(), told: new Set() }
  const stopped = new AbortController()
  let rung = true
  let wake = new AbortController()
  const ring = (): void => {
    rung = true
    wake.abort()
  }
  let trouble: string | null = null
  const hear = (thrown: unknown): void => {
    if (thrown === null) {
      trouble = null
      return
    }
    const { message, hint } = asHyperionError(thrown)
    trouble = hint === null ? message : `${message}; ${hint}`
    hears.trouble(thrown)
  }
  let watcher: FSWatcher | null = options.poll || isRemote(folder) ? null : openWatcher(folder, ring)
  watcher?.on('error', () => {
    // No more notices to be had (the limit of the system, as a rule): looking every second costs little.
    void watcher?.close()
    watcher = null
    ring()
  })

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      wake = new AbortController()
      rung = false
      try {
        await lookThrough(deps, inbox, { ...hears, trouble: hear }, stopped.signal)
        if (trouble !== null) hear(null)
      } catch (thrown) {
        hear(thrown)
      }
      if (stopped.signal.aborted) break
      const rest =
        inbox.unfinished.size > 0 ? UNFINISHED_MS : watcher === null || trouble !== null ? POLL_MS : REST_MS
      if (!rung) await deps.clock.sleep(rest, AbortSignal.any([wake.signal, stopped.signal]))
      if (rung) await deps.clock.sleep(GATHER_MS, stopped.signal)
    }
  }
  const ended = run()
  return {
    folder,
    how: () => (watcher === null ? 'polling' : 'events'),
    trouble: () => trouble,
    async stop() {
      stopped.abort()
      await ended
      await watcher?.close()
      await handsOf(folder, ownHand()).then(dropEmpty, () => undefined)
    },
  }
}

function openWatcher(folder: string, ring: () => void): FSWatcher {
  const watcher = watch(folder, {
    depth: 0,
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    atomic: false,
    ignored: (path) => path !== folder && !isRequestName(basename(path)),
  })
  return watcher.on('add', ring).on('change', ring).on('addDir', ring).on('unlinkDir', ring)
}
