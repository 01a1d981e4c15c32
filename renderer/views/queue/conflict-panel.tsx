/** What no longer fits, path by path, and the plain decisions that settle it. */
import { useState } from 'react'
import type { ChangeDetail } from '../../../schemas/view.ts'
import { CodeView } from '../../editor/code-view.tsx'
import { languageOf } from '../../editor/languages.ts'
import { useAct, useStore } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { Select, TextField } from '../../ui/fields.tsx'
import { inertLine } from '../../ui/inert.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { conflictChoices, CONFLICT_WORDS, type Choice } from './conflict-choices.ts'
import styles from './inspector.module.css'

type Conflict = ChangeDetail['conflicts'][number]

function Sides({ conflict }: { conflict: Conflict }) {
  return (
    <table className={styles.sides}>
      <tbody>
        {(['base', 'ours', 'theirs'] as const).map((side) => {
          const blob = conflict[side]
          return (
            <tr key={side}>
              <th scope="row">{{ base: 'Base', ours: 'Target', theirs: 'Incoming' }[side]}</th>
              <td>
                {blob === null ? (
                  <span className={styles.muted}>no file</span>
                ) : (
                  <code>{blob.oid.slice(0, 12)}</code>
                )}
              </td>
              <td className={styles.muted}>{blob?.mode ?? ''}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function Why({ conflict }: { conflict: Conflict }) {
  if (conflict.touched_by.length === 0) return null
  return (
    <div>
      <p className={styles.small}>Landed on it since the base:</p>
      <ul>
        {conflict.touched_by.map((landed) => (
          <li key={landed.commit} className={styles.entryHead}>
            <code>{landed.commit.slice(0, 10)}</code>
            {landed.change_id !== null && (
              <Link to={`/change/${landed.change_id}`}>change {landed.change_id}</Link>
            )}
            <span className={styles.grow}>
              <InertLine
                text={[landed.task_id, landed.agent, landed.intent].filter((one) => one !== null).join(' · ')}
                muted
              />
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** The editor comes with the first text that is looked at, so a closed one holds none. */
function Markers({ path, text, first }: { path: string; text: string; first: boolean }) {
  const [open, setOpen] = useState(first)
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className={styles.markers}>
      <summary>Text with conflict markers</summary>
      {open && (
        <CodeView
          text={text}
          language={languageOf(path)}
          label={`${inertLine(path, 120)} with conflict markers`}
          fit
        />
      )}
    </details>
  )
}

function Path({
  conflict,
  choice,
  onChoose,
  open,
}: {
  conflict: Conflict
  choice: Choice | ''
  onChoose: ((choice: Choice | '') => void) | null
  open: boolean
}) {
  return (
    <section className={styles.conflict} aria-label={conflict.path.slice(0, 200)}>
      <h3 className={styles.entryHead}>
        <span className={styles.grow}>
          <InertLine text={conflict.path} />
        </span>
        <span className={styles['ink-conflict']}>{CONFLICT_WORDS[conflict.kind]}</span>
      </h3>
      {conflict.rename_source !== null && (
        <p className={styles.small}>
          Named <InertLine text={conflict.rename_source} /> in the base.
        </p>
      )}
      <Sides conflict={conflict} />
      <Why conflict={conflict} />
      {conflict.markers !== null && <Markers path={conflict.path} text={conflict.markers} first={open} />}
      {onChoose !== null && (
        <Select
          label={`Decision for ${conflict.path.slice(0, 120)}`}
          labelled={false}
          value={choice}
          onChange={onChoose}
          options={[{ value: '', label: 'Decide…' }, ...conflictChoices(conflict)]}
        />
      )}
    </section>
  )
}

export function ConflictPanel({ detail }: { detail: ChangeDetail }) {
  const remembered = useStore((state) => state.preferences.name)
  const [by, setBy] = useState(remembered)
  const [choices, setChoices] = useState<Readonly<Record<string, Choice | ''>>>({})
  const act = useAct(
    (api, decisions: { path: string; how: Choice; content: null }[]) =>
      api.changes.resolve({ id: detail.id, by: by.trim(), decisions }),
    { done: () => tellDone(`Change ${detail.id} is resolved and back in the queue`) },
  )
  const open = detail.status === 'conflict'
  const decisions = detail.conflicts.flatMap(({ path }) => {
    const how = choices[path] ?? ''
    return how === '' ? [] : [{ path, how, content: null }]
  })
  const left = detail.conflicts.length - decisions.length
  const reason =
    left > 0
      ? `${left} of ${detail.conflicts.length} paths to decide`
      : by.trim() === ''
        ? 'Say who decides'
        : null
  return (
    <div className={styles.panel}>
      <p className={styles.small}>
        {open
          ? 'The three-pane reviewer is not there yet. Until then a whole side can be taken for each path; to mix lines, use hyperion resolve with --from FILE.'
          : 'This was settled; it is kept as it was.'}
      </p>
      {detail.conflicts.map((conflict) => (
        <Path
          key={conflict.path}
          conflict={conflict}
          open={detail.conflicts.length === 1}
          choice={choices[conflict.path] ?? ''}
          onChoose={
            open ? (choice) => setChoices((before) => ({ ...before, [conflict.path]: choice })) : null
          }
        />
      ))}
      {detail.resolutions.length > 0 && (
        <>
          <h3 className={styles.section}>Decided</h3>
          <ul>
            {detail.resolutions.map((one) => (
              <li key={one.path} className={styles.entryHead}>
                <span className={styles.grow}>
                  <InertLine text={one.path} />
                </span>
                <span>{one.how}</span>
                <InertLine text={one.resolved_by} muted />
              </li>
            ))}
          </ul>
        </>
      )}
      {open && (
        <form
          className={styles.settle}
          onSubmit={(event) => {
            event.preventDefault()
            if (reason === null) void act.run(decisions)
          }}
        >
          {act.error !== null && <ErrorBanner failure={act.error} title="Not resolved" />}
          <TextField label="Your name" value={by} onChange={setBy} maxLength={200} />
          <Button type="submit" kind="primary" reason={reason} busy={act.busy}>
            Resolve and put back
          </Button>
        </form>
      )}
    </div>
  )
}
