/**
 * One conflicted path under review: its sides as a merge, the result as a document, or a whole side that was picked.
 * What is decided is read off the document; nothing here talks to the engine.
 */
import type { ConflictKind } from '../../schemas/conflict.ts'
import type { Draft, PathPick, SideTexts } from '../../schemas/reviewer.ts'
import { carryOver, type Carried } from '../merge/carry.ts'
import { shapeOf, toDocument, toFile, type Shape } from '../merge/document.ts'
import { beginResult, choiceOf, openMerge, type Choice, type Merge, type Result } from '../merge/result.ts'
import type { MakeDoc, ResultDoc } from './doc.ts'

/** What a file is merged from, in the editor's form. */
export interface Merged {
  merge: Merge
  shape: Shape
  /** Whether there are two texts to be merged, and not just one or none. */
  isMerge: boolean
}

export const MARKER_LABELS = { cur: 'target', base: 'base', inc: 'incoming' }

/** Kinds of which a whole side is the usual answer; a text of one side can still be edited. */
const PICKED: ReadonlySet<ConflictKind> = new Set(['modify_delete', 'delete_modify', 'mode', 'binary'])

/** Why a side has no text to show, in words. */
export const REASONS = {
  binary: 'is binary',
  not_utf8: 'is not valid UTF-8',
  too_large: 'is over 16 MiB',
  gone: 'is no longer in the repository',
} as const

/** Says why there is no text to be edited, or null where there is one. */
export function whyNoText(kind: ConflictKind, { base, ours, theirs }: SideTexts): string | null {
  // Nothing else is known there, and what the target has can still be edited.
  if (kind === 'base_unknown' && ours.text !== null) return null
  const names = [[ours, 'The target’s file'], [theirs, 'The incoming file'], [base, 'The base']] as const // prettier-ignore
  for (const [{ reason, bytes }, name] of names) {
    if (reason === null) continue
    const size = bytes === null ? '' : ` (${bytes.toLocaleString('en')} bytes)`
    return `${name}${size} ${REASONS[reason]}, so a whole side has to be taken.`
  }
  return ours.absent && theirs.absent ? 'There is no text on either side.' : null
}

/** Merges the sides of a path; null where one of them is no text. */
export function mergedOf(kind: ConflictKind, sides: SideTexts): Merged | null {
  if (whyNoText(kind, sides) !== null) return null
  const [base, ours, theirs] = [sides.base.text, sides.ours.text, sides.theirs.text]
  const isMerge = ours !== null && theirs !== null && !PICKED.has(kind)
  const shape = shapeOf(base, ours, theirs)
  const text = (one: string | null): string => (one === null ? '' : toDocument(one, shape))
  if (isMerge)
    return { merge: openMerge(text(base), text(ours), text(theirs), MARKER_LABELS), shape, isMerge }
  // One side's text, to be edited: nothing in it is open.
  const only = text(ours ?? theirs)
  return { merge: openMerge(only, only, only, MARKER_LABELS), shape, isMerge }
}

export interface ReviewFile {
  readonly path: string
  readonly kind: ConflictKind
  readonly sidesKey: string
  readonly merged: Merged | null
  /** Why there is none. */
  readonly noText: string | null
  /** Null where a side has to be picked, and where nobody has begun to edit the only text. */
  doc(): ResultDoc | null
  pick(): PathPick | null
  /** Takes a whole side, or goes back to the text. */
  setPick(pick: PathPick | null): void
  /** Goes to the text: back from a side that was picked, or to the only text there is, to be edited. */
  begin(): ResultDoc | null
  /** Leaves it undecided again; what was typed into the only text is there when it is begun again. */
  leave(): void
  choices(): Choice[]
  /** What keeps it from being decided, as short sentences; none where it is. */
  open(): string[]
  draft(): Draft
  /** The bytes as text; null where a side was picked. */
  result(): string | null
  onChange(listener: () => void): () => void
  dispose(): void
}

interface FileParts {
  path: string
  kind: ConflictKind
  sides: SideTexts
  makeDoc: MakeDoc
  /** What to begin with instead of nothing decided. */
  begun: Begun | null
  /** Texts that were offered for a conflict. */
  offered: (index: number) => readonly string[]
}

export function openFile({ path, kind, sides, makeDoc, begun, offered }: FileParts): ReviewFile {
  const merged = mergedOf(kind, sides)
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const docOf = (result: Result): ResultDoc => {
    const made = makeDoc(result, path)
    made.onChange(changed)
    return made
  }
  let pick = begun?.pick ?? null
  let doc: ResultDoc | null = null
  /** Whether the text counts: that of a merge always does. */
  let isBegun = merged?.isMerge === true
  const counted = (): ResultDoc | null => (isBegun ? doc : null)
  if (merged !== null && (merged.isMerge || (begun?.result ?? null) !== null)) {
    doc = docOf(begun?.result ?? beginResult(merged.merge))
    isBegun = true
  }
  const choices = (): Choice[] => {
    const now = counted()
    const spans = now?.spans() ?? []
    if (merged === null || now === null) return []
    return merged.merge.conflicts.map((conflict, index) =>
      choiceOf(merged.merge, conflict, now.slice(spans[index] ?? { from: 0, to: 0 }), offered(index)),
    )
  }
  return {
    path,
    kind,
    sidesKey: sides.sides_key,
    merged,
    noText: whyNoText(kind, sides),
    doc: counted,
    pick: () => pick,
    setPick(next) {
      pick = next
      changed()
    },
    begin() {
      if (merged === null) return null
      doc ??= docOf(beginResult(merged.merge))
      isBegun = true
      pick = null
      changed()
      return doc
    },
    leave() {
      isBegun = merged?.isMerge === true
      pick = null
      changed()
    },
    choices,
    open() {
      if (pick !== null) return []
      const text = counted()
      if (merged === null || text === null) return ['nothing is decided']
      const open = choices().filter((choice) => choice === 'open').length
      if (open > 0) return [open === 1 ? '1 conflict is open' : `${open} conflicts are open`]
      const line = text.firstMarker(merged.merge)
      return line === null ? [] : [`a conflict marker is left in line ${line + 1}`]
    },
    draft() {
      const now = counted()
      if (now === null) return { pick, text: null, spans: [], choices: [] }
      return { pick, text: now.text(), spans: now.spans().map((span) => ({ ...span })), choices: choices() }
    },
    result() {
      const now = counted()
      return pick !== null || now === null || merged === null ? null : toFile(now.text(), merged.shape)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    dispose() {
      listeners.clear()
      doc?.dispose()
    },
  }
}

/** The result a draft holds; null where it holds none, or one that does not fit its own merge. */
export function resultOf({ text, spans }: Pick<Draft, 'text' | 'spans'>, { merge }: Merged): Result | null {
  if (text === null || spans.length !== merge.conflicts.length) return null
  let end = 0
  for (const { from, to } of spans) {
    if (from < end || to < from || to > text.length) return null
    end = to
  }
  return { text, spans }
}

/** Of sides that are no more nobody kept the kind; which of them there were tells enough of it. */
const kindOf = ({ ours, theirs }: SideTexts): ConflictKind =>
  ours.absent || theirs.absent ? 'modify_delete' : 'content'

/** The text of a draft, where anything in it is a person's: not just the merge as it was begun. */
export function workIn(
  { text, choices }: Pick<Draft, 'text' | 'choices'>,
  merged: Merged | null,
): string | null {
  if (text === null || text === '') return null
  const isBegun = merged !== null && text === beginResult(merged.merge).text
  return isBegun && choices.every((choice) => choice === 'open') ? null : text
}

/** What a file is begun with. */
export interface Begun {
  pick: PathPick | null
  result: Result | null
  /** How much of it was carried over from other sides; null where those are the same. */
  carried: Carried | null
}

/** Brings a draft over from the sides it was made on (null: the present ones); null where nothing of it can be used. */
export function begunWith(
  kind: ConflictKind,
  draft: Pick<Draft, 'pick' | 'text' | 'spans'>,
  drafted: SideTexts | null,
  now: SideTexts,
): Begun | null {
  const from = mergedOf(drafted === null ? kind : kindOf(drafted), drafted ?? now)
  const onto = mergedOf(kind, now)
  const result = from === null ? null : resultOf(draft, from)
  if (drafted === null) return { pick: draft.pick, result, carried: null }
  // A side that was picked is another one now; and a merge is not what the only text of a file is.
  if (from === null || onto === null || result === null || from.isMerge !== onto.isMerge) return null
  const carried = carryOver(from.merge, reshaped(result, from.shape, onto.shape), onto.merge)
  return { pick: null, result: carried.result, carried }
}

/** The same result where line breaks are held in another way, piece by piece so that its spans are found again. */
function reshaped({ text, spans }: Result, from: Shape, onto: Shape): Result {
  if (from.breaks === onto.breaks && from.mark === onto.mark) return { text, spans }
  const bare = { ...from, bom: false }
  let made = ''
  let at = 0
  const add = (to: number): number => {
    made += toDocument(toFile(text.slice(at, to), bare), onto)
    at = to
    return made.length
  }
  const moved = spans.map((span) => ({ from: add(span.from), to: add(span.to) }))
  add(text.length)
  return { text: made, spans: moved }
}
