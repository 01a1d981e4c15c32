/** Whether the queue is worked, in every view: who paused it and why, and the way to pause and to go on. */
import { CirclePause, MessageSquareMore, Pause as PauseIcon, Play } from 'lucide-react'
import { useState } from 'react'
import type { Pause } from '../../schemas/acts.ts'
import { useSeconds } from '../state/clock.ts'
import { useCommands } from '../state/commands.ts'
import { useAct, useApp, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { CommandLine } from '../ui/command-line.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { InertText } from '../ui/inert-text.tsx'
import { writtenReason } from '../ui/reason.ts'
import { ReasonField } from '../ui/reason-field.tsx'
import { absoluteTime } from '../ui/time.tsx'
import { acceptSentence, pauseSentence } from './pause.ts'
import styles from './pause-control.module.css'

const WHAT_IT_DOES =
  'No change is taken up and nothing lands, whichever program works the queue. Checks that run go on to their end; new changes can be queued.'

interface Doing {
  busy: boolean
  pause(reason: string | null): Promise<boolean>
  resume(accept: string | null): Promise<boolean>
}

function useDoing(reload: () => void): Doing {
  const app = useApp()
  const resumed = useAct((api, accept: string | null) => api.system.resume({ accept }), {
    notice: 'Not resumed',
    done({ ended }) {
      reload()
      tellDone(ended === null ? 'It was not paused any more' : 'Resumed: changes are taken up and land')
    },
  })
  const paused = useAct((api, reason: string | null) => api.system.pause({ reason }), {
    notice: 'Not paused',
    done({ pause, already }) {
      reload()
      if (already) tellDone(`${pauseSentence(pause, app.clock.now() / 1000)} already`)
      else tellDone('Paused: nothing is taken up and nothing lands', { label: 'Resume', run: () => void resumed.run(null) }) // prettier-ignore
    },
  })
  return { busy: paused.busy || resumed.busy, pause: paused.run, resume: resumed.run }
}

function AskReason({ doing, onClose }: { doing: Doing; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const away = useAway()
  const go = async (): Promise<void> => {
    if (await doing.pause(writtenReason(reason))) onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Pause claiming and landing?"
      description={WHAT_IT_DOES}
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" reason={away} busy={doing.busy} onClick={() => void go()}>
            Pause
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (away === null) void go()
        }}
      >
        <ReasonField value={reason} onChange={setReason} />
        <p className={styles.cli}>
          From a terminal: <CommandLine line="hyperion pause" />
        </p>
      </form>
    </Dialog>
  )
}

/** All there is to know of a pause, and the end of it; Hyperion's own names what ending it accepts. */
function Facts({ pause, doing, onClose }: { pause: Pause; doing: Doing; onClose: () => void }) {
  const away = useAway()
  const { code, remedy, by, at, reason } = pause
  const own = code !== null
  const go = async (): Promise<void> => {
    if (await doing.resume(code)) onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={own ? 'Hyperion stopped landing' : 'The queue is paused'}
      description={
        own ? 'Going on could lose something, so nothing lands until a person decides.' : WHAT_IT_DOES
      }
      actions={
        <>
          <Button onClick={onClose}>{own ? 'Leave it stopped' : 'Leave it paused'}</Button>
          <Button kind={own ? 'danger' : 'primary'} reason={away} busy={doing.busy} onClick={() => void go()}>
            {own ? `Accept ${code} and resume` : 'Resume'}
          </Button>
        </>
      }
    >
      <dl className={styles.facts}>
        <dt>By</dt>
        <dd>{by === null ? 'not known' : <InertText text={by} />}</dd>
        <dt>Since</dt>
        <dd>{at === null ? 'not known' : absoluteTime(at)}</dd>
        <dt>Why</dt>
        <dd>{reason === null ? 'no reason was given' : <InertText text={reason} />}</dd>
        {own && (
          <>
            <dt>First</dt>
            <dd>{remedy === null ? 'see what doctor finds in Settings' : <InertText text={remedy} />}</dd>
          </>
        )}
      </dl>
      {own && <p className={styles.accept}>{acceptSentence(pause)}.</p>}
      <p className={styles.cli}>
        From a terminal: <CommandLine line={own ? `hyperion resume --accept ${code}` : 'hyperion resume'} />
      </p>
    </Dialog>
  )
}

/** `pause` is null while the queue is worked. */
export function PauseControl({ pause, reload }: { pause: Pause | null; reload: () => void }) {
  const [shown, setShown] = useState<'ask' | 'facts' | null>(null)
  const away = useAway()
  const now = useSeconds()
  const doing = useDoing(reload)
  const close = (): void => setShown(null)
  const resume = (): void => {
    // What Hyperion stopped is looked at before it is accepted.
    if (pause?.code !== null) setShown('facts')
    else void doing.resume(null)
  }
  useCommands(
    pause === null
      ? [
          { id: 'pause', label: 'Pause claiming and landing', group: 'Queue', reason: away, run: () => void doing.pause(null) },
          { id: 'pause-why', label: 'Pause with a reason', group: 'Queue', reason: away, run: () => setShown('ask') },
        ]
      : [
          { id: 'resume', label: 'Resume claiming and landing', group: 'Queue', reason: away, run: resume },
          { id: 'pause-facts', label: 'Show why it is paused', group: 'Queue', run: () => setShown('facts') },
        ],
    'window',
  ) // prettier-ignore
  return (
    <span className={styles.control}>
      {pause === null ? (
        <>
          <Button
            size="small"
            kind="ghost"
            className={styles.small}
            icon={<PauseIcon size={12} />}
            reason={away}
            busy={doing.busy}
            title="Pause claiming and landing"
            onClick={() => void doing.pause(null)}
          >
            Pause
          </Button>
          <IconButton
            label="Pause with a reason"
            icon={<MessageSquareMore size={14} />}
            onClick={() => setShown('ask')}
          />
        </>
      ) : (
        <>
          <button
            type="button"
            className={styles.paused}
            data-own={pause.code !== null || undefined}
            title={pauseSentence(pause, now)}
            onClick={() => setShown('facts')}
          >
            <CirclePause size={14} aria-hidden />
            <span className={styles.text}>{pauseSentence(pause, now)}</span>
          </button>
          <Button
            size="small"
            className={styles.small}
            icon={<Play size={12} />}
            reason={away}
            busy={doing.busy}
            onClick={resume}
          >
            Resume
          </Button>
        </>
      )}
      <span className="unseen" role="status">
        {pause === null ? '' : pauseSentence({ ...pause, at: null }, now)}
      </span>
      {shown === 'ask' && <AskReason doing={doing} onClose={close} />}
      {shown === 'facts' && pause !== null && <Facts pause={pause} doing={doing} onClose={close} />}
    </span>
  )
}
