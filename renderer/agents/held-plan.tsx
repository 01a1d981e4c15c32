/** A plan that waits: what it is, the word that lets it run, and the way to another one. */
import { useState } from 'react'
import type { RequestTree } from '../../schemas/view.ts'
import { useCommands } from '../state/commands.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button } from '../ui/button.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { InertLine, InertText } from '../ui/inert-text.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { useCosts } from './use-agents.ts'
import { planFacts } from './plan-form.ts'
import { WholePlanEditor } from './whole-plan.tsx'
import agents from './agents.module.css'
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

export function HeldPlanActs({
  tree,
  onDone,
  keys = false,
}: {
  tree: RequestTree
  onDone: () => void
  /** Whether keys of the window lead here, as they do in the Inbox. */
  keys?: boolean
}) {
  const id = tree.request.request_id
  const [editing, setEditing] = useState(false)
  const away = useAway()
  const stopped = useCosts()?.stopped === true
  const run = useAct((api) => api.agents.runPlan({ request_id: id, plan: tree.plan }), {
    done: () => {
      tellDone(`${id} goes on: its plan runs`)
      onDone()
    },
  })
  const off = away ?? (stopped ? 'All agents are stopped; resume first' : null)
  const go = (): void => {
    if (off === null) void run.run(undefined)
  }
  useCommands([
    { id: 'plan-run', label: 'Run the plan', group: 'Plan', reason: off, run: go, ...(keys ? { keys: 'a' } : {}) },
    { id: 'plan-edit', label: 'Edit the plan', group: 'Plan', reason: away, run: () => setEditing(true), ...(keys ? { keys: 'p' } : {}) },
  ]) // prettier-ignore
  return (
    <div className={agents.ask} role="group" aria-label="Held plan">
      <p>The plan waits for you: no Developer starts before you run it.</p>
      {run.error !== null && <ErrorBanner failure={run.error} title="Not run" />}
      <div className={agents.buttons}>
        <Button
          kind="primary"
          reason={off}
          busy={run.busy}
          keys={keys ? <Kbd keys="a" /> : undefined}
          onClick={go}
        >
          Run the plan
        </Button>
        <Button reason={away} keys={keys ? <Kbd keys="p" /> : undefined} onClick={() => setEditing(true)}>
          Edit the plan
        </Button>
      </div>
      {editing && <WholePlanEditor tree={tree} onClose={() => setEditing(false)} onDone={onDone} />}
    </div>
  )
}

/** All of it in the Inbox. */
export default function HeldPlan({ tree, onDone }: { tree: RequestTree; onDone: () => void }) {
  return (
    <>
      <PlanList assignments={tree.assignments} />
      <HeldPlanActs tree={tree} onDone={onDone} keys />
    </>
  )
}
