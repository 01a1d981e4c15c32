/**
 * One text with lines to be picked.
 *
 * Only ever imported as `import('./file.ts')`: it brings the editor with it.
 */
import { lineMark, listenToLines, type LineEvents } from './lines.ts'
import { editor } from './monaco.ts'
import { READING } from './options.ts'

export type Tone = 'added' | 'deleted'

export interface FileReader {
  /** `tone`: every line of it came, or went. */
  show(text: string, language: string, tone: Tone | null): void
  /** Marks a line and has it in sight. */
  mark(line: number | null): void
  /** The line of the cursor. */
  line(): number
  wrap(on: boolean): void
  find(): void
  focus(): void
  dispose(): void
}

export function mountFile(
  host: HTMLElement,
  { label, wrap, events }: { label: string; wrap: boolean; events: LineEvents },
): FileReader {
  const view = editor.create(host, {
    ...READING,
    model: null,
    ariaLabel: label,
    wordWrap: wrap ? 'on' : 'off',
    selectOnLineNumbers: false,
  })
  const tones = view.createDecorationsCollection()
  const mark = lineMark(view)
  let model: editor.ITextModel | null = null
  listenToLines(view, events)
  return {
    show(text, language, tone) {
      const place = view.getPosition()
      const top = view.getScrollTop()
      model?.dispose()
      model = editor.createModel(text, language)
      view.setModel(model)
      const range = model.getFullModelRange()
      const className = `tone-${tone}`
      tones.set(
        tone === null
          ? []
          : [{ range, options: { isWholeLine: true, className, marginClassName: className } }],
      )
      if (place !== null) view.setPosition(place)
      view.setScrollTop(top)
    },
    mark(line) {
      mark(line)
      if (line === null) return
      view.setPosition({ lineNumber: line, column: 1 })
      view.revealLineInCenterIfOutsideViewport(line)
    },
    wrap: (on) => view.updateOptions({ wordWrap: on ? 'on' : 'off' }),
    line: () => view.getPosition()?.lineNumber ?? 1,
    find() {
      view.focus()
      void view.getAction('actions.find')?.run()
    },
    focus: () => view.focus(),
    dispose() {
      view.dispose()
      model?.dispose()
    },
  }
}
