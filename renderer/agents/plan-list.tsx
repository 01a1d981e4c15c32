/** The assignments of a plan in short: what each is, its files, what it comes after. */
import type { RequestTree } from '../../schemas/view.ts'
import { InertLine, InertText } from '../ui/inert-text.tsx'
import { planFacts } from './plan-form.ts'
import styles from './plan.module.css'

/** The assignments in short, where nothing else of the request is on screen. */
export function PlanList({ assignments }: Pick<RequestTree, 'assignments'>) {
  return (
    <ol className={styles.list} aria-label="Assignments">
      {assignments.map(({ task_id, summary, file_targets, depends_on, document }) => (
        <li key={task_id}>
          <code>
            <InertLine text={task_id} />
          </code>
          <InertText text={summary} />
          <p className={styles.quiet}>
            <code>
              <InertLine text={file_targets.slice(0, 8).join('  ')} muted />
            </code>
            {file_targets.length > 8 && ` and ${file_targets.length - 8} more`}
          </p>
          <PlanFacts depends_on={depends_on} document={document} />
        </li>
      ))}
    </ol>
  )
}

/** "after REQ-1-1 · complexity 4" */
export function PlanFacts(node: Pick<RequestTree['assignments'][number], 'depends_on' | 'document'>) {
  const words = planFacts(node)
  if (words === null) return null
  return (
    <p className={styles.quiet}>
      <InertLine text={words} muted />
    </p>
  )
}
