/** What can be done in the reviewer, by key and by pointer, and what is said about it to who cannot see it. */
import { useRef, useState } from 'react'
import { choicesFor, type Side } from '../../change/sides.ts'
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
  /** False where it is not there to be undone: something was done to it since. */
  undo(): boolean
  redo(): boolean
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
  const { stops, stop, conflict, state, path, index, doc, span, text, choice, number } = place
  const file = state?.file ?? null
  const [asksOrder, askOrder] = useState(false)
  const [said, say] = useState('')
  const trail = useRef<Step[]>([])
  const undone = useRef<Step[]>([])
  const enters = useRef(false)
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
    for (let step = from.pop(); step !== undefined; step = from.pop()) {
      const { stop: where, file: of } = step
      // Where the target moved, the file that it was done in is another one by now.
      if (!files.some((one) => one.file === of)) continue
      place.goTo(where)
      if (!step[how]()) return tell('It was changed since; inside the text undo goes back over that')
      onto.push(step)
      return tell(how === 'undo' ? 'Undone' : 'Done again')
    }
    tell(how === 'undo' ? 'Nothing that was decided here is left to undo' : 'Nothing is left to do again')
  }
  const put = (next: string, words: string, moves = true): void => {
    if (doc === null || span === undefined) return
    if (doc.slice(span) !== next) {
      const before = text
      doc.edit([placing(span, next)])
      // Of this conflict alone: what else happened to the text, here or in another window, stays.
      const change = (from: string, to: string): boolean => {
        const now = index === null ? undefined : doc.spans()[index]
        if (now === undefined || doc.slice(now) !== from) return false
        doc.edit([placing(now, to)])
        return true
      }
      did({ undo: () => change(next, before), redo: () => change(before, next) })
    }
    decided(words, moves)
  }
  const choose = (name: PlainChoice): void => {
    // Both is looked at, and perhaps turned round, before one goes on.
    const moves = name !== 'both' && name !== 'both_reversed'
    if (conflict !== null) put(conflict.texts[name], `Conflict ${number}: ${CHOICE_WORDS[name]}`, moves)
  }
  const pick = (side: Side): void => {
    const record = state?.reviewed.record
    if (file === null || record === undefined) return
    // A key leads nowhere that its button does not.
    const reason = choicesFor(record, '').find((one) => one.side === side)?.reason ?? null
    if (reason !== null) return tell(reason)
    const before = file.pick()
    file.setPick(side)
    const change = (from: Side | null, to: Side | null): boolean => {
      if (file.pick() !== from) return false
      file.setPick(to)
      return true
    }
    did({ undo: () => change(side, before), redo: () => change(before, side) })
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
    pickLines(picked: string) {
      // None is no decision: it is open again.
      if (picked === '' && conflict !== null) put(conflict.marker, 'No line is picked', false)
      else put(picked, 'Lines picked', false)
    },
    edit() {
      if (conflict === null) file?.begin()
      enters.current = editor.current === null
      editor.current?.enter(span ?? null)
    },
    /** The text is on screen: there goes who asked to edit it before it was. */
    shown() {
      if (enters.current) editor.current?.enter(span ?? null)
      enters.current = false
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
