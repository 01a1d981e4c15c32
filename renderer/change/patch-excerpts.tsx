/** What a change does to its paths, short enough to look at beside a decision. */
import { useId, useMemo, useState, type KeyboardEvent } from 'react'
import type { FileChange } from '../../schemas/change-request.ts'
import { Button } from '../ui/button.tsx'
import { aboutLine, type AboutLine } from './about-line.ts'
import { FileHead, Line } from './patch-lines.tsx'
import { usePatchFiles, type Colours } from './patch-colour.ts'
import type { PatchFile, PatchLine } from './patch-model.ts'
import styles from './patch.module.css'

/** Paths and lines shown at first; the rest is a click away. */
const PATHS = 5
const LINES = 40

/** The line a comment would be about; null where the patch does not say its number. */
const aboutOf = ({ path }: PatchFile, { kind, old, new: now }: PatchLine): AboutLine | null => {
  if (now !== null) return aboutLine(path, 'after', now)
  return kind === 'removed' && old !== null ? aboutLine(path, 'before', old) : null
}

type OnPick = ((about: AboutLine) => void) | undefined

/** Arrows go from line to line, `c` picks the one they are at. */
function useLines(file: PatchFile, shown: readonly PatchLine[], onPick: OnPick) {
  const id = useId()
  const [at, setAt] = useState<number | null>(null)
  const abouts = useMemo(() => shown.map((line) => (onPick === undefined ? null : aboutOf(file, line))), [file, shown, onPick]) // prettier-ignore
  const idOf = (index: number): string => `${id}-${index}`
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const about = at === null ? null : (abouts[at] ?? null)
    if (event.key === 'c' && about !== null) onPick?.(about)
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const from = at ?? (event.key === 'ArrowDown' ? -1 : abouts.length)
      const can = (index: number): boolean => (abouts[index] ?? null) !== null
      const ahead = abouts.map((_, index) => index).filter(can)
      const next = event.key === 'ArrowDown' ? ahead.find((index) => index > from) : ahead.findLast((index) => index < from) // prettier-ignore
      if (next === undefined) return
      setAt(next)
      document.getElementById(idOf(next))?.scrollIntoView({ block: 'nearest' })
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  const choiceOf = (index: number) => {
    const about = abouts[index] ?? null
    if (about === null || onPick === undefined) return undefined
    const choose = (): void => {
      setAt(index)
      onPick(about)
    }
    return { id: idOf(index), active: index === at, choose }
  }
  const can = abouts.some((about) => about !== null)
  const around = can
    ? {
        role: 'listbox',
        'aria-label': `Lines of ${file.path.slice(0, 200)}: c rejects about one`,
        ...(at === null ? {} : { 'aria-activedescendant': idOf(at) }),
        onKeyDown: press,
      }
    : { role: 'group', 'aria-label': `Patch of ${file.path.slice(0, 200)}` }
  return { around, choiceOf }
}

function Excerpt({ file, colours, onPick }: { file: PatchFile; colours: Colours; onPick: OnPick }) {
  const [all, setAll] = useState(false)
  const lines = useMemo(() => file.lines.filter((line) => line.kind !== 'meta'), [file])
  const shown = useMemo(() => (all ? lines : lines.slice(0, LINES)), [all, lines])
  const { around, choiceOf } = useLines(file, shown, onPick)
  const left = lines.length - shown.length
  return (
    <section className={styles.excerpt}>
      <FileHead file={file} />
      {file.note !== null && <p className={styles.note}>{file.note}</p>}
      {shown.length > 0 && (
        <div className={styles.lines} tabIndex={0} {...around}>
          {shown.map((line, index) => (
            <Line key={index} line={line} spans={colours.get(line)} choice={choiceOf(index)} />
          ))}
        </div>
      )}
      {left > 0 && (
        <Button size="small" kind="ghost" onClick={() => setAll(true)}>
          Show {left.toLocaleString('en')} more lines
        </Button>
      )}
    </section>
  )
}

/** `onPick` is told of a line by whose number was clicked, or that `c` was pressed on. */
export function PatchExcerpts({ changes, onPick }: { changes: readonly FileChange[]; onPick?: OnPick }) {
  const [paths, setPaths] = useState(PATHS)
  const { parsed: files, colours } = usePatchFiles(useMemo(() => changes.slice(0, paths), [changes, paths]))
  const left = changes.length - files.length
  return (
    <div className={styles.excerpts}>
      {files.map((file) => (
        <Excerpt key={file.path} file={file} colours={colours} onPick={onPick} />
      ))}
      {left > 0 && (
        <Button size="small" onClick={() => setPaths(paths + 50)}>
          Show more paths ({left.toLocaleString('en')} left)
        </Button>
      )}
    </div>
  )
}
