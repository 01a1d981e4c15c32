/** What can be done in the reviewer, by key and by pointer, and what is said about it to who cannot see it. */
import { useRef, useState } from 'react'
import type { Side } from '../../change/sides.ts'
import type { MergeEditor } from '../../editor/merge-editor.ts'
import { textOf } from '../../merge/lines.ts'
import { placing, type PlainChoice } from '../../merge/result.ts'
import type { Suggestion } from '../../merge/suggest/index.ts'
import { CHOICE_WORDS, culprits, linesAt, partyName } from '../../review/names.ts'
import type { ReviewFile } from '../../review/file.ts'
import type { Session } from '../../review/session.ts'
import { LAYOUTS, type ReviewSettings } from '../../review/settings.ts'
import { fileStep, isAt, nextOpen, stepFrom, stopsOf, type Stop } from '../../review/stops.ts'
import type { TrialState } from '../../review/use-trial.ts'
import type { Place } from './use-place.ts'

export interface DecideParts {
  session: Session
  place: Place
  suggestions: readonly Suggestion[]
  settings: ReviewSettings
  prefer: (change: Partial<ReviewSettings>) => void
  trial: TrialState
  editor: { current: MergeEditor | null }
  onRequeue: () => void
}

/** One thing that was done, to be gone back over from outside of the text, wherever one is by then. */
interface Step {
  stop: Stop
  file: ReviewFile | null
  undo(): void
  redo(): void
}

export type Decide = ReturnType<typeof useDecide>

export function useDecide({
  session,
  place,
  suggestions,
  settings,
  prefer,
  trial,
  editor,
  onRequeue,
}: DecideParts) {
  const { stops, stop, conflict, state, path, doc, span, choice, number } = place
  const file = state?.file ?? null
  const [asksOrder, askOrder] = useState(false)
  const [said, say] = useState('')
  const trail = useRef<Step[]>([])
  const undone = useRef<Step[]>([])
  /** The same words again are said again. */
  const tell = (words: string): void => say((before) => (before === words ? `${words}\u00a0` : words))

  const announce = (next: Stop): void => {
    const other = session.store.getState().files.find((one) => one.path === next.path)
    const found = next.index === null ? undefined : other?.file?.merged?.merge.conflicts[next.index]
    const at = `${stops.findIndex((one) => isAt(one, next)) + 1} of ${stops.length}`
    if (found === undefined) return tell(`${at}: ${next.path}, the whole file`)
    const { chunk } = found
    const [first] = next.path === path ? culprits(chunk, place.why.value ?? null) : []
    const by = first === undefined ? '' : `, changed by ${partyName(first)}`
    const from = chunk.at.cur + 1
    tell(`Conflict ${at}, ${linesAt(from, from + Math.max(0, chunk.cur.length - 1))}${by}`)
  }
  const go = (next: Stop | null): void => {
    askOrder(false)
    if (next === null) return
    place.goTo(next)
    announce(next)
  }
  /** After a decision: on to what is open, or the word that nothing is. */
  const decided = (words: string, moves = true): void => {
    askOrder(false)
    const after = stopsOf(session.store.getState().files)
    const rest = after.filter((one) => !one.decided).length
    tell(`${words}. ${rest === 0 ? 'All is decided; Control Shift Enter requeues' : `${rest} left`}`)
    const next = moves && settings.advance ? nextOpen(after, stop) : null
    if (next !== null) place.goTo(next)
    // Else one that was open and is not in sight any more would be gone to.
    else if (stop !== null) place.stay(stop)
  }
  const did = (step: Pick<Step, 'undo' | 'redo'>): void => {
    if (stop !== null) trail.current.push({ ...step, stop, file })
    undone.current = []
  }
  /** Goes to where the step was made, as an undo out of sight would only be wondered at. */
  const goBack = (from: Step[], onto: Step[], how: 'undo' | 'redo'): void => {
    const { files } = session.store.getState()
    let step = from.pop()
    // Where the target moved, the file that it was done in is another one by now.
    while (step !== undefined && !files.some((one) => one.file === step?.file)) step = from.pop()
    if (step === undefined) return how === 'undo' ? doc?.undo() : doc?.redo()
    step[how]()
    onto.push(step)
    place.goTo(step.stop)
    tell(how === 'undo' ? 'Undone' : 'Done again')
  }
  const put = (next: string, words: string, moves = true): void => {
    if (doc === null || span === undefined) return
    if (doc.slice(span) !== next) {
      doc.edit([placing(span, next)])
      did({ undo: () => doc.undo(), redo: () => doc.redo() })
    }
    decided(words, moves)
  }
  const choose = (name: PlainChoice): void => {
    // Both is looked at, and perhaps turned round, before one goes on.
    const moves = name !== 'both' && name !== 'both_reversed'
    if (conflict !== null) put(conflict.texts[name], `Conflict ${number}: ${CHOICE_WORDS[name]}`, moves)
  }
  const pick = (side: Side): void => {
    if (file === null) return
    const before = file.pick()
    file.setPick(side)
    did({ undo: () => file.setPick(before), redo: () => file.setPick(side) })
    decided(`${path} decided`)
  }
  return {
    said,
    asksOrder,
    askOrder,
    announce,
    go,
    choose,
    pick,
    next: () => go(stepFrom(stops, stop, 1)),
    previous: () => go(stepFrom(stops, stop, -1)),
    nextFile: () => go(fileStep(stops, stop, 1)),
    previousFile: () => go(fileStep(stops, stop, -1)),
    keep: () => (asksOrder ? choose('both') : conflict === null ? pick('ours') : choose('current')),
    take: () =>
      asksOrder ? choose('both_reversed') : conflict === null ? pick('theirs') : choose('incoming'),
    both() {
      if (conflict === null) return
      if (choice === 'both') choose('both_reversed')
      // Where both edited the same lines the order is a question; where both inserted the target's first is usual.
      else if (choice !== 'both_reversed' && conflict.chunk.base.length > 0) askOrder(!asksOrder)
      else choose('both')
    },
    toBase: () => (conflict === null ? pick('base') : choose('base')),
    remove: () => pick('delete'),
    suggestion(which: number) {
      const one = suggestions[which]
      if (one !== undefined) put(textOf(one.lines), `Conflict ${number}: ${one.label}`)
    },
    /** A text made of picked lines; more of them may follow. */
    pickLines: (text: string) => put(text, text === '' ? 'No line is picked' : 'Lines picked', false),
    edit() {
      if (conflict === null) file?.begin()
      editor.current?.enter(span ?? null)
    },
    reopen() {
      if (conflict === null) file?.leave()
      else put(conflict.marker, `Conflict ${number} is open again`, false)
    },
    undo: () => goBack(trail.current, undone.current, 'undo'),
    redo: () => goBack(undone.current, trail.current, 'redo'),
    find: () => editor.current?.find(),
    toggle: (name: 'base' | 'why' | 'advance' | 'suggest' | 'wrap') => prefer({ [name]: !settings[name] }),
    layout: () =>
      prefer({ layout: LAYOUTS[(LAYOUTS.indexOf(settings.layout) + 1) % LAYOUTS.length] ?? 'focus' }),
    checks: () => (trial.running ? trial.stop() : trial.start()),
    fileDone() {
      const open = stops.filter((one) => one.path === path && !one.decided)
      const next = open[0] ?? nextOpen(stops, stop)
      go(next)
      if (open.length > 0) tell(`${open.length} of ${path} ${open.length === 1 ? 'is' : 'are'} still open`)
      if (next === null) tell('All is decided; Control Shift Enter requeues')
    },
    requeue: onRequeue,
  }
}
