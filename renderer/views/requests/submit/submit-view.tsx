/** "Submit a worktree": work of an agent that knows nothing of Hyperion becomes a change. */
import { CircleCheck, GitPullRequestArrow } from 'lucide-react'
import { useRef, useState } from 'react'
import type { SubmitPreview, SubmitSources } from '../../../../schemas/intake.ts'
import type { Failure } from '../../../failure.ts'
import { pathOf } from '../../../router.ts'
import { useAct, useAway, useRead } from '../../../state/hooks.ts'
import { Button } from '../../../ui/button.tsx'
import { CommandLine } from '../../../ui/command-line.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ErrorBanner } from '../../../ui/error-banner.tsx'
import { TextArea, TextField } from '../../../ui/fields.tsx'
import { InertLine } from '../../../ui/inert-text.tsx'
import { Link } from '../../../ui/link.tsx'
import { Skeleton } from '../../../ui/pane.tsx'
import { checksText, inTheForm, nothingWritten, whyNotQueue, wishOf, wrongIn, type Written } from './model.ts'
import { Preview } from './preview.tsx'
import { Sources } from './sources.tsx'
import styles from './submit.module.css'

interface Queued {
  id: number
  task_id: string
  duplicate: boolean
}

function Done({ queued, onMore }: { queued: Queued; onMore: () => void }) {
  return (
    <div className={styles.done} role="status">
      <CircleCheck size={16} aria-hidden className={styles.ok} />
      <div>
        <p className={styles.doneHead}>
          {queued.duplicate ? 'It is in the queue already: ' : 'Queued as '}
          <Link to={pathOf({ view: 'change', id: queued.id })}>change {queued.id}</Link>
        </p>
        <p>
          <InertLine text={queued.task_id} />
        </p>
        <p className={styles.quiet}>Nothing was changed where it came from; work can go on there.</p>
        <Button size="small" onClick={onMore}>
          Submit another
        </Button>
      </div>
    </div>
  )
}

/** What a field says of a refusal that is about it. */
const named = (failure: Failure | null, code: string, said: string): string | null =>
  failure?.code === code ? said : null

function Submission({ from, onQueued }: { from: string; onQueued: (queued: Queued) => void }) {
  const away = useAway()
  const [written, setWritten] = useState<Written>(nothingWritten)
  // What is written counts once its field is left.
  const [asked, setAsked] = useState<Written>(nothingWritten)
  const wish = wishOf(from, asked)
  const reading = useRead<SubmitPreview>(`intake.preview:${JSON.stringify(wish)}`, (api, signal) =>
    api.intake.preview(wish, { signal }),
  )
  // The one before stays until that with the new fields is there.
  const last = useRef<SubmitPreview | undefined>(undefined)
  if (reading.value !== undefined) last.current = reading.value
  const preview = reading.error === null ? (reading.value ?? last.current) : undefined
  const known = last.current
  const submit = useAct((api) => api.intake.submit(wishOf(from, written)), {
    done: onQueued,
  })
  const wrong = wrongIn(written)
  const set = (change: Partial<Written>): void => {
    submit.clear()
    setWritten({ ...written, ...change })
  }
  const leave = (): void => {
    if (Object.keys(wrong).length === 0) setAsked(written)
  }
  const reason =
    away ??
    Object.values(wrong)[0] ??
    (preview === undefined
      ? reading.error === null
        ? 'It is being looked at'
        : 'It cannot be submitted as it is'
      : whyNotQueue(preview))
  const send = (): void => {
    leave()
    if (reason === null && !submit.busy) void submit.run(undefined)
  }
  if (known === undefined && reading.error === null) return <Skeleton lines={8} />
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className={styles.title}>
        <h2>
          <InertLine text={known?.intent ?? known?.source.name ?? from} />
        </h2>
        <span className={styles.spring} />
        <Button size="small" busy={reading.loading} reason={away} onClick={reading.reload}>
          Look again
        </Button>
      </div>
      {reading.error !== null && (
        <ErrorBanner failure={inTheForm(reading.error)} title="It cannot be submitted as it is" />
      )}
      {preview !== undefined && <Preview preview={preview} />}
      <div className={styles.two}>
        <TextField
          label="Task id"
          help="Names the task, and stands in the commit."
          value={written.taskId ?? known?.task_id ?? ''}
          onChange={(taskId) => set({ taskId })}
          onBlur={leave}
          error={wrong.taskId}
          maxLength={200}
          code
        />
        <TextField
          label="Agent"
          help="Who did the work."
          value={written.agent ?? known?.agent ?? ''}
          onChange={(agent) => set({ agent })}
          onBlur={leave}
          error={wrong.agent ?? named(reading.error, 'agent_unknown', 'Say who did the work')}
          maxLength={200}
          code
        />
      </div>
      <TextArea
        label="Checks"
        help="Names of allowed checks or commands, one on each line. Left empty, the workspace decides; “none” runs nothing."
        rows={3}
        value={written.checks ?? checksText(known?.checks ?? [])}
        onChange={(checks) => set({ checks })}
        onBlur={leave}
        code
      />
      <TextField
        label="Base (optional)"
        help="The commit it was made from; left empty, where it left the target."
        value={written.base}
        onChange={(base) => set({ base })}
        onBlur={leave}
        error={
          named(reading.error, 'base_unknown', 'No commit of this repository') ??
          named(reading.error, 'base_not_ancestor', 'Not in its history') ??
          named(reading.error, 'no_common_history', 'Name the commit it was made from')
        }
        maxLength={400}
        code
      />
      {submit.error !== null && <ErrorBanner failure={inTheForm(submit.error)} title="Nothing was queued" />}
      <div className={styles.buttons}>
        <Button
          type="submit"
          kind="primary"
          icon={<GitPullRequestArrow size={14} />}
          reason={reason}
          busy={submit.busy}
        >
          Queue this change
        </Button>
      </div>
    </form>
  )
}

export function SubmitView({ onClose }: { onClose: () => void }) {
  const reading = useRead<SubmitSources>('intake.sources', (api, signal) =>
    api.intake.sources({}, { signal }),
  )
  const [from, setFrom] = useState<string | null>(null)
  const [queued, setQueued] = useState<Queued | null>(null)
  const choose = (next: string | null): void => {
    setQueued(null)
    setFrom(next)
  }
  return (
    <div className={styles.view}>
      <Sources reading={reading} chosen={from} onChoose={choose} />
      <div className={styles.chosen}>
        {queued !== null ? (
          <Done
            queued={queued}
            onMore={() => {
              choose(null)
              reading.reload()
            }}
          />
        ) : from === null ? (
          <EmptyState
            title="Choose a worktree or a branch"
            actions={<Button onClick={onClose}>Back to the requests</Button>}
          >
            <p>
              What it holds beyond the commit it was made from becomes one change: base, difference and hash
              are made here. It is only read; nothing there is moved, committed or cleaned. From a terminal:
            </p>
            <p className={styles.cli}>
              <CommandLine line="hyperion submit --from FOLDER" />
            </p>
          </EmptyState>
        ) : (
          <Submission key={from} from={from} onQueued={setQueued} />
        )}
      </div>
    </div>
  )
}
