/** Lines of an editor that can be picked: by a click on their number, and by the keys of whoever shows them. */
import { editor } from './monaco.ts'

export interface LineEvents {
  /** The number of a line was clicked. */
  onLine?: ((line: number) => void) | undefined
  /** Letters type nothing here; true where a key meant something. */
  onKey?: ((event: KeyboardEvent) => boolean) | undefined
}

const ON_NUMBER: ReadonlySet<editor.MouseTargetType> = new Set([
  editor.MouseTargetType.GUTTER_LINE_NUMBERS,
  editor.MouseTargetType.GUTTER_LINE_DECORATIONS,
])

/** Listens until the editor is disposed of. */
export function listenToLines(view: editor.ICodeEditor, events: LineEvents): void {
  view.onMouseDown(({ target, event }) => {
    const line = target.position?.lineNumber
    if (line === undefined || !ON_NUMBER.has(target.type) || !event.leftButton) return
    // What folds a passage stands there as well.
    if (target.element?.className.includes('codicon') === true) return
    events.onLine?.(line)
  })
  view.onKeyDown((event) => {
    if (events.onKey?.(event.browserEvent) !== true) return
    event.preventDefault()
    event.stopPropagation()
  })
}

/** Marks one line, or none. */
export function lineMark(view: editor.ICodeEditor): (line: number | null) => void {
  const marks = view.createDecorationsCollection()
  return (line) =>
    marks.set(
      line === null
        ? []
        : [
            {
              range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 },
              options: {
                isWholeLine: true,
                className: 'picked-line',
                marginClassName: 'picked-line',
                lineNumberClassName: 'picked-number',
              },
            },
          ],
    )
}
