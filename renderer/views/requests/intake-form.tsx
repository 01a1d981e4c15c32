/** The intake form: a task request written by hand, checked while it is written, with what it will become beside it. */
import { Plus, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useCosts } from '../../agents/use-agents.ts'
import { failureOf } from '../../failure.ts'
import { navigate, pathOf } from '../../router.ts'
import { useAct, useApp, useRead, useStore } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Select, TextArea, TextField } from '../../ui/fields.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { PathPicker } from '../../ui/path-picker.tsx'
import { useKept } from '../inbox/kept.ts'
import {
  blankForm,
  checkForm,
  fieldNamed,
  isFormValues,
  isWritten,
  linesOf,
  PRIORITIES,
  proposeId,
  toTaskRequest,
  type FormChange,
  type FormValues,
} from './form.ts'
import { noPreview, Preview, type PreviewState } from './preview.tsx'
import { AgentChoices, choicesOf } from './agent-choices.tsx'
import { isSame, saysTheSame, sentWords, useSent } from './sent.ts'
import { submittedWords } from './words.ts'
import styles from './requests.module.css'

const SOURCE = 'the form'
const AGENTS = 3
const PRIORITY_OPTIONS = PRIORITIES.map((value) => ({
  value,
  label: `${value[0]?.toUpperCase() ?? ''}${value.slice(1)}`,
}))

/** Names of allowed checks, for one click. */
function useAllowedChecks(): string[] {
  const reading = useRead('system.settings', (api, signal) => api.system.settings({}, { signal }))
  const allow = reading.value?.values.find(({ key }) => key === 'checks.allow')?.value
  return typeof allow === 'object' && allow !== null && !Array.isArray(allow) ? Object.keys(allow) : []
}

/** Asks what a complete form becomes, once for each text of it. */
function usePreview(): [PreviewState, (values: FormValues) => Promise<boolean>] {
  const app = useApp()
  const [state, setState] = useState<PreviewState>(noPreview)
  const asked = useRef('')
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const ask = async (values: FormValues): Promise<boolean> => {
    const document = toTaskRequest(values)
    const text = JSON.stringify(document)
    if (text === asked.current && state.assignments !== null) return state.failure === null
    asked.current = text
    running.current?.abort()
    const life = new AbortController()
    running.current = life
    setState((before) => ({ ...before, loading: true }))
    try {
      const { assignments, by_models: byModels } = await app.api.requests.preview(
        { source: SOURCE, document },
        { signal: life.signal },
      )
      if (!life.signal.aborted) setState({ assignments, byModels, failure: null, loading: false })
      return true
    } catch (error) {
      if (life.signal.aborted) return false
      asked.current = ''
      setState({ ...noPreview, failure: failureOf(error) })
      return false
    }
  }
  return [state, ask]
}

export function IntakeForm({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) {
  const offline = useStore(({ connection }) => connection.state !== 'online')
  const [draft, keepDraft] = useKept<FormValues>('requests.draft', isFormValues)
  const [fresh, setFresh] = useState<FormValues>(() => blankForm(proposeId(taken)))
  const values = draft ?? fresh
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  const [tried, setTried] = useState(false)
  const [preview, askPreview] = usePreview()
  const allowed = useAllowedChecks()
  const stopped = useCosts()?.stopped === true
  const form = useRef<HTMLFormElement>(null)
  const summary = useRef<HTMLInputElement>(null)
  useEffect(() => summary.current?.focus(), [])
  // Of an earlier text of this form: it arrived, and was written on since.
  const [arrived, setArrived] = useState<string | null>(null)

  const open = (id: string): void => navigate(pathOf({ view: 'request', id }))
  const submit = useAct(
    async (api, wanted: FormValues) => {
      const document = toTaskRequest(wanted)
      doubt.keep(document)
      try {
        return await api.requests.submit({
          source: SOURCE,
          document,
          model: null,
          agents: AGENTS,
          ...choicesOf(wanted),
        })
      } catch (thrown) {
        // A refusal may be of what became of it: then it is there all the same.
        if (failureOf(thrown).code !== 'offline' && !(await isSame(api, document).catch(() => true)))
          doubt.keep(null)
        throw thrown
      }
    },
    {
      done: (done) => {
        doubt.keep(null)
        keepDraft(null)
        tellDone(submittedWords(done, stopped))
        open(done.request_id)
      },
    },
  )
  const doubt = useSent(taken, submit.busy, (document) => {
    const { request_id: id } = document
    submit.clear()
    // Under another name it is still the one that arrived.
    if (saysTheSame({ ...toTaskRequest(values), request_id: id }, document)) {
      keepDraft(null)
      tellDone(`${id} arrived`)
      open(id)
      return
    }
    setArrived(id)
    tellDone(`${id} arrived as it was sent`, { label: 'Open', run: () => open(id) })
  })
  const sentId = doubt.sent?.request_id
  const inDoubt =
    doubt.sent !== null && !submit.busy && (submit.error === null || submit.error.code === 'offline')

  // What went wrong stands above the button, and both of it are to be seen.
  const buttons = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (submit.error !== null) buttons.current?.scrollIntoView({ block: 'nearest' })
  }, [submit.error])

  // While it is submitted, or not known to have arrived, its own name is taken by itself.
  const found = checkForm(values, submit.busy ? [] : taken.filter((id) => id !== sentId), arrived)
  const refusal = submit.error ?? preview.failure
  const refusedField = refusal === null ? null : fieldNamed(refusal.message, values)
  const errorOf = (field: string): string | undefined => {
    if (tried || touched.has(field)) {
      if (found[field] !== undefined) return found[field]
      if (field === refusedField && refusal !== null) return refusal.message
    }
    return undefined
  }

  const set = (change: Partial<FormValues>): void => {
    const next = { ...values, ...change }
    submit.clear()
    setFresh(next)
    keepDraft(isWritten(next) ? next : null)
  }
  const setChange = (index: number, change: Partial<FormChange>): void =>
    set({ changes: values.changes.map((one, at) => (at === index ? { ...one, ...change } : one)) })
  const leave = (field: string): void => {
    setTouched(new Set([...touched, field]))
    if (Object.keys(found).length === 0 && !offline) void askPreview(values)
  }
  const send = async (): Promise<void> => {
    setTried(true)
    if (offline || submit.busy) return
    if (Object.keys(found).length > 0) {
      // After the errors are drawn: the first wrong field is where writing goes on.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
      return
    }
    if (await askPreview(values)) await submit.run(values)
  }
  const addCheck = (name: string): void =>
    set({ checks: [...linesOf(values.checks).filter((line) => line !== 'none'), name].join('\n') })

  return (
    <form
      ref={form}
      className={styles.compose}
      aria-label="New task request"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault()
          void send()
        }
      }}
    >
      <div className={styles.fields}>
        <div className={styles.two}>
          <TextField
            label="Request"
            value={values.request_id}
            onChange={(request_id) => set({ request_id })}
            onBlur={() => leave('request_id')}
            error={errorOf('request_id')}
            code
          />
          <Select
            label="Priority"
            value={values.priority}
            onChange={(priority) => set({ priority })}
            options={PRIORITY_OPTIONS}
          />
        </div>
        <TextField
          label="What is wanted"
          value={values.summary}
          onChange={(text) => set({ summary: text })}
          // It has the keyboard from the start: nobody went there to leave it empty.
          onBlur={() => isWritten(values) && leave('summary')}
          error={errorOf('summary')}
          placeholder="In one sentence"
          inputRef={summary}
        />
        <fieldset className={styles.group}>
          <legend>Requested changes</legend>
          {errorOf('changes') !== undefined && (
            <p className={styles.error} role="alert">
              {errorOf('changes')}
            </p>
          )}
          {values.changes.map((change, index) => (
            // Rows have no name of their own; their place is what they are.
            <div key={index} className={styles.change}>
              <PathPicker
                toEdit
                labelled={false}
                label={`Path ${index + 1}`}
                value={change.path}
                onChange={(path) => setChange(index, { path })}
                onLeave={() => leave(`changes.${index}.path`)}
                error={errorOf(`changes.${index}.path`)}
              />
              <TextField
                label={`What happens to path ${index + 1}`}
                labelled={false}
                value={change.summary}
                onChange={(summary) => setChange(index, { summary })}
                onBlur={() => leave(`changes.${index}.summary`)}
                error={errorOf(`changes.${index}.summary`)}
                placeholder="What is to happen to it"
              />
              <IconButton
                label={`Remove path ${index + 1}`}
                icon={<X size={14} />}
                reason={values.changes.length === 1 ? 'A request has at least one' : null}
                onClick={() => set({ changes: values.changes.filter((_, at) => at !== index) })}
              />
            </div>
          ))}
          <div>
            <Button
              size="small"
              icon={<Plus size={14} />}
              onClick={() => set({ changes: [...values.changes, { path: '', summary: '' }] })}
            >
              Another path
            </Button>
          </div>
        </fieldset>
        <TextArea
          label="Done when"
          rows={3}
          value={values.criteria}
          onChange={(criteria) => set({ criteria })}
          onBlur={() => leave('criteria')}
          help="What must be true when it is done, one on each line."
        />
        <TextArea
          label="Checks"
          rows={2}
          code
          value={values.checks}
          onChange={(checks) => set({ checks })}
          onBlur={() => leave('checks')}
          error={errorOf('checks')}
          help="Names of allowed checks or commands, one on each line. Left empty, the workspace decides; “none” runs nothing."
        />
        {allowed.length > 0 && (
          <div className={styles.allowed}>
            <span className={styles.quiet}>Allowed:</span>
            {allowed.slice(0, 12).map((name) => (
              <Button
                key={name}
                size="small"
                reason={linesOf(values.checks).includes(name) ? 'It is asked for already' : null}
                onClick={() => addCheck(name)}
              >
                {name.slice(0, 60)}
              </Button>
            ))}
          </div>
        )}
        <TextArea
          label="Context"
          rows={3}
          value={values.context}
          onChange={(context) => set({ context })}
          onBlur={() => leave('context')}
          help="Whatever helps to understand it."
        />
        <AgentChoices choices={values} onChange={set} />
        {inDoubt ? (
          <ErrorBanner failure={sentWords(sentId ?? '', offline || doubt.isThere)} title="No answer" />
        ) : (
          submit.error !== null && <ErrorBanner failure={submit.error} title="Not submitted" />
        )}
        {/* Pressing a button takes no field's focus away: an error appearing there would move the button. */}
        <div ref={buttons} className={styles.buttons} onMouseDown={(event) => event.preventDefault()}>
          <Button
            type="submit"
            kind="primary"
            busy={submit.busy}
            reason={offline ? 'The engine cannot be reached; the draft is kept' : null}
            keys={<Kbd keys="mod+enter" />}
            onClick={(event) => {
              event.preventDefault()
              void send()
            }}
          >
            Submit request
          </Button>
          <Button onClick={onClose}>Close</Button>
          {isWritten(values) && (
            <Button
              kind="ghost"
              onClick={() => {
                const [kept, sent] = [values, doubt.sent]
                keepDraft(null)
                doubt.keep(null)
                setFresh(blankForm(proposeId(taken)))
                setTried(false)
                setTouched(new Set())
                summary.current?.focus()
                tellDone('Draft cleared', {
                  run: () => {
                    keepDraft(kept)
                    doubt.keep(sent)
                  },
                })
              }}
            >
              Clear
            </Button>
          )}
          <span className={styles.quiet} role="status">
            {submit.busy ? 'Drafting and queueing…' : draft === null ? '' : 'Draft kept on this machine'}
          </span>
        </div>
      </div>
      <Preview state={preview} />
    </form>
  )
}
