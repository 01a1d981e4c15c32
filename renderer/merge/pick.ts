/**
 * Picking whole lines: every line of both sides and of the base, each to be taken or left. What is picked is an ordered
 * list, and the result has exactly that order; `toggled` says where a line goes that is picked by a click or a key.
 */
import type { Chunk } from './chunks.ts'
import { diffLines } from './diff.ts'
import { joined, linesOf, type Lines } from './lines.ts'
import { endOf } from './suggest/text.ts'

export interface PickableLine {
  /** Where it comes from; a line that stands in both sides at the same place is there once. */
  side: 'both' | 'cur' | 'inc' | 'base'
  line: string
  /** Its index in its side; of a line of both, in the target's. */
  index: number
  /** Of a line of both, its index in the incoming side. */
  incIndex?: number
}

/**
 * Lines in the order in which they read best: the target's, with the incoming ones where they differ, and what is left of
 * the base behind the line it followed. A line of the base is there only if the sides together have fewer of it.
 */
export function pickable({ base, cur, inc }: Pick<Chunk, 'base' | 'cur' | 'inc'>): PickableLine[] {
  const sides: PickableLine[] = []
  let at = 0
  let shift = 0
  const common = (to: number): void => {
    for (; at < to; at += 1)
      sides.push({ side: 'both', line: cur[at] as string, index: at, incIndex: at + shift })
  }
  for (const { oldStart, oldCount, newStart, newCount } of diffLines(cur, inc)) {
    common(oldStart)
    for (; at < oldStart + oldCount; at += 1) sides.push({ side: 'cur', line: cur[at] as string, index: at })
    for (let index = newStart; index < newStart + newCount; index += 1)
      sides.push({ side: 'inc', line: inc[index] as string, index })
    shift = newStart + newCount - at
  }
  common(cur.length)
  return withBase(sides, base)
}

function withBase(sides: readonly PickableLine[], base: Lines): PickableLine[] {
  const texts = sides.map(({ line }) => line)
  const left = new Map<string, number>()
  for (const text of texts) left.set(text, (left.get(text) ?? 0) + 1)
  const isMissing = base.map((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
  const out: PickableLine[] = []
  const take = (index: number): void => {
    if (isMissing[index] === true) out.push({ side: 'base', line: base[index] as string, index })
  }
  let [at, next] = [0, 0]
  const common = (to: number): void => {
    for (; at < to; at += 1, next += 1) {
      out.push(sides[at] as PickableLine)
      take(next)
    }
  }
  for (const { oldStart, oldCount, newStart, newCount } of diffLines(texts, base)) {
    common(oldStart)
    for (next = newStart; next < newStart + newCount; next += 1) take(next)
    for (; at < oldStart + oldCount; at += 1) out.push(sides[at] as PickableLine)
  }
  common(sides.length)
  return out
}

/** The text of what is picked: lines in the order of the selection, each an index into `pickable`. */
export function picked(lines: readonly PickableLine[], selection: readonly number[]): string[] {
  const end = endOf(lines.map(({ line }) => line))
  return joined([selection.flatMap((index) => lines[index]?.line ?? [])], end)
}

/**
 * Takes a line in, or out where it is in. It goes behind the nearest picked line that stands before it in its own side,
 * else before the nearest that stands behind it there, else to the end: lines of one side keep their order however they
 * are clicked, and of two sides those come first that were picked first. A line of both sides keeps to the target's where
 * their orders contradict each other.
 */
export function toggled(
  lines: readonly PickableLine[],
  selection: readonly number[],
  index: number,
): number[] {
  const line = lines[index]
  if (line === undefined) return [...selection]
  if (selection.includes(index)) return selection.filter((one) => one !== index)
  const ofSides = (...sides: readonly PickableLine['side'][]): number[] =>
    selection.filter((one) => sides.includes((lines[one] as PickableLine).side))
  let kin =
    line.side === 'base'
      ? ofSides('base')
      : line.side === 'both'
        ? ofSides('both', 'cur', 'inc')
        : ofSides('both', line.side)
  if (kin.some((one, at) => at > 0 && one < (kin[at - 1] as number)) && line.side === 'both')
    kin = ofSides('both', 'cur')
  const before = kin.findLast((one) => one < index)
  const behind = kin.find((one) => one > index)
  const at =
    before !== undefined
      ? selection.indexOf(before) + 1
      : behind !== undefined
        ? selection.indexOf(behind)
        : selection.length
  return selection.toSpliced(at, 0, index)
}

/** Moves a picked line up or down in the result; at its end it stays. */
export function moved(selection: readonly number[], index: number, by: -1 | 1): number[] {
  const from = selection.indexOf(index)
  const to = from + by
  if (from < 0 || to < 0 || to >= selection.length) return [...selection]
  return selection.toSpliced(from, 1).toSpliced(to, 0, index)
}

/** Beyond this nobody picks by line, and looking every line up among all would be felt. */
const MOST_LINES = 2_000

/** Which lines a text is made of, each taken once, in its order; none where one of its lines is to be picked nowhere. */
export function pickedIn(lines: readonly PickableLine[], text: string): number[] {
  if (lines.length > MOST_LINES) return []
  const free = new Map<string, number[]>()
  for (const [index, { line }] of lines.entries()) {
    const key = bare(line)
    free.set(key, [...(free.get(key) ?? []), index])
  }
  const selection: number[] = []
  for (const line of linesOf(text)) {
    const there = free.get(bare(line)) ?? []
    const last = selection.at(-1) ?? -1
    const found = there.find((index) => index > last) ?? there[0]
    if (found === undefined) return []
    there.splice(there.indexOf(found), 1)
    selection.push(found)
  }
  return selection
}

const bare = (line: string): string => (line.endsWith('\n') ? line.slice(0, -1) : line)
