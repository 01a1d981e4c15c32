/** The steps of a request down one line: what was asked, how it was understood, what it was split into. */
import { useMemo, type ReactNode } from 'react'
import type { Brief } from '../../../schemas/brief.ts'
import type { RequestTree } from '../../../schemas/view.ts'
import { isWaiting, settledOf, settledWords } from '../../agents/answers.ts'
import { HeldPlanActs } from '../../agents/held-plan.tsx'
import { LeftPlan } from '../../agents/left-plan.tsx'
import { isRunning, NO_RUNS, runsByTask, runsOfRole, type RunView, type Runs } from '../../agents/model.ts'
import { QuestionsForm } from '../../agents/questions.tsx'
import { RunList } from '../../agents/run.tsx'
import { InertText } from '../../ui/inert-text.tsx'
import { AssignmentItem } from './assignment.tsx'
import { Lines } from './lines.tsx'
import styles from './tree.module.css'
import shared from './requests.module.css'

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.part}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function RequestPart({ payload }: Pick<RequestTree, 'payload'>) {
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
    <Part title="Request">
      <dl className={styles.facts}>
        <Lines title="Changes wanted" lines={wanted} />
        <Lines title="Context" lines={[textOf(payload['context']) ?? ''].filter((text) => text !== '')} />
        <Lines title="Done when" lines={listOf(payload['acceptance_criteria'])} />
        <Lines title="Checks" lines={checks} />
      </dl>
    </Part>
  )
}

function Briefed({ tree }: { tree: RequestTree }) {
  const { brief, questions, assignments } = tree
  const { intent, acceptance_criteria, complexity, risks } = (brief ?? {}) as Partial<Brief>
  // What blocked nothing and was open when it was split was never waited for.
  const settled = assignments.length > 0 ? questions : settledOf(questions)
  return (
    <>
      {textOf(intent) !== null && <InertText text={textOf(intent) ?? ''} />}
      <dl className={styles.facts}>
        <Lines title="Done when" lines={listOf(acceptance_criteria)} />
        <Lines title="Risks" lines={listOf(risks)} />
        <Lines title="Questions" lines={settled.map(settledWords)} />
        {typeof complexity === 'number' && <Lines title="Complexity" lines={[`${complexity} of 10`]} />}
      </dl>
    </>
  )
}

const missing = (views: readonly RunView[], otherwise: string): string =>
  views.some(isRunning) ? 'It is being written.' : otherwise

const assignmentsTitle = (n: number): string =>
  n === 0 ? 'Assignments' : n === 1 ? '1 assignment' : `${n} assignments`

const NO_VIEWS: readonly RunView[] = []

export interface TreeProps {
  tree: RequestTree
  runs: Runs | null
  /** How many repairs are allowed; null where that is not known. */
  most: number | null
  currency: string
  /** After an act: the tree is read again. */
  onDone: () => void
}

export function Tree({ tree, runs, most, currency, onDone }: TreeProps) {
  const { payload, brief, assignments, questions, widenings } = tree
  const known = runs ?? NO_RUNS
  const engineer = useMemo(() => runsOfRole(known, 'engineer'), [known])
  const orchestrator = useMemo(() => runsOfRole(known, 'orchestrator'), [known])
  const byTask = useMemo(() => runsByTask(known), [known])
  const held = tree.request.plan_held
  // Once it is split, an answer would change nothing any more.
  const asks = assignments.length === 0 && isWaiting(questions) && tree.request.status === 'needs_answer'
  return (
    <div className={styles.tree}>
      <RequestPart payload={payload} />
      <Part title="Brief">
        <RunList views={engineer} most={most} label="Runs of the Engineer" />
        {brief === null ? (
          <p className={shared.quiet}>{missing(engineer, 'Not made yet.')}</p>
        ) : (
          <>
            {engineer.some(isRunning) && <p className={shared.quiet}>It is being written anew.</p>}
            <Briefed tree={tree} />
          </>
        )}
        {asks && (
          <div className={styles.asks} role="group" aria-label="Questions">
            <QuestionsForm tree={tree} onDone={onDone} />
          </div>
        )}
      </Part>
      <Part title={assignmentsTitle(assignments.length)}>
        <RunList views={orchestrator} most={most} label="Runs of the Orchestrator" />
        {held && <HeldPlanActs tree={tree} onDone={onDone} />}
        {!held && <LeftPlan tree={tree} />}
        {assignments.length === 0 ? (
          <p className={shared.quiet}>{missing(orchestrator, 'The request is not split yet.')}</p>
        ) : (
          <ol className={styles.branches}>
            {assignments.map((node) => (
              <AssignmentItem
                held={held}
                key={node.task_id}
                node={node}
                request={tree.request}
                widenings={widenings}
                views={byTask.get(node.task_id) ?? NO_VIEWS}
                most={most}
                currency={currency}
                onDone={onDone}
              />
            ))}
          </ol>
        )}
      </Part>
    </div>
  )
}
