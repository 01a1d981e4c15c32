/** The sides of a conflicted path as texts, or why one of them is none. */
import { MAX_SIDE, type PathTexts, type SideText, type SideTexts } from '../../../../schemas/reviewer.ts'
import type { ChangeRequest } from '../../../../schemas/change-request.ts'
import type { ConflictBlob, ConflictRecord } from '../../../../schemas/conflict.ts'
import { userError } from '../../base/errors.ts'
import { sidesKey } from '../../domain/sides-key.ts'
import type { ChangeRow } from '../../store/changes.ts'
import type { ConflictRow } from '../../store/records.ts'
import type { SidesRow } from '../../store/reviews.ts'
import type { Store } from '../../store/store.ts'

export const recordOf = ({ record }: Pick<ConflictRow, 'record'>): ConflictRecord =>
  JSON.parse(record) as ConflictRecord

/** Returns the conflict of a path, or throws a sentence. */
export function requireConflict(store: Store, row: Pick<ChangeRow, 'id'>, path: string): ConflictRow {
  const found = store.records.conflicts(row.id).find((conflict) => conflict.path === path)
  if (found !== undefined) return found
  throw userError('not_in_conflict', `change ${row.id} has no conflict in ${path}`, 'look again')
}

const nothing = (reason: SideText['reason'], bytes: number | null): SideText => ({
  text: null,
  absent: false,
  bytes,
  reason,
})

/** What one answer may take as JSON: a connection that leaves more unread is ended. */
const ANSWER_BYTES = 56 * 1024 * 1024
/** However it is written, no byte takes more than this many in JSON. */
const WORST = 6

/** Gives room for texts while there is some. */
function roomFor(bytes: number): (text: Buffer) => boolean {
  let left = bytes
  return (text) => {
    const size = text.length * WORST <= left ? text.length * WORST : jsonBytes(text)
    if (size > left) return false
    left -= size
    return true
  }
}

/** Returns how long a text is in JSON: what is no printable character, a quote or a backslash is written as several. */
function jsonBytes(text: Buffer): number {
  let size = text.length
  for (const byte of text) {
    if (byte < 0x20) size += (byte >= 0x08 && byte <= 0x0a) || byte === 0x0c || byte === 0x0d ? 1 : 5
    else if (byte === 0x22 || byte === 0x5c) size += 1
  }
  return size
}

type Room = ReturnType<typeof roomFor>

/** Every byte counts: a mark at the beginning stays, and what is no UTF-8 is not shown as if it were. */
function textOf(blob: ConflictBlob, bytes: Buffer | null, room: Room): SideText {
  if (blob === null) return { text: null, absent: true, bytes: null, reason: null }
  if (bytes === null) return nothing('gone', null)
  if (bytes.length > MAX_SIDE) return nothing('too_large', bytes.length)
  if (bytes.includes(0)) return nothing('binary', bytes.length)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!room(bytes)) return nothing('too_large', bytes.length)
    return { text, absent: false, bytes: bytes.length, reason: null }
  } catch {
    return nothing('not_utf8', bytes.length)
  }
}

function sidesOf(row: SidesRow, room: Room): SideTexts {
  const record = recordOf(row)
  // Nobody knows what the patch was written on, nor what it would make of it.
  const unknown = record.kind === 'base_unknown'
  return {
    sides_key: sidesKey(record),
    base: unknown ? nothing('gone', null) : textOf(record.base, row.base, room),
    ours: textOf(record.ours, row.ours, room),
    theirs: unknown ? nothing('gone', null) : textOf(record.theirs, row.theirs, room),
  }
}

export function textsOf(store: Store, row: ChangeRow, path: string): PathTexts {
  const conflict = requireConflict(store, row, path)
  const room = roomFor(ANSWER_BYTES)
  const now = sidesOf(conflict, room)
  const draft = store.reviews.draft(row.id, path)
  const former =
    draft === null || draft.sides_key === now.sides_key
      ? undefined
      : store.reviews.formerSides(row.id, path, draft.sides_key)
  const record = recordOf(conflict)
  return {
    path,
    now,
    drafted: former === undefined ? null : sidesOf(former, room),
    patch: record.kind === 'base_unknown' ? patchOf(row, path) : null,
  }
}

function patchOf(row: ChangeRow, path: string): string | null {
  const { changes } = JSON.parse(row.payload) as ChangeRequest
  return changes.find((change) => change.path === path)?.patch ?? null
}
