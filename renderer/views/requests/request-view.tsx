/** One task request as a tree: what was asked, how it was understood, its assignments, what agents do, each change. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { RequestTree } from '../../../schemas/view.ts'
import { isRunning, spentOf, type Runs } from '../../agents/model.ts'
import { StopAgentsButton, StoppedNote } from '../../agents/stop.tsx'
import { useAgentRuns, useCosts } from '../../agents/use-agents.ts'
import { hereWords, leftWords, runsWords, spentWords } from '../../agents/words.ts'
import { useCommands } from '../../state/commands.ts'
import { useAct, useRead, useStore, type Reading } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { focusQuietly } from '../../ui/focus.ts'
import { Confirm } from '../../ui/dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertHeading, InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { Time } from '../../ui/time.tsx'
import { Counts } from './counts.tsx'
import { Tree } from './tree.tsx'
import { standingOf, whyNotAgain, whyNotWithdrawn } from './words.ts'
import styles from './tree.module.css'
import shared from './requests.module.css'

/** What stands of each run, so that what they changed is read again: their words change nothing of the tree. */
const standingOfRuns = (runs: Runs | null): string =>
  [...(runs?.values() ?? [])].map(({ run }) => `${run.id} ${run.status}`).join()

/** Of the settings, what the tree speaks of; null where it is not known. */
function useMostRepairs(): number | null {
  const reading = useRead('system.settings', (api, signal) => api.system.settings({}, { signal }))
  const value = reading.value?.values.find(({ key }) => key === 'agents.maxRepairs')?.value
  return typeof value === 'number' ? value : null
}

function Withdraw({ id, running, onClose }: { id: string; running: number; onClose: () => void }) {
  const withdraw = useAct((api) => api.agents.withdraw({ request_id: id }), {
    done: ({ runs }) => {
      tellDone(runs === 0 ? `${id} is withdrawn` : `${id} is withdrawn; ${runsWords(runs)} being ended`)
      onClose()
    },
  })
  return (
    <Confirm
      open
      onClose={onClose}
      onConfirm={() => void withdraw.run(undefined)}
      title={`Withdraw ${id}?`}
      verb="Withdraw request"
      busy={withdraw.busy}
    >
      <p>
        {running > 0 && `${running === 1 ? 'The run' : `The ${running} runs`} at work on it will be ended. `}
        What is not queued yet is cancelled; changes that are queued stay, and nothing that landed is touched.
        Its name cannot be used again.
      </p>
      {withdraw.error !== null && <ErrorBanner failure={withdraw.error} title="Not withdrawn" />}
    </Confirm>
  )
}

function Acts({ reading, running }: { reading: Reading<RequestTree>; running: number }) {
  const [asking, setAsking] = useState(false)
  const offline = useStore(({ connection }) => connection.state !== 'online')
  const tree = reading.value
  const id = tree?.request.request_id ?? ''
  const goOn = useAct((api, of: string) => api.agents.goOn({ request_id: of }), {
    notice: 'It does not go on',
    done: () => {
      tellDone(`${id} goes on`)
      reading.reload()
    },
  })
  const stopped = useCosts()?.stopped === true
  const notAgain =
    tree === undefined
      ? 'It is being read'
      : (whyNotAgain(tree.request, offline, running > 0) ??
        (stopped ? 'All agents are stopped; resume first' : null))
  const notWithdrawn = tree === undefined ? 'It is being read' : whyNotWithdrawn(tree.request, offline)
  useCommands([
    { id: 'request-go-on', label: 'Go on with this request', group: 'Request', reason: notAgain, run: () => void goOn.run(id) },
    { id: 'request-withdraw', label: 'Withdraw this request', group: 'Request', reason: notWithdrawn, run: () => setAsking(true) },
  ]) // prettier-ignore
  if (tree === undefined) return null
  return (
    <span className={styles.acts}>
      {running > 0 && <StopAgentsButton />}
      <Button reason={notWithdrawn} onClick={() => setAsking(true)}>
        Withdraw request
      </Button>
      <Button reason={notAgain} busy={goOn.busy} onClick={() => void goOn.run(id)}>
        Go on
      </Button>
      {asking && (
        <Withdraw
          id={id}
          running={running}
          onClose={() => {
            setAsking(false)
            reading.reload()
          }}
        />
      )}
    </span>
  )
}

/** Cost so far, and what is left of the budget. */
function Spent({ tree, runs }: { tree: RequestTree; runs: Runs | null }) {
  const costs = useCosts()
  // What runs say of themselves is newer than the tree.
  const spent = useMemo(
    () => (runs === null || runs.size === 0 ? tree.spent : spentOf(runs.values())),
    [runs, tree.spent],
  )
  const currency = costs?.currency ?? ''
  const words = spentWords(spent, currency)
  const left = leftWords(costs?.per_request_nano ?? null, spent, currency)
  if (words === null && left === null) return null
  return (
    <span className={shared.quiet} role="group" aria-label="Cost so far">
      {words === null ? 'no model was asked' : words}
      {left !== null && ` · ${left}`}
    </span>
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
  const runs = useAgentRuns(id)
  const most = useMostRepairs()
  const costs = useCosts()
  const currency = costs?.currency ?? ''
  const stopped = costs?.stopped === true
  const { reload } = reading
  const stand = standingOfRuns(runs)
  const seen = useRef(stand)
  useEffect(() => {
    if (seen.current === stand) return
    seen.current = stand
    reload()
  }, [stand, reload])
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // What led here (the form, a link) is gone, and the keyboard with it.
    if (document.activeElement === document.body) focusQuietly(title.current)
  }, [id])
  const running = [...(runs?.values() ?? [])].filter(isRunning).length
  const tree = reading.value
  const standing = tree === undefined ? null : standingOf(tree.request, stopped && running === 0)
  return (
    <div className={shared.view}>
      <header className={shared.head}>
        {/* The bar above names the request. */}
        <h1 ref={title} tabIndex={-1} className="unseen">
          <InertLine text={id} />
        </h1>
        {standing !== null && (
          <span className={cx(shared[standing.tone], styles.standing)}>{standing.label}</span>
        )}
        {tree !== undefined && Object.values(tree.request.changes).some((n) => n > 0) && (
          <Counts counts={tree.request.changes} />
        )}
        {tree !== undefined && <Spent tree={tree} runs={runs} />}
        {reading.stale !== null && tree !== undefined && <StaleNote since={reading.stale} />}
        <span className={shared.spring} />
        <Acts reading={reading} running={running} />
      </header>
      <StoppedNote />
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
        {tree !== undefined && (
          <>
            <div className={styles.summary}>
              <InertHeading text={tree.request.summary} />
              <p className={shared.quiet}>
                {tree.request.priority} priority · asked <Time at={tree.request.created_at} />
              </p>
              {/* What went wrong with assignments stands with them. */}
              {tree.request.error !== null && !tree.assignments.some(({ error }) => error !== null) && (
                <div className={styles.problem}>
                  <InertText text={hereWords(tree.request.error)} />
                </div>
              )}
            </div>
            <Tree tree={tree} runs={runs} most={most} currency={currency} onDone={reload} />
          </>
        )}
      </div>
    </div>
  )
}
