/** Runs of agents as a window shows them: rows and events of the stream, folded into what was said and done in each. */
import type { AgentRunEvent, AgentRunRow, Costs } from '../../schemas/agents.ts'
import type { AgentTurn } from '../../schemas/ipc-agents.ts'

/** Of one run, in characters of what its agent said; the oldest go first. */
export const MOST_TEXT = 100_000
/** Of one run, so that an agent that calls tools without end costs the window nothing. */
export const MOST_ENTRIES = 1_000

/** The guard's word for a hand-in that only asks for more files: nothing is to be mended. */
const ASKS = 'asks_to_widen'

interface At {
  seq: number
}

export type Entry = At &
  (
    | { kind: 'text'; text: string }
    /** What was said to the agent; `again` where it was told to mend something. */
    | { kind: 'prompt'; text: string; length: number; again: boolean }
    | { kind: 'tool'; name: string; input: unknown }
    | { kind: 'denied'; name: string; reason: string }
    /** `until` is when it is asked again, in milliseconds; `times` how often that happened for the same reason. */
    | { kind: 'retry'; reason: string; delayMs: number; until: number; times: number }
    | { kind: 'submission'; accepted: boolean; code: string; message: string; value: unknown }
  )

export interface RunView {
  run: AgentRunRow
  entries: readonly Entry[]
  /** The last event that was taken in. */
  seq: number
  /** Characters kept of what the agent said. */
  kept: number
  /** Characters and entries that are no longer kept. */
  cutText: number
  cutEntries: number
  /** Hand-ins refused since the agent was last asked from the start: so many repairs were begun. */
  refusals: number
  denials: number
  /** It ended with the wish for more files, about which a person decides. */
  asks: boolean
  /** The last thing that happened was a refusal: what is said next answers it. */
  refusedLast: boolean
}

export type Runs = ReadonlyMap<number, RunView>

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

const begun = (run: AgentRunRow): RunView => ({
  run,
  entries: [],
  seq: 0,
  kept: 0,
  cutText: 0,
  cutEntries: 0,
  refusals: 0,
  denials: 0,
  asks: false,
  refusedLast: false,
})

/** What an event is on screen; null for what nobody looks for. */
function entryOf({ seq, kind, body, at_ms: at }: AgentRunEvent, before: readonly Entry[]): Entry | null {
  const of = record(body)
  switch (kind) {
    case 'text':
      return { kind, seq, text: textOf(of['text']) }
    case 'prompt': {
      const text = textOf(of['text'])
      const asked = before.findLast((one) => one.kind === 'prompt' || one.kind === 'retry')
      return {
        kind,
        seq,
        text,
        length: numberOf(of['length']) || text.length,
        again: asked?.kind === 'prompt',
      }
    }
    case 'tool':
      return { kind, seq, name: textOf(of['name']), input: of['input'] }
    case 'denied':
      return { kind, seq, name: textOf(of['name']), reason: textOf(of['reason']) }
    case 'retry':
      return { kind, seq, reason: textOf(of['reason']), delayMs: numberOf(of['delay_ms']), until: at + numberOf(of['delay_ms']), times: 1 } // prettier-ignore
    case 'submission': {
      const review = record(of['review'])
      const accepted = review['accepted'] === true
      return { kind, seq, accepted, code: textOf(review['code']), message: textOf(review['message']), value: of['value'] } // prettier-ignore
    }
    default:
      return null
  }
}

/** Words that follow one another are one text, and so is what a service is asked again and again for. */
function joined(entries: readonly Entry[], entry: Entry): Entry[] {
  const last = entries.at(-1)
  if (
    entry.kind === 'retry' &&
    last?.kind === 'retry' &&
    last.reason === entry.reason &&
    last.delayMs === entry.delayMs
  )
    return [...entries.slice(0, -1), { ...entry, times: last.times + 1 }]
  if (entry.kind !== 'text' || last?.kind !== 'text') return [...entries, entry]
  return [...entries.slice(0, -1), { ...last, seq: entry.seq, text: last.text + entry.text }]
}

/** The same within its bounds: the oldest words go first, then the oldest entries that are no prompt. */
function bounded(view: RunView): RunView {
  let { entries, kept, cutText, cutEntries } = view
  if (kept > MOST_TEXT) {
    entries = entries.map((entry) => {
      const over = kept - MOST_TEXT
      if (entry.kind !== 'text' || over <= 0 || entry.text === '') return entry
      const cut = Math.min(over, entry.text.length)
      kept -= cut
      cutText += cut
      return { ...entry, text: entry.text.slice(cut) }
    })
  }
  const over = entries.length - MOST_ENTRIES
  if (over > 0) {
    let left = over
    entries = entries.filter((entry) => {
      if (left === 0 || entry.kind === 'prompt') return true
      left -= 1
      if (entry.kind === 'text') {
        kept -= entry.text.length
        cutText += entry.text.length
      }
      return false
    })
    cutEntries += over - left
  }
  return { ...view, entries, kept, cutText, cutEntries }
}

function take(view: RunView, event: AgentRunEvent): RunView {
  // Told once more after the line was lost.
  if (event.seq <= view.seq) return view
  const entry = entryOf(event, view.entries)
  if (entry === null) return { ...view, seq: event.seq }
  const next = { ...view, seq: event.seq, entries: joined(view.entries, entry), refusedLast: false }
  switch (entry.kind) {
    case 'text':
      return bounded({ ...next, kept: view.kept + entry.text.length, refusedLast: view.refusedLast })
    case 'submission': {
      const asks = !entry.accepted && entry.code === ASKS
      const refused = !entry.accepted && !asks
      return bounded({
        ...next,
        asks,
        refusals: view.refusals + (refused ? 1 : 0),
        refusedLast: refused,
      })
    }
    case 'prompt':
      // A message in which nothing was handed in is refused without one.
      return bounded({
        ...next,
        refusals: entry.again && !view.refusedLast ? view.refusals + 1 : view.refusals,
      })
    case 'retry':
      return bounded({ ...next, refusals: 0 })
    case 'denied':
      return bounded({ ...next, denials: view.denials + 1 })
    default:
      return bounded(next)
  }
}

export const NO_RUNS: Runs = new Map<number, RunView>()

/** Takes in one turn of the stream; what it says nothing of stays the same object. */
export function takeTurn(runs: Runs, { runs: rows, events }: AgentTurn): Runs {
  if (rows.length === 0 && events.length === 0) return runs
  const next = new Map(runs)
  for (const run of rows) next.set(run.id, { ...(next.get(run.id) ?? begun(run)), run })
  for (const { run_id: id, ...event } of events) {
    const view = next.get(id)
    if (view !== undefined) next.set(id, take(view, event))
  }
  return next
}

const inOrder = (views: Iterable<RunView>): RunView[] => [...views].toSorted((a, b) => a.run.id - b.run.id)

/** Those of one role, oldest first. */
export const runsOfRole = (runs: Runs, role: AgentRunRow['role']): RunView[] =>
  inOrder(runs.values()).filter(({ run }) => run.role === role)

/** Those of each task, oldest first. */
export function runsByTask(runs: Runs): ReadonlyMap<string, readonly RunView[]> {
  const found = new Map<string, RunView[]>()
  for (const view of inOrder(runs.values())) {
    const { task_id: task } = view.run
    if (task === null) continue
    const of = found.get(task)
    if (of === undefined) found.set(task, [view])
    else of.push(view)
  }
  return found
}

export const isRunning = ({ run }: RunView): boolean => run.status === 'running'

/** Until when a run waits before its service is asked again, in milliseconds; null while it does not. */
export function waitsUntil(view: RunView): number | null {
  const last = view.entries.at(-1)
  return isRunning(view) && last?.kind === 'retry' && last.delayMs > 0 ? last.until : null
}

/** Whether a run goes on with the session of one before it. */
export const goesOn = ({ run }: RunView, views: readonly RunView[]): boolean =>
  run.session_id !== null &&
  views.some(({ run: { id, session_id } }) => id < run.id && session_id === run.session_id)

export type Spent = Readonly<Costs['today']>

/** What some runs used up together, as the engine sums it: what has no known cost is counted and left out. */
export function spentOf(views: Iterable<RunView>): Spent {
  const sum = { cost_nano: 0, unknown_runs: 0, estimated_runs: 0, input_tokens: 0, output_tokens: 0, runs: 0 }
  for (const { run } of views) {
    sum.runs += 1
    sum.estimated_runs += run.usage_source === 'estimated' ? 1 : 0
    sum.cost_nano += run.cost_nano ?? 0
    sum.unknown_runs += run.cost_nano === null && run.harness !== 'stub' ? 1 : 0
    sum.input_tokens += run.input_tokens ?? 0
    sum.output_tokens += run.output_tokens ?? 0
  }
  return { ...sum, cost_nano: sum.runs > 0 && sum.unknown_runs === sum.runs ? null : sum.cost_nano }
}

/** Within JSON no line begins with a fence. */
const FENCED = /```(?:json)?[ \t]*\n\s*\{[\s\S]*?(?:\n[ \t]*```|$)/g

/** What was said around a hand-in, which is shown in words elsewhere; empty where nothing was. */
function around(text: string): string {
  const words = text.replaceAll(FENCED, '').trim()
  return /^\{[\s\S]*\}$/.test(words) ? '' : words.replaceAll(/\n{3,}/g, '\n\n')
}

/** The last words of an agent on a task, for whoever decides about what it asks; null where it said none. */
export function lastSaid(views: readonly RunView[]): string | null {
  for (const { entries } of views.toReversed()) {
    const said = entries.findLast((entry) => entry.kind === 'text' && entry.text.trim() !== '')
    const words = said?.kind === 'text' ? around(said.text) : ''
    if (words !== '') return words
    const handed = entries.findLast((entry) => entry.kind === 'submission')
    const summary = handed?.kind === 'submission' ? record(handed.value)['summary'] : null
    if (typeof summary === 'string' && summary !== '') return summary
  }
  return null
}
