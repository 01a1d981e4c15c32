/** Undoing a change that landed: says what will be queued, queues it, and leads to it. */
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { ChangeDetail } from '../../schemas/view.ts'
import { navigate } from '../router.ts'
import { useCommands } from '../state/commands.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button } from '../ui/button.tsx'
import { CommandLine } from '../ui/command-line.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { InertLine } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { changes, whyNoRevert } from './acts.ts'
import { undone } from './reasons.ts'
import styles from './acts.module.css'

const SHOWN = 100

type Detail = Pick<
  ChangeDetail,
  'id' | 'status' | 'task_id' | 'landed_commit' | 'payload' | 'priority' | 'log' | 'archived'
>

interface Queued {
  change_id: number
  warnings: string[]
}

function Ask({ detail, onClose }: { detail: Detail; onClose: () => void }) {
  const [queued, setQueued] = useState<Queued | null>(null)
  const act = useAct((api, id: number) => api.changes.revert({ id }), {
    done(result) {
      // What else edits the same lines is to be read; without that there is nothing to stay for.
      if (result.warnings.length > 0) {
        setQueued(result)
        return
      }
      onClose()
      const next = result.change_id
      tellDone(`Change ${next} is queued and undoes change ${detail.id}`, {
        label: `Open change ${next}`,
        run: () => navigate(`/change/${next}${window.location.search}`),
      })
    },
  })
  const away = useAway()
  const paths = detail.payload.changes.map(({ path }) => path)
  if (queued !== null) {
    const next = queued.change_id
    return (
      <Dialog
        open
        onClose={onClose}
        title={`Change ${next} is queued`}
        description={`It undoes change ${detail.id} once it lands.`}
        actions={
          <>
            <Button onClick={onClose}>Stay here</Button>
            <Button
              kind="primary"
              onClick={() => {
                onClose()
                navigate(`/change/${next}${window.location.search}`)
              }}
            >
              Open change {next}
            </Button>
          </>
        }
      >
        <ul className={styles.paths} aria-label="Warnings">
          {queued.warnings.map((text) => (
            <li key={text}>
              <InertLine text={text} />
            </li>
          ))}
        </ul>
      </Dialog>
    )
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Revert change ${detail.id}?`}
      description={
        <>
          A new change is queued that takes back what commit <code>{detail.landed_commit?.slice(0, 10)}</code>{' '}
          did. It goes the way of every change, with the same checks and {detail.priority} priority; nothing
          is undone before it lands, and cancelling it leaves things as they are.
        </>
      }
      actions={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button kind="primary" busy={act.busy} reason={away} onClick={() => void act.run(detail.id)}>
            Queue the revert
          </Button>
        </>
      }
    >
      <div className={styles.facts}>
        <p>{paths.length === 1 ? 'It touches 1 path' : `It touches ${paths.length} paths`}:</p>
        <ul className={styles.paths} aria-label="Paths" tabIndex={0}>
          {paths.slice(0, SHOWN).map((path) => (
            <li key={path}>
              <InertLine text={path} />
            </li>
          ))}
          {paths.length > SHOWN && <li>and {(paths.length - SHOWN).toLocaleString('en')} more</li>}
        </ul>
        <p className={styles.cli}>
          From a terminal: <CommandLine line={`hyperion revert ${detail.id}`} />
        </p>
        {act.error !== null && <ErrorBanner failure={act.error} title="Not queued" />}
      </div>
    </Dialog>
  )
}

export function RevertButton({ detail }: { detail: Detail }) {
  const [asking, setAsking] = useState(false)
  const away = useAway()
  const reason = away ?? whyNoRevert(detail)
  useCommands([
    {
      id: 'revert',
      label: `Revert change ${detail.id}`,
      group: 'Change',
      reason,
      run: () => setAsking(true),
    },
  ])
  return (
    <>
      <Button size="small" icon={<Undo2 size={14} />} reason={reason} onClick={() => setAsking(true)}>
        Revert
      </Button>
      {asking && <Ask detail={detail} onClose={() => setAsking(false)} />}
    </>
  )
}

/** Which change undoes this one, and which one this undoes, as the log tells it. */
export function Undoing({ detail }: { detail: Pick<ChangeDetail, 'log'> }) {
  const { by, of } = undone(detail)
  if (by.length === 0 && of === null) return null
  const search = window.location.search
  return (
    <p>
      {of !== null && (
        <>
          It undoes <Link to={`/change/${of}${search}`}>change {of}</Link>.{' '}
        </>
      )}
      {by.length > 0 && (
        <>
          {changes(by.length)} queued to undo it:{' '}
          {by.map((id, index) => (
            <span key={id}>
              {index > 0 && ', '}
              <Link to={`/change/${id}${search}`}>change {id}</Link>
            </span>
          ))}
          .
        </>
      )}
    </p>
  )
}
