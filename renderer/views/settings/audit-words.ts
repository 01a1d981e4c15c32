/** What the audit says, in words. */
import type { AuditReport, AuditState } from '../../../schemas/audit.ts'

export type AuditTone = 'ok' | 'warn' | 'danger'

const KEY: Readonly<Record<AuditState['key']['state'], string>> = {
  ok: 'ready to sign',
  missing: 'missing',
  unsafe: 'not safe',
  broken: 'broken',
}

export const keySentence = ({ state }: AuditState['key']): string => KEY[state]

/** How the whole stands in two or three words, worst first; what nobody verified is not called clean. */
export function auditStanding({ key, last }: Pick<AuditState, 'key' | 'last'>): {
  tone: AuditTone
  text: string
} {
  if (last !== null && !last.clean) return { tone: 'danger', text: 'Audit differs' }
  if (key.state !== 'ok') return { tone: 'warn', text: `Audit key ${KEY[key.state]}` }
  if (last === null) return { tone: 'warn', text: 'Audit not verified' }
  return { tone: 'ok', text: 'Audit clean' }
}

const counted = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** "12 rows of the log, 3 landed changes and 3 commits agree." */
export function cleanSentence({ log_rows, landed, commits, unsettled }: AuditReport): string {
  const parts = [
    counted(log_rows, 'row of the log', 'rows of the log'),
    counted(landed, 'landed change', 'landed changes'),
  ]
  const said = `${parts.join(', ')} and ${counted(commits, 'commit', 'commits')} agree.`
  return unsettled === 0
    ? said
    : `${said} ${counted(unsettled, 'commit was', 'commits were')} still being settled.`
}
