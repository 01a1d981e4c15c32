/** Where a line, or a file, comes from: change, assignment, request, approvals, checks, as `why` prints it. */
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Why, WhyChange, WhyCommit } from '../../schemas/acts.ts'
import type { SideOf } from '../../schemas/reading.ts'
import { IconButton } from '../ui/button.tsx'
import { CommandLine } from '../ui/command-line.tsx'
import { ErrorBanner } from '../ui/error-banner.tsx'
import { InertLine, InertText } from '../ui/inert-text.tsx'
import { Link } from '../ui/link.tsx'
import { Skeleton } from '../ui/pane.tsx'
import { absoluteTime, Time } from '../ui/time.tsx'
import { useFetched } from '../state/fetched.ts'
import { whyCommand } from './model.ts'
import styles from './why.module.css'

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const Commit = ({ oid }: { oid: string }) => <code title={oid}>{oid.slice(0, 10)}</code>

const ChangeLink = ({ id }: { id: number }) => <Link to={`/change/${id}`}>change {id}</Link>

function Whose({ commit: { origin, change_id, author } }: { commit: WhyCommit }) {
  if (origin === 'change' && change_id !== null) return <ChangeLink id={change_id} />
  return (
    <span>
      {origin === 'operator'
        ? 'the operator’s own, by '
        : 'names a change that did not land here as this commit, by '}
      <InertLine text={author} />
    </span>
  )
}

function Rows({ change }: { change: WhyChange }) {
  const { request, assignment } = change
  return (
    <>
      <Row name="Change">
        <ChangeLink id={change.id} />
        {change.archived && ' (archived)'}, landed <Time at={change.landed_at} />
      </Row>
      {change.intent !== null && (
        <Row name="Intent">
          <InertText text={change.intent} />
        </Row>
      )}
      <Row name="Agent">
        <InertLine
          text={change.agent_model === null ? change.agent : `${change.agent}, model ${change.agent_model}`}
        />
      </Row>
      <Row name="Assignment">
        <InertLine text={change.task_id} />
        {assignment !== null && (
          <>
            <InertText text={assignment.summary} />
            {assignment.instructions.length > 0 && (
              <ul className={styles.list}>
                {assignment.instructions.map((one, index) => (
                  <li key={index}>
                    <InertText text={one} />
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </Row>
      <Row name="Request">
        {request === null ? (
          <span className={styles.muted}>none: it was submitted by itself</span>
        ) : (
          <>
            <Link to={`/request/${request.request_id}`}>
              <InertLine text={request.request_id} />
            </Link>
            {request.summary !== '' && <InertText text={request.summary} />}
          </>
        )}
      </Row>
      <Row name="Approvals">
        {change.approvals.length === 0 && <span className={styles.muted}>none was needed or given</span>}
        {change.approvals.map(({ approver, role, note, decision, created_at }, index) => (
          <div key={index}>
            <span className={decision === 'approved' ? styles.ok : styles.danger}>{decision}</span> by{' '}
            {approver}
            {role !== null && `, ${role}`} <Time at={created_at} />
            {note !== null && <InertText text={note} />}
          </div>
        ))}
      </Row>
      <Row name="Checks">
        {change.checks.length === 0 && (
          <span className={styles.muted}>{change.check_verdict?.replaceAll('_', ' ') ?? 'not known'}</span>
        )}
        {change.checks.map(({ name, verdict, exit_code }) => (
          <div key={name} className={styles.check}>
            <InertLine text={name} />
            <span className={verdict === 'passed' ? styles.ok : styles.warn}>
              {verdict.replaceAll('_', ' ')}
            </span>
            {exit_code !== null && exit_code !== 0 && <span className={styles.muted}>exit {exit_code}</span>}
          </div>
        ))}
      </Row>
      {change.reverts !== null && (
        <Row name="Undoes">
          <ChangeLink id={change.reverts} />
        </Row>
      )}
      {change.reverted_by !== null && (
        <Row name="Undone by">
          <ChangeLink id={change.reverted_by} />
        </Row>
      )}
    </>
  )
}

function Told({ why }: { why: Why }) {
  const { last, change, earlier, more, text } = why
  return (
    <>
      {text !== null && (
        <div className={styles.quote}>
          {text === '' ? <span className={styles.muted}>an empty line</span> : <InertText text={text} code />}
        </div>
      )}
      <dl>
        <Row name="Commit">
          <Commit oid={last.commit} /> <InertLine text={last.subject} />
          <span className={styles.muted} title={absoluteTime(last.committed_at)}>
            {change === null && <Whose commit={last} />} <Time at={last.committed_at} />
          </span>
        </Row>
        {change !== null && <Rows change={change} />}
      </dl>
      {earlier.length > 0 && (
        <section>
          <h3 className={styles.before}>Before that</h3>
          <ol className={styles.list}>
            {earlier.map((one) => (
              <li key={one.commit} className={styles.earlier}>
                <Commit oid={one.commit} />
                <Whose commit={one} />
                <InertLine text={one.subject} muted />
              </li>
            ))}
          </ol>
          {more && <p className={styles.muted}>and earlier ones</p>}
        </section>
      )}
    </>
  )
}

export function WhyPanel({
  path,
  line,
  of,
  onClose,
  hint,
}: {
  path: string
  /** Null: the file as a whole. */
  line: number | null
  /** A side of a landed change; left out: the target as it is. */
  of?: SideOf
  onClose?: (() => void) | undefined
  hint?: ReactNode
}) {
  const key = JSON.stringify([path, line, of])
  const asked = useFetched(`why ${key}`, (api, signal) =>
    api.changes.why({ path, line, ...(of === undefined ? {} : { of }) }, { signal }),
  )
  return (
    <aside className={styles.panel} aria-label="Why" aria-busy={asked.loading}>
      <header className={styles.head}>
        <h2>{line === null ? 'Why this file is as it is' : `Why line ${line} is as it is`}</h2>
        {onClose !== undefined && <IconButton label="Close (Esc)" icon={<X size={14} />} onClick={onClose} />}
      </header>
      {asked.error !== null && (
        <ErrorBanner failure={asked.error} retry={asked.reload} busy={asked.loading} />
      )}
      {asked.value === undefined && asked.error === null && <Skeleton lines={5} />}
      {asked.value !== undefined && asked.error === null && <Told why={asked.value} />}
      {of === undefined && (
        <p className={styles.cli}>
          <CommandLine line={whyCommand(path, line)} />
        </p>
      )}
      {hint !== undefined && <p className={styles.muted}>{hint}</p>}
    </aside>
  )
}
