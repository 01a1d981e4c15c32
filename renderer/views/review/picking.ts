/** Picks whole lines from the sides of a conflict; which are in is read off the text, as every choice is. */
import { useMemo, useRef, type KeyboardEvent } from 'react'
import type { Chunk } from '../../merge/chunks.ts'
import { textOf } from '../../merge/lines.ts'
import { moved, pickable, picked, pickedIn, toggled, type PickableLine } from '../../merge/pick.ts'

export type SideName = 'cur' | 'inc' | 'base'

export interface Picking {
  isTaken(side: SideName, index: number): boolean
  toggle(side: SideName, index: number): void
  /** Brings a picked line up or down in the result. */
  move(side: SideName, index: number, by: 1 | -1): void
  onKeyDown(event: KeyboardEvent<HTMLElement>): void
}

/** Up and down go from line to line, left and right from side to side. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const from = event.target
  if (!(from instanceof HTMLElement) || event.altKey || event.ctrlKey || event.metaKey) return
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const aside = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  const lines = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-picked]')]
  const at = lines.indexOf(from)
  let next: HTMLElement | undefined
  if (by !== undefined) next = lines[at + by]
  if (aside !== undefined) {
    const groups = [
      ...(event.currentTarget.parentElement?.parentElement?.querySelectorAll<HTMLElement>('[role=group]') ??
        []),
    ]
    const other = groups[groups.indexOf(event.currentTarget) + aside]
    const there = [...(other?.querySelectorAll<HTMLElement>('[data-picked]') ?? [])]
    next = there[Math.min(at, there.length - 1)]
  }
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

/** Which line to be picked a line of a side is; a line of the base that a side still has is that side's. */
function placeOf(lines: readonly PickableLine[], chunk: Chunk, side: SideName, index: number): number {
  const own = lines.findIndex((one) =>
    one.side === 'both'
      ? (side === 'cur' && one.index === index) || (side === 'inc' && one.incIndex === index)
      : one.side === side && one.index === index,
  )
  return own >= 0 ? own : lines.findIndex(({ line }) => line === chunk[side][index])
}

export function usePicking(chunk: Chunk, text: string, onText: (text: string) => void): Picking {
  const lines = useMemo(() => pickable(chunk), [chunk])
  // The order in which lines were picked, as long as the text is what they make.
  const last = useRef<readonly number[]>([])
  const selection = textOf(picked(lines, last.current)) === text ? last.current : pickedIn(lines, text)
  const become = (next: readonly number[]): void => {
    last.current = next
    onText(textOf(picked(lines, next)))
  }
  return {
    isTaken: (side, index) => selection.includes(placeOf(lines, chunk, side, index)),
    toggle: (side, index) => become(toggled(lines, selection, placeOf(lines, chunk, side, index))),
    move: (side, index, by) => become(moved(selection, placeOf(lines, chunk, side, index), by)),
    onKeyDown: walk,
  }
}
