/** Runs of agents: what was asked, said and done in each, what it used up, and what may still be spent. */
import type { AgentRunEvent, AgentRunRow, AgentRunStatus } from '../../../schemas/agents.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import { ownIdentity, type ProcessIdentity } from '../base/process.ts'
import type { Database } from './database.ts'

export interface NewRun {
  requestId: string | null
  taskId: string | null
  role: AgentRunRow['role']
  agent: string
  harness: string
  model: string
  currency: string
  /** Billionths of the currency that are set aside for it. */
  reserve: number
}

/** Limits in billionths of the currency; null for none. */
export interface Limits {
  request: number | null
  day: number | null
}

export interface RunUsage {
  source: 'reported' | 'estimated' | 'unavailable'
  inputTokens: number | null
  outputTokens: number | null
  /** Null: unknown. */
  cost: number | null
}

export interface RunEnd {
  status: Exclude<AgentRunStatus, 'running'>
  code: string | null
  detail: string | null
  via: string | null
  repairs: number
  sessionId: string | null
  durationMs: number
  /** The one that was asked in fact. */
  model: string
}

/** What is left under each limit, own reservations included; negative where it is crossed. */
export interface Left {
  request: number | null
  day: number | null
}

export interface Spent {
  /** Billionths of the currency, of runs whose cost is known. */
  cost: number
  /** Runs that used a model and whose cost is not known. */
  unknown: number
  /** Runs whose tokens nobody counted, and of which the figures are an estimate. */
  estimated: number
  inputTokens: number
  outputTokens: number
  runs: number
}

export interface AgentRuns {
  /**
   * Begins a run and sets its reserve aside, unless a limit forbids; then returns what is left under each, and whether it
   * is only set aside for runs that still work, so that some of it comes back.
   */
  begin(run: NewRun, limits: Limits): { id: number } | { refused: Left; waits: boolean }
  /** Keeps what a run used up so far; returns what is left under the limits now. */
  charge(id: number, usage: RunUsage, exposure: number, limits: Limits): Left
  end(id: number, end: RunEnd): void
  addEvents(id: number, events: readonly { kind: string; body: unknown }[]): void
  events(id: number, after: number, limit: number): AgentRunEvent[]
  get(id: number): AgentRunRow | undefined
  list(filter: { requestId?: string; taskId?: string; running?: true; limit?: number }): AgentRunRow[]
  /** Asks for the end of these runs, whichever process has them; returns how many were running. */
  requestCancel(which: { id: number } | { requestId: string } | 'all', by: string): number
  isCancelRequested(id: number): boolean
  /** Ends the rows of runs whose process is gone. */
  sweep(isAlive: (owner: ProcessIdentity) => boolean): number
  /** Tokens of all runs of a session; unavailable where one of them was not counted. */
  usedIn(
    sessionId: string,
  ): { source: 'reported'; inputTokens: number; outputTokens: number } | { source: 'unavailable' }
  spent(filter: { requestId?: string; taskId?: string; sinceSeconds?: number }): Spent
}

type Row = AgentRunRow & { pid: number; pid_started: string | null; cancel_requested: string | null }

const FIELDS = `id, request_id, task_id, role, agent, harness, model, session_id, status, code, detail, via, repairs,
  usage_source, input_tokens, output_tokens, cost_nano, exposure_nano, currency, started_at, ended_at, duration_ms`

const DAY = 86_400
/** Of one run; what comes later is counted and not kept. */
const MOST_EVENTS = 5_000

export function openAgentRuns(db: Database, clock: Clock): AgentRuns {
  const exposed = (where: string, ...params: (string | number)[]): number =>
    db
      .sql<{ sum: number }>(`SELECT coalesce(sum(exposure_nano), 0) AS sum FROM agent_runs WHERE ${where}`)
      .get(...params)?.sum ?? 0
  /** What is set aside of it for runs that still work, and is not spent. */
  const reserved = (where: string, ...params: (string | number)[]): number =>
    db
      .sql<{ sum: number }>(
        `SELECT coalesce(sum(exposure_nano - coalesce(cost_nano, 0)), 0) AS sum FROM agent_runs
         WHERE status = 'running' AND ${where}`,
      )
      .get(...params)?.sum ?? 0
  function leftOf(requestId: string | null, limits: Limits, taken = exposed): Left {
    // A day as the clock of the world has it (UTC), so that two machines mean the same one.
    const today = Math.floor(nowSeconds(clock) / DAY) * DAY
    return {
      request:
        limits.request === null || requestId === null
          ? null
          : limits.request - taken('request_id = ?', requestId),
      day: limits.day === null ? null : limits.day - taken('started_at >= ?', today),
    }
  }
  const crossed = (left: Left): boolean => (left.request ?? 0) < 0 || (left.day ?? 0) < 0
  const get = (id: number): AgentRunRow | undefined =>
    db.sql<AgentRunRow>(`SELECT ${FIELDS} FROM agent_runs WHERE id = ?`).get(id)

  return {
    begin: (run, limits) =>
      db.write(() => {
        const before = leftOf(run.requestId, limits)
        const after: Left = {
          request: before.request === null ? null : before.request - run.reserve,
          day: before.day === null ? null : before.day - run.reserve,
        }
        if (crossed(after)) {
          const spent: typeof exposed = (...of) => exposed(...of) - reserved(...of) + run.reserve
          return { refused: before, waits: !crossed(leftOf(run.requestId, limits, spent)) }
        }
        const { pid, startedAt } = ownIdentity()
        const { lastInsertRowid: id } = db
          .sql(
            `INSERT INTO agent_runs (request_id, task_id, role, agent, harness, model, status, exposure_nano, currency,
               pid, pid_started, started_at) VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?)`,
          )
          .run(
            run.requestId,
            run.taskId,
            run.role,
            run.agent,
            run.harness,
            run.model,
            run.reserve,
            run.currency,
            pid,
            startedAt,
            nowSeconds(clock),
          )
        return { id }
      }),
    charge: (id, usage, exposure, limits) =>
      db.write(() => {
        db.sql(
          `UPDATE agent_runs SET usage_source = ?, input_tokens = ?, output_tokens = ?, cost_nano = ?, exposure_nano = ?
           WHERE id = ?`,
        ).run(usage.source, usage.inputTokens, usage.outputTokens, usage.cost, exposure, id)
        return leftOf(get(id)?.request_id ?? null, limits)
      }),
    end(id, { status, code, detail, via, repairs, sessionId, durationMs, model }) {
      db.sql(
        `UPDATE agent_runs SET status = ?, code = ?, detail = ?, via = ?, repairs = ?, session_id = ?, duration_ms = ?,
           ended_at = ?, model = ? WHERE id = ? AND status = 'running'`,
      ).run(
        status,
        code,
        detail,
        via,
        repairs,
        sessionId,
        Math.round(durationMs),
        nowSeconds(clock),
        model,
        id,
      )
    },
    addEvents(id, events) {
      if (events.length === 0) return
      db.write(() => {
        const last =
          db
            .sql<{ seq: number | null }>('SELECT max(seq) AS seq FROM agent_run_events WHERE run_id = ?')
            .get(id)?.seq ?? 0
        for (const [index, { kind, body }] of events.entries()) {
          const seq = last + 1 + index
          if (seq > MOST_EVENTS) break
          db.sql('INSERT INTO agent_run_events (run_id, seq, at_ms, kind, body) VALUES (?, ?, ?, ?, ?)').run(
            id,
            seq,
            clock.nowMs(),
            kind,
            JSON.stringify(body),
          )
        }
      })
    },
    events: (id, after, limit) =>
      db
        .sql<{ seq: number; at_ms: number; kind: string; body: string }>(
          'SELECT seq, at_ms, kind, body FROM agent_run_events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?',
        )
        .all(id, after, limit)
        .map(({ body, ...row }) => ({ ...row, body: JSON.parse(body) as unknown }) as AgentRunEvent),
    get,
    list({ requestId, taskId, running, limit = 1_000 }) {
      const where = [
        requestId === undefined ? [] : ['request_id = ?'],
        taskId === undefined ? [] : ['task_id = ?'],
        running === undefined ? [] : [`status = 'running'`],
      ].flat()
      const params = [requestId, taskId].filter((one) => one !== undefined)
      const filter = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`
      return db
        .sql<AgentRunRow>(`SELECT ${FIELDS} FROM agent_runs ${filter} ORDER BY id DESC LIMIT ?`)
        .all(...params, limit)
        .toReversed()
    },
    requestCancel(which, by) {
      const filter = which === 'all' ? '1' : 'id' in which ? 'id = ?' : 'request_id = ?'
      const param = which === 'all' ? [] : ['id' in which ? which.id : which.requestId]
      return db
        .sql(
          `UPDATE agent_runs SET cancel_requested = coalesce(cancel_requested, ?) WHERE status = 'running' AND ${filter}`,
        )
        .run(by, ...param).changes
    },
    isCancelRequested: (id) =>
      db
        .sql<{ asked: number }>('SELECT cancel_requested IS NOT NULL AS asked FROM agent_runs WHERE id = ?')
        .get(id)?.asked === 1,
    sweep(isAlive) {
      const running = db.sql<Row>(`SELECT * FROM agent_runs WHERE status = 'running'`).all()
      const dead = running.filter((row) => !isAlive({ pid: row.pid, startedAt: row.pid_started }))
      // Looked for every second: whoever finds nothing holds nobody up.
      if (dead.length === 0) return 0
      db.write(() => {
        for (const { id } of dead) {
          db.sql(
            // What is not known counts as what was set aside, as at any other end.
            `UPDATE agent_runs SET status = 'failed', code = 'interrupted', detail = ?, ended_at = ?,
               exposure_nano = coalesce(cost_nano, exposure_nano)
             WHERE id = ? AND status = 'running'`,
          ).run('the program that led it ended', nowSeconds(clock), id)
        }
      })
      return dead.length
    },
    usedIn(sessionId) {
      const row = db
        .sql<{ n: number; counted: number; i: number | null; o: number | null }>(
          `SELECT count(*) AS n, count(input_tokens) AS counted, sum(input_tokens) AS i, sum(output_tokens) AS o
           FROM agent_runs WHERE session_id = ?`,
        )
        .get(sessionId)
      if (row === undefined || row.n === 0 || row.counted < row.n) return { source: 'unavailable' }
      return { source: 'reported', inputTokens: row.i ?? 0, outputTokens: row.o ?? 0 }
    },
    spent({ requestId, taskId, sinceSeconds }) {
      const where = [
        requestId === undefined ? [] : ['request_id = ?'],
        taskId === undefined ? [] : ['task_id = ?'],
        sinceSeconds === undefined ? [] : ['started_at >= ?'],
      ].flat()
      const params = [requestId, taskId, sinceSeconds].filter((one) => one !== undefined)
      const row = db
        .sql<Spent>(
          `SELECT coalesce(sum(cost_nano), 0) AS cost, count(*) AS runs,
             coalesce(sum(cost_nano IS NULL AND harness != 'stub'), 0) AS unknown,
             coalesce(sum(usage_source = 'estimated'), 0) AS estimated,
             coalesce(sum(input_tokens), 0) AS inputTokens, coalesce(sum(output_tokens), 0) AS outputTokens
           FROM agent_runs WHERE ${['1', ...where].join(' AND ')}`,
        )
        .get(...params)
      return row ?? { cost: 0, unknown: 0, estimated: 0, inputTokens: 0, outputTokens: 0, runs: 0 }
    },
  }
}
