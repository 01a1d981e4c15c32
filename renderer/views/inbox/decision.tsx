/** The decision about one change that waits: what it is, why it waits, the acts, what it touches. */
import { ExternalLink } from 'lucide-react'
import { useState } from 'react'
import type { ChangeDetail, InboxItem } from '../../../schemas/view.ts'
import { pathOf } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { useDecider } from '../../state/decider.ts'
import { useApp, useRead, useStore } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { StatusPill } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { ACT_LABEL, ACTS_OF, whyNot, type Standing } from './acts.ts'
import { ConflictForm } from './conflict-form.tsx'
import { Patches } from './patch.tsx'
import { explain } from './reasons.ts'
import { useDecide } from './use-decide.ts'
import styles from './inbox.module.css'

interface DecisionProps {
  item: InboxItem
  id: number
  standing: Standing
  offline: boolean
  /** After an act: the list is read again and the next item shown. */
  onDone: () => void
}

export function Crumbs({ item }: { item: InboxItem }) {
  return (
    <nav className={styles.crumbs} aria-label="Where it belongs">
      {item.request_id !== null && (
        <>
          <Link to={pathOf({ view: 'request', id: item.request_id })}>
            <InertLine text={item.request_id} />
          </Link>
          <span aria-hidden>›</span>
        </>
      )}
      {item.task_id !== null && <InertLine text={item.task_id} />}
      {item.change_id !== null && (
        <>
          <span aria-hidden>›</span>
          <Link to={pathOf({ view: 'change', id: item.change_id })}>
            change {item.change_id} <ExternalLink size={12} aria-hidden />
          </Link>
        </>
      )}
    </nav>
  )
}

/** What the last check said, where a check is why it waits. */
function CheckOutput({ detail }: { detail: ChangeDetail }) {
  const run = detail.check_runs.findLast(({ verdict }) => verdict !== 'passed')
  if (run === undefined) return null
  return (
    <section className={styles.section}>
      <h3>
        What <code>{run.name ?? 'the check'}</code> said
      </h3>
      <div className={styles.output} tabIndex={0} role="group" aria-label="Output of the check">
        <InertText code text={run.output === '' ? 'Nothing was printed.' : run.output} />
      </div>
    </section>
  )
}

function HeldForm({ id, standing, offline, onDone }: DecisionProps) {
  const app = useApp()
  const name = useStore((state) => state.preferences.name)
  // Until it is written here it is the known one, which may be read later than this is drawn.
  const [written, setBy] = useState<string | null>(null)
  const decider = useDecider()
  const by = written ?? decider
  const [note, setNote] = useState('')
  const { busy, failure, decide } = useDecide(onDone)
  const unnamed = by.trim() === '' ? 'Say who decides first' : null
  const off = {
    approve: whyNot('approve', standing, offline) ?? unnamed,
    reject:
      whyNot('reject', standing, offline) ??
      unnamed ??
      (note.trim() === '' ? 'Write the reason into the note first' : null),
    cancel: whyNot('cancel', standing, offline),
  }
  const run = (act: 'approve' | 'reject' | 'cancel'): void => {
    if (off[act] !== null) return
    if (act !== 'cancel' && name === '') app.prefer({ name: by.trim() })
    void decide(act, [id], { by: by.trim(), note })
  }
  useCommands([
    {
      id: 'inbox-approve',
      label: 'Approve',
      group: 'Decision',
      keys: 'a',
      reason: off.approve,
      run: () => run('approve'),
    },
  ])
  return (
    <>
      <div className={styles.who}>
        <TextField label="Decided by" value={by} onChange={setBy} maxLength={200} />
        <TextField label="Note (the reason, to reject)" value={note} onChange={setNote} maxLength={10_000} />
      </div>
      {failure !== null && <ErrorBanner failure={failure} title="Not done" />}
      <div className={styles.buttons}>
        <Button
          kind="primary"
          reason={off.approve}
          busy={busy === 'approve'}
          onClick={() => run('approve')}
          keys={<Kbd keys="a" />}
        >
          Approve
        </Button>
        <Button reason={off.reject} busy={busy === 'reject'} onClick={() => run('reject')}>
          Reject
        </Button>
        <Button reason={off.cancel} busy={busy === 'cancel'} onClick={() => run('cancel')}>
          Cancel change
        </Button>
      </div>
    </>
  )
}

function FailedForm({ id, standing, offline, onDone }: DecisionProps) {
  const [asking, setAsking] = useState(false)
  const { busy, failure, decide } = useDecide(onDone)
  const retry = (): void => {
    if (whyNot('retry', standing, offline) === null) void decide('retry', [id])
  }
  useCommands([
    {
      id: 'inbox-retry',
      label: 'Retry',
      group: 'Decision',
      keys: 'r',
      reason: whyNot('retry', standing, offline),
      run: retry,
    },
  ])
  return (
    <>
      {failure !== null && <ErrorBanner failure={failure} title="Not done" />}
      <div className={styles.buttons}>
        <Button
          kind="primary"
          reason={whyNot('retry', standing, offline)}
          busy={busy === 'retry'}
          onClick={retry}
          keys={<Kbd keys="r" />}
        >
          Retry
        </Button>
        <Button
          reason={whyNot('discard', standing, offline)}
          busy={busy === 'discard'}
          onClick={() => setAsking(true)}
        >
          Discard…
        </Button>
      </div>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false)
          void decide('discard', [id])
        }}
        title={`Discard change ${id}?`}
        verb="Discard change"
      >
        <p>Its dead letter is removed and it is not tried again. The log keeps what happened.</p>
      </Confirm>
    </>
  )
}

export function Decision(props: DecisionProps) {
  const { item, id, standing, offline, onDone } = props
  const reading = useRead<ChangeDetail>(
    `change:${id}`,
    (api, signal) => api.changes.show({ id }, { signal }),
    {
      on: (turn) => turn.gone.includes(id) || turn.changes.some((change) => change.id === id),
    },
  )
  const detail = reading.value
  const said = explain({ kind: item.kind, code: standing.code })
  const acts = ACTS_OF[item.kind].map((act) => ACT_LABEL[act].toLowerCase()).join(', ')
  return (
    <article className={styles.decision} aria-label={`Decision: ${acts}`}>
      <header className={styles.title}>
        <Crumbs item={item} />
        <h2>
          <InertText text={item.title} />
        </h2>
        <p className={styles.facts}>
          <StatusPill status={standing.status} />
          {item.agent !== null && (
            <span>
              by <InertLine text={item.agent} />
            </span>
          )}
          {item.since !== null && <Time at={item.since} />}
          {detail !== undefined && detail.attempts > 0 && (
            <span>{detail.attempts === 1 ? '1 attempt' : `${detail.attempts} attempts`}</span>
          )}
        </p>
      </header>
      <section className={styles.why}>
        <h3>Why it waits</h3>
        <p>{said.why}</p>
        {item.reason !== '' && (
          <div className={styles.said}>
            <InertText text={item.reason} />
          </div>
        )}
        <p className={styles.helps}>
          {said.helps}
          {standing.code !== null && <code className={styles.code}>{standing.code}</code>}
        </p>
        {item.kind === 'held' && <HeldForm {...props} />}
        {item.kind === 'failed' && <FailedForm {...props} />}
        {item.kind === 'conflict' && (
          <ConflictForm
            id={id}
            taskId={item.task_id ?? `change ${id}`}
            conflicts={detail?.conflicts ?? null}
            standing={standing}
            offline={offline}
            onDone={onDone}
          />
        )}
      </section>
      {detail === undefined && reading.error !== null && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      {detail === undefined && reading.error === null && <Skeleton lines={4} />}
      {detail !== undefined && (
        <>
          <CheckOutput detail={detail} />
          <section className={styles.section}>
            <h3>
              What it touches{' '}
              <span className={styles.quiet}>
                {detail.path_count === 1 ? '1 path' : `${detail.path_count} paths`}
              </span>
            </h3>
            <Patches changes={detail.payload.changes} />
          </section>
        </>
      )}
    </article>
  )
}
