/** The branch that landed commits are brought to: where both stand, what is between them, and one click to bring it over. */
import { ArrowRight, GitMerge } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { UpstreamState } from '../../../schemas/upstream.ts'
import type { Failure } from '../../failure.ts'
import { pathOf } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { useAct, useAway, useRead } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { inertLine } from '../../ui/inert.ts'
import { InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Pane } from '../../ui/pane.tsx'
import { StatusIcon } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'
import { bringLabel, movesSentence, relationSentence, whyNotBring } from './upstream-words.ts'

/** The branches are also moved by whoever commits, which no log tells of. */
const READ_EVERY_MS = 5_000
const TELLING = new Set(['synced', 'not synced'])

const asFailure = ({
  code,
  sentence,
  remedy,
}: {
  code: string
  sentence: string
  remedy: string | null
}): Failure => ({ kind: 'user', code, message: sentence, hint: remedy })

function Tip({ name, oid }: { name: string; oid: string | null }) {
  return (
    <span className={styles.tip}>
      {inertLine(name)}{' '}
      {oid === null ? <span className={styles.dim}>is not there</span> : <code>{oid.slice(0, 10)}</code>}
    </span>
  )
}

function Facts({ state }: { state: UpstreamState }) {
  const { target, upstream, merge, last_sync } = state
  return (
    <dl className={styles.facts}>
      <dt>Branches</dt>
      <dd>
        <span className={styles.tips}>
          <Tip name={target} oid={state.target_tip} />
          {upstream !== null && (
            <>
              <ArrowRight size={14} role="img" aria-label="is brought to" className={styles.dim} />
              <Tip name={upstream} oid={state.upstream_tip} />
            </>
          )}
        </span>
        <div className={styles.dim}>{relationSentence(state)}</div>
      </dd>
      {merge !== null && (
        <>
          <dt>Merge</dt>
          <dd>
            <span className={styles.tips}>
              <StatusIcon status={merge.status} size={14} />
              <Link to={pathOf({ view: 'change', id: merge.change_id })}>
                change {merge.change_id} takes in {merge.commit.slice(0, 10)}
              </Link>
            </span>
            {merge.last_error !== null && <InertText text={merge.last_error} />}
          </dd>
        </>
      )}
      <dt>Last sync</dt>
      <dd>
        {last_sync === null ? (
          'never'
        ) : (
          <>
            up to <code>{last_sync.slice(0, 10)}</code>
          </>
        )}{' '}
        <span className={styles.dim}>
          {state.sync_checkout === 'when-clean'
            ? '· by itself after each landing, where nothing is in the way'
            : '· only when asked'}
        </span>
      </dd>
    </dl>
  )
}

/** What is in the way, where it is: an act that failed just now, else what the engine remembers. */
function Trouble({ state, failed }: { state: UpstreamState; failed: Failure | null }) {
  const { trouble, kept } = state
  const said: { title: string; failure: Failure; note?: ReactNode }[] = []
  if (trouble !== null) said.push({ title: 'Something is wrong with a branch', failure: asFailure(trouble) })
  if (failed !== null && failed.message !== trouble?.sentence)
    said.push({ title: 'Nothing was moved', failure: failed })
  else if (kept !== null && kept.sentence !== trouble?.sentence)
    said.push({ title: 'What kept it away', failure: asFailure(kept), note: <Time at={kept.at} /> })
  return said.map(({ title, failure, note }) => (
    <div key={title} className={styles.trouble}>
      <ErrorBanner title={title} failure={failure} {...(note === undefined ? {} : { actions: note })} />
    </div>
  ))
}

export function Upstream({ slot }: { slot: PaneSlot }) {
  const reading = useRead<UpstreamState>(
    'system.upstream',
    (api, signal) => api.system.upstream({}, { signal }),
    { everyMs: READ_EVERY_MS, on: ({ logs }) => logs.some(({ message }) => TELLING.has(message)) },
  )
  const [said, setSaid] = useState<string | null>(null)
  const [asking, setAsking] = useState<'move' | 'accept' | null>(null)
  const away = useAway()
  const done = {
    done({ sentence }: { sentence: string }) {
      setSaid(sentence)
      reading.reload()
    },
  }
  const sync = useAct((api) => api.system.sync({}), done)
  const accept = useAct((api) => api.system.acceptUpstream({}), done)
  const state = reading.value
  const busy = sync.busy || accept.busy
  const reason = away ?? (state === undefined ? 'How the branches stand is being read' : whyNotBring(state))
  const moves = state === undefined ? null : movesSentence(state)

  const run = (act: typeof sync): void => {
    setAsking(null)
    setSaid(null)
    sync.clear()
    accept.clear()
    void act.run(undefined).then((well) => !well && reading.reload())
  }
  const bring = (): void => {
    if (reason !== null || busy) return
    if (moves === null) run(sync)
    else setAsking('move')
  }
  const label = state === undefined ? 'Bring landed commits over' : bringLabel(state)
  useCommands([{ id: 'home-sync', label, group: 'Home', reason, run: bring }])

  return (
    <Pane title="Upstream" reading={reading} flush {...slot}>
      {state !== undefined && (
        <>
          <Facts state={state} />
          <div className={styles.bring}>
            <Button
              kind="primary"
              size="small"
              icon={<GitMerge size={14} />}
              reason={reason}
              busy={busy}
              onClick={bring}
            >
              {label}
              {moves !== null && reason === null ? '…' : ''}
            </Button>
            {state.relation === 'upstream_rewritten' && (
              <Button size="small" reason={away} busy={accept.busy} onClick={() => setAsking('accept')}>
                Go on from it as it is…
              </Button>
            )}
            {said !== null && (
              <p role="status" className={styles.brought}>
                {inertLine(said)}
              </p>
            )}
          </div>
          <Trouble state={state} failed={sync.error ?? accept.error} />
          <Confirm
            open={asking === 'move'}
            danger={false}
            title={`${label}?`}
            verb="Bring them over"
            onClose={() => setAsking(null)}
            onConfirm={() => run(sync)}
          >
            <p>{moves}</p>
          </Confirm>
          <Confirm
            open={asking === 'accept'}
            title={`Go on from ${inertLine(state.upstream ?? '', 60)} as it is?`}
            verb="Go on from it"
            onClose={() => setAsking(null)}
            onConfirm={() => run(accept)}
          >
            <p>
              Commits that were taken from it and are no longer there stay in {inertLine(state.target)}, and
              are brought back to {inertLine(state.upstream ?? '')} with what landed.
            </p>
          </Confirm>
        </>
      )}
    </Pane>
  )
}
