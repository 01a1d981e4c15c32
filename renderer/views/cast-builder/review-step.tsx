/** Review: the very file, what is left to be known, and writing it; then what can be done with it. */
import { Download } from 'lucide-react'
import { useState } from 'react'
import type { CastWritten } from '../../../schemas/cast-draft.ts'
import { useCosts } from '../../agents/use-agents.ts'
import { useCastState } from '../../cast/use-cast.ts'
import { CodeView } from '../../editor/code-view.tsx'
import { navigate, pathOf } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { useAct, useAway } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { useBegin } from './begin.ts'
import { plural, useBuilder, useExamination, useWork } from './builder.ts'
import { Findings } from './findings.tsx'
import { submittedWords } from '../requests/words.ts'
import styles from './cast-builder.module.css'

const AGENTS = 3

/** Hands the file out as it would be written. */
function saveCopy(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

function FileFacts({ bytes }: { bytes: number }) {
  const file = useExamination((examination) => examination?.file)
  const sha256 = useExamination((examination) => examination?.sha256)
  return (
    <dl className={styles.facts}>
      <dt>File</dt>
      <dd>
        <code>{file?.path ?? 'no file: the request id is no name for one'}</code>
        {file?.state === 'other' && (
          <span className={styles.warn}> holds another text: you will be asked before it is replaced</span>
        )}
      </dd>
      <dt>Size</dt>
      <dd>{plural(bytes, 'byte')}</dd>
      <dt>SHA-256</dt>
      <dd>
        <code className={styles.hash}>{sha256}</code>
      </dd>
    </dl>
  )
}

/** The file is there and holds exactly this: what comes next. */
function Written({ bytes }: { bytes: number }) {
  const { session } = useBuilder()
  const requestId = useWork(({ request_id }) => request_id.trim())
  const queued = useExamination(
    (examination) => examination?.findings.some(({ code }) => code === 'queued_already') === true,
  )
  const stopped = useCosts()?.stopped === true
  const away = useAway()
  const queue = useAct((api) => api.casts.queue({ request_id: requestId, agents: AGENTS }), {
    done: (done) => {
      tellDone(submittedWords(done, stopped))
      navigate(pathOf({ view: 'request', id: done.request_id }))
    },
  })
  return (
    <section className={styles.card} aria-label="The written cast">
      <h3>Written</h3>
      <FileFacts bytes={bytes} />
      {queue.error !== null && <ErrorBanner failure={queue.error} title="Not queued" />}
      <div className={styles.row}>
        {queued ? (
          <Link to={pathOf({ view: 'request', id: requestId })}>See what became of {requestId}</Link>
        ) : (
          <Button
            kind="primary"
            busy={queue.busy}
            reason={away}
            data-field="queue"
            onClick={() => void session.settle().then((kept) => kept && queue.run(undefined))}
          >
            Queue it now
          </Button>
        )}
      </div>
    </section>
  )
}

export function ReviewStep() {
  const builder = useBuilder()
  const { session, jump } = builder
  const examination = useExamination((one) => one)
  const saved = useCastState(session, (state) => state.saved)
  const away = useAway()
  const begin = useBegin()
  const [asking, setAsking] = useState(false)
  const write = useAct(
    async (api, overwrite: boolean): Promise<CastWritten> => {
      if (!(await session.settle())) throw new Error('What was written last is not kept yet')
      const { revision } = session.store.getState()
      const done = await api.casts.write({ id: session.id, revision, overwrite })
      await session.look()
      return done
    },
    {
      done(done) {
        setAsking(false)
        tellDone(
          done.context_problem === null
            ? `${done.path} written`
            : `${done.path} written; next_task_context.json was not: ${done.context_problem}`,
        )
        jump('queue')
      },
    },
  )
  const errors = examination?.findings.filter(({ level }) => level === 'error').length ?? 0
  const { file = null } = examination ?? {}
  const reason =
    away ??
    (examination === null ? 'It is being examined' : null) ??
    (errors > 0 ? `${plural(errors, 'error')} to mend first` : null) ??
    (file?.state === 'same' && saved.state === 'saved' ? 'The file holds exactly this already' : null)
  const finish = async (): Promise<void> => {
    if (!(await session.settle())) return
    if (session.store.getState().examination?.file?.state === 'other') setAsking(true)
    else void write.run(false)
  }
  useCommands([
    { id: 'cast-finish', label: 'Write the cast', group: 'Cast builder', keys: 'mod+Enter', inText: true, reason, run: () => void finish() }, // prettier-ignore
  ])
  if (examination === null) return <Skeleton lines={8} />
  const { text, findings } = examination
  const bytes = new TextEncoder().encode(text).length
  return (
    <>
      {findings.length === 0 ? (
        <p className={styles.ok}>Nothing is wrong with it, and nothing else is to be known.</p>
      ) : (
        <Findings findings={findings} label="What is left" />
      )}
      {file?.state === 'same' ? <Written bytes={bytes} /> : <FileFacts bytes={bytes} />}
      {write.error !== null && <ErrorBanner failure={write.error} title="Not written" />}
      <div className={styles.row}>
        <Button
          kind="primary"
          reason={reason}
          busy={write.busy}
          keys={<Kbd keys="mod+enter" />}
          onClick={() => void finish()}
        >
          Finish: write the file
        </Button>
        <Button
          icon={<Download size={14} />}
          onClick={() => saveCopy(file?.path.split('/').at(-1) ?? 'cast.json', text)}
        >
          Save a copy
        </Button>
        <CopyButton text={text} label="Copy the file's text" />
        <span className={styles.spring} />
        <Button busy={begin.busy} reason={away} onClick={() => begin.run({ kind: 'draft', id: session.id })}>
          Duplicate
        </Button>
        <Button busy={begin.busy} reason={away} onClick={() => begin.run({ kind: 'blank' })}>
          New cast
        </Button>
      </div>
      {begin.error !== null && <ErrorBanner failure={begin.error} />}
      <div className={styles.whole}>
        <CodeView text={text} language="json" label="The file" fit />
      </div>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => void write.run(true)}
        title={`Replace ${file?.path ?? 'the file'}?`}
        verb="Replace the file"
        busy={write.busy}
      >
        <p>
          <code>{file?.path}</code> holds another text. What it holds now is gone once it is replaced.
        </p>
      </Confirm>
    </>
  )
}
