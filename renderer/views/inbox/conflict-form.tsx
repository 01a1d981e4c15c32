/** Settles a conflict path by path, with one side as a whole for each. */
import { useId, useState } from 'react'
import type { ConflictRecord } from '../../../schemas/conflict.ts'
import { useCommands } from '../../state/commands.ts'
import { CodeView } from '../../editor/code-view.tsx'
import { languageOf } from '../../editor/languages.ts'
import { useApp, useAct, useStore } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { TextField } from '../../ui/fields.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { whyNot, type Standing } from './acts.ts'
import { choicesFor, CONFLICT_LABEL, decisionsOf, type Side } from './sides.ts'
import { useDecide } from './use-decide.ts'
import styles from './conflict.module.css'

interface PathProps {
  conflict: ConflictRecord
  taskId: string
  chosen: Side | undefined
  onChoose: (side: Side) => void
}

function ConflictPath({ conflict, taskId, chosen, onChoose }: PathProps) {
  const name = useId()
  const [open, setOpen] = useState(false)
  return (
    <fieldset className={styles.path}>
      <legend className={styles.legend}>
        <code>
          <InertLine text={conflict.path} />
        </code>
        <span className={styles.kind}>{CONFLICT_LABEL[conflict.kind]}</span>
      </legend>
      <div className={styles.choices}>
        {choicesFor(conflict, taskId).map(({ side, label, detail, reason }) => (
          <label key={side} className={cx(styles.choice, reason !== null && styles.off)}>
            <input
              type="radio"
              name={name}
              checked={chosen === side}
              disabled={reason !== null}
              onChange={() => onChoose(side)}
            />
            <span className={styles.label}>
              <InertLine text={label} />
            </span>
            <span className={styles.detail}>{reason ?? detail}</span>
          </label>
        ))}
      </div>
      {conflict.markers !== null && (
        <>
          <Button size="small" kind="ghost" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide both sides' : 'Show both sides'}
          </Button>
          {open && (
            <CodeView
              text={conflict.markers}
              language={languageOf(conflict.path)}
              label="Text with both sides"
              fit
            />
          )}
        </>
      )}
    </fieldset>
  )
}

export function ConflictForm({
  id,
  taskId,
  conflicts,
  standing,
  offline,
  onDone,
}: {
  id: number
  taskId: string
  /** Null while they are read. */
  conflicts: readonly ConflictRecord[] | null
  standing: Standing
  offline: boolean
  onDone: () => void
}) {
  const app = useApp()
  const name = useStore((state) => state.preferences.name)
  // Until it is written here it is the name of the settings, which may be read later than this is drawn.
  const [written, setBy] = useState<string | null>(null)
  const by = written ?? name
  const [chosen, setChosen] = useState<Readonly<Record<string, Side>>>({})
  const { busy, failure, decide } = useDecide(onDone)
  const decisions = conflicts === null ? null : decisionsOf(conflicts, chosen)
  const left = (conflicts ?? []).filter(({ path }) => !Object.hasOwn(chosen, path)).length
  const resolve = useAct(
    async (api, said: { by: string; decisions: NonNullable<typeof decisions> }) =>
      api.changes.resolve({ id, ...said }),
    {
      done: () => {
        tellDone(`Resolved: change ${id} is tried again`)
        onDone()
      },
    },
  )
  const off =
    whyNot('resolve', standing, offline) ??
    (decisions === null ? (left === 1 ? 'One path is undecided' : `${left} paths are undecided`) : null) ??
    (by.trim() === '' ? 'Say who decides first' : null)
  const run = (): void => {
    if (off !== null || decisions === null) return
    if (name === '') app.prefer({ name: by.trim() })
    void resolve.run({ by: by.trim(), decisions })
  }
  const all = (side: Side): void => {
    const free = (conflicts ?? []).filter((conflict) =>
      choicesFor(conflict, taskId).some((choice) => choice.side === side && choice.reason === null),
    )
    setChosen({ ...chosen, ...Object.fromEntries(free.map(({ path }) => [path, side])) })
  }
  useCommands([
    { id: 'inbox-keep', label: 'Keep what landed', group: 'Decision', keys: '1', run: () => all('ours') },
    { id: 'inbox-take', label: 'Take this change', group: 'Decision', keys: '2', run: () => all('theirs') },
    { id: 'inbox-base', label: 'Go back to the base', group: 'Decision', keys: '0', run: () => all('base') },
  ])
  if (conflicts === null) return <Skeleton />
  return (
    <div className={styles.form}>
      {conflicts.length > 1 && (
        <div className={styles.all}>
          <span>For all {conflicts.length} paths:</span>
          <Button size="small" onClick={() => all('ours')}>
            Keep what landed
          </Button>
          <Button size="small" onClick={() => all('theirs')}>
            Take this change
          </Button>
        </div>
      )}
      {conflicts.map((conflict) => (
        <ConflictPath
          key={conflict.path}
          conflict={conflict}
          taskId={taskId}
          chosen={chosen[conflict.path]}
          onChoose={(side) => setChosen({ ...chosen, [conflict.path]: side })}
        />
      ))}
      <div className={styles.who}>
        <TextField label="Decided by" value={by} onChange={setBy} maxLength={200} />
      </div>
      {resolve.error !== null && <ErrorBanner failure={resolve.error} title="Not resolved" />}
      {failure !== null && <ErrorBanner failure={failure} title="Not done" />}
      <div className={styles.buttons}>
        <Button kind="primary" reason={off} busy={resolve.busy} onClick={run}>
          Resolve and try again
        </Button>
        <Button
          reason={whyNot('cancel', standing, offline)}
          busy={busy === 'cancel'}
          onClick={() => void decide('cancel', [id])}
        >
          Cancel change
        </Button>
        <span className={styles.keys}>
          <Kbd keys="1" /> keep <Kbd keys="2" /> take <Kbd keys="0" /> base
        </span>
      </div>
    </div>
  )
}
