/** Which sample diff the cast will carry. */
import { CodeView } from '../../editor/code-view.tsx'
import { useExamination, useWork } from './builder.ts'
import styles from './cast-builder.module.css'

export function SampleNote() {
  const own = useWork(({ sample_diff }) => sample_diff !== '')
  const used = useExamination((examination) => examination?.sample_diff ?? '')
  if (own) return null
  if (used === '')
    return <p className={styles.quiet}>No edit is finished yet, so the cast has no sample diff.</p>
  return (
    <div className={styles.whole}>
      <p className={styles.quiet}>Left empty, this one is used:</p>
      <CodeView text={used} language="diff" label="Sample diff" fit />
    </div>
  )
}
