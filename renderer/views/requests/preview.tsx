/** The assignments a request would become, before anything is queued. */
import type { Failure } from '../../failure.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import styles from './requests.module.css'

export interface PreviewedAssignment {
  task_id: string
  summary: string
  file_targets: string[]
}

export interface PreviewState {
  assignments: readonly PreviewedAssignment[] | null
  /** Models split it once it is submitted: nothing is known before. */
  byModels: boolean
  failure: Failure | null
  loading: boolean
}

export const noPreview: PreviewState = { assignments: null, byModels: false, failure: null, loading: false }

export const BY_MODELS =
  'Agents with a model scope this and split it once it is submitted. Their brief, their questions and their plan then stand in the request, and you can change the plan there.'

export function Assignments({ assignments }: { assignments: readonly PreviewedAssignment[] }) {
  return (
    <ol className={styles.assignments}>
      {assignments.map((one) => (
        <li key={one.task_id} className={styles.assignment}>
          <code>
            <InertLine text={one.task_id} />
          </code>
          <InertText text={one.summary} />
          <ul className={styles.targets}>
            {one.file_targets.slice(0, 20).map((path) => (
              <li key={path}>
                <code>
                  <InertLine text={path} muted />
                </code>
              </li>
            ))}
            {one.file_targets.length > 20 && <li>and {one.file_targets.length - 20} more</li>}
          </ul>
        </li>
      ))}
    </ol>
  )
}

export function Preview({ state }: { state: PreviewState }) {
  const { assignments, byModels, failure, loading } = state
  return (
    <section className={styles.preview} aria-labelledby="preview-title" aria-busy={loading}>
      <h2 id="preview-title">
        What it becomes{' '}
        {assignments !== null && !byModels && (
          <span className={styles.quiet}>
            {assignments.length === 1 ? '1 assignment' : `${assignments.length} assignments`}
          </span>
        )}
      </h2>
      {failure !== null && <ErrorBanner failure={failure} />}
      {failure === null && assignments === null && !loading && (
        <p className={styles.quiet}>
          Once the form is complete, the assignments it will be split into stand here. Nothing is queued
          before you submit.
        </p>
      )}
      {assignments === null && loading && <Skeleton />}
      {failure === null && byModels && <p className={styles.quiet}>{BY_MODELS}</p>}
      {failure === null && assignments !== null && !byModels && <Assignments assignments={assignments} />}
    </section>
  )
}
