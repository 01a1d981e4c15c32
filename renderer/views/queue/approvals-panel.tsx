/** Decisions that were recorded here, apart from approvals the payload merely claims. */
import type { ChangeDetail } from '../../../schemas/view.ts'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { absoluteTime, spellMs, Time } from '../../ui/time.tsx'
import styles from './inspector.module.css'

const claimedAt = (at: number | string): string => (typeof at === 'number' ? absoluteTime(at) : at)

export function ApprovalsPanel({ detail }: { detail: ChangeDetail }) {
  const claims = detail.payload.metadata?.approvals ?? []
  return (
    <div className={styles.panel}>
      <h3 className={styles.section}>Recorded decisions</h3>
      {detail.approvals.length === 0 && (
        <p className={styles.muted}>None. Only what is recorded here counts for policy.</p>
      )}
      <ul>
        {detail.approvals.map((one) => (
          <li key={one.id} className={styles.entry}>
            <p className={styles.entryHead}>
              <span className={one.decision === 'approved' ? styles['ink-ok'] : styles['ink-danger']}>
                {one.decision}
              </span>
              <span className={styles.grow}>
                <InertLine text={one.role === null ? one.approver : `${one.approver}, ${one.role}`} />
              </span>
              {one.latency_ms !== null && (
                <span className={styles.muted}>after {spellMs(one.latency_ms)}</span>
              )}
              <Time at={one.created_at} />
            </p>
            {one.note !== null && <InertText text={one.note} />}
            {one.location !== null && <InertText text={one.location} code />}
            {detail.content_hash !== null && one.content_hash !== detail.content_hash && (
              <p className={styles['ink-warn']}>Void: the content changed since.</p>
            )}
          </li>
        ))}
      </ul>
      <h3 className={styles.section}>Claimed by whoever submitted it</h3>
      {claims.length === 0 ? (
        <p className={styles.muted}>None.</p>
      ) : (
        <>
          <p className={styles.small}>These never satisfy policy; they are shown as what they are: claims.</p>
          <ul>
            {claims.map((one, index) => (
              <li key={index} className={styles.entry}>
                <p className={styles.entryHead}>
                  <span className={styles.muted}>claimed</span>
                  <span className={styles.grow}>
                    <InertLine
                      text={one.role === undefined ? one.approver : `${one.approver}, ${one.role}`}
                    />
                  </span>
                  <InertLine text={claimedAt(one.approved_at)} muted />
                </p>
                {one.note !== undefined && <InertText text={one.note} />}
                {one.payload_hash !== undefined && one.payload_hash !== detail.payload_hash && (
                  <p className={styles['ink-warn']}>It names another content than this.</p>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
