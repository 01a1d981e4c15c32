/** The first screen: open a repository, try the sample, go on with a recent one; says what opening would do. */
import { useState } from 'react'
import type { Inspection, WorkspaceState } from '../../../schemas/view.ts'
import { useAct, useApp, useStore } from '../../state/hooks.ts'
import { setWorkspace } from '../../state/store.ts'
import { navigate } from '../../router.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { InspectionForm } from './inspection-form.tsx'
import styles from './onboarding.module.css'
import { RecentList } from './recent-list.tsx'

/** Takes in what an act on the workspace answered; a failed one keeps this screen, which says why. */
function useEnter(): (state: WorkspaceState) => void {
  const app = useApp()
  return (state) => {
    setWorkspace(app.store, state)
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
  const enter = useEnter()
  const [folder, setFolder] = useState('')
  const [inspection, setInspection] = useState<Inspection | null>(null)
  const inspect = useAct((api, path: string) => api.workspace.inspect({ folder: path }), {
    done: (seen) => setInspection(seen),
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
        error={open.error ?? (workspace.state === 'failed' && !open.busy ? failed(workspace) : null)}
        onOpen={(checks) => void open.run({ folder: inspection.folder, checks })}
        onBack={() => setInspection(null)}
      />
    )
  }
  const submit = (): void => void inspect.run(folder.trim())
  return (
    <section className={styles.column}>
      <header className={styles.head}>
        <h1 className={styles.title}>Open a repository</h1>
        {workspace.state === 'open' && (
          <Button kind="ghost" onClick={() => app.store.setState({ overlay: 'none' })}>
            Back to {workspace.name}
          </Button>
        )}
      </header>
      <p className={styles.lead}>
        Agents’ changes are checked and land on a branch of their own. Your branch and your files stay as they
        are until you bring the changes there.
      </p>
      {workspace.state === 'failed' && (
        <ErrorBanner
          title={`${workspace.folder} was not opened`}
          failure={failed(workspace)}
          retry={() => void inspect.run(workspace.folder)}
          busy={inspect.busy}
        />
      )}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (folder.trim() !== '') submit()
        }}
      >
        <TextField
          label="Folder of the repository"
          value={folder}
          onChange={(value) => {
            setFolder(value)
            inspect.clear()
          }}
          placeholder="/path/to/project"
          code
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
      {inspect.error !== null && <ErrorBanner title="It cannot be opened" failure={inspect.error} />}
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

const failed = ({ error }: Extract<WorkspaceState, { state: 'failed' }>) => ({
  kind: 'user' as const,
  ...error,
})
