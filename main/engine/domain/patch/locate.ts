/**
 * Finds the one place in the base where each hunk belongs.
 *
 * The rules are those of git's apply.c, narrowed wherever git would choose between places:
 * - git looks at the line the *new* number names, in the text as the hunks before left it. So a hunk's numbers are
 *   believed only if old and new number differ by exactly what the hunks before added, and the old lines are there.
 * - git takes a hunk without trailing context to end the file. So where its old lines end the file as well as
 *   standing where the numbers say, it is ambiguous. Where they do not end the file git refuses without
 *   `--unidiff-zero`; here the hunk goes where its numbers say, as with that option, or to its only place.
 * - everything else goes where its old lines are, if they are in exactly one place.
 * - git lets no hunk touch lines an earlier hunk has used, context included; neither do we.
 */
import { findPatterns } from './search.ts'
import type { Hunk } from './model.ts'

export interface Placed {
  hunk: Hunk
  /** Index of the first line it replaces. */
  at: number
}

export type LocateCode = 'no_context' | 'does_not_apply' | 'ambiguous_hunk' | 'overlapping_hunks'

export interface LocateRefusal {
  ok: false
  code: LocateCode
  message: string
  hunk: number
}

export interface Located {
  ok: true
  /** In the order of the base. */
  placed: Placed[]
  normalised: string[]
}

const refuse = (code: LocateCode, hunk: number, message: string): LocateRefusal => ({
  ok: false,
  code,
  message,
  hunk,
})

const isSpace = (byte: number | undefined): boolean =>
  byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13)

interface Base {
  bytes: Buffer
  starts: readonly number[]
  lines: number
}

function matchesAt(base: Base, hunk: Hunk, at: number): boolean {
  if (at < 0 || at + hunk.oldLines > base.lines) return false
  const start = base.starts[at] ?? 0
  const end = start + hunk.oldBytes.length
  // Ending on a line boundary keeps a last line without newline from matching the start of a longer one.
  if (base.starts[at + hunk.oldLines] !== end) return false
  return base.bytes.compare(hunk.oldBytes, 0, hunk.oldBytes.length, start, end) === 0
}

/** Returns the place the hunk's own numbers name, or null where they are not to be believed. */
function statedPlace(base: Base, hunk: Hunk, shift: number): number | null {
  if (hunk.stated === null) return null
  const { oldStart, newStart } = hunk.stated
  const at = oldStart - 1
  const named = newStart - 1 - shift
  // A side that keeps no lines is numbered by the line before it.
  if (named !== at && !(hunk.newLines === 0 && named + 1 === at)) return null
  if (!matchesAt(base, hunk, at)) return null
  const last = base.lines - hunk.oldLines
  if (hunk.trailing === 0 && at !== last && matchesAt(base, hunk, last)) return null
  return at
}

/** Counts the places of hunks that must be found; two are as good as many. */
function findPlaces(base: Base, hunks: readonly Hunk[], wanted: ReadonlySet<number>): Map<number, number[]> {
  const numbers = [...wanted]
  const tails: (Buffer | null)[] = []
  const patterns = numbers.map((number) => {
    const hunk = hunks[number] as Hunk
    const lines = splitLines(hunk.oldBytes)
    // A context line without newline: git also takes it for the start of a line that only goes on with white space,
    // and then joins it to the next one. Such places count, so that it is ambiguous here.
    const open = hunk.oldEndsFile && hunk.trailing > 0
    tails.push(open ? Buffer.from(lines.pop() ?? '', 'latin1') : null)
    return lines
  })
  const places = new Map<number, number[]>(numbers.map((number) => [number, []]))
  findPatterns(base.bytes, base.starts, patterns, (pattern, at) => {
    const number = numbers[pattern] as number
    const found = places.get(number) as number[]
    const tail = tails[pattern]
    if (
      tail === null ||
      tail === undefined ||
      startsLoosely(base, at + (patterns[pattern]?.length ?? 0), tail)
    ) {
      found.push(at)
    }
    return found.length < 2
  })
  return places
}

function splitLines(bytes: Buffer): string[] {
  return bytes.toString('latin1').match(/[^\n]*\n|[^\n]+/g) ?? []
}

/** Tells whether a line of the base is `tail` and nothing but white space after it. */
function startsLoosely(base: Base, line: number, tail: Buffer): boolean {
  if (line >= base.lines) return false
  const start = base.starts[line] ?? 0
  const end = base.starts[line + 1] ?? 0
  if (
    end - start < tail.length ||
    base.bytes.compare(tail, 0, tail.length, start, start + tail.length) !== 0
  ) {
    return false
  }
  for (let i = start + tail.length; i < end; i++) if (!isSpace(base.bytes[i])) return false
  return true
}

function noMatch(base: Base, hunk: Hunk, number: number): LocateRefusal {
  const text = hunk.oldBytes.subarray(0, -1)
  const end = base.bytes.subarray(Math.max(0, base.bytes.length - text.length))
  const hint =
    !hunk.oldEndsFile && text.length > 0 && end.equals(text)
      ? '; its last line has no newline there, say so with "\\ No newline at end of file"'
      : '; send a patch made against the base'
  return refuse('does_not_apply', number, `the old lines of hunk ${number} are not in the base${hint}`)
}

/** Places by number what can be, and returns which hunks must be searched for. */
function placeByNumbers(base: Base, hunks: readonly Hunk[], places: (number | null)[]): Set<number> {
  const search = new Set<number>()
  let shift = 0
  hunks.forEach((hunk, index) => {
    const at = statedPlace(base, hunk, shift)
    shift += hunk.newLines - hunk.oldLines
    places[index] = at
    if (at !== null) return
    const last = base.lines - hunk.oldLines
    // Changed lines without newline can only be the file's last; context may look like others to git.
    if ((hunk.oldEndsFile || hunk.newEndsFile) && hunk.trailing === 0) places[index] = last
    else search.add(index)
  })
  return search
}

function search(
  base: Base,
  hunks: readonly Hunk[],
  wanted: ReadonlySet<number>,
  places: (number | null)[],
): LocateRefusal | null {
  if (wanted.size === 0) return null
  for (const [index, found] of findPlaces(base, hunks, wanted)) {
    const hunk = hunks[index] as Hunk
    const number = index + 1
    if (found.length > 1) {
      const message = `the old lines of hunk ${number} are in the base more than once; give more context`
      return refuse('ambiguous_hunk', number, message)
    }
    if (found.length === 0 || !matchesAt(base, hunk, found[0] as number)) return noMatch(base, hunk, number)
    places[index] = found[0] as number
  }
  return null
}

const isAscending = (places: readonly (number | null)[]): boolean =>
  places.every((at, index) => index === 0 || (at as number) >= (places[index - 1] as number))

/** Finds a place for every hunk, or the first hunk that has none or several. */
export function locateHunks(
  bytes: Buffer,
  starts: readonly number[],
  hunks: readonly Hunk[],
): Located | LocateRefusal {
  const base: Base = { bytes, starts, lines: starts.length - 1 }
  const first = hunks[0]
  if (first !== undefined && hunks.length === 1 && first.oldLines === 0 && base.lines === 0) {
    return { ok: true, placed: [{ hunk: first, at: 0 }], normalised: [] }
  }
  const bare = hunks.findIndex((hunk) => hunk.oldLines === 0)
  if (bare !== -1) {
    return refuse(
      'no_context',
      bare + 1,
      `hunk ${bare + 1} inserts lines without any context; add context lines`,
    )
  }
  const places: (number | null)[] = []
  const wanted = placeByNumbers(base, hunks, places)
  for (let index = 0; index < hunks.length; index++) {
    const hunk = hunks[index] as Hunk
    const at = places[index]
    if (typeof at !== 'number') continue
    const mustEndFile = (hunk.oldEndsFile || hunk.newEndsFile) && at + hunk.oldLines !== base.lines
    if (mustEndFile || !matchesAt(base, hunk, at)) return noMatch(base, hunk, index + 1)
  }
  const missing = search(base, hunks, wanted, places)
  if (missing !== null) return missing
  if (!isAscending(places)) {
    // Numbers mean something only in order: out of it every hunk must have just one place.
    const rest = new Set(hunks.keys())
    for (const index of wanted) rest.delete(index)
    const unsure = search(base, hunks, rest, places)
    if (unsure !== null) return unsure
  }
  return inOrder(hunks, places as number[], wanted)
}

function inOrder(
  hunks: readonly Hunk[],
  places: readonly number[],
  searched: ReadonlySet<number>,
): Located | LocateRefusal {
  const normalised: string[] = []
  for (const index of searched) {
    const stated = hunks[index]?.stated?.oldStart
    if (stated === undefined)
      normalised.push(`hunk ${index + 1} was placed at line ${(places[index] ?? 0) + 1}`)
    else
      normalised.push(
        `hunk ${index + 1} said line ${stated} and was placed at line ${(places[index] ?? 0) + 1}`,
      )
  }
  const order = [...hunks.keys()]
  if (!isAscending(places)) {
    order.sort((one, two) => (places[one] as number) - (places[two] as number))
    normalised.push('the hunks were put in the order of the file')
  }
  const placed: Placed[] = []
  let end = 0
  for (const index of order) {
    const hunk = hunks[index] as Hunk
    const at = places[index] as number
    if (at < end) {
      return refuse(
        'overlapping_hunks',
        index + 1,
        `hunk ${index + 1} touches lines of another hunk; join the two`,
      )
    }
    placed.push({ hunk, at })
    end = at + hunk.oldLines
  }
  return { ok: true, placed, normalised }
}
