/** What an agent asks: the Engineer's questions about a request, or files beyond an assignment's own. */
import { lazy, Suspense } from 'react'
import type { InboxItem, RequestTree } from '../../../schemas/view.ts'
import { isWaiting } from '../../agents/answers.ts'
import { lastSaid, NO_RUNS, runsByTask } from '../../agents/model.ts'
import { QuestionsForm } from '../../agents/questions.tsx'
import { useAgentRuns } from '../../agents/use-agents.ts'
import { useWiden, WideningButtons, WideningFacts } from '../../agents/widening.tsx'
import { explain } from '../../change/reasons.ts'
import { useCommands } from '../../state/commands.ts'
import { useAway, useRead, type Reading } from '../../state/hooks.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertHeading, InertLine, InertText } from '../../ui/inert-text.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { Time } from '../../ui/time.tsx'
import { Crumbs } from './decision.tsx'
import styles from './inbox.module.css'

interface Props {
  item: InboxItem
  /** After an act: the list is read again and the next item shown. */
  onDone: () => void
}

/** Shared with the request's own view. */
const useTree = (id: string): Reading<RequestTree> =>
  useRead(`request:${id}`, (api, signal) => api.requests.show({ request_id: id }, { signal }), {
    on: (turn) => turn.requests.includes(id),
  })

const HeldPlan = lazy(() => import('../../agents/held-plan.tsx'))

const Over = () => <p className={styles.quiet}>It was decided meanwhile.</p>

function Questions({ tree, onDone }: { tree: RequestTree; onDone: () => void }) {
  if (!isWaiting(tree.questions)) return <Over />
  return <QuestionsForm tree={tree} onDone={onDone} keys />
}

function Widening({ tree, id, onDone }: { tree: RequestTree; id: number; onDone: () => void }) {
  const widening = tree.widenings.find((one) => one.id === id)
  const task = widening?.task_id ?? ''
  const node = tree.assignments.find(({ task_id }) => task_id === task)
  const runs = useAgentRuns(tree.request.request_id) ?? NO_RUNS
  const away = useAway()
  const act = useWiden(id, task, onDone)
  const off = away ?? (widening?.decision === null ? null : 'It was decided meanwhile')
  useCommands([
    { id: 'inbox-grant', label: 'Grant the files', group: 'Decision', keys: 'a', reason: off, run: () => void act.run('granted') },
    { id: 'inbox-without', label: 'Have it do without', group: 'Decision', keys: 'd', reason: off, run: () => void act.run('refused') },
  ]) // prettier-ignore
  if (widening === undefined || widening.decision !== null) return <Over />
  return (
    <>
      {node !== undefined && (
        <div className={styles.said}>
          <InertText text={node.summary} />
        </div>
      )}
      <WideningFacts
        widening={widening}
        targets={node?.file_targets ?? []}
        said={lastSaid(runsByTask(runs).get(task) ?? [])}
      />
      <WideningButtons act={act} keys />
    </>
  )
}

function Plan({ tree, onDone }: { tree: RequestTree; onDone: () => void }) {
  if (!tree.request.plan_held) return <Over />
  return (
    <Suspense fallback={<Skeleton lines={4} />}>
      <HeldPlan tree={tree} onDone={onDone} />
    </Suspense>
  )
}

const SAYS: Readonly<Record<string, { label: string; head: string }>> = {
  widening: { label: 'Decision: grant files, do without', head: 'What it asks for' },
  plan: { label: 'Decision: run the plan, edit it', head: 'What is planned' },
}
const ASKS = { label: 'Decision: answer', head: 'What it asks' }

export function QuestionDecision({ item, onDone }: Props) {
  const id = item.request_id ?? ''
  const reading = useTree(id)
  const tree = reading.value
  const said = explain(item)
  const says = SAYS[item.code ?? ''] ?? ASKS
  const done = (): void => {
    reading.reload()
    onDone()
  }
  return (
    <article className={styles.decision} aria-label={says.label}>
      <header className={styles.title}>
        <Crumbs item={item} />
        <h2>
          <InertHeading text={item.title} />
        </h2>
        <p className={styles.facts}>
          {item.agent !== null && (
            <span>
              {item.code === 'plan' ? 'made' : 'asked'} by <InertLine text={item.agent} />
            </span>
          )}
          {item.since !== null && <Time at={item.since} />}
        </p>
      </header>
      <section className={styles.why}>
        <h3>{says.head}</h3>
        <p>{said.why}</p>
        <p className={styles.helps}>{said.helps}</p>
        {tree === undefined && reading.error !== null && (
          <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
        )}
        {tree === undefined && reading.error === null && <Skeleton lines={4} />}
        {tree !== undefined &&
          (item.code === 'plan' ? (
            <Plan tree={tree} onDone={done} />
          ) : item.code === 'widening' ? (
            <Widening tree={tree} id={Number(item.key.replace(/^widening-/, ''))} onDone={done} />
          ) : (
            <Questions tree={tree} onDone={done} />
          ))}
      </section>
    </article>
  )
}
