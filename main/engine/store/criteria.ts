/** What probes found out about the criteria of a change, on which trees. */
import type { CriterionEvidence } from '../../../schemas/records.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import type { Database } from './database.ts'

export interface Evidence {
  /** Keeps what was found out, in place of what was known of the criterion before. */
  set(evidence: Omit<CriterionEvidence, 'created_at'> & { change_id: number }): void
  of(changeId: number): CriterionEvidence[]
}

export function openEvidence(db: Database, clock: Clock): Evidence {
  return {
    set(one) {
      db.sql(
        `INSERT OR REPLACE INTO criteria_evidence (change_id, criterion, probe, verdict, tree, base_tree, verdict_on_base,
           verdict_on_candidate, output, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        one.change_id,
        one.criterion,
        one.probe,
        one.verdict,
        one.tree,
        one.base_tree,
        one.verdict_on_base,
        one.verdict_on_candidate,
        one.output,
        nowSeconds(clock),
      )
    },
    of: (changeId) =>
      db
        .sql<CriterionEvidence>(
          `SELECT criterion, probe, verdict, tree, base_tree, verdict_on_base, verdict_on_candidate, output, created_at
           FROM criteria_evidence WHERE change_id = ? ORDER BY rowid`,
        )
        .all(changeId),
  }
}
