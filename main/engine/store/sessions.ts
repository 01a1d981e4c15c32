/** Sessions of agents, by the id under which they are resumed. */
import type { AgentSession } from '../../../schemas/skills.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'
import type { Logs } from './logs.ts'

export interface NewSession {
  resumeId: string
  harness: string
  /** Null: by complexity. */
  model: string | null
  allowAllTools: boolean
  by: string
}

export interface Sessions {
  /** Records a session, or what it is from now on where its id is known. */
  record(session: NewSession): { session: AgentSession; isNew: boolean }
  /** Keeps the session that a run was, so that it can be gone on with. */
  keep(session: { resumeId: string; harness: string; model: string; taskId: string | null }): void
  get(resumeId: string): AgentSession | undefined
  /** The session a task was worked on in last, by these agents. */
  ofTask(taskId: string, harness: string): AgentSession | undefined
  /** All of them, the one used last first. */
  list(): AgentSession[]
}

type Row = Omit<AgentSession, 'allow_all_tools'> & { allow_all_tools: number }

const FIELDS = 'resume_id, harness, model, task_id, allow_all_tools, created_at, updated_at'

const sessionOf = (row: Row): AgentSession => ({ ...row, allow_all_tools: row.allow_all_tools === 1 })

export function openSessions(db: Database, clock: Clock, logs: Pick<Logs, 'write'>): Sessions {
  const find = (resumeId: string): Row | undefined =>
    db.sql<Row>(`SELECT ${FIELDS} FROM agent_sessions WHERE resume_id = ?`).get(resumeId)
  return {
    record: ({ resumeId, harness, model, allowAllTools, by }) =>
      db.write(() => {
        const isNew = find(resumeId) === undefined
        const now = nowSeconds(clock)
        db.sql(
          `INSERT INTO agent_sessions (resume_id, harness, model, allow_all_tools, created_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (resume_id) DO UPDATE SET harness = excluded.harness,
             model = excluded.model, allow_all_tools = excluded.allow_all_tools, updated_at = excluded.updated_at`,
        ).run(resumeId, harness, model, allowAllTools ? 1 : 0, now, now)
        const details = {
          by,
          resume_id: resumeId,
          harness,
          model,
          allow_all_tools: allowAllTools,
          is_new: isNew,
        }
        logs.write({ message: 'session', details })
        const row = find(resumeId)
        if (row === undefined) throw new Error(`session ${resumeId} vanished`)
        return { session: sessionOf(row), isNew }
      }),
    keep({ resumeId, harness, model, taskId }) {
      const now = nowSeconds(clock)
      db.sql(
        `INSERT INTO agent_sessions (resume_id, harness, model, task_id, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (resume_id) DO UPDATE SET
           task_id = coalesce(excluded.task_id, task_id), updated_at = excluded.updated_at`,
      ).run(resumeId, harness, model, taskId, now, now)
    },
    get(resumeId) {
      const row = find(resumeId)
      return row === undefined ? undefined : sessionOf(row)
    },
    ofTask(taskId, harness) {
      const row = db
        .sql<Row>(
          `SELECT ${FIELDS} FROM agent_sessions WHERE task_id = ? AND harness = ? ORDER BY updated_at DESC, id DESC LIMIT 1`,
        )
        .get(taskId, harness)
      return row === undefined ? undefined : sessionOf(row)
    },
    list: () =>
      db
        .sql<Row>(`SELECT ${FIELDS} FROM agent_sessions ORDER BY updated_at DESC, id DESC`)
        .all()
        .map(sessionOf),
  }
}
