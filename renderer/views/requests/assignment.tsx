/** One assignment of a request: what it is, what its agent does about it, and the change it became. */
import { useState } from 'react'
import type { ChangeSummary, RequestTree } from '../../../schemas/view.ts'
import { PlanFacts } from '../../agents/plan-list.tsx'
import { isRunning, lastSaid, spentOf, type RunView } from '../../agents/model.ts'
import { RunList } from '../../agents/run.tsx'
import { WideningForm } from '../../agents/widening.tsx'
import { hereWords, spentWords } from '../../agents/words.ts'
import { errorOf } from '../../change/reasons.ts'
import { pathOf } from '../../router.ts'
import { useAway, useStore } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { StatusPill } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { Fact, Lines } from './lines.tsx'
import { PlanEditor } from './plan-editor.tsx'
import { assignmentStanding, whyNotEdited } from './words.ts'
import styles from './tree.module.css'
import shared from './requests.module.css'

type AssignmentNode = RequestTree['assignments'][number]

function ChangeNode({ change }: { change: ChangeSummary }) {
  const live = useStore((state) => state.changes.get(change.id)) ?? change
  const error = errorOf(live)
  return (
    <div className={styles.node}>
      <div className={styles.line}>
        <StatusPill status={live.status} />
        <Link to={pathOf({ view: 'change', id: live.id })}>change {live.id}</Link>
        <span className={shared.quiet}>
          {live.path_count === 1 ? '1 path' : `${live.path_count} paths`}
          {live.landed_commit !== null && ` · ${live.landed_commit.slice(0, 10)}`}
          {live.waiting && ' · waits for another'}
        </span>
        <Time at={live.updated_at} />
      </div>
      {error !== null && live.status !== 'applied' && (
        <div className={styles.problem} data-status={live.status}>
          <InertText text={error} />
          {(live.status === 'failed' || live.status === 'held' || live.status === 'conflict') && (
            <Link to={`/inbox?item=${live.status}-${live.id}`}>Decide in the Inbox</Link>
          )}
        </div>
      )}
    </div>
  )
}

/** "Change 12 is open on its files": what was under way when it was planned. */
function InFlight({ ids }: { ids: readonly number[] }) {
  if (ids.length === 0) return null
  return (
    <p className={styles.note}>
      {ids.length === 1 ? 'Change ' : 'Changes '}
      {ids.slice(0, 8).map((id, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <Link to={pathOf({ view: 'change', id })}>{id}</Link>
        </span>
      ))}
      {ids.length > 8 && ` and ${ids.length - 8} more`} {ids.length === 1 ? 'was' : 'were'} open on its files
      when it was planned.
    </p>
  )
}

export function AssignmentItem({
  node,
  request,
  held,
  widenings,
  views,
  most,
  currency,
  onDone,
}: {
  node: AssignmentNode
  request: RequestTree['request']
  /** Whether the whole plan waits, and is edited whole. */
  held: boolean
  widenings: RequestTree['widenings']
  views: readonly RunView[]
  /** How many repairs are allowed; null where that is not known. */
  most: number | null
  currency: string
  onDone: () => void
}) {
  const [open, setOpen] = useState(false)
  const [editing, setEditing] = useState(false)
  const away = useAway()
  const atWork = views.some(isRunning)
  const { label, tone } = atWork
    ? { label: 'Being drafted', tone: 'accent' as const }
    : assignmentStanding(node)
  const last = views.at(-1)?.run
  // Its last run says it right below, or one that is at work may mend it.
  const isTold =
    atWork ||
    (last?.status === 'failed' && last.detail !== null && node.error?.endsWith(last.detail) === true)
  const spent = spentWords(views.length > 0 ? spentOf(views) : node.spent, currency)
  const asked = widenings.filter(({ task_id }) => task_id === node.task_id)
  const undecided = node.status === 'asks' ? asked.filter(({ decision }) => decision === null) : []
  const decided = asked.flatMap(({ decision, wanted, decided_by }) =>
    decision === null
      ? []
      : [
          `${wanted.map(({ path }) => path).join(', ')} — ${decision}${decided_by === null ? '' : ` by ${decided_by}`}`,
        ],
  )
  return (
    <li className={styles.branch}>
      <div className={styles.node}>
        <div className={styles.line}>
          <code className={styles.name}>
            <InertLine text={node.task_id} />
          </code>
          {node.change === null && <span className={cx(shared[tone], styles.standing)}>{label}</span>}
          <span className={cx(shared.quiet, styles.about)}>
            by <InertLine text={node.agent} />
            {last !== undefined && last.harness !== 'stub' && (
              <>
                {' · '}
                <InertLine text={last.model} />
              </>
            )}
            {spent !== null && ` · ${spent}`}
          </span>
          <span className={styles.buttons}>
            <Button size="small" kind="ghost" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'Less' : 'Instructions'}
            </Button>
            {node.change === null && !held && (
              <Button
                size="small"
                kind="ghost"
                reason={away ?? whyNotEdited(node.status, request, atWork)}
                aria-label={`Edit plan of ${node.task_id}`}
                onClick={() => setEditing(true)}
              >
                Edit plan
              </Button>
            )}
          </span>
        </div>
        <InertText text={node.summary} />
        <p className={shared.quiet}>
          <code>
            <InertLine text={node.file_targets.slice(0, 8).join('  ')} muted />
          </code>
          {node.file_targets.length > 8 && ` and ${node.file_targets.length - 8} more`}
        </p>
        <PlanFacts depends_on={node.depends_on} document={node.document} />
        {node.sent_back !== null && (
          <div className={cx(styles.problem, styles.warned)} role="group" aria-label="Why it was sent back">
            <strong>Sent back:</strong>
            <InertText text={node.sent_back} />
          </div>
        )}
        {open && (
          <dl className={styles.facts}>
            <Lines title="Instructions" lines={node.instructions} />
            <Lines title="Done when" lines={node.acceptance_criteria} />
            <Lines title="After" lines={node.depends_on} />
            <Lines title="May change" lines={node.file_targets} />
            <Lines title="Asked for" lines={decided} />
            {node.instructions.length + node.acceptance_criteria.length === 0 && (
              <Fact title="Instructions">
                <span className={shared.quiet}>none beyond the sentence above</span>
              </Fact>
            )}
          </dl>
        )}
        <InFlight ids={node.in_flight} />
        {node.error !== null && undecided.length === 0 && !isTold && (
          <div className={styles.problem} role="group" aria-label={`Error of ${node.task_id}`}>
            <InertText text={hereWords(node.error)} />
          </div>
        )}
        {undecided.map((widening) => (
          <WideningForm
            key={widening.id}
            widening={widening}
            targets={node.file_targets}
            said={lastSaid(views)}
            onDone={onDone}
          />
        ))}
      </div>
      {views.length > 0 && (
        <div className={styles.twig}>
          <div className={styles.node}>
            <RunList views={views} most={most} label={`Runs of ${node.task_id}`} />
          </div>
        </div>
      )}
      {node.change !== null && (
        <div className={styles.twig}>
          <ChangeNode change={node.change} />
        </div>
      )}
      {editing && <PlanEditor node={node} onClose={() => setEditing(false)} onDone={onDone} />}
    </li>
  )
}
