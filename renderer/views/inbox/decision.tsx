/** The decision about one change that waits: what it is, why it waits, the acts, what it touches. */
import { ExternalLink, X } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { ChangeDetail, InboxItem } from '../../../schemas/view.ts'
import { reasonAbout, type AboutLine } from '../../change/about-line.ts'
import { ActTrouble } from '../../change/act-trouble.tsx'
import { AllowCheck } from '../../change/allow-check.tsx'
import { planAct, whyNot, type Act, type Selection, type Standing } from '../../change/acts.ts'
import { ConfirmDiscard } from '../../change/confirm-discard.tsx'
import { ConflictForm } from '../../change/conflict-form.tsx'
import { useDecider } from '../../change/decider.ts'
import { ReviewLink } from '../../change/review-link.tsx'
import { PatchExcerpts } from '../../change/patch-excerpts.tsx'
import { explain } from '../../change/reasons.ts'
import { useActs, type With } from '../../change/use-acts.tsx'
import { pathOf } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { useAway, useRead } from '../../state/hooks.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { InertHeading, InertLine, InertText } from '../../ui/inert-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { StatusPill } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useKept } from './kept.ts'
import { isText, noteOf } from './left-behind.ts'
import styles from './inbox.module.css'

/** What is decided, for who hears the page. */
const ACTS_OF: Readonly<Partial<Record<InboxItem['kind'], string>>> = {
  conflict: 'resolve, cancel',
  held: 'approve, reject, cancel',
  failed: 'retry, discard',
}

interface DecisionProps {
  item: InboxItem
  id: number
  standing: Standing
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
          {item.task_id !== null && <span aria-hidden>›</span>}
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

interface About {
  about: AboutLine | null
  onAbout: (about: AboutLine | null) => void
}

function HeldForm({ item, id, standing, onDone, about, onAbout }: DecisionProps & About) {
  const away = useAway()
  const decider = useDecider()
  // Kept until it is sent: it outlasts a look at another item, a reload, and somebody else's decision.
  const [kept, keep] = useKept(noteOf(item.key), isText)
  const [note, setNote] = useState(kept ?? '')
  const write = (text: string): void => {
    setNote(text)
    keep(text === '' ? null : text)
  }
  const reason = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (about !== null) reason.current?.focus()
  }, [about])
  const acts = useActs(onDone)
  const selection: Selection = new Map([[id, standing]])
  const isUnsaid = note.trim() === ''
  const notRejected = away ?? whyNot('reject', standing) ?? decider.reason
  const off = {
    approve: away ?? whyNot('approve', standing) ?? decider.reason,
    reject: notRejected ?? (isUnsaid ? 'Write the reason into the note first' : null),
    cancel: away ?? whyNot('cancel', standing),
  }
  const run = async (act: 'approve' | 'reject' | 'cancel'): Promise<void> => {
    if (off[act] !== null) return
    const at = act === 'reject' ? (about?.place ?? null) : null
    const text = reasonAbout(note.trim(), at, about)
    // On its way now; where it is refused it still stands in the field.
    keep(null)
    const given: With =
      act === 'cancel'
        ? {}
        : { said: { by: decider.settle(), role: null, note: text === '' ? null : text, at } }
    const isDone = await acts.run(planAct(act, selection), given)
    if (!isDone) keep(note === '' ? null : note)
  }
  const busy = (act: Act): boolean => acts.progress?.act === act
  useCommands([
    {
      id: 'inbox-approve',
      label: 'Approve',
      group: 'Decision',
      keys: 'a',
      reason: off.approve,
      run: () => void run('approve'),
    },
    {
      id: 'inbox-reject',
      label: 'Reject, by the note',
      group: 'Decision',
      keys: 'r',
      reason: notRejected,
      // Without a reason yet it leads to where that is written.
      run: () => (isUnsaid ? reason.current?.focus() : void run('reject')),
    },
  ])
  return (
    <>
      <div className={styles.who}>
        <TextField label="Decided by" value={decider.by} onChange={decider.write} maxLength={200} />
        <TextField
          label="Note (the reason, to reject)"
          value={note}
          onChange={write}
          maxLength={10_000}
          inputRef={reason}
        />
      </div>
      {about !== null && (
        <p className={styles.about}>
          A rejection is about <InertLine text={about.place + about.note} />
          <IconButton label="About no line" icon={<X size={14} />} onClick={() => onAbout(null)} />
        </p>
      )}
      <ActTrouble acts={acts} />
      <div className={styles.buttons}>
        <Button
          kind="primary"
          reason={off.approve}
          busy={busy('approve')}
          onClick={() => void run('approve')}
          keys={<Kbd keys="a" />}
        >
          Approve
        </Button>
        <Button
          reason={off.reject}
          busy={busy('reject')}
          onClick={() => void run('reject')}
          keys={<Kbd keys="r" />}
        >
          Reject
        </Button>
        <Button reason={off.cancel} busy={busy('cancel')} onClick={() => void run('cancel')}>
          Cancel change
        </Button>
      </div>
    </>
  )
}

function FailedForm({ id, standing, onDone }: DecisionProps) {
  const away = useAway()
  const [asking, setAsking] = useState(false)
  const acts = useActs(onDone)
  const selection: Selection = new Map([[id, standing]])
  const off = away ?? whyNot('retry', standing)
  const retry = (): void => {
    if (off === null) void acts.run(planAct('retry', selection))
  }
  useCommands([{ id: 'inbox-retry', label: 'Retry', group: 'Decision', keys: 'r', reason: off, run: retry }])
  return (
    <>
      <ActTrouble acts={acts} />
      <div className={styles.buttons}>
        <Button
          kind="primary"
          reason={off}
          busy={acts.progress?.act === 'retry'}
          onClick={retry}
          keys={<Kbd keys="r" />}
        >
          Retry
        </Button>
        <Button
          reason={away ?? whyNot('discard', standing)}
          busy={acts.progress?.act === 'discard'}
          onClick={() => setAsking(true)}
        >
          Discard…
        </Button>
      </div>
      {asking && (
        <ConfirmDiscard plan={planAct('discard', selection)} acts={acts} onClose={() => setAsking(false)} />
      )}
    </>
  )
}

export function Decision(props: DecisionProps) {
  const { item, id, standing, onDone } = props
  const reading = useRead<ChangeDetail>(
    `change:${id}`,
    (api, signal) => api.changes.show({ id }, { signal }),
    {
      on: (turn) => turn.gone.includes(id) || turn.changes.some((change) => change.id === id),
    },
  )
  const detail = reading.value
  const [about, setAbout] = useState<AboutLine | null>(null)
  const pick = useCallback((picked: AboutLine) => setAbout(picked), [])
  const said = explain({ kind: item.kind, code: standing.code })
  const acts = ACTS_OF[item.kind] ?? 'look'
  return (
    <article className={styles.decision} aria-label={`Decision: ${acts}`}>
      <header className={styles.title}>
        <Crumbs item={item} />
        <h2>
          <InertHeading text={item.title} />
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
        {detail !== undefined && <AllowCheck detail={detail} />}
        {item.kind === 'held' && <HeldForm {...props} about={about} onAbout={setAbout} />}
        {item.kind === 'failed' && <FailedForm {...props} />}
        {item.kind === 'conflict' && detail !== undefined && (
          <>
            <ReviewLink id={id} from="inbox" />
            <ConflictForm
              id={id}
              taskId={item.task_id ?? `change ${id}`}
              conflicts={detail.conflicts}
              standing={standing}
              onDone={onDone}
            />
          </>
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
                {item.kind === 'held' && ' · click a line number to reject it about that line'}
              </span>
            </h3>
            <PatchExcerpts
              changes={detail.payload.changes}
              {...(item.kind === 'held' ? { onPick: pick } : {})}
            />
          </section>
        </>
      )}
    </article>
  )
}
