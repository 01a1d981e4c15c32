/** Files of a review with their conflicts: how many there are, which are decided and how. */
import type { FileState } from '../../review/session.ts'
import { CHOICE_WORDS, linesAt } from '../../review/names.ts'
import { isAt, type Stop } from '../../review/stops.ts'
import { cx } from '../../ui/cx.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { StatusIcon } from '../../ui/status.tsx'
import styles from './review.module.css'

const PICK_WORDS = { ours: 'kept whole', theirs: 'taken whole', base: 'base', delete: 'deleted' } as const

function wordsOf({ file, reviewed, choices, open }: FileState, index: number | null): string {
  if (index !== null) return CHOICE_WORDS[choices[index] ?? 'open']
  const pick = file?.pick() ?? null
  // To take a side that has no file is to delete it.
  if (pick !== null && pick !== 'delete' && pick !== 'base' && reviewed.record[pick] === null)
    return PICK_WORDS.delete
  if (pick !== null) return PICK_WORDS[pick]
  if (open.length > 0) return 'open'
  return file?.merged?.isMerge === true ? 'merges by itself' : 'edited'
}

/** Where a conflict stands in the result as it is. */
function placeOf({ file }: FileState, index: number | null): string {
  const doc = file?.doc() ?? null
  const span = index === null ? undefined : doc?.spans()[index]
  if (doc === null || span === undefined) return ''
  const first = doc.lineAt(span.from)
  return linesAt(first, Math.max(first, doc.lineAt(Math.max(span.from, span.to - 1))))
}

function Item({
  state,
  stop,
  active,
  onGo,
}: {
  state: FileState
  stop: Stop
  active: boolean
  onGo: (stop: Stop) => void
}) {
  return (
    <li>
      <button
        type="button"
        className={cx(styles.stop, active && styles.activeStop)}
        aria-current={active ? 'true' : undefined}
        onClick={() => onGo(stop)}
      >
        <StatusIcon status={stop.decided ? 'applied' : 'conflict'} size={14} label={false} />
        <span className={styles.grow}>
          {stop.index === null ? 'Whole file' : `${stop.index + 1} · ${placeOf(state, stop.index)}`}
        </span>
        <span className={styles.quiet}>{wordsOf(state, stop.index)}</span>
      </button>
    </li>
  )
}

export interface RailProps {
  files: readonly FileState[]
  stops: readonly Stop[]
  active: Stop | null
  onGo: (stop: Stop) => void
}

export function Rail({ files, stops, active, onGo }: RailProps) {
  return (
    <nav className={styles.rail} aria-label="Files and conflicts">
      {files.map((state) => {
        const mine = stops.filter(({ path }) => path === state.path)
        const done = mine.filter(({ decided }) => decided).length
        const isActive = active?.path === state.path
        const [folder, name] = [
          state.path.slice(0, state.path.lastIndexOf('/') + 1),
          state.path.slice(state.path.lastIndexOf('/') + 1),
        ]
        return (
          <section key={state.path} className={styles.railFile}>
            <button
              type="button"
              className={cx(styles.fileHead, isActive && styles.activeFile)}
              onClick={() => mine[0] !== undefined && onGo(mine.find(({ decided }) => !decided) ?? mine[0])}
            >
              <span className={styles.fileName}>
                <InertLine text={name} />
                {folder !== '' && <InertLine text={folder} muted />}
              </span>
              <span className={cx(styles.count, done === mine.length && styles.countDone)}>
                {done}/{mine.length}
                <span className="unseen"> decided</span>
              </span>
            </button>
            {isActive && (
              <ol className={styles.stops}>
                {mine.map((stop) => (
                  <Item
                    key={stop.index ?? 'whole'}
                    state={state}
                    stop={stop}
                    active={isAt(stop, active)}
                    onGo={onGo}
                  />
                ))}
              </ol>
            )}
          </section>
        )
      })}
    </nav>
  )
}
