/** One task request as a tree: what was asked, how it was understood, its assignments, the change of each. */
import { useState, type ReactNode } from 'react'
import type { Brief } from '../../../schemas/brief.ts'
import type { ChangeSummary, RequestTree } from '../../../schemas/view.ts'
import { errorOf } from '../../change/reasons.ts'
import { pathOf } from '../../router.ts'
import { useAct, useRead, useStore } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertHeading, InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { StatusPill } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { Counts } from './counts.tsx'
import { ASSIGNMENT, standingOf, whyNotAgain } from './words.ts'
import styles from './tree.module.css'
import shared from './requests.module.css'

const AGENTS = 3

type AssignmentNode = RequestTree['assignments'][number]
type Text = string | null

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
const textOf = (value: unknown): Text => (typeof value === 'string' && value !== '' ? value : null)

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null
  return (
    <div className={styles.lines}>
      <dt>{title}</dt>
      <dd>
        <ul>
          {lines.map((line, index) => (
            <li key={index}>
              <InertText text={line} />
            </li>
          ))}
        </ul>
      </dd>
    </div>
  )
}

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
        <div className={styles.problem}>
          <InertText text={error} />
          {(live.status === 'failed' || live.status === 'held' || live.status === 'conflict') && (
            <Link to={`/inbox?item=${live.status}-${live.id}`}>Decide in the Inbox</Link>
          )}
        </div>
      )}
    </div>
  )
}

function AssignmentItem({ node }: { node: AssignmentNode }) {
  const [open, setOpen] = useState(false)
  const { label, tone } = ASSIGNMENT[node.status]
  const more = node.instructions.length > 0 || node.depends_on.length > 0
  return (
    <li className={styles.branch}>
      <div className={styles.node}>
        <div className={styles.line}>
          <code className={styles.name}>
            <InertLine text={node.task_id} />
          </code>
          {node.change === null && <span className={cx(shared[tone], styles.standing)}>{label}</span>}
          <span className={shared.quiet}>
            by <InertLine text={node.agent} />
          </span>
          {more && (
            <Button size="small" kind="ghost" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'Less' : 'Instructions'}
            </Button>
          )}
        </div>
        <InertText text={node.summary} />
        <p className={shared.quiet}>
          <code>
            <InertLine text={node.file_targets.slice(0, 8).join('  ')} muted />
          </code>
          {node.file_targets.length > 8 && ` and ${node.file_targets.length - 8} more`}
        </p>
        {open && (
          <dl className={styles.facts}>
            <Lines title="Instructions" lines={node.instructions} />
            <Lines title="After" lines={node.depends_on} />
          </dl>
        )}
        {node.error !== null && (
          <div className={styles.problem} role="group" aria-label={`Error of ${node.task_id}`}>
            <InertText text={node.error} />
          </div>
        )}
      </div>
      {node.change !== null && (
        <div className={styles.twig}>
          <ChangeNode change={node.change} />
        </div>
      )}
    </li>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.part}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function BriefPart({ brief }: { brief: NonNullable<RequestTree['brief']> }) {
  const { intent, acceptance_criteria, complexity, risks, questions } = brief as Partial<Brief>
  const open = Array.isArray(questions) ? questions : []
  return (
    <Part title="Brief">
      {textOf(intent) !== null && <InertText text={textOf(intent) ?? ''} />}
      <dl className={styles.facts}>
        <Lines title="Done when" lines={listOf(acceptance_criteria)} />
        <Lines title="Risks" lines={listOf(risks)} />
        <Lines
          title="Questions"
          lines={open.map(({ text, answer }) => (answer === null ? text : `${text} — ${answer}`))}
        />
        {typeof complexity === 'number' && <Lines title="Complexity" lines={[`${complexity} of 10`]} />}
      </dl>
    </Part>
  )
}

function Tree({ tree }: { tree: RequestTree }) {
  const { payload, brief, assignments } = tree
  const checks = Array.isArray(payload['checks'])
    ? payload['checks'].map((one: unknown) =>
        typeof one === 'string' ? one : String((one as { run?: unknown } | null)?.run ?? ''),
      )
    : []
  const wanted = Array.isArray(payload['requested_changes'])
    ? payload['requested_changes'].flatMap((one: unknown) => {
        const { path, summary } = (one ?? {}) as Record<string, unknown>
        return typeof path === 'string' ? [`${path}: ${textOf(summary) ?? ''}`] : []
      })
    : []
  return (
    <div className={styles.tree}>
      <Part title="Request">
        <dl className={styles.facts}>
          <Lines title="Changes wanted" lines={wanted} />
          <Lines title="Context" lines={[textOf(payload['context']) ?? ''].filter((text) => text !== '')} />
          <Lines title="Done when" lines={listOf(payload['acceptance_criteria'])} />
          <Lines title="Checks" lines={checks} />
        </dl>
      </Part>
      {brief === null ? (
        <Part title="Brief">
          <p className={shared.quiet}>Not made yet.</p>
        </Part>
      ) : (
        <BriefPart brief={brief} />
      )}
      <Part title={assignments.length === 1 ? '1 assignment' : `${assignments.length} assignments`}>
        {assignments.length === 0 ? (
          <p className={shared.quiet}>The request is not split yet.</p>
        ) : (
          <ol className={styles.branches}>
            {assignments.map((node) => (
              <AssignmentItem key={node.task_id} node={node} />
            ))}
          </ol>
        )}
      </Part>
    </div>
  )
}

export function RequestView({ id }: { id: string }) {
  const reading = useRead<RequestTree>(
    `request:${id}`,
    (api, signal) => api.requests.show({ request_id: id }, { signal }),
    {
      on: (turn) => turn.requests.includes(id) || turn.changes.some(({ request_id }) => request_id === id),
    },
  )
  const offline = useStore(({ connection }) => connection.state !== 'online')
  const again = useAct(
    (api, document: unknown) => api.requests.submit({ source: id, document, model: null, agents: AGENTS }),
    {
      done: ({ enqueued, failed }) => {
        tellDone(`${enqueued.length} queued${failed.length === 0 ? '' : `, ${failed.length} failed again`}`)
        reading.reload()
      },
    },
  )
  const tree = reading.value
  const standing = tree === undefined ? null : standingOf(tree.request)
  return (
    <div className={shared.view}>
      <header className={shared.head}>
        {/* The bar above names the request. */}
        <h1 className="unseen">
          <InertLine text={id} />
        </h1>
        {standing !== null && (
          <span className={cx(shared[standing.tone], styles.standing)}>{standing.label}</span>
        )}
        {tree !== undefined && <Counts counts={tree.request.changes} />}
        {reading.stale !== null && tree !== undefined && <StaleNote since={reading.stale} />}
        <span className={shared.spring} />
        {tree !== undefined && (
          <Button
            reason={whyNotAgain(tree.request, offline)}
            busy={again.busy}
            onClick={() => void again.run(tree.payload)}
          >
            Go on
          </Button>
        )}
      </header>
      <div className={cx(shared.body, reading.stale !== null && shared.grey)}>
        {tree === undefined && reading.error === null && <Skeleton lines={6} />}
        {tree === undefined && reading.error?.code === 'no_such_request' && (
          <EmptyState title="There is no such request" actions={<Link to="/requests">All requests</Link>}>
            <p>It may belong to another workspace.</p>
          </EmptyState>
        )}
        {reading.error !== null && tree === undefined && reading.error.code !== 'no_such_request' && (
          <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
        )}
        {again.error !== null && <ErrorBanner failure={again.error} title="It did not go on" />}
        {tree !== undefined && (
          <>
            <div className={styles.summary}>
              <InertHeading text={tree.request.summary} />
              <p className={shared.quiet}>
                {tree.request.priority} priority · asked <Time at={tree.request.created_at} />
              </p>
              {tree.request.error !== null && (
                <div className={styles.problem}>
                  <InertText text={tree.request.error} />
                </div>
              )}
            </div>
            <Tree tree={tree} />
          </>
        )}
      </div>
    </div>
  )
}
