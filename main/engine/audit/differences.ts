/** How a difference between log, database and branch is said: which one, in one sentence, and what to do. */
import type { AuditDifference } from '../../../schemas/audit.ts'

const HINTS = {
  log: 'find out who wrote to the queue past Hyperion, and restore it from a backup from before',
  branch: 'find out who wrote to the branch; `git reflog` of the target tells where it was before',
  record: 'find out who wrote to the queue past Hyperion; the log tells what happened to the change',
} as const

export interface Where {
  row?: number
  change?: number
  commit?: string
}

export function difference(
  code: string,
  where: Where,
  message: string,
  hint: keyof typeof HINTS,
): AuditDifference {
  const { row = null, change = null, commit = null } = where
  return { code, message, hint: HINTS[hint], row_id: row, change_id: change, commit }
}

/** A commit or hash as a person reads it. */
export const short = (oid: string): string => oid.slice(0, 12)
