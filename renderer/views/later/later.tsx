/** Places whose time comes later: what each will be for, and what does the same today. */
import type { ReactNode } from 'react'
import styles from './later.module.css'

function Place({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <article className={styles.place}>
      <h1 className={styles.title}>{title}</h1>
      <p className={styles.lead}>{lead}</p>
      <h2 className={styles.today}>What works today</h2>
      {children}
    </article>
  )
}

export function SkillsView() {
  return (
    <Place title="Skills" lead="The catalogue of skills and their export are not in this version.">
      <p className={styles.text}>Agents work without them: what an agent may do is said in its assignment.</p>
    </Place>
  )
}

/** The reviewer of conflicts, where a change is opened that has one. */
export function ConflictReviewerNote() {
  return (
    <p className={styles.text}>
      The side-by-side reviewer is not in this version. A conflict is decided file by file: keep what landed,
      take what comes in, go back to the base, or delete;{' '}
      <code>hyperion resolve ID --path P --from FILE</code> takes a merged file.
    </p>
  )
}
