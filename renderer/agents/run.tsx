/** One run of an agent: how it stands and what it costs at a glance; unfolded, all that was said and done, as it happens. */
import { ChevronDown, ChevronRight } from 'lucide-react'
import { memo, useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { useSeconds } from '../state/clock.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { inertText } from '../ui/inert.ts'
import { InertLine, InertText } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { spell, spellMs, Time } from '../ui/time.tsx'
import { goesOn, isRunning, waitsUntil, type Entry, type RunView } from './model.ts'
import {
  hereWords,
  moneyWords,
  repairsWords,
  retryReason,
  retryWords,
  runStanding,
  settingsFor,
  tokensWords,
  whoOf,
} from './words.ts'
import shared from '../views/requests/requests.module.css'
import styles from './agents.module.css'

/** Of a text that streams, so much stays drawn; what stands before is there on demand. */
const DRAWN = 8_000
/** Nearer to the end than this, in pixels, the reader is at the end. */
const NEAR = 12

function Ticking({ since }: { since: number }) {
  const now = useSeconds()
  return <>{spell(now - since)}</>
}

/** The end of what was said; a reader who wants the beginning asks for it. */
function Said({ text }: { text: string }) {
  const [all, setAll] = useState(false)
  const over = all ? 0 : text.length - DRAWN
  return (
    <>
      {over > 0 && (
        <Button size="small" onClick={() => setAll(true)}>
          Show the {over.toLocaleString('en')} characters before
        </Button>
      )}
      <div className={styles.said} dir="auto">
        {inertText(over > 0 ? text.slice(-DRAWN) : text)}
      </div>
    </>
  )
}

/** Something long that is drawn once it is asked for. */
function Fold({ title, children }: { title: ReactNode; children: () => ReactNode }) {
  const [open, setOpen] = useState(false)
  return (
    <details className={styles.fold} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {open && children()}
    </details>
  )
}

const jsonOf = (value: unknown, indent = 0): string => JSON.stringify(value, null, indent) ?? ''

/** `waits`: it is the last one, and what it tells of is still to come. */
function EntryLine({ entry, waits }: { entry: Entry; waits: boolean }) {
  switch (entry.kind) {
    case 'text':
      return <Said text={entry.text} />
    case 'prompt':
      return (
        <Fold
          title={`${entry.again ? 'Told to mend it' : 'Prompt'} · ${entry.length.toLocaleString('en')} characters`}
        >
          {() => (
            <div className={styles.quoted}>
              <InertText code text={entry.text} />
              {entry.length > entry.text.length && (
                <p className={shared.quiet}>
                  {(entry.length - entry.text.length).toLocaleString('en')} more were said and not kept.
                </p>
              )}
            </div>
          )}
        </Fold>
      )
    case 'tool': {
      const input = jsonOf(entry.input)
      return (
        <p className={styles.did}>
          <span className={styles.what}>Tool</span>
          <InertLine text={entry.name} />
          {input !== '' && input !== 'null' && (
            <code>
              <InertLine text={input.slice(0, 300)} muted />
            </code>
          )}
        </p>
      )
    }
    case 'denied':
      return (
        <div className={cx(styles.did, styles.denied)}>
          <span className={styles.what}>Denied</span>
          <InertLine text={entry.name} />
          <InertText text={entry.reason === '' ? 'no reason was given' : entry.reason} />
        </div>
      )
    case 'retry':
      return (
        <div className={styles.did}>
          <span className={styles.what}>{retryWords(entry, waits)}</span>
          <InertText text={retryReason(entry.reason)} />
        </div>
      )
    case 'submission':
      return (
        <div className={styles.handed}>
          <div className={cx(styles.did, entry.accepted ? styles.accepted : styles.refused)}>
            <span className={styles.what}>{entry.accepted ? 'Accepted by the guard' : 'Refused'}</span>
            {!entry.accepted && <code>{entry.code}</code>}
            {!entry.accepted && <InertText text={entry.message} />}
          </div>
          <Fold title="What was handed in">
            {() => (
              <div className={styles.quoted}>
                <InertText code text={jsonOf(entry.value, 2)} />
              </div>
            )}
          </Fold>
        </div>
      )
  }
}

/** Stays at the end while the reader is there; who scrolled up is left where they are. */
function Record({ view, label }: { view: RunView; label: string }) {
  const frame = useRef<HTMLDivElement>(null)
  const [atEnd, setAtEnd] = useState(true)
  const { entries, cutText, cutEntries } = view
  useLayoutEffect(() => {
    const { current } = frame
    if (atEnd && current !== null) current.scrollTop = current.scrollHeight
  }, [entries, atEnd])
  return (
    <div className={styles.record}>
      <div
        ref={frame}
        className={styles.scroll}
        role="group"
        aria-label={label}
        tabIndex={0}
        onScroll={({ currentTarget: at }) =>
          setAtEnd(at.scrollHeight - at.scrollTop - at.clientHeight < NEAR)
        }
      >
        {(cutText > 0 || cutEntries > 0) && (
          <p className={shared.quiet}>
            What was said first is not kept here ({cutText.toLocaleString('en')} characters
            {cutEntries > 0 && `, ${cutEntries.toLocaleString('en')} entries`}).
          </p>
        )}
        {entries.length === 0 && <p className={shared.quiet}>Nothing was said yet.</p>}
        {entries.map((entry, index) => (
          // Entries are only added, and joined at the end: their place is what they are.
          <EntryLine key={index} entry={entry} waits={isRunning(view) && index === entries.length - 1} />
        ))}
      </div>
      {!atEnd && isRunning(view) && (
        <div className={styles.follow}>
          <Button size="small" onClick={() => setAtEnd(true)}>
            Follow the end
          </Button>
        </div>
      )}
    </div>
  )
}

function AskedAgain({ until }: { until: number }) {
  const left = Math.ceil(until / 1000 - useSeconds())
  return <>{left > 0 ? `asks again in ${spell(left)}` : 'asks again now'}</>
}

function Figures({ view, most }: { view: RunView; most: number | null }) {
  const { run, denials, refusals } = view
  const isStub = run.harness === 'stub'
  const tokens = tokensWords(run.input_tokens, run.output_tokens)
  const about = run.usage_source === 'estimated' ? 'about ' : ''
  const repairs = repairsWords(refusals, most)
  return (
    <>
      {repairs !== null && <span className={styles.mark}>{repairs}</span>}
      {denials > 0 && <span className={styles.mark}>{denials} denied</span>}
      {!isStub && (
        <span className={shared.quiet}>
          {tokens === null ? 'tokens unknown' : `${about}${tokens}`} ·{' '}
          {run.cost_nano === null ? 'cost unknown' : `${about}${moneyWords(run.cost_nano, run.currency)}`}
        </span>
      )}
    </>
  )
}

/** `onGone` hears that it went with the keyboard on it. */
function CancelRun({ view, onGone }: { view: RunView; onGone: () => void }) {
  const button = useRef<HTMLButtonElement>(null)
  const gone = useRef(onGone)
  gone.current = onGone
  useLayoutEffect(
    () => () => {
      if (button.current !== null && document.activeElement === button.current) gone.current()
    },
    [],
  )
  const away = useAway()
  const [asked, setAsked] = useState(false)
  const cancel = useAct((api, id: number) => api.agents.cancelRun({ run_id: id }), {
    notice: 'Not cancelled',
    done: () => setAsked(true),
  })
  const { run } = view
  return (
    <Button
      ref={button}
      size="small"
      busy={cancel.busy}
      reason={away ?? (asked ? 'It is being ended' : null)}
      aria-label={`Cancel run ${run.id} of ${whoOf(run)}`}
      onClick={() => void cancel.run(run.id)}
    >
      Cancel run
    </Button>
  )
}

export const RunItem = memo(function RunItem({
  view,
  most,
  again,
}: {
  view: RunView
  most: number | null
  /** It goes on with the session of a run before it. */
  again: boolean
}) {
  const { run, asks } = view
  const running = isRunning(view)
  // What ended before it came on screen is folded; what was watched stays as it is.
  const [chosen, setOpen] = useState<boolean | null>(null)
  const [watched, setWatched] = useState(running)
  if (running && !watched) setWatched(true)
  // A brief and a plan stand below it once they are handed in.
  const isDone = run.status === 'submitted' && run.role !== 'developer'
  const open = chosen ?? (watched && !isDone)
  const until = waitsUntil(view)
  const { label, tone } = runStanding(run, asks, until !== null)
  const mends = settingsFor(run)
  const who = whoOf(run)
  const titleId = useId()
  const toggle = useRef<HTMLButtonElement>(null)
  return (
    <li className={styles.run} aria-labelledby={titleId}>
      <div className={styles.head}>
        <IconButton
          ref={toggle}
          label={`${open ? 'Hide' : 'Show'} what ${who} did in run ${run.id}`}
          aria-expanded={open}
          icon={open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
          onClick={() => setOpen(!open)}
        />
        <span id={titleId} className={styles.who}>
          <InertLine text={who} />
        </span>
        <span className={cx(shared[tone], styles.standing)} role="status">
          {running && until === null && <span className={styles.pulse} aria-hidden />}
          {label}
        </span>
        <span className={shared.quiet}>
          {until !== null ? (
            <AskedAgain until={until} />
          ) : running ? (
            <Ticking since={run.started_at} />
          ) : run.duration_ms === null ? null : (
            spellMs(run.duration_ms)
          )}
        </span>
        <span className={shared.quiet}>
          <InertLine text={run.harness === 'stub' ? 'stub' : `${run.harness} · ${run.model}`} />
        </span>
        {again && <span className={shared.quiet}>same session</span>}
        <Figures view={view} most={most} />
        <span className={shared.spring} />
        {running ? (
          <CancelRun view={view} onGone={() => toggle.current?.focus()} />
        ) : (
          run.ended_at !== null && (
            <span className={shared.quiet}>
              <Time at={run.ended_at} />
            </span>
          )
        )}
      </div>
      {run.status === 'failed' && run.detail !== null && !asks && (
        <div className={cx(styles.problem, run.code === 'cancelled' && styles.calm)}>
          <InertText text={hereWords(run.detail)} />
          {mends !== null && <Link to="/settings?section=agents">{mends}</Link>}
        </div>
      )}
      {open && <Record view={view} label={`Run ${run.id} of ${who}`} />}
    </li>
  )
})

export function RunList({
  views,
  most,
  label,
}: {
  views: readonly RunView[]
  most: number | null
  label: string
}) {
  if (views.length === 0) return null
  return (
    <ul className={styles.runs} aria-label={label}>
      {views.map((view) => (
        <RunItem key={view.run.id} view={view} most={most} again={goesOn(view, views)} />
      ))}
    </ul>
  )
}
