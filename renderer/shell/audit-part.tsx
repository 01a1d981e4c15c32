/** How the audit stands, always in sight, and the way to it. */
import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { cx } from '../ui/cx.ts'
import { Link } from '../ui/link.tsx'
import { absoluteTime, Time } from '../ui/time.tsx'
import { auditStanding } from '../views/settings/audit-words.ts'
import { useAudit } from '../views/settings/audit.tsx'
import styles from './status-bar.module.css'

export function AuditPart() {
  const { value, stale } = useAudit()
  if (value === undefined) return null
  const { tone, text } = auditStanding(value)
  const last = value.last === null ? 'never verified' : `verified ${absoluteTime(value.last.verified_at)}`
  return (
    <Link
      to="/settings?section=audit"
      className={cx(styles.audit, styles[`audit-${tone}`], stale !== null && styles.auditOld)}
      title={`${text}; ${last}`}
    >
      {tone === 'ok' ? <ShieldCheck size={14} aria-hidden /> : <ShieldAlert size={14} aria-hidden />}
      {text}
      {value.last !== null && <Time at={value.last.verified_at} />}
    </Link>
  )
}
