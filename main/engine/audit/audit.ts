/** What may be asked of the audit: how it stands, whether everything agrees, and statements for others. */
import {
  auditStateSchema,
  type AuditExport,
  type AuditReport,
  type AuditState,
} from '../../../schemas/audit.ts'
import { nowSeconds, type Clock } from '../base/clock.ts'
import { CHAIN_START } from '../domain/log-chain.ts'
import type { Store } from '../store/store.ts'
import { exportStatements, type ExportOptions } from './export.ts'
import type { AuditDeps } from './gather.ts'
import { keyState, signingKey } from './key.ts'
import { reportOf, verifyAll } from './verify.ts'

export interface AuditRoom extends AuditDeps {
  clock: Clock
  /** The workspace's private folder. */
  folder: string
}

/** How the audit stands, read at once: the head of the log, the key, what the newest verification said. */
export function auditState({ store, folder }: { store: Store; folder: string }): AuditState {
  const { head } = store.logs.chain.standing()
  return {
    head: head ?? { sequence: 0, hash: CHAIN_START },
    log_rows: store.logs.chain.count(),
    key: keyState(folder),
    last: readLast(store.facts.get('last_audit')),
  }
}

function readLast(text: string | null): AuditState['last'] {
  if (text === null) return null
  try {
    return auditStateSchema.shape.last.parse(JSON.parse(text))
  } catch {
    // What somebody else wrote there is no result.
    return null
  }
}

/** Compares log, database and branch, and keeps what came of it for `auditState`. */
export async function verifyAudit(room: AuditRoom): Promise<AuditReport> {
  const report = { ...reportOf(await verifyAll(room), nowSeconds(room.clock)), key: keyState(room.folder) }
  const { clean, verified_at, difference } = report
  const last: AuditState['last'] = {
    clean,
    verified_at,
    message: difference?.message ?? cleanSentence(report),
  }
  room.store.facts.set('last_audit', JSON.stringify(last))
  return report
}

const counted = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

/** Says in one line what was found to agree. */
export const cleanSentence = ({ log_rows, landed, commits, unsettled }: Omit<AuditReport, 'key'>): string =>
  `${counted(log_rows, 'log row')}, ${counted(landed, 'landed change')} and ${counted(commits, 'commit')} agree` +
  (unsettled === 0 ? '' : `; ${unsettled} landed meanwhile or not settled yet`)

export const exportAudit = (room: AuditRoom, options: ExportOptions): Promise<AuditExport> =>
  exportStatements(room, signingKey(room.folder), options)
