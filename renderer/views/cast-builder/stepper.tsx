/** The five steps, any of them reachable at any time, each with what is wrong in it. */
import type { CastStep } from '../../../schemas/cast-draft.ts'
import { cx } from '../../ui/cx.ts'
import { Link } from '../../ui/link.tsx'
import { plural, useBuilder, useExamination, useUi } from './builder.ts'
import styles from './cast-builder.module.css'

export function Stepper({ step, to }: { step: CastStep; to: (step: CastStep) => string }) {
  const { guide, go } = useBuilder()
  const states = useExamination((examination) => examination?.steps)
  const file = useExamination((examination) => examination?.file?.state)
  const tried = useUi((ui) => ui.tried)
  const all = states?.reduce((sum, { errors }) => sum + errors, 0) ?? 0
  const rest = (id: CastStep): string => {
    if (id !== 'review') return 'nothing wrong'
    return all > 0 ? 'waits for the others' : file === 'same' ? 'written' : 'ready to be written'
  }
  return (
    <nav aria-label="Steps" className={styles.steps}>
      <ol>
        {guide.steps.map(({ id, title }, index) => {
          const { errors = 0, warnings = 0 } = states?.find((one) => one.id === id) ?? {}
          return (
            <li key={id}>
              <Link
                to={to(id)}
                className={cx(styles.step, id === step && styles.current)}
                aria-current={id === step ? 'step' : undefined}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
                  event.preventDefault()
                  go(id)
                }}
              >
                <span className={styles.stepNumber} aria-hidden>
                  {index + 1}
                </span>
                <span className={styles.stepTitle}>{title}</span>
                <span className={styles.stepSays}>
                  {errors > 0 && (
                    <span className={tried.has(id) ? styles.danger : styles.quiet}>
                      {tried.has(id) ? plural(errors, 'error') : `${errors} to fill in`}
                    </span>
                  )}
                  {warnings > 0 && <span className={styles.warn}>{plural(warnings, 'warning')}</span>}
                  {errors === 0 && warnings === 0 && states !== undefined && (
                    <span className={id === 'review' && all > 0 ? styles.quiet : styles.ok}>{rest(id)}</span>
                  )}
                </span>
              </Link>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
