/** What people are asked before work goes on: the Engineer's questions, and files an agent wants beyond its own. */
import type { Question } from '../../../schemas/brief.ts'
import type { Widening } from '../../../schemas/submission.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'

export interface QuestionRow extends Question {
  /** From 1. */
  number: number
  /** Nobody answers it: the assumption holds. */
  skipped: boolean
  /** It is skipped because nobody answered in time. */
  overdue: boolean
}

export interface WideningRow {
  id: number
  request_id: string
  task_id: string
  wanted: Widening[]
  decision: 'granted' | 'refused' | null
  decided_by: string | null
  created_at: number
  decided_at: number | null
}

export interface Questions {
  /** Puts questions in place of those there were. */
  ask(requestId: string, questions: readonly Question[]): void
  of(requestId: string): QuestionRow[]
  answer(requestId: string, number: number, text: string): void
  /** Takes the assumptions of one question, or of all that are open. */
  skip(requestId: string, number: number | null): void
  /** The same of all that are open, because nobody answered in time. */
  expire(requestId: string): void
  askForFiles(requestId: string, taskId: string, wanted: readonly Widening[]): number
  widening(id: number): WideningRow | undefined
  /** Those that nobody has decided about, oldest first. */
  openWidenings(): WideningRow[]
  wideningsOf(taskId: string): WideningRow[]
  decide(id: number, decision: 'granted' | 'refused', by: string): void
}

/** What the column `skipped` says. */
const [OPEN, OVERDUE] = [0, 2]

interface StoredQuestion {
  number: number
  question: string
  blocking: number
  answer: string | null
  assumption: string | null
  skipped: number
}

type StoredWidening = Omit<WideningRow, 'wanted'> & { wanted: string }

const wideningOf = (row: StoredWidening): WideningRow => ({
  ...row,
  wanted: JSON.parse(row.wanted) as Widening[],
})

export function openQuestions(db: Database, clock: Clock): Questions {
  return {
    ask(requestId, questions) {
      db.write(() => {
        db.sql('DELETE FROM questions WHERE request_id = ?').run(requestId)
        for (const [index, { text, blocking, answer, assumption }] of questions.entries()) {
          db.sql(
            `INSERT INTO questions (request_id, number, question, blocking, answer, assumption, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)`,
          ).run(requestId, index + 1, text, blocking ? 1 : 0, answer, assumption ?? null, nowSeconds(clock))
        }
      })
    },
    of: (requestId) =>
      db
        .sql<StoredQuestion>('SELECT * FROM questions WHERE request_id = ? ORDER BY number')
        .all(requestId)
        .map(({ number, question, blocking, answer, assumption, skipped }) => ({
          number,
          text: question,
          blocking: blocking === 1,
          answer,
          ...(assumption === null ? {} : { assumption }),
          skipped: skipped !== OPEN,
          overdue: skipped === OVERDUE,
        })),
    answer(requestId, number, text) {
      db.sql('UPDATE questions SET answer = ?, skipped = 0 WHERE request_id = ? AND number = ?').run(
        text,
        requestId,
        number,
      )
    },
    skip(requestId, number) {
      db.sql(
        'UPDATE questions SET skipped = 1 WHERE request_id = ? AND answer IS NULL AND (? IS NULL OR number = ?)',
      ).run(requestId, number, number)
    },
    expire(requestId) {
      db.sql('UPDATE questions SET skipped = ? WHERE request_id = ? AND answer IS NULL AND skipped = ?').run(
        OVERDUE,
        requestId,
        OPEN,
      )
    },
    askForFiles: (requestId, taskId, wanted) =>
      db
        .sql('INSERT INTO widenings (request_id, task_id, wanted, created_at) VALUES (?, ?, ?, ?)')
        .run(requestId, taskId, JSON.stringify(wanted), nowSeconds(clock)).lastInsertRowid,
    widening(id) {
      const row = db.sql<StoredWidening>('SELECT * FROM widenings WHERE id = ?').get(id)
      return row === undefined ? undefined : wideningOf(row)
    },
    openWidenings: () =>
      db
        .sql<StoredWidening>(
          `SELECT w.* FROM widenings w JOIN assignments a ON a.task_id = w.task_id AND a.status = 'asks'
           WHERE w.decision IS NULL ORDER BY w.id`,
        )
        .all()
        .map(wideningOf),
    wideningsOf: (taskId) =>
      db
        .sql<StoredWidening>('SELECT * FROM widenings WHERE task_id = ? ORDER BY id')
        .all(taskId)
        .map(wideningOf),
    decide(id, decision, by) {
      db.sql(
        'UPDATE widenings SET decision = ?, decided_by = ?, decided_at = ? WHERE id = ? AND decision IS NULL',
      ).run(decision, by, nowSeconds(clock), id)
    },
  }
}
