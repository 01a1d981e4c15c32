/** Settles a conflict path by path, with one side as a whole for each. */
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import type { ConflictRecord } from '../../schemas/conflict.ts'
import { CodeView } from '../editor/code-view.tsx'
import { languageOf } from '../editor/languages.ts'
import { useCommands } from '../state/commands.ts'
import { useAct, useAway } from '../state/hooks.ts'
import { tellDone } from '../state/toasts.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { TextField } from '../ui/fields.tsx'
import { InertLine } from '../ui/inert-text.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { ActTrouble } from './act-trouble.tsx'
import { planAct, whyNot, type Standing } from './acts.ts'
import { ConflictFacts } from './conflict-facts.tsx'
import { useDecider } from './decider.ts'
import { choicesFor, decisionsOf, type Side } from './sides.ts'
import { useActs } from './use-acts.tsx'
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
      </legend>
      <ConflictFacts conflict={conflict} />
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
          <Button
            size="small"
            kind="ghost"
            icon={open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
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

export interface ConflictFormProps {
  id: number
  taskId: string
  conflicts: readonly ConflictRecord[]
  standing: Standing
  onDone: () => void
}

export function ConflictForm({ id, taskId, conflicts, standing, onDone }: ConflictFormProps) {
  const away = useAway()
  const decider = useDecider()
  const [chosen, setChosen] = useState<Readonly<Record<string, Side>>>({})
  const acts = useActs(onDone)
  const decisions = decisionsOf(conflicts, chosen)
  const left = conflicts.filter(({ path }) => !Object.hasOwn(chosen, path)).length
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
  const undecided =
    decisions !== null ? null : left === 1 ? 'One path is undecided' : `${left} paths are undecided`
  const off = away ?? whyNot('resolve', standing) ?? undecided ?? decider.reason
  const run = (): void => {
    if (off === null && decisions !== null) void resolve.run({ by: decider.settle(), decisions })
  }
  const all = (side: Side): void => {
    const free = conflicts.filter((conflict) =>
      choicesFor(conflict, taskId).some((choice) => choice.side === side && choice.reason === null),
    )
    setChosen({ ...chosen, ...Object.fromEntries(free.map(({ path }) => [path, side])) })
  }
  const cancel = planAct('cancel', new Map([[id, standing]]))
  const command = (name: string, key: string, label: string, side: Side) => ({
    id: `conflict-${name}`,
    label,
    group: 'Decision',
    keys: key,
    run: () => all(side),
  })
  useCommands([
    command('keep', '1', 'Keep what landed', 'ours'),
    command('take', '2', 'Take this change', 'theirs'),
    command('base', '0', 'Go back to the base', 'base'),
  ])
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
        <TextField label="Decided by" value={decider.by} onChange={decider.write} maxLength={200} />
      </div>
      {resolve.error !== null && <ErrorBanner failure={resolve.error} title="Not resolved" />}
      <ActTrouble acts={acts} />
      <div className={styles.buttons}>
        <Button kind="primary" reason={off} busy={resolve.busy} onClick={run}>
          Resolve and try again
        </Button>
        <Button
          reason={away ?? cancel.reason}
          busy={acts.progress !== null}
          onClick={() => void acts.run(cancel)}
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
