/** Files dropped on the view or chosen: read, told apart, checked by the engine, shown, and only then submitted. */
import { FileJson2 } from 'lucide-react'
import { useMemo, useRef, useState, type ReactNode } from 'react'
import { useCosts } from '../../agents/use-agents.ts'
import type { Api } from '../../client.ts'
import { CodeView } from '../../editor/code-view.tsx'
import { failureOf, type Failure } from '../../failure.ts'
import { navigate, pathOf } from '../../router.ts'
import { useAct, useApp } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { useFileDrop } from '../../ui/file-drop.ts'
import { inertLine } from '../../ui/inert.ts'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { AgentChoices, choicesOf, type Choices } from './agent-choices.tsx'
import { goesToRequests, MAX_BYTES, readDocument, type DocumentKind } from './documents.ts'
import { Assignments, BY_MODELS, type PreviewedAssignment } from './preview.tsx'
import { submittedWords } from './words.ts'
import styles from './requests.module.css'

const AGENTS = 3
/** Findings shown of one file; a document that is wrong everywhere is wrong in one way. */
const SHOWN = 50

interface Finding {
  field: string
  message: string
}

interface Looked {
  kind: DocumentKind
  value: unknown
  assignments: PreviewedAssignment[] | null
  byModels: boolean
  changes: number
  errors: Finding[]
  warnings: Finding[]
}

type Arrival =
  | { state: 'looking'; name: string }
  | { state: 'refused'; name: string; failure: Failure }
  | { state: 'looked'; name: string; looked: Looked }

async function validateAll(
  api: Api,
  values: readonly unknown[],
): Promise<Pick<Looked, 'errors' | 'warnings'>> {
  const errors: Finding[] = []
  const warnings: Finding[] = []
  for (const [index, document] of values.entries()) {
    const verdict = await api.changes.validate({ document })
    const at = (one: Finding): Finding =>
      values.length === 1 ? one : { field: `[${index}].${one.field}`, message: `[${index}] ${one.message}` }
    errors.push(...verdict.errors.map(at))
    warnings.push(...verdict.warnings.map(at))
    if (errors.length >= SHOWN) break
  }
  return { errors, warnings }
}

async function look(api: Api, file: File): Promise<Arrival> {
  const refuse = (message: string, hint: string | null): Arrival => ({
    state: 'refused',
    name: file.name,
    failure: { kind: 'user', code: 'refused', message, hint },
  })
  try {
    // Decided before anything is read: a folder or a disk image may have been dropped as well.
    if (file.size > MAX_BYTES) {
      const most = MAX_BYTES.toLocaleString('en')
      return refuse(
        `${file.name} has ${file.size.toLocaleString('en')} bytes; at most ${most} are taken here`,
        null,
      )
    }
    const told = readDocument(new Uint8Array(await file.arrayBuffer()))
    if (!told.ok) return refuse(told.refusal.message, told.refusal.hint)
    const { kind, value } = told
    const common = { kind, value, assignments: null, byModels: false, changes: 0, errors: [], warnings: [] }
    if (goesToRequests(kind)) {
      const { assignments, by_models: byModels } = await api.requests.preview({
        source: file.name,
        document: value,
      })
      const looked = { ...common, assignments: byModels ? null : assignments, byModels }
      return { state: 'looked', name: file.name, looked }
    }
    const values: unknown[] = Array.isArray(value) ? value : [value]
    const found = await validateAll(api, values)
    return { state: 'looked', name: file.name, looked: { ...common, changes: values.length, ...found } }
  } catch (error) {
    return { state: 'refused', name: file.name, failure: failureOf(error) }
  }
}

function Findings({ title, findings }: { title: string; findings: readonly Finding[] }) {
  if (findings.length === 0) return null
  return (
    <section className={styles.findings}>
      <h3>{title}</h3>
      <ul>
        {findings.slice(0, SHOWN).map(({ field, message }, index) => (
          <li key={index}>
            {field !== '' && !message.startsWith(field) && (
              <code>
                <InertLine text={field} />
              </code>
            )}
            <InertText text={message} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What was read from the file, to see what a finding speaks of; the editor comes once it is opened. */
function Document({ name, value }: { name: string; value: unknown }) {
  const [open, setOpen] = useState(false)
  const text = useMemo(() => (open ? JSON.stringify(value, null, 2) : ''), [open, value])
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className={styles.document}>
      <summary>The document</summary>
      {open && <CodeView text={text} language="json" label={inertLine(name, 120)} fit />}
    </details>
  )
}

function Contents({ name, looked }: { name: string; looked: Looked }) {
  const many = looked.changes === 1 ? 'An array of one change request' : `${looked.changes} change requests`
  const what = looked.kind === 'change requests' ? many : `A ${looked.kind}`
  return (
    <div className={styles.contents}>
      <p>
        {what}
        {looked.errors.length > 0 && ', which cannot be queued as it is'}
        {looked.assignments !== null &&
          `, which becomes ${looked.assignments.length === 1 ? 'one assignment' : `${looked.assignments.length} assignments`}`}
        .
      </p>
      <Findings title="To be corrected" findings={looked.errors} />
      <Findings title="Worth knowing" findings={looked.warnings} />
      {looked.byModels && <p>{BY_MODELS}</p>}
      {looked.assignments !== null && <Assignments assignments={looked.assignments} />}
      <Document name={name} value={looked.value} />
    </div>
  )
}

/** The place files are dropped on; `children` get the function that opens the choice of files. */
export function DropPlace({
  offline,
  children,
}: {
  offline: boolean
  children: (chooseFile: () => void) => ReactNode
}) {
  const app = useApp()
  const stopped = useCosts()?.stopped === true
  const [arrival, setArrival] = useState<Arrival | null>(null)
  const [choices, setChoices] = useState<Choices>({})
  const input = useRef<HTMLInputElement>(null)

  const submit = useAct(
    async (api, { name, looked }: { name: string; looked: Looked }) => {
      const source = name.slice(0, 400)
      if (goesToRequests(looked.kind)) {
        const done = await api.requests.submit({
          source,
          document: looked.value,
          model: null,
          agents: AGENTS,
          ...choicesOf(choices),
        })
        return { said: submittedWords(done, stopped), to: done.request_id }
      }
      const done = await api.changes.enqueue({ source, document: looked.value })
      const [queued, left] = [done.enqueued.length, done.duplicates.length]
      const rest = left === 0 ? '' : `, ${left} queued already`
      return { said: `${queued === 1 ? '1 change' : `${queued} changes`} queued${rest}`, to: null }
    },
    {
      done: ({ said, to }) => {
        setArrival(null)
        tellDone(said)
        navigate(to === null ? '/queue' : pathOf({ view: 'request', id: to }))
      },
    },
  )

  const take = (files: FileList | null): void => {
    const [file, second] = files ?? []
    if (file === undefined) return
    submit.clear()
    setChoices({})
    if (second !== undefined) {
      setArrival({
        state: 'refused',
        name: `${files?.length ?? 2} files`,
        failure: {
          kind: 'user',
          code: 'several_files',
          message: 'Several files were dropped at once',
          hint: 'Drop one; an array of change requests fits into one file.',
        },
      })
      return
    }
    setArrival({ state: 'looking', name: file.name })
    void look(app.api, file).then((next) =>
      setArrival((now) => (now?.state === 'looking' && now.name === file.name ? next : now)),
    )
  }
  const { over, on } = useFileDrop(take)
  const looked = arrival?.state === 'looked' ? arrival.looked : null
  const off = offline
    ? 'The engine cannot be reached at the moment'
    : looked !== null && looked.errors.length > 0
      ? 'Correct the file first'
      : null

  return (
    <div className={styles.drop} {...on}>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        className="unseen"
        tabIndex={-1}
        aria-label="Choose a JSON document"
        onChange={(event) => {
          take(event.target.files)
          // The same file, corrected, can be chosen again.
          event.target.value = ''
        }}
      />
      {children(() => input.current?.click())}
      {over && (
        <div className={styles.over} aria-hidden>
          <FileJson2 size={24} />
          <p>Drop a task request, a cast, a change request or an array of change requests</p>
        </div>
      )}
      {arrival !== null && (
        <Dialog
          open
          wide
          title={arrival.name.slice(0, 120)}
          onClose={() => setArrival(null)}
          actions={
            <>
              <Button onClick={() => setArrival(null)}>{looked === null ? 'Close' : 'Cancel'}</Button>
              {arrival.state === 'looked' && (
                <Button
                  kind="primary"
                  reason={off}
                  busy={submit.busy}
                  onClick={() => void submit.run({ name: arrival.name, looked: arrival.looked })}
                >
                  {goesToRequests(arrival.looked.kind) ? 'Submit request' : 'Queue it'}
                </Button>
              )}
            </>
          }
        >
          {arrival.state === 'looking' && <Skeleton />}
          {arrival.state === 'refused' && <ErrorBanner failure={arrival.failure} title="Not taken" />}
          {looked !== null && <Contents name={arrival.name} looked={looked} />}
          {looked !== null && goesToRequests(looked.kind) && (
            <AgentChoices choices={choices} onChange={(chosen) => setChoices({ ...choices, ...chosen })} />
          )}
          {submit.error !== null && <ErrorBanner failure={submit.error} title="Not submitted" />}
        </Dialog>
      )}
    </div>
  )
}
