/** What a source would be submitted as: its files, and what no change can carry. */
import { CircleX, Copy } from 'lucide-react'
import type { SubmitPreview } from '../../../../schemas/intake.ts'
import { pathOf } from '../../../router.ts'
import { InertLine, InertText } from '../../../ui/inert-text.tsx'
import { Link } from '../../../ui/link.tsx'
import { STATUS } from '../../../ui/status.tsx'
import styles from './submit.module.css'

const SHOWN = 500

const OPERATION: Readonly<Record<SubmitPreview['files'][number]['operation'], string>> = {
  add: 'Add',
  update: 'Change',
  delete: 'Delete',
}

function Files({ files }: { files: SubmitPreview['files'] }) {
  const added = files.reduce((sum, file) => sum + file.added, 0)
  const removed = files.reduce((sum, file) => sum + file.removed, 0)
  return (
    <section aria-label="Files">
      <h3 className={styles.filesHead}>
        {files.length === 1 ? '1 file' : `${files.length.toLocaleString('en')} files`}{' '}
        <Lines added={added} removed={removed} />
      </h3>
      <ul className={styles.files} tabIndex={0} aria-label="Files and lines">
        {files.slice(0, SHOWN).map((file) => (
          <li key={`${file.operation} ${file.path}`}>
            <span className={styles.operation}>{OPERATION[file.operation]}</span>
            <code>
              <InertLine text={file.path} />
            </code>
            {file.executable && <span className={styles.quiet}>executable</span>}
            <Lines added={file.added} removed={file.removed} />
          </li>
        ))}
        {files.length > SHOWN && <li>and {(files.length - SHOWN).toLocaleString('en')} more</li>}
      </ul>
    </section>
  )
}

function Lines({ added, removed }: { added: number; removed: number }) {
  return (
    <span className={styles.lines}>
      <span className={styles.ok}>+{added.toLocaleString('en')}</span>{' '}
      <span className={styles.danger}>−{removed.toLocaleString('en')}</span>
    </span>
  )
}

function Refused({ refused }: { refused: SubmitPreview['refused'] }) {
  return (
    <div className={styles.refused} role="alert">
      <p className={styles.refusedHead}>
        <CircleX size={16} aria-hidden />
        Nothing can be queued: {refused.length === 1 ? 'a path is' : `${refused.length} paths are`} of a kind
        that no change can carry
      </p>
      <ul>
        {refused.slice(0, SHOWN).map(({ path, code, message }) => (
          <li key={`${code} ${path}`}>
            <code>
              <InertLine text={path} />
            </code>
            <InertText text={message} />
          </li>
        ))}
        {refused.length > SHOWN && <li>and {(refused.length - SHOWN).toLocaleString('en')} more</li>}
      </ul>
      <p>Take it out there, or split the work, then look again.</p>
    </div>
  )
}

export function Preview({ preview }: { preview: SubmitPreview }) {
  const { source, base, refused, files, notices, duplicate_of } = preview
  return (
    <>
      <p className={styles.quiet}>
        {source.kind === 'worktree' ? 'A worktree' : 'A commit'}
        {source.branch !== null && ` of ${source.branch}`} at {source.head.slice(0, 10)}, against{' '}
        {base.slice(0, 10)}
      </p>
      {duplicate_of !== null && (
        <p className={styles.notice}>
          <Copy size={14} aria-hidden />
          <span>
            <Link to={pathOf({ view: 'change', id: duplicate_of.id })}>Change {duplicate_of.id}</Link> has
            exactly this content already and is {STATUS[duplicate_of.status].label.toLowerCase()}.
          </span>
        </p>
      )}
      {notices.map((notice) => (
        <div key={notice} className={styles.said}>
          <InertText text={notice} />
        </div>
      ))}
      {refused.length > 0 && <Refused refused={refused} />}
      {files.length > 0 && <Files files={files} />}
    </>
  )
}
