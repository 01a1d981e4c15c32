/** Finds changes that no waiting can bring to land: what they depend on has ended, or waits for them. */
import type { Database } from './database.ts'
import { dependents, type DependencyState } from './dependencies.ts'

/** Why a change can never come to land as things are, for programs and for people. */
export interface Hopeless {
  code: 'dependency_impossible' | 'dependency_cycle'
  message: string
}

/** Codes of what is held until a task it depends on stands otherwise; no approval of the change itself helps. */
export const HOPELESS_CODES: ReadonlySet<string | null> = new Set<Hopeless['code']>([
  'dependency_impossible',
  'dependency_cycle',
])

export interface HopeFinder {
  /** Returns why waiting for its tasks cannot help a change, or null while it can. */
  hopelessness(
    change: { id: number; task_id: string },
    unmet: readonly { taskId: string; state: DependencyState }[],
  ): Hopeless | null
  /** Says whether a change waits for itself through others. */
  circle(id: number): Hopeless | null
  /** The changes found in circles so far. */
  circled(): number[]
}

/** Good as long as no change comes in or ends; what holding and letting go do makes no difference to it. */
export function openHopeFinder(db: Database): HopeFinder {
  const known = new Map<number, Hopeless | null>()
  function circle(id: number): Hopeless | null {
    if (!known.has(id)) for (const [other, found] of circlesAround(db, id)) known.set(other, found)
    return known.get(id) ?? null
  }
  return {
    circle,
    hopelessness(change, unmet) {
      const ended = unmet.find(({ state }) => state === 'impossible')
      if (ended !== undefined) {
        const message = `waits for task ${ended.taskId}, which failed or was cancelled`
        return { code: 'dependency_impossible', message }
      }
      // Only who is waited for can be waiting for itself.
      if (unmet.length === 0 || dependents(db, [change.task_id]).length === 0) return null
      return circle(change.id)
    },
    circled: () => [...known].flatMap(([id, found]) => (found === null ? [] : [id])),
  }
}

/** A change that has not ended, and the tasks it still waits for. */
interface Waiting {
  id: number
  task: string
  needs: string[]
}

/** Says of a change and all that it waits for, directly or not, whether each is in a circle. */
function circlesAround(db: Database, changeId: number): Map<number, Hopeless | null> {
  const changes = reachable(db, changeId)
  const stuck = stuckTasks(changes)
  const next = new Map<string, Set<string>>()
  for (const { task, needs } of changes) {
    if (!stuck.has(task)) continue
    const of = next.get(task) ?? new Set()
    for (const need of needs) if (stuck.has(need)) of.add(need)
    next.set(task, of)
  }
  const rounds = roundsOf(next)
  return new Map(
    changes.map(({ id, task, needs }) => {
      const round = rounds.get(task)
      const through = needs.find((need) => round !== undefined && rounds.get(need) === round)
      return [id, through === undefined || round === undefined ? null : circle(task, through, round, next)]
    }),
  )
}

/** The tasks a change waits for, the changes of those tasks, the tasks they wait for, and so on; itself as well. */
function reachable(db: Database, changeId: number): Waiting[] {
  const rows = db
    .sql<{ id: number; task: string; needs: string | null }>(
      `WITH RECURSIVE reach (task) AS (
         SELECT task_id FROM change_queue WHERE id = ?
         UNION
         SELECT d.task_id FROM reach
           JOIN change_queue q ON q.task_id = reach.task AND q.status NOT IN ('applied', 'failed', 'cancelled')
           JOIN change_dependencies d ON d.change_id = q.id)
       SELECT q.id, q.task_id AS task,
         CASE WHEN EXISTS (SELECT 1 FROM change_queue a WHERE a.task_id = d.task_id AND a.status = 'applied')
           OR EXISTS (SELECT 1 FROM change_archive a WHERE a.task_id = d.task_id AND a.status = 'applied')
           THEN NULL ELSE d.task_id END AS needs
       FROM reach
         JOIN change_queue q ON q.task_id = reach.task AND q.status NOT IN ('applied', 'failed', 'cancelled')
         LEFT JOIN change_dependencies d ON d.change_id = q.id`,
    )
    .all(changeId)
  const changes = new Map<number, Waiting>()
  for (const { id, task, needs } of rows) {
    const change = changes.get(id) ?? { id, task, needs: [] }
    if (needs !== null) change.needs.push(needs)
    changes.set(id, change)
  }
  return [...changes.values()]
}

/** Tasks of which no change can be the next to land, however the others end; a task that has not come yet may come. */
function stuckTasks(changes: readonly Waiting[]): Set<string> {
  const stuck = new Set(changes.map(({ task }) => task))
  const waiting = new Map<string, Waiting[]>()
  const left = new Map<Waiting, number>()
  const free: string[] = []
  for (const change of changes) {
    const needs = change.needs.filter((need) => stuck.has(need))
    left.set(change, needs.length)
    if (needs.length === 0) free.push(change.task)
    for (const need of needs) waiting.set(need, [...(waiting.get(need) ?? []), change])
  }
  for (const task of free) {
    if (!stuck.delete(task)) continue
    for (const change of waiting.get(task) ?? []) {
      const rest = (left.get(change) ?? 0) - 1
      left.set(change, rest)
      if (rest === 0) free.push(change.task)
    }
  }
  return stuck
}

/** Returns, by task, the set of tasks that wait for each other with it (Tarjan's strongly connected components). */
function roundsOf(next: ReadonlyMap<string, ReadonlySet<string>>): Map<string, ReadonlySet<string>> {
  const rounds = new Map<string, ReadonlySet<string>>()
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const enter = (task: string): { task: string; rest: Iterator<string> } => {
    order.set(task, order.size)
    low.set(task, order.size - 1)
    stack.push(task)
    return { task, rest: (next.get(task) ?? new Set<string>()).values() }
  }
  const lower = (task: string, to: number): void => void low.set(task, Math.min(low.get(task) ?? to, to))
  for (const root of next.keys()) {
    // With a path of its own: circles may be longer than the stack of calls.
    const path = order.has(root) ? [] : [enter(root)]
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const { value: task, done } = at.rest.next()
      if (done !== true) {
        if (!order.has(task)) path.push(enter(task))
        else if (!rounds.has(task)) lower(at.task, order.get(task) as number)
        continue
      }
      path.pop()
      const before = path.at(-1)
      if (before !== undefined) lower(before.task, low.get(at.task) as number)
      if (low.get(at.task) !== order.get(at.task)) continue
      const round = new Set(stack.splice(stack.lastIndexOf(at.task)))
      for (const member of round) rounds.set(member, round)
    }
  }
  return rounds
}

/** Longer rounds are told by their length. */
const TOLD = 8

function circle(
  task: string,
  through: string,
  round: ReadonlySet<string>,
  next: ReadonlyMap<string, ReadonlySet<string>>,
): Hopeless {
  const told =
    round.size > TOLD
      ? `${through}, in a round of ${round.size} tasks`
      : wayBack(task, through, round, next).join(', which waits for ')
  return { code: 'dependency_cycle', message: `waits for itself: task ${task}, which waits for ${told}` }
}

/** Returns the shortest way from one task of a round to another, both included. */
function wayBack(
  to: string,
  from: string,
  round: ReadonlySet<string>,
  next: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const ways: string[][] = [[from]]
  const seen = new Set<string>()
  for (const way of ways) {
    const at = way.at(-1) as string
    if (at === to) return way
    for (const task of next.get(at) ?? []) {
      if (!round.has(task) || seen.has(task)) continue
      seen.add(task)
      ways.push([...way, task])
    }
  }
  return [from, to]
}
