/** What the app's screens read, beyond what the command line prints. */
import { requireRequest } from '../agents/requests.ts'
import { NO_CHANGES, type StatusCounts } from '../../../schemas/metrics.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import type { ChangeFilter, ChangePage, ChangeSummary, Home, InboxItem, Live } from '../../../schemas/view.ts'
import type { ProposedSetting, RequestSummary, RequestTree, Setting } from '../../../schemas/view.ts'
import { planRevision } from '../domain/plan.ts'
import { CONFIG_FILE, type Ground } from '../compose.ts'
import type { LandingDeps } from '../landing/deps.ts'
import type { RequestRow } from '../store/requests.ts'
import { toldOf } from './agents/costs.ts'
import { configAtTip } from './config-at-tip.ts'
import { configValues } from './config-values.ts'
import { openHome, type HomeSurroundings } from './home.ts'
import { readInbox } from './inbox.ts'
import { readLive } from './live.ts'
import { proposedSettings } from './proposed.ts'

export interface Views {
  home(around: HomeSurroundings): Promise<Home>
  inbox(around: HomeSurroundings): Promise<InboxItem[]>
  /** `first` tells the figures even where nothing happened since. */
  live(after: number | null, first?: boolean): Live
  /** The log's newest row: whether there is anything new, asked many times a second. */
  lastSeq(): number
  page(filter: ChangeFilter, offset: number, limit: number): ChangePage
  ids(filter: ChangeFilter): number[]
  summaries(ids: readonly number[]): ChangeSummary[]
  position(id: number): number | null
  requests(limit: number): RequestSummary[]
  requestTree(requestId: string): RequestTree
  settings(): Promise<{
    values: Setting[]
    file: string | null
    pending: ChangeSummary[]
    proposed: ProposedSetting[]
  }>
}

export function openViews(ground: Ground, deps: LandingDeps): Views {
  const { store } = ground
  const { browse } = store
  const { home, standing } = openHome(ground, deps)

  function summaryOf(row: RequestRow): RequestSummary {
    const request = JSON.parse(row.payload) as TaskRequest
    const counts = store.db
      .sql<{ status: keyof StatusCounts; n: number }>(
        'SELECT status, count(*) AS n FROM change_queue WHERE request_id = ? GROUP BY status',
      )
      .all(row.request_id)
    const assigned = store.db
      .sql<{ n: number }>('SELECT count(*) AS n FROM assignments WHERE request_id = ?')
      .get(row.request_id)
    return {
      request_id: row.request_id,
      status: row.status,
      summary: request.summary,
      priority: store.requests.brief(row.request_id)?.priority ?? request.priority ?? 'normal',
      error: row.error,
      plan_held: row.plan_hold === 'held',
      changes: { ...NO_CHANGES, ...Object.fromEntries(counts.map(({ status, n }) => [status, n])) },
      assignments: assigned?.n ?? 0,
      created_at: row.created_at,
      updated_at: row.updated_at,
    }
  }

  return {
    home,
    inbox: async (around) => readInbox(ground, await standing(around)),
    live: (after, first = false) => readLive(ground, after, first),
    lastSeq: () => store.logs.lastId(),
    page: browse.page,
    ids: browse.ids,
    summaries: browse.summaries,
    position: browse.position,
    requests: (limit) => store.requests.list(limit).map(summaryOf),
    requestTree(requestId) {
      const row = requireRequest(store.requests, requestId)
      const changes = new Map(browse.summariesOfRequest(requestId).map((change) => [change.id, change]))
      const assignments = store.requests.assignments(requestId).map((one) => {
        const { summary, instructions, file_targets, depends_on, acceptance_criteria } = one.assignment
        const { task_id, agent, status, error, sent_back, inFlight: in_flight } = one
        const change = one.change_id === null ? null : (changes.get(one.change_id) ?? null)
        return { task_id, agent, status, summary, instructions, file_targets, depends_on: depends_on ?? [], acceptance_criteria: acceptance_criteria ?? [], document: one.assignment, sent_back, in_flight, spent: toldOf(store.runs.spent({ taskId: task_id })), error, change } // prettier-ignore
      })
      return {
        request: summaryOf(row),
        payload: JSON.parse(row.payload) as Record<string, unknown>,
        brief: store.requests.brief(requestId),
        questions: store.questions.of(requestId),
        answer_by: row.answer_by,
        plan: planRevision(assignments.map(({ document }) => document)),
        widenings: assignments.flatMap(({ task_id }) => store.questions.wideningsOf(task_id)),
        spent: toldOf(store.runs.spent({ requestId })),
        assignments,
      }
    },
    async settings() {
      const values = (await configValues(ground, deps)) as Omit<Setting, 'policy'>[]
      const policy = (key: string): boolean => /^(?:checks|approvals)\./.test(key)
      return {
        values: values.map((one) => ({ ...one, policy: policy(one.key) })),
        file: (await configAtTip(deps)).text,
        pending: browse.openOnPath(CONFIG_FILE),
        proposed: await proposedSettings(deps, store),
      }
    },
  }
}
