/** The latest cast and whether the Orchestrator would take it, from execution/next_task_context.json. */
import type { Home } from '../../../schemas/view.ts'
import type { Reading } from '../../state/hooks.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { Pane } from '../../ui/pane.tsx'
import { Time } from '../../ui/time.tsx'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

function approvalsIn({ approvals, recorded }: NonNullable<Home['cast']>): string {
  const claimed = approvals - recorded
  const parts = [
    ...(recorded > 0 ? [`${recorded} recorded`] : []),
    ...(claimed > 0 ? [`${claimed} claimed`] : []),
  ]
  return parts.length === 0 ? 'none' : parts.join(', ')
}

export function CastPane({ home, slot }: { home: Reading<Home>; slot: PaneSlot }) {
  const cast = home.value?.cast
  return (
    <Pane
      title="Cast builder status"
      reading={home}
      flush
      empty={
        cast === null ? (
          <EmptyState title="No cast yet" actions={<Link to="/cast-builder">About casts</Link>}>
            No <code>execution/next_task_context.json</code> is in this workspace.
          </EmptyState>
        ) : undefined
      }
      {...slot}
    >
      {cast !== null && cast !== undefined && (
        <dl className={styles.facts}>
          <dt>Request</dt>
          <dd>
            {cast.request_id === null ? (
              <span className={styles.dim}>none named</span>
            ) : (
              <Link to={`/request/${cast.request_id}`}>{inertLine(cast.request_id)}</Link>
            )}
          </dd>
          <dt>Intent</dt>
          <dd>
            {cast.intent === null ? <span className={styles.dim}>none given</span> : inertLine(cast.intent)}
          </dd>
          <dt>Complexity</dt>
          <dd>
            {cast.complexity === null ? (
              <span className={styles.dim}>no data</span>
            ) : (
              `${cast.complexity} of 10`
            )}
          </dd>
          <dt>Approvals</dt>
          <dd>{approvalsIn(cast)}</dd>
          <dt>Orchestrator</dt>
          <dd>
            {cast.accepted
              ? 'would accept it'
              : `would not accept it: ${inertLine(cast.why ?? 'no reason given')}`}
          </dd>
          {cast.generated_at !== null && (
            <>
              <dt>Written</dt>
              <dd>
                <Time at={cast.generated_at} />
              </dd>
            </>
          )}
        </dl>
      )}
    </Pane>
  )
}
