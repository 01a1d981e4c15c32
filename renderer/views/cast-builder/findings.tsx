/** What is wrong and what is worth knowing, each with the way to its field. */
import type { CastFinding } from '../../../schemas/cast-draft.ts'
import { cx } from '../../ui/cx.ts'
import { rootOf, spoken, useBuilder } from './builder.ts'
import styles from './cast-builder.module.css'

const SHOWN = 200

export function Findings({ findings, label }: { findings: readonly CastFinding[]; label: string }) {
  const { guide, jump } = useBuilder()
  const placeOf = (field: string): string =>
    guide.steps.flatMap(({ questions }) => questions).find((one) => one.field === rootOf(field))?.label ??
    spoken(field)
  if (findings.length === 0) return null
  return (
    <ul className={styles.findings} aria-label={label}>
      {findings.slice(0, SHOWN).map((finding, index) => (
        // The same may be found twice at a field.
        <li key={`${index} ${finding.field}`}>
          <button type="button" className={styles.finding} onClick={() => jump(finding.field)}>
            <span className={cx(styles.level, finding.level === 'error' ? styles.danger : styles.warn)}>
              {finding.level === 'error' ? 'Error' : 'Warning'}
            </span>
            <span>{spoken(finding.message)}</span>
            <span className={styles.quiet}>{placeOf(finding.field)}</span>
          </button>
        </li>
      ))}
      {findings.length > SHOWN && <li className={styles.quiet}>and {findings.length - SHOWN} more</li>}
    </ul>
  )
}
