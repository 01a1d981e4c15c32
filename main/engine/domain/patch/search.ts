/** Finds many sequences of lines in one text in a single pass (Aho and Corasick's automaton over lines). */

/** Tells of one occurrence by the pattern's index and its first line; `false` ends the search for that pattern. */
export type OnMatch = (pattern: number, at: number) => boolean

interface Automaton {
  /** Numbers of the lines that occur in any pattern, from 1. */
  ids: Map<string, number>
  next: Map<number, number>
  fail: number[]
  depth: number[]
  /** Patterns that end in a state, and the nearest shorter state in which one does. */
  ending: Map<number, number[]>
  shorter: number[]
}

function build(patterns: readonly (readonly string[])[]): Automaton {
  const ids = new Map<string, number>()
  for (const pattern of patterns) for (const line of pattern) if (!ids.has(line)) ids.set(line, ids.size + 1)
  const width = ids.size + 1
  const next = new Map<number, number>()
  const depth = [0]
  const parent = [0]
  const symbol = [0]
  const ending = new Map<number, number[]>()
  patterns.forEach((pattern, index) => {
    let state = 0
    for (const line of pattern) {
      const id = ids.get(line) ?? 0
      let to = next.get(state * width + id)
      if (to === undefined) {
        to = depth.length
        next.set(state * width + id, to)
        depth.push((depth[state] ?? 0) + 1)
        parent.push(state)
        symbol.push(id)
      }
      state = to
    }
    const there = ending.get(state)
    if (there === undefined) ending.set(state, [index])
    else there.push(index)
  })
  const fail = depth.map(() => 0)
  const shorter = depth.map(() => 0)
  // Shallow states first: a state's failure link is found through its parent's.
  const order = [...depth.keys()].slice(1).sort((one, two) => (depth[one] ?? 0) - (depth[two] ?? 0))
  for (const state of order) {
    const id = symbol[state] ?? 0
    let from = parent[state] ?? 0
    let to = 0
    while (from !== 0) {
      from = fail[from] ?? 0
      const found = next.get(from * width + id)
      if (found !== undefined) {
        to = found
        break
      }
    }
    fail[state] = to
    shorter[state] = ending.has(to) ? to : (shorter[to] ?? 0)
  }
  return { ids, next, fail, depth, ending, shorter }
}

/**
 * Reports where each pattern occurs, overlapping occurrences included.
 *
 * `starts` are the line starts of `text` with its length at the end; patterns hold lines as Latin-1 with their newline.
 * Takes time in proportion to text and patterns plus the occurrences reported; an empty pattern occurs before every
 * line. Patterns nobody asks about any more cost nothing.
 */
export function findPatterns(
  text: Buffer,
  starts: readonly number[],
  patterns: readonly (readonly string[])[],
  onMatch: OnMatch,
): void {
  const { ids, next, fail, depth, ending, shorter } = build(patterns)
  const width = ids.size + 1
  // Skips states all of whose patterns are done, and remembers the way.
  const live = (from: number): number => {
    let state = from
    while (state !== 0 && ending.get(state) === undefined) state = shorter[state] ?? 0
    for (let step = from; step !== state && step !== 0;) {
      const after = shorter[step] ?? 0
      shorter[step] = state
      step = after
    }
    return state
  }
  const advance = (from: number, id: number): number => {
    let at = from
    let to = next.get(at * width + id)
    while (to === undefined && at !== 0) {
      at = fail[at] ?? 0
      to = next.get(at * width + id)
    }
    return to ?? 0
  }
  let empty = ending.get(0) ?? []
  ending.delete(0)
  let state = 0
  const count = starts.length - 1
  for (let line = 0; line < count; line++) {
    empty = empty.filter((pattern) => onMatch(pattern, line))
    const id = ids.get(text.toString('latin1', starts[line], starts[line + 1]))
    state = id === undefined ? 0 : advance(state, id)
    for (let at = live(state); at !== 0; at = live(shorter[at] ?? 0)) {
      const first = line + 1 - (depth[at] ?? 0)
      const rest = (ending.get(at) ?? []).filter((pattern) => onMatch(pattern, first))
      if (rest.length === 0) ending.delete(at)
      else ending.set(at, rest)
    }
    if (ending.size === 0 && empty.length === 0) return
  }
}
