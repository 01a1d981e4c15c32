/**
 * The difference of two texts by lines, found as git finds it: the shortest edit by Myers' linear-space search (An O(ND)
 * Difference Algorithm and Its Variations, 1986), lines that only one side has set aside first, and each group of
 * edits slid to where git puts it. A merge made of such differences is the one that git makes.
 */
import type { Lines } from './lines.ts'

/** Old lines from `oldStart` on, `oldCount` of them, become `newCount` new ones from `newStart` on. */
export interface Edit {
  oldStart: number
  oldCount: number
  newStart: number
  newCount: number
}

interface Side {
  /** Each line as a number; equal lines have equal ones. */
  ids: Int32Array
  changed: Uint8Array
}

/** A line with more equals than this on the other side may be set aside among others that are. */
const MOST_EQUALS = 1024
/** How far around a frequent line it is looked whether its neighbours are set aside. */
const NEIGHBOURS = 100

export function diffLines(before: Lines, after: Lines): Edit[] {
  const [a, b] = numbered(before, after)
  search(a, b)
  compact(a, b)
  compact(b, a)
  return editsOf(a, b)
}

function numbered(before: Lines, after: Lines): [Side, Side] {
  const known = new Map<string, number>()
  const side = (lines: Lines): Side => {
    const ids = new Int32Array(lines.length)
    for (const [index, line] of lines.entries()) {
      let id = known.get(line)
      if (id === undefined) known.set(line, (id = known.size))
      ids[index] = id
    }
    return { ids, changed: new Uint8Array(lines.length) }
  }
  return [side(before), side(after)]
}

const at = (list: Int32Array, index: number): number => list[index] as number

/** Marks what is not part of the longest common sequence that the search finds. */
function search(a: Side, b: Side): void {
  let start = 0
  let endA = a.ids.length
  let endB = b.ids.length
  while (start < endA && start < endB && a.ids[start] === b.ids[start]) start += 1
  while (endA > start && endB > start && a.ids[endA - 1] === b.ids[endB - 1]) {
    endA -= 1
    endB -= 1
  }
  const keptA = candidates(a, b, start, endA)
  const keptB = candidates(b, a, start, endB)
  const box: Box = {
    a: keptA.map((index) => at(a.ids, index)),
    b: keptB.map((index) => at(b.ids, index)),
    changedA: (index) => void (a.changed[keptA[index] as number] = 1),
    changedB: (index) => void (b.changed[keptB[index] as number] = 1),
    ...diagonals(keptA.length, keptB.length),
  }
  divide(box, 0, keptA.length, 0, keptB.length)
}

/**
 * Returns the lines of a side that take part in the search; the others are marked as changed at once: what the other
 * side has nowhere, and frequent lines that stand among such.
 */
function candidates(side: Side, other: Side, start: number, end: number): number[] {
  const counts = new Map<number, number>()
  // git counts the whole of the other file, its equal ends included.
  for (const id of other.ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  const most = Math.min(roughRoot(side.ids.length), MOST_EQUALS)
  const fate = new Uint8Array(side.ids.length)
  for (let index = start; index < end; index += 1) {
    const n = counts.get(at(side.ids, index)) ?? 0
    fate[index] = n === 0 ? 0 : n >= most ? 2 : 1
  }
  const kept: number[] = []
  for (let index = start; index < end; index += 1) {
    if (fate[index] === 1 || (fate[index] === 2 && !standsAmongOthers(fate, index, start, end - 1)))
      kept.push(index)
    else side.changed[index] = 1
  }
  return kept
}

/** A power of two near the square root. */
function roughRoot(n: number): number {
  let root = 1
  for (let left = n; left > 0; left = Math.floor(left / 4)) root *= 2
  return root
}

/** Whether the neighbours of a frequent line, before it and behind it, are for the most part on one side only. */
function standsAmongOthers(fate: Uint8Array, index: number, first: number, last: number): boolean {
  const low = Math.max(first, index - NEIGHBOURS)
  const high = Math.min(last, index + NEIGHBOURS)
  const look = (from: number, step: number, to: number): { alone: number; frequent: number } => {
    let alone = 0
    let frequent = 1
    for (let near = from; step < 0 ? near >= to : near <= to; near += step) {
      if (fate[near] === 0) alone += 1
      else if (fate[near] === 2) frequent += 1
      else break
    }
    return { alone, frequent }
  }
  const above = look(index - 1, -1, low)
  if (above.alone === 0) return false
  const below = look(index + 1, 1, high)
  if (below.alone === 0) return false
  const alone = above.alone + below.alone
  const frequent = above.frequent + below.frequent
  return frequent * 4 < frequent + alone
}

interface Box {
  a: readonly number[]
  b: readonly number[]
  changedA(index: number): void
  changedB(index: number): void
  /** Furthest reaching points by diagonal, forward and backward; `zero` is where diagonal 0 is kept. */
  forward: Int32Array
  backward: Int32Array
  zero: number
  /** Beyond so many steps a good split is taken for the best. */
  maxCost: number
}

function diagonals(n: number, m: number): Pick<Box, 'forward' | 'backward' | 'zero' | 'maxCost'> {
  const size = n + m + 3
  const maxCost = Math.max(256, roughRoot(size))
  return { forward: new Int32Array(size + 1), backward: new Int32Array(size + 1), zero: m + 1, maxCost }
}

/** Splits a box at a point of a shortest path through it, until one side of each part is empty. */
function divide(box: Box, fromA: number, toA: number, fromB: number, toB: number): void {
  let [a0, a1, b0, b1] = [fromA, toA, fromB, toB]
  while (a0 < a1 && b0 < b1 && box.a[a0] === box.b[b0]) {
    a0 += 1
    b0 += 1
  }
  while (a0 < a1 && b0 < b1 && box.a[a1 - 1] === box.b[b1 - 1]) {
    a1 -= 1
    b1 -= 1
  }
  if (a0 === a1) {
    for (let index = b0; index < b1; index += 1) box.changedB(index)
    return
  }
  if (b0 === b1) {
    for (let index = a0; index < a1; index += 1) box.changedA(index)
    return
  }
  const [a, b] = middle(box, a0, a1, b0, b1)
  divide(box, a0, a, b0, b)
  divide(box, a, a1, b, b1)
}

/** Where the forward and the backward search meet; where they take too long, the furthest point either reached. */
function middle(box: Box, a0: number, a1: number, b0: number, b1: number): [number, number] {
  const { a, b, forward, backward, zero, maxCost } = box
  const low = a0 - b1
  const high = a1 - b0
  const midForward = a0 - b0
  const midBackward = a1 - b1
  const isOdd = ((midForward - midBackward) & 1) !== 0
  let [fMin, fMax, bMin, bMax] = [midForward, midForward, midBackward, midBackward]
  forward[zero + midForward] = a0
  backward[zero + midBackward] = a1
  const NONE = 0x7fffffff
  for (let cost = 1; ; cost += 1) {
    if (fMin > low) forward[zero + --fMin - 1] = -1
    else fMin += 1
    if (fMax < high) forward[zero + ++fMax + 1] = -1
    else fMax -= 1
    for (let d = fMax; d >= fMin; d -= 2) {
      const [left, right] = [at(forward, zero + d - 1), at(forward, zero + d + 1)]
      let x = left >= right ? left + 1 : right
      let y = x - d
      while (x < a1 && y < b1 && a[x] === b[y]) {
        x += 1
        y += 1
      }
      forward[zero + d] = x
      if (isOdd && bMin <= d && d <= bMax && at(backward, zero + d) <= x) return [x, y]
    }
    if (bMin > low) backward[zero + --bMin - 1] = NONE
    else bMin += 1
    if (bMax < high) backward[zero + ++bMax + 1] = NONE
    else bMax -= 1
    for (let d = bMax; d >= bMin; d -= 2) {
      const [left, right] = [at(backward, zero + d - 1), at(backward, zero + d + 1)]
      let x = left < right ? left : right - 1
      let y = x - d
      while (x > a0 && y > b0 && a[x - 1] === b[y - 1]) {
        x -= 1
        y -= 1
      }
      backward[zero + d] = x
      if (!isOdd && fMin <= d && d <= fMax && x <= at(forward, zero + d)) return [x, y]
    }
    if (cost >= maxCost) return furthest(box, { a0, a1, b0, b1 }, [fMin, fMax], [bMin, bMax])
  }
}

/** The point of either search that has most of the way behind it. */
function furthest(
  { forward, backward, zero }: Box,
  { a0, a1, b0, b1 }: { a0: number; a1: number; b0: number; b1: number },
  [fMin, fMax]: [number, number],
  [bMin, bMax]: [number, number],
): [number, number] {
  let [best, bestX] = [-1, -1]
  for (let d = fMax; d >= fMin; d -= 2) {
    let x = Math.min(at(forward, zero + d), a1)
    let y = x - d
    if (b1 < y) [x, y] = [b1 + d, b1]
    if (best < x + y) [best, bestX] = [x + y, x]
  }
  let [bestBack, bestBackX] = [0x7fffffff, 0x7fffffff]
  for (let d = bMax; d >= bMin; d -= 2) {
    let x = Math.max(a0, at(backward, zero + d))
    let y = x - d
    if (y < b0) [x, y] = [b0 + d, b0]
    if (x + y < bestBack) [bestBack, bestBackX] = [x + y, x]
  }
  return a1 + b1 - bestBack < best - (a0 + b0) ? [bestX, best - bestX] : [bestBackX, bestBack - bestBackX]
}

/** A run of changed lines, possibly empty, between two unchanged ones. */
class Group {
  start = 0
  end = 0
  private readonly side: Side
  constructor(side: Side) {
    this.side = side
    while (this.end < side.ids.length && side.changed[this.end] === 1) this.end += 1
  }
  next(): boolean {
    if (this.end === this.side.ids.length) return false
    this.start = this.end + 1
    this.end = this.start
    while (this.end < this.side.ids.length && this.side.changed[this.end] === 1) this.end += 1
    return true
  }
  previous(): boolean {
    if (this.start === 0) return false
    this.end = this.start - 1
    this.start = this.end
    while (this.start > 0 && this.side.changed[this.start - 1] === 1) this.start -= 1
    return true
  }
  /** Moves one line up where the text allows it, joining what it then touches. */
  slideUp(): boolean {
    const { ids, changed } = this.side
    if (this.start === 0 || ids[this.start - 1] !== ids[this.end - 1]) return false
    changed[--this.start] = 1
    changed[--this.end] = 0
    while (this.start > 0 && changed[this.start - 1] === 1) this.start -= 1
    return true
  }
  slideDown(): boolean {
    const { ids, changed } = this.side
    if (this.end >= ids.length || ids[this.start] !== ids[this.end]) return false
    changed[this.start++] = 0
    changed[this.end++] = 1
    while (this.end < ids.length && changed[this.end] === 1) this.end += 1
    return true
  }
  get isEmpty(): boolean {
    return this.start === this.end
  }
}

/** Slides each group as far down as it goes, or to where it stands beside a group of the other side. */
function compact(side: Side, other: Side): void {
  const group = new Group(side)
  const beside = new Group(other)
  for (;;) {
    if (!group.isEmpty) {
      let size: number
      let highest: number
      let matching: number
      do {
        size = group.end - group.start
        matching = -1
        while (group.slideUp()) beside.previous()
        highest = group.end
        if (!beside.isEmpty) matching = group.end
        while (group.slideDown()) {
          beside.next()
          if (!beside.isEmpty) matching = group.end
        }
      } while (size !== group.end - group.start)
      if (group.end !== highest && matching !== -1) {
        while (beside.isEmpty) {
          group.slideUp()
          beside.previous()
        }
      }
    }
    if (!group.next()) return
    beside.next()
  }
}

function editsOf(a: Side, b: Side): Edit[] {
  const edits: Edit[] = []
  let [i, j] = [0, 0]
  while (i < a.ids.length || j < b.ids.length) {
    const [oldStart, newStart] = [i, j]
    while (i < a.ids.length && a.changed[i] === 1) i += 1
    while (j < b.ids.length && b.changed[j] === 1) j += 1
    if (i > oldStart || j > newStart)
      edits.push({ oldStart, oldCount: i - oldStart, newStart, newCount: j - newStart })
    i += 1
    j += 1
  }
  return edits
}
