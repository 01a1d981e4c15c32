/** A plan that waits: what it is, the word that lets it run, and the way to another one. */
import { useState } from 'react'
import type { RequestTree } from '../../schemas/view.ts'
import { useCommands } from '../state/commands.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button } from '../ui/button.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { useCosts } from './use-agents.ts'
import { inWindow } from './plan-draft.ts'
import { PlanList } from './plan-list.tsx'
import { WholePlanEditor } from './whole-plan.tsx'
import agents from './agents.module.css'

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
      {run.error !== null && <ErrorBanner failure={inWindow(run.error)} title="Not run" />}
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
      <HeldPlanActs tree={tree} onDone={onDone} keys />
      <PlanList assignments={tree.assignments} />
    </>
  )
}
