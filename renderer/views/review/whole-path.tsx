/** A path that is decided whole: deleted against changed, modes, what is no text, and what nothing is known of. */
import { SquarePen } from 'lucide-react'
import { ConflictFacts } from '../../change/conflict-facts.tsx'
import { PatchExcerpts } from '../../change/patch-excerpts.tsx'
import { choicesFor, type Side } from '../../change/sides.ts'
import { CodeView } from '../../editor/code-view.tsx'
import { languageOf } from '../../editor/languages.ts'
import type { FileState } from '../../review/session.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Skeleton } from '../../ui/pane.tsx'
import cards from './card.module.css'
import styles from './review.module.css'

export const SIDE_KEYS: Readonly<Record<Side, string>> = { ours: '1', theirs: '2', base: '0', delete: 'd' }

const modeWord = (mode: string | undefined): string =>
  mode === undefined ? 'no file' : mode === '100755' ? 'can be run' : 'an ordinary file'

export interface WholePathProps {
  state: FileState
  taskId: string
  onPick: (side: Side) => void
  onEdit: () => void
  onBack: () => void
  onRetry: () => void
}

export function WholePath({ state, taskId, onPick, onEdit, onBack, onRetry }: WholePathProps) {
  const { file, failure, reviewed, texts } = state
  const { record } = reviewed
  if (failure !== null) return <ErrorBanner failure={failure} title="Not read" retry={onRetry} />
  if (file === null) return <Skeleton lines={4} />
  const pick = file.pick()
  const isTyped = pick === null && file.doc() !== null
  // Where a side has no file, to take that side deletes it.
  const choices = choicesFor(record, taskId).filter(
    ({ side }) => side !== 'delete' || (record.ours !== null && record.theirs !== null),
  )
  const only = record.ours === null ? texts?.now.theirs : record.theirs === null ? texts?.now.ours : null
  const asks = record.kind === 'modify_delete' || record.kind === 'delete_modify'
  return (
    <div className={cards.card}>
      <ConflictFacts conflict={record} />
      {file.noText !== null && (
        <p role="note" className={styles.quiet}>
          {file.noText}
        </p>
      )}
      {record.kind === 'mode' && (
        <p className={styles.quiet}>
          Target: {modeWord(record.ours?.mode)} · incoming: {modeWord(record.theirs?.mode)}
        </p>
      )}
      {asks && (
        <p className={styles.ask}>
          {record.theirs === null
            ? 'Is it still wanted, now that it has changed?'
            : 'Is it still wanted, though it was deleted?'}
        </p>
      )}
      <ul className={styles.picks}>
        {choices.map(({ side, label, detail, reason }) => (
          <li key={side} className={cx(styles.pickRow, pick === side && styles.picked)}>
            <Button
              size="small"
              aria-pressed={pick === side}
              kind={pick === side ? 'primary' : 'default'}
              reason={reason}
              keys={<Kbd keys={SIDE_KEYS[side]} />}
              onClick={() => onPick(side)}
            >
              <InertLine text={label} />
            </Button>
            <span className={styles.quiet}>{reason ?? detail}</span>
          </li>
        ))}
        {file.merged !== null && (
          <li className={cx(styles.pickRow, isTyped && styles.picked)}>
            <Button
              size="small"
              aria-pressed={isTyped}
              kind={isTyped ? 'primary' : 'default'}
              icon={<SquarePen size={14} />}
              keys={<Kbd keys="e" />}
              onClick={onEdit}
            >
              {file.merged.isMerge ? 'Decide line by line' : 'Edit the text'}
            </Button>
            <span className={styles.quiet}>
              {file.merged.isMerge
                ? 'Goes back to the conflicts in it'
                : 'What stands below counts, as you write it'}
            </span>
          </li>
        )}
      </ul>
      {(pick !== null || isTyped) && !file.merged?.isMerge && (
        <div>
          <Button size="small" kind="ghost" keys={<Kbd keys="u" />} onClick={onBack}>
            Reopen
          </Button>
        </div>
      )}
      {!isTyped && typeof only?.text === 'string' && (
        <CodeView text={only.text} language={languageOf(record.path)} label="The file that is left" fit />
      )}
      {texts !== null && texts.patch !== null && (
        <section aria-label="The patch as it was sent">
          <h3 className={styles.sectionTitle}>The patch as it was sent</h3>
          <PatchExcerpts
            changes={[{ path: record.path, operation: 'update', patch: texts.patch, patch_hash: '' }]}
          />
        </section>
      )}
    </div>
  )
}
