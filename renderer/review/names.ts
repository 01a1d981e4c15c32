/** What the parts of a conflict are called: sides by what they are, places by their lines. */
import type { Party, Review, WhyCommits } from '../../schemas/reviewer.ts'
import type { Choice } from '../merge/result.ts'
import type { Chunk } from '../merge/chunks.ts'

type WhyCommit = WhyCommits['commits'][number]

/** The commits that made or took away the target's lines of a conflict, newest first. */
export function culprits(chunk: Chunk, why: WhyCommits | null): WhyCommit[] {
  if (why === null) return []
  const meets = (list: WhyCommits['lines'], from: number, count: number): number[] =>
    list.flatMap((one) => (one.to > from && one.from <= from + count ? [one.commit] : []))
  const found = new Set([
    ...meets(why.lines, chunk.at.cur, chunk.cur.length),
    ...meets(why.removed, chunk.at.base, chunk.base.length),
  ])
  const named = why.commits.filter((_, index) => found.has(index))
  return named.toSorted((a, b) => b.committed_at - a.committed_at)
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** When something landed: the time of day, with the day where that is another one. */
export function landedAt(seconds: number, now: number): string {
  const [at, today] = [new Date(seconds * 1000), new Date(now)]
  const isToday = at.toDateString() === today.toDateString()
  return isToday ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`
}

export const partyName = ({ task_id, request_id, change_id }: Party): string =>
  task_id ?? request_id ?? (change_id === null ? 'an own commit' : `change ${change_id}`)

/** "REQ-131-2, landed 10:02 · agent-2" */
export function currentName(by: readonly WhyCommit[], target: string, now: number): string {
  const [first] = by
  if (first === undefined) return `what ${target} has`
  const name =
    first.change_id === null ? `commit ${first.commit.slice(0, 8)} by ${first.author}` : partyName(first)
  const agent = first.agent === null ? '' : ` · ${first.agent}`
  const more = by.length > 1 ? ` and ${by.length - 1} more` : ''
  return `${name}${more}, landed ${landedAt(first.committed_at, now)}${agent}`
}

/** "REQ-142-3: rate limit" */
export const incomingName = ({ incoming }: Review): string =>
  `${partyName(incoming)}${incoming.title === null ? '' : `: ${incoming.title}`}`

export const CHOICE_WORDS: Readonly<Record<Choice, string>> = {
  open: 'open',
  current: 'kept',
  incoming: 'taken',
  both: 'both',
  both_reversed: 'both, incoming first',
  base: 'base',
  suggestion: 'suggestion',
  typed: 'edited',
}

/** "lines 40–52", of the result, 1-based. */
export const linesAt = (from: number, to: number): string =>
  to > from ? `lines ${from}–${to}` : `line ${from}`
