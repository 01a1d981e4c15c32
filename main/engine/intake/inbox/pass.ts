/** One look through an inbox: what is whole is taken in hand, queued and moved on; what is being written waits. */
import { lstat, mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { HyperionError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { adoptAbandoned, dropEmpty, ensureInbox, handsOf, inboxError, ownHand } from './folders.ts'
import { ingest, reasonOf, type Document, type Ingested, type IngestDeps } from './ingest.ts'
import { ACCEPTED, IN_HAND, isRequestName, moveInto, moveWithReason, REJECTED } from './names.ts'
import { readRequestFile } from './read.ts'
import type { Submitted } from '../submit.ts'

export interface InboxHears {
  /** One change request of a file is in the queue, now or already. */
  queued?(file: string, result: Submitted): void
  rejected?(file: string, error: HyperionError): void
  /** What is in the way, or null once nothing is any more. */
  trouble(error: unknown): void
}

export interface Inbox {
  folder: string
  /** Whether it is the workspace's own, which is made where it is missing. */
  own: boolean
  /** Files that read like a beginning: how they looked and since when. */
  unfinished: Map<string, { stamp: string; since: number }>
  /** Names that were told of once. */
  told: Set<string>
}

export interface Looked {
  /** Files that are waited for. */
  unfinished: number
  taken: number
}

/** A text that stays a beginning for so long is one. */
const SETTLE_MS = 2_000
/** Files of one transaction: what a commit costs is shared, and nobody else waits long for the program. */
const BATCH = 40
const READ_AT_ONCE = 8

interface InHand {
  file: string
  name: string
  recovered: boolean
  read: { kind: 'whole'; value: unknown } | { kind: 'wrong'; error: HyperionError }
}

/** Looks once; throws, with nothing lost, what keeps the inbox from being taken in. */
export async function lookThrough(
  deps: IngestDeps,
  inbox: Inbox,
  hears: InboxHears,
  signal: AbortSignal,
): Promise<Looked> {
  const { folder } = inbox
  await ensureInbox(folder, inbox.own)
  try {
    const own = ownHand()
    await adoptAbandoned(folder, own)
    const hand = join(folder, IN_HAND, own)
    const looked: Looked = { unfinished: 0, taken: 0 }
    // First what somebody, perhaps this very process, had in hand and could not finish.
    for (const left of await handsOf(folder, own)) {
      const names = (await readdir(left)).toSorted()
      await takeIn(deps, inbox, hears, signal, looked, names, (name) => recover(deps, inbox, left, name))
      await dropEmpty([left])
    }
    const all = await readdir(folder)
    const names = all.filter(isRequestName).toSorted()
    const there = new Set(names)
    for (const name of inbox.unfinished.keys()) if (!there.has(name)) inbox.unfinished.delete(name)
    if (names.length > 0) {
      await mkdir(hand, { mode: 0o700, recursive: true })
      // One of the same name that still waits in hand keeps its place.
      const held = new Set(await readdir(hand))
      const free = names.filter((name) => !held.has(name))
      await takeIn(deps, inbox, hears, signal, looked, free, (name) => claim(deps, inbox, hand, name))
      await dropEmpty([hand])
    }
    looked.unfinished = inbox.unfinished.size
    return looked
  } catch (error) {
    throw inboxError(folder, error)
  }
}

async function takeIn(
  deps: IngestDeps,
  inbox: Inbox,
  hears: InboxHears,
  signal: AbortSignal,
  looked: Looked,
  names: readonly string[],
  take: (name: string) => Promise<InHand | null>,
): Promise<void> {
  for (let at = 0; at < names.length && !signal.aborted; at += BATCH) {
    const inHand: InHand[] = []
    const batch = names.slice(at, at + BATCH)
    for (let from = 0; from < batch.length; from += READ_AT_ONCE) {
      const taken = await Promise.all(batch.slice(from, from + READ_AT_ONCE).map(take))
      inHand.push(...taken.filter((one) => one !== null))
    }
    await moveOn(deps, inbox, hears, inHand)
    looked.taken += inHand.length
  }
}

/** Whether a file has looked the same, and like a beginning, for long enough to be believed. */
function hasSettled(deps: IngestDeps, inbox: Inbox, name: string, stamp: string): boolean {
  const now = deps.clock.monotonicMs()
  const known = inbox.unfinished.get(name)
  if (known?.stamp === stamp) return now - known.since >= SETTLE_MS
  inbox.unfinished.set(name, { stamp, since: now })
  return false
}

/** Reads a file and, once it is whole or will never be, takes it in hand; null while it is to wait. */
async function claim(deps: IngestDeps, inbox: Inbox, hand: string, name: string): Promise<InHand | null> {
  const read = await readRequestFile(inbox.folder, name)
  if (read.kind === 'gone') return null
  if (read.kind === 'skipped') {
    if (!inbox.told.has(name)) deps.store.logs.write({ level: 'warn', message: 'inbox skipped', details: { file: inert(name), why: read.why } }) // prettier-ignore
    inbox.told.add(name)
    return null
  }
  if (read.kind === 'torn' && !hasSettled(deps, inbox, name, read.stamp)) return null
  inbox.unfinished.delete(name)
  const file = join(hand, name)
  try {
    await rename(join(inbox.folder, name), file)
  } catch (error) {
    // Another process was faster, or its writer took it back.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const { ino, size, mtimeNs } = await lstat(file, { bigint: true })
  const same = read.kind !== 'whole' || `${ino}:${size}:${mtimeNs}` === read.stamp
  // Another text may have taken its name between the two.
  return same
    ? { file, name, recovered: false, read: settled(read) }
    : recover(deps, inbox, hand, name, false)
}

const settled = (
  read: Extract<Awaited<ReturnType<typeof readRequestFile>>, { kind: 'whole' | 'wrong' | 'torn' }>,
): InHand['read'] => (read.kind === 'whole' ? read : { kind: 'wrong', error: read.error })

/** Reads a file that is in hand already. */
async function recover(
  deps: IngestDeps,
  inbox: Inbox,
  hand: string,
  name: string,
  recovered = true,
): Promise<InHand | null> {
  const read = await readRequestFile(hand, name)
  if (read.kind === 'gone' || read.kind === 'skipped') return null
  if (read.kind === 'torn' && !hasSettled(deps, inbox, `${IN_HAND}/${name}`, read.stamp)) return null
  inbox.unfinished.delete(`${IN_HAND}/${name}`)
  return { file: join(hand, name), name, recovered, read: settled(read) }
}

/** Queues what is in hand and moves each file to where it belongs by what became of it. */
async function moveOn(
  deps: IngestDeps,
  inbox: Inbox,
  hears: InboxHears,
  inHand: readonly InHand[],
): Promise<void> {
  if (inHand.length === 0) return
  const documents: Document[] = inHand.flatMap(({ name, recovered, read }) =>
    read.kind === 'whole' ? [{ name, value: read.value, recovered }] : [],
  )
  const queued = documents.length === 0 ? [] : await ingest(deps, documents)
  let next = 0
  for (const { file, name, read } of inHand) {
    const outcome: Ingested | undefined =
      read.kind === 'whole' ? queued[next++] : { kind: 'rejected', error: read.error, errors: [] }
    if (outcome === undefined) continue
    if (outcome.kind === 'accepted') {
      await moveInto(file, join(inbox.folder, ACCEPTED), name)
      for (const result of outcome.results) hears.queued?.(name, result)
      continue
    }
    const reason = reasonOf(deps.clock, name, outcome)
    const to = await moveWithReason(file, join(inbox.folder, REJECTED), name, reason)
    const { code, message, hint } = outcome.error
    deps.store.logs.write({
      level: 'warn',
      message: 'inbox rejected',
      details: { folder: inbox.folder, file: to, code, message, hint },
    })
    hears.rejected?.(name, outcome.error)
  }
}
