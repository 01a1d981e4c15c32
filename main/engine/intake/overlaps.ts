/** Who else edits the same lines: told when a change comes in, long before one of the two becomes a conflict. */
import type { Overlap } from '../../../schemas/acts.ts'
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import type { ChangeStatus } from '../../../schemas/states.ts'
import { inert } from '../base/inert.ts'
import { editedLines, whereEditsMeet, type EditedLines } from '../domain/edited-lines.ts'
import type { Database } from '../store/database.ts'

/** Open changes to one path that are looked at, the nearest to it first: what comes in must not cost more each time. */
const LOOKED_AT = 32
/** Changes that wait for a person and are looked at, the newest first. */
const WAITING_LOOKED_AT = 500
/** A change names at most so many others. */
const NAMED = 20
/** A longer payload of another change is not taken apart for a warning: it may edit all of its paths. */
const LONGEST_PAYLOAD = 1024 * 1024
/** Changes whose lines are kept in memory, so that those of one file are read once and not once for each other. */
const KEPT = 4096

const WAITING = `SELECT id FROM change_queue INDEXED BY change_queue_status
  WHERE status IN ('held', 'conflict') ORDER BY updated_at DESC LIMIT ${WAITING_LOOKED_AT}`

type LinesByPath = ReadonlyMap<string, EditedLines>

export interface Overlaps {
  /** Returns the open changes that edit the same lines as this one; `earlier` leaves out those that came later. */
  of(id: number, request: ChangeRequest, earlier?: boolean): Overlap[]
  /** Forgets what was read: the ids of changes that were taken back may be given to others. */
  forget(): void
}

interface Other {
  id: number
  task_id: string
  agent: string
  status: ChangeStatus
}

/** Says an overlap in words: "REQ-140-2 (change 12) also edits lines 40–52 of src/x.ts". */
export function overlapText({ change_id, task_id, path, lines }: Overlap): string {
  const range =
    lines === null
      ? ''
      : lines.first === lines.last
        ? `line ${lines.first} of `
        : `lines ${lines.first}–${lines.last} of `
  return `${task_id} (change ${change_id}) also edits ${range}${inert(path)}`
}

export function openOverlaps(db: Database): Overlaps {
  const kept = new Map<number, LinesByPath>()

  function keep(id: number, lines: LinesByPath): LinesByPath {
    if (kept.size >= KEPT) for (const oldest of kept.keys()) { kept.delete(oldest); break } // prettier-ignore
    kept.set(id, lines)
    return lines
  }

  const linesIn = (changes: readonly FileChange[]): LinesByPath =>
    new Map(changes.map((change) => [change.path, editedLines(change)]))

  /** The lines of another change; a payload that cannot be read says nothing about its lines. */
  function linesOf(id: number): LinesByPath {
    const known = kept.get(id)
    if (known !== undefined) return known
    const payload = db
      .sql<{ payload: string }>('SELECT payload FROM change_queue WHERE id = ? AND length(payload) <= ?')
      .get(id, LONGEST_PAYLOAD)?.payload
    try {
      return keep(id, linesIn((JSON.parse(payload ?? '') as ChangeRequest).changes))
    } catch {
      return keep(id, new Map())
    }
  }

  const besides = (path: string, id: number, order: 'earlier' | 'later'): number[] =>
    db
      .sql<{ id: number }>(
        order === 'earlier'
          ? `SELECT change_id AS id FROM change_paths INDEXED BY change_paths_open
             WHERE path = ? AND open = 1 AND change_id < ? ORDER BY change_id DESC LIMIT ${LOOKED_AT}`
          : `SELECT change_id AS id FROM change_paths INDEXED BY change_paths_open
             WHERE path = ? AND open = 1 AND change_id > ? ORDER BY change_id LIMIT ${LOOKED_AT}`,
      )
      .all(path, id)
      .map((row) => row.id)

  let held: { key: string; byPath: Map<string, number[]> } = { key: '', byPath: new Map() }

  /**
   * Changes that wait for a person, by path: the index of open paths does not have them. Read again only where others
   * wait than before; that is asked of an index alone.
   */
  function waiting(): Map<string, number[]> {
    const now = db
      .sql<{ n: number; sum: number }>(`SELECT count(*) AS n, total(id) AS sum FROM (${WAITING})`)
      .get()
    const key = `${now?.n} ${now?.sum}`
    if (held.key === key) return held.byPath
    const rows = db
      .sql<{ id: number; path: string }>(
        `SELECT change_id AS id, path FROM change_paths WHERE change_id IN (SELECT id FROM (${WAITING}))`,
      )
      .all()
    const byPath = new Map(
      [...Map.groupBy(rows, ({ path }) => path)].map(([path, of]) => [path, of.map(({ id }) => id)]),
    )
    held = { key, byPath }
    return byPath
  }

  return {
    forget: () => kept.clear(),
    of(id, request, earlier = false) {
      const mine = keep(id, linesIn(request.changes))
      const found: { id: number; path: string; lines: Overlap['lines'] }[] = []
      const look = (path: string, other: number): void => {
        const where = whereEditsMeet(mine.get(path) ?? null, linesOf(other).get(path) ?? null)
        if (where !== null) found.push({ id: other, path, lines: where === 'whole' ? null : where })
      }
      for (const path of mine.keys()) {
        for (const other of besides(path, id, 'earlier')) look(path, other)
        if (!earlier) for (const other of besides(path, id, 'later')) look(path, other)
        if (found.length > NAMED) break
      }
      const waits = waiting()
      for (const path of waits.size === 0 ? [] : mine.keys())
        for (const other of waits.get(path) ?? [])
          if (other < id || (other > id && !earlier)) look(path, other)
      if (found.length === 0) return []
      const others = db
        .sql<Other>(
          `SELECT id, task_id, agent, status FROM change_queue WHERE id IN (SELECT value FROM json_each(?))`,
        )
        .all(JSON.stringify(found.map((one) => one.id)))
      const byId = new Map(others.map((row) => [row.id, row]))
      return found
        .toSorted((a, b) => a.id - b.id || (a.path < b.path ? -1 : 1))
        .slice(0, NAMED)
        .flatMap(({ id: other, path, lines }) => {
          const row = byId.get(other)
          if (row === undefined) return []
          const { task_id, agent, status } = row
          return [{ change_id: other, task_id, agent, status, path, lines }]
        })
    },
  }
}
