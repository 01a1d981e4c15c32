/** Places whose time comes later: what each will be for, and what does the same today. */
import type { ReactNode } from 'react'
import { CommandLine } from '../../ui/command-line.tsx'
import { Link } from '../../ui/link.tsx'
import styles from './later.module.css'

function Line({ command, does }: { command: string; does: ReactNode }) {
  return (
    <div className={styles.line}>
      <div className={styles.command}>
        <CommandLine line={command} />
      </div>
      <div className={styles.does}>{does}</div>
    </div>
  )
}

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

export function CastBuilderView() {
  return (
    <Place
      title="Cast builder"
      lead="The stepwise builder of casts is not in this version. A cast is a JSON file, and the queue takes it as it is."
    >
      <Line
        command="hyperion request FILE"
        does="Takes a task request or a cast from a file and queues its changes."
      />
      <p className={styles.text}>
        Or drop the file on <Link to="/requests">Requests</Link>, where a request can also be composed as a
        form. SCHEMAS.md documents every field of a cast with an example.
      </p>
    </Place>
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
