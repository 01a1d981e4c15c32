/**
 * Imports as a set of names, each with the place it comes from, merged three-way: what either side added is there, what
 * either side removed is not. Where both sides bring one name from different new places nothing is offered.
 */
import type { Lines } from '../lines.ts'
import { MAX_WORDS_TEXT } from './bounds.ts'
import { importStatements, type ImportStatement } from './import-statements.ts'
import { RANKS } from './ranks.ts'
import { isBlank, lengthOf } from './text.ts'
import type { Move } from './types.ts'

export const imports: Move = ({ base, cur, inc }) => {
  if (cur.every(isBlank) || inc.every(isBlank) || lengthOf(base, cur, inc) > MAX_WORDS_TEXT) return []
  const [before, ours, theirs] = [importStatements(base), importStatements(cur), importStatements(inc)]
  if (before === null || ours === null || theirs === null) return []
  // Two statements for one place: which of them a name belongs in is nobody's to guess.
  if ([before, ours, theirs].some(hasTwice)) return []
  const wanted = mergedEntries(entriesOf(before), entriesOf(ours), entriesOf(theirs))
  if (wanted === null || wanted.size === 0) return []
  const lines = written(wanted, cur, ours, theirs)
  const removes = base.length > 0 && [...entriesOf(before).keys()].some((name) => !wanted.has(name))
  const why = removes
    ? 'Both sides change imports: with what either adds, without what either removes.'
    : 'Both sides add imports: all of them, each once.'
  return [{ id: 'imports', lines, label: 'The imports of both', why, rank: RANKS.imports }]
}

const hasTwice = (statements: readonly ImportStatement[]): boolean => {
  const sources = statements.filter(({ names }) => names !== null).map(({ source }) => source)
  return new Set(sources).size < sources.length
}

/** Name → source; what brings no names stands for itself. */
type Entries = ReadonlyMap<string, string>

/** A name that comes from two places at once is told apart by them. */
function entriesOf(statements: readonly ImportStatement[]): Map<string, string> {
  const entries = new Map<string, string>()
  for (const { source, names } of statements)
    for (const name of names ?? [`\u0000${source}`])
      entries.set(entries.has(name) && entries.get(name) !== source ? `${name}\u0000${source}` : name, source)
  return entries
}

function mergedEntries(base: Entries, cur: Entries, inc: Entries): Map<string, string> | null {
  const merged = new Map<string, string>()
  const addedTo = (side: Entries): Set<string> =>
    new Set([...side].filter(([name]) => !base.has(name)).map(([, source]) => source))
  const [grownByCur, grownByInc] = [addedTo(cur), addedTo(inc)]
  for (const [name, source] of base) {
    // One name replaced by each side with its own is an edit of the same thing, not two additions.
    if (!cur.has(name) && !inc.has(name) && grownByCur.has(source) && grownByInc.has(source)) return null
  }
  for (const name of new Set([...cur.keys(), ...inc.keys()])) {
    const [was, ours, theirs] = [base.get(name), cur.get(name), inc.get(name)]
    // One side has no use for it any more, whether or not the other moved it.
    if (was !== undefined && (ours === undefined || theirs === undefined)) continue
    if (ours !== theirs && ours !== was && theirs !== was) return null
    merged.set(name, (ours === was ? theirs : ours) as string)
  }
  return merged
}

/** The target's statements as they stand, as far as they are still wanted, then the incoming ones, each at its place. */
function written(
  wanted: Entries,
  cur: Lines,
  ours: readonly ImportStatement[],
  theirs: readonly ImportStatement[],
): Lines {
  const out: { source: string; lines: Lines }[] = []
  const done = new Set<string>()
  const namesFor = (statement: ImportStatement, other: ImportStatement | undefined): string[] => {
    const mine = (statement.names ?? []).filter(
      (name) => wanted.get(name) === statement.source || isApart(name, statement),
    )
    const added = (other?.names ?? []).filter(
      (name) => !mine.includes(name) && wanted.get(name) === statement.source,
    )
    return placed(mine, added, other?.names ?? [])
  }
  const isApart = (name: string, { source }: ImportStatement): boolean => wanted.has(`${name}\u0000${source}`)
  const kept = (statement: ImportStatement, other: ImportStatement | undefined): Lines | null => {
    if (statement.names === null) return wanted.has(`\u0000${statement.source}`) ? statement.lines : null
    const names = namesFor(statement, other)
    if (names.length === 0) return null
    return same(names, statement.names) ? statement.lines : statement.withNames(names)
  }
  for (const statement of ours) {
    if (done.has(statement.source)) continue
    const lines = kept(
      statement,
      theirs.find(({ source }) => source === statement.source),
    )
    done.add(statement.source)
    if (lines !== null) out.push({ source: statement.source, lines: [...statement.lead, ...lines] })
  }
  const placeOf = (statement: ImportStatement | undefined): number =>
    out.findIndex(({ source }) => source === statement?.source)
  for (const [index, statement] of theirs.entries()) {
    if (done.has(statement.source)) continue
    done.add(statement.source)
    const lines = kept(statement, undefined)
    if (lines === null) continue
    // Behind the one that it follows, else before the one that it precedes, else at the end.
    const before = theirs.slice(0, index).findLast((one) => placeOf(one) >= 0)
    const behind = theirs.slice(index + 1).find((one) => placeOf(one) >= 0)
    const at =
      before !== undefined ? placeOf(before) + 1 : behind !== undefined ? placeOf(behind) : out.length
    out.splice(at, 0, { source: statement.source, lines: [...statement.lead, ...lines] })
  }
  return [...out.flatMap(({ lines }) => lines), ...cur.slice(cur.findLastIndex((line) => !isBlank(line)) + 1)]
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index])

/** Puts names in: sorted where the list is, else behind the one that stands before them where they come from. */
function placed(names: readonly string[], added: readonly string[], like: readonly string[]): string[] {
  if (added.length === 0) return [...names]
  const isSorted = (list: readonly string[]): boolean =>
    list.every((name, index) => index === 0 || (list[index - 1] as string) < name)
  if (names.length > 1 && isSorted(names))
    return [...names, ...added].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const known = new Set(names)
  const fresh = new Set(added)
  /** Name → what follows it now; the empty one stands for the end. */
  const behind = new Map<string, string[]>()
  let last = ''
  for (const name of like) {
    if (known.has(name)) last = name
    else if (fresh.has(name)) {
      const list = behind.get(last)
      if (list === undefined) behind.set(last, [name])
      else list.push(name)
    }
  }
  return [...names.flatMap((name) => [name, ...(behind.get(name) ?? [])]), ...(behind.get('') ?? [])]
}
