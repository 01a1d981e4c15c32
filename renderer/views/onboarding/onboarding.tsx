/** The first screen: open a repository, try the sample, go on with a recent one; says what opening would do. */
import { useState } from 'react'
import type { Inspection, WorkspaceState } from '../../../schemas/view.ts'
import type { Failure } from '../../failure.ts'
import { useAct, useApp, useStore } from '../../state/hooks.ts'
import { setWorkspace } from '../../state/store.ts'
import { navigate } from '../../router.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { FolderField } from '../../ui/folder-field.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Skeleton } from '../../ui/pane.tsx'
import { Personal } from '../settings/personal.tsx'
import { InspectionForm } from './inspection-form.tsx'
import styles from './onboarding.module.css'
import { RecentList } from './recent-list.tsx'

/** Takes in what an act on the workspace answered; a failed one keeps this screen, which says why. */
function useEnter(refuse: (failure: Failure) => void): (state: WorkspaceState) => void {
  const app = useApp()
  return (state) => {
    setWorkspace(app.store, state)
    if (state.state === 'failed') refuse(failed(state))
    if (state.state !== 'open') return
    app.store.setState({ overlay: 'none' })
    navigate('/home')
  }
}

function Opening({ folder }: { folder: string }) {
  return (
    <section className={styles.column}>
      <h1 className={styles.title}>Opening</h1>
      <p className={styles.path}>{folder}</p>
      <Skeleton lines={2} />
    </section>
  )
}

export function Onboarding() {
  const app = useApp()
  const workspace = useStore((state) => state.workspace)
  const connection = useStore((state) => state.connection.state)
  const [folder, setFolder] = useState('')
  const [inspection, setInspection] = useState<Inspection | null>(null)
  const [personal, setPersonal] = useState(false)
  /** Why what was looked at could not be opened when it was tried; an earlier failure is not of this try. */
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const enter = useEnter(setRefusal)
  const inspect = useAct((api, path: string) => api.workspace.inspect({ folder: path }), {
    done: (seen) => {
      setRefusal(null)
      setInspection(seen)
    },
  })
  const open = useAct(
    (api, input: { folder: string; checks: Record<string, string> | null }) => api.workspace.open(input),
    { done: enter },
  )
  const sample = useAct((api, none: Record<string, never>) => api.workspace.sample(none), { done: enter })

  if (workspace === null) {
    if (connection !== 'connecting' && connection !== 'online') return null
    return (
      <section className={styles.column}>
        <Skeleton />
      </section>
    )
  }
  if (workspace.state === 'opening') return <Opening folder={workspace.folder} />
  if (sample.busy) return <Opening folder="A fresh copy of the sample" />
  if (inspection !== null) {
    return (
      <InspectionForm
        inspection={inspection}
        busy={open.busy}
        error={open.error ?? (open.busy ? null : refusal)}
        onOpen={(checks) => void open.run({ folder: inspection.folder, checks })}
        onBack={() => setInspection(null)}
      />
    )
  }
  if (personal) {
    return (
      <section className={styles.column}>
        <header className={styles.head}>
          <h1 className={styles.title}>Personal settings</h1>
          <Button kind="ghost" onClick={() => setPersonal(false)}>
            Back
          </Button>
        </header>
        <p className={styles.lead}>
          On this machine only, in force at once. Those of a workspace are there once one is open.
        </p>
        <Personal />
      </section>
    )
  }
  const submit = (): void => void inspect.run(folder.trim())
  const wasOpen = workspace.state === 'failed' && WENT_AWAY.has(workspace.error.code)
  return (
    <section className={styles.column}>
      <header className={styles.head}>
        <h1 className={styles.title}>Open a repository</h1>
        {workspace.state === 'open' ? (
          <Button kind="ghost" onClick={() => app.store.setState({ overlay: 'none' })}>
            Back to {workspace.name}
          </Button>
        ) : (
          <Button kind="ghost" onClick={() => setPersonal(true)}>
            Settings
          </Button>
        )}
      </header>
      <p className={styles.lead}>
        Agents’ changes are checked and land on a branch of their own. Your branch and your files stay as they
        are until you bring the changes there.
      </p>
      {workspace.state === 'failed' && (
        <ErrorBanner
          title={`${inertLine(workspace.folder)} was ${wasOpen ? 'closed' : 'not opened'}`}
          failure={open.error ?? failed(workspace)}
          retry={() => void open.run({ folder: workspace.folder, checks: null })}
          busy={open.busy}
        />
      )}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (folder.trim() !== '') submit()
        }}
      >
        <FolderField
          label="Folder of the repository"
          value={folder}
          onChange={(value) => {
            setFolder(value)
            inspect.clear()
          }}
          placeholder="/path/to/project"
          autoFocus
          help="The path of a git repository on this machine, or of a folder in it. Nothing is changed yet."
        />
        <div className={styles.actions}>
          <Button
            type="submit"
            kind="primary"
            busy={inspect.busy}
            reason={folder.trim() === '' ? 'Type the path of a folder first' : null}
          >
            Look at it
          </Button>
        </div>
      </form>
      {inspect.error !== null && (
        <ErrorBanner
          title="It cannot be opened"
          failure={inspect.error}
          {...(folder.trim() === '' ? {} : { retry: submit })}
          busy={inspect.busy}
        />
      )}
      <RecentList onOpen={(path) => void inspect.run(path)} busy={inspect.busy} />
      <section className={styles.part}>
        <h2 className={styles.subtitle}>Or try the sample</h2>
        <p className={styles.lead}>
          A small repository and six task requests, on which stub agents work at once: no account, no network,
          nothing of yours is touched.
        </p>
        <div className={styles.actions}>
          <Button onClick={() => void sample.run({})} busy={sample.busy}>
            Try the sample
          </Button>
        </div>
        {sample.error !== null && <ErrorBanner title="The sample was not made" failure={sample.error} />}
      </section>
    </section>
  )
}

/** What can only go wrong with a workspace that was open. */
const WENT_AWAY: ReadonlySet<string> = new Set([
  'folder_gone',
  'repository_gone',
  'queue_gone',
  'queue_replaced',
])

const failed = ({ error }: Extract<WorkspaceState, { state: 'failed' }>) => ({
  kind: 'user' as const,
  ...error,
})
