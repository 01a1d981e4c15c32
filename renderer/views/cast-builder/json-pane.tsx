/** Exactly the file as it would be written now, what belongs to the field with the keyboard marked. */
import { useMemo } from 'react'
import { linesOfField } from '../../cast/places.ts'
import { CodeView } from '../../editor/code-view.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import { useExamination, useUi } from './builder.ts'
import styles from './cast-builder.module.css'

/** To walk through a longer one with every key would be felt. */
const MOST = 500_000

export function JsonPane() {
  const text = useExamination((examination) => examination?.text)
  const path = useExamination((examination) => examination?.file?.path)
  const here = useUi((ui) => ui.here)
  const mark = useMemo(
    () => (text === undefined || here === null || text.length > MOST ? null : linesOfField(text, here)),
    [text, here],
  )
  if (text === undefined) return <Skeleton lines={8} />
  return (
    <div className={styles.json}>
      <CodeView text={text} language="json" label={path ?? 'The cast'} mark={mark} />
    </div>
  )
}
