/** Lines of a patch: numbered, added and removed told apart by sign and colour, all of it inert. */
import type { Span } from '../editor/colour.ts'
import { cx } from '../ui/cx.ts'
import { clipText, inertText } from '../ui/inert.ts'
import { InertLine } from '../ui/inert-text.tsx'
import type { PatchFile, PatchLine } from './patch-model.ts'
import styles from './patch.module.css'

/** A line longer than this is cut: nobody reads it here, and the raw JSON has all of it. */
const LINE_SHOWN = 2_000

const SIGNS = { context: ' ', added: '+', removed: '−', hunk: '', meta: '' } as const
const SAID = { context: '', added: 'added: ', removed: 'removed: ', hunk: '', meta: '' } as const

/** What makes of a line one that can be chosen from a list. */
export interface Choice {
  id: string
  active: boolean
  choose: () => void
}

/** `spans` are its colours, where they are there. */
export function Line({
  line,
  spans,
  choice,
}: {
  line: PatchLine
  spans: readonly Span[] | undefined
  choice?: Choice | undefined
}) {
  const { shown, left } = clipText(line.text, LINE_SHOWN)
  return (
    <div
      className={cx(
        styles.line,
        styles[line.kind],
        choice !== undefined && styles.option,
        choice?.active === true && styles.active,
      )}
      {...(choice === undefined ? {} : { id: choice.id, role: 'option', 'aria-selected': choice.active })}
    >
      <span className={styles.numbers} onClick={choice?.choose} aria-hidden>
        <span className={styles.gutter} aria-hidden>
          {line.old ?? ''}
        </span>
        <span className={styles.gutter} aria-hidden>
          {line.new ?? ''}
        </span>
      </span>
      <span className={styles.sign} aria-hidden>
        {SIGNS[line.kind]}
      </span>
      <span className={styles.text} dir="ltr">
        {choice !== undefined && <span className="unseen">line {line.new ?? line.old}: </span>}
        {SAID[line.kind] !== '' && <span className="unseen">{SAID[line.kind]}</span>}
        {spans === undefined || left > 0
          ? inertText(shown)
          : spans.map(({ text, ink }, index) => (
              <span key={index} className={styles[`ink-${ink}`]}>
                {inertText(text)}
              </span>
            ))}
        {left > 0 && <em className={styles.cut}> … {left.toLocaleString('en')} more characters</em>}
      </span>
    </div>
  )
}

const OPERATION = { add: 'new file', update: 'changed', delete: 'deleted' } as const

export function FileHead({ file }: { file: PatchFile }) {
  return (
    <h3 className={styles.file}>
      <span className={styles.path}>
        <InertLine text={file.path} />
      </span>
      <span className={styles.operation}>
        {OPERATION[file.operation]}
        {file.form === 'replacement' && ', whole text'}
      </span>
      {file.counts !== null && (
        <>
          <span className={styles.plus}>+{file.counts.added.toLocaleString('en')}</span>
          <span className={styles.minus}>−{file.counts.removed.toLocaleString('en')}</span>
        </>
      )}
    </h3>
  )
}
