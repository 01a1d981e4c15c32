/** Watches an inbox: the system's notices only say when to look, so that none that is missed loses a file. */
import { existsSync, lstatSync, watch, type FSWatcher } from 'node:fs'
import { asHyperionError, userError } from '../../base/errors.ts'
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
  if (!own && !existsSync(folder)) {
    throw userError(
      'inbox_gone',
      `the folder ${folder} to watch does not exist`,
      'make it, or name another one',
    )
  }
  await ensureInbox(folder, own)
  const inbox: Inbox = { folder, own, unfinished: new Map(), told: new Set() }
  const stopped = new AbortController()
  let rung = true
  let wake = new AbortController()
  const ring = (): void => {
    if (rung) return
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
  const polling = options.poll || isRemote(folder)
  const bell = openBell(folder, ring)

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      wake = new AbortController()
      rung = false
      // Before the look, so that nothing comes in unseen between the two.
      if (!polling) bell.hang()
      try {
        await lookThrough(deps, inbox, { ...hears, trouble: hear }, stopped.signal)
        if (trouble !== null) hear(null)
      } catch (thrown) {
        hear(thrown)
      }
      if (stopped.signal.aborted) break
      const rest =
        inbox.unfinished.size > 0 ? UNFINISHED_MS : !bell.hangs() || trouble !== null ? POLL_MS : REST_MS
      if (!rung) await deps.clock.sleep(rest, AbortSignal.any([wake.signal, stopped.signal]))
      if (rung) await deps.clock.sleep(GATHER_MS, stopped.signal)
    }
  }
  const ended = run()
  return {
    folder,
    how: () => (bell.hangs() ? 'events' : 'polling'),
    trouble: () => trouble,
    async stop() {
      stopped.abort()
      await ended
      bell.drop()
      await handsOf(folder, ownHand()).then(dropEmpty, () => undefined)
    },
  }
}

/** The system's notices of one folder. One listing serves thousands of them, so nothing is asked about each. */
interface Bell {
  /** Listens to the folder that has the name now; where the system tells nothing more (its limit), it stays silent. */
  hang(): void
  hangs(): boolean
  drop(): void
}

function openBell(folder: string, ring: () => void): Bell {
  let watcher: FSWatcher | null = null
  let hangsOn: string | null = null
  const drop = (): void => {
    watcher?.close()
    watcher = null
    hangsOn = null
  }
  return {
    hang() {
      const found = lstatSync(folder, { bigint: true, throwIfNoEntry: false })
      const now = found === undefined ? null : `${found.dev}:${found.ino}`
      if (now === hangsOn) return
      drop()
      if (now === null) return
      try {
        watcher = watch(folder, (_event, name) => {
          if (name === null || isRequestName(name)) ring()
        })
        watcher.on('error', drop)
        hangsOn = now
      } catch {
        // Looking every second costs little, and the next look tries again.
      }
    },
    hangs: () => watcher !== null,
    drop,
  }
}
