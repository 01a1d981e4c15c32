/** What a finished edit does and on what, or why it is none. */
import type { Authored } from '../../cast/edit.ts'
import type { WorkItem } from '../../cast/work.ts'
import { inertLine } from '../../ui/inert.ts'
import { useExamination, useWork } from './builder.ts'
import styles from './cast-builder.module.css'

export const editWords = ({ plus, minus }: { plus: number; minus: number }): string => `+${plus} −${minus}`

export function EditNote({
  authored,
  item,
  base,
}: {
  authored: Authored
  item: WorkItem
  base: string | null
}) {
  const index = useWork(({ items }) => items.findIndex(({ key }) => key === item.key))
  const examined = useExamination((examination) => examination?.edits[index] ?? null)
  const on = base === null ? '' : ` · applies to ${base.slice(0, 7)}`
  if (authored.state === 'refused')
    return (
      <p className={styles.error} role="alert">
        Not in the cast: {inertLine(authored.why, 400)}
        {item.change === null ? '' : '. The cast holds the last text that was taken.'}
      </p>
    )
  if (authored.state === 'making') return <p className={styles.note}>Making the edit…</p>
  const counts = authored.state === 'made' ? authored.authored : examined
  const notes = authored.state === 'made' ? authored.authored.notes : []
  return (
    <p className={styles.note} role="status">
      {item.change === null ? (
        'As the base has it: nothing is edited yet'
      ) : counts === null ? (
        'Being examined…'
      ) : (
        <>
          <strong className={styles.counts}>{editWords(counts)}</strong>
          {on}
        </>
      )}
      {notes.length > 0 && <span className={styles.quiet}> · {notes.join('; ')}</span>}
    </p>
  )
}
