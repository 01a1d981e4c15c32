/** One edit of an agent: text that is in a file once, put in its place; found by its lines where white space differs. */
import { inertBlock } from '../base/inert.ts'
import { bareOf, reindent } from './indent.ts'
import { nearestLines } from './nearest.ts'

export type Edited = { ok: true; text: string } | { ok: false; code: string; message: string }

/** How many places are told of where a text is in more than one. */
const MOST_PLACES = 10

/** Returns where a sequence begins in another (Knuth, Morris and Pratt: linear whatever they hold), `most` places at most. */
function placesOf(all: ArrayLike<string>, wanted: ArrayLike<string>, most: number): number[] {
  // How much of the beginning still fits where a longer piece of it no longer does.
  const shorter = [0]
  for (let at = 1, fits = 0; at < wanted.length; at += 1) {
    while (fits > 0 && wanted[at] !== wanted[fits]) fits = shorter[fits - 1] ?? 0
    if (wanted[at] === wanted[fits]) fits += 1
    shorter.push(fits)
  }
  const places: number[] = []
  for (let at = 0, fits = 0; at < all.length && places.length < most; at += 1) {
    while (fits > 0 && all[at] !== wanted[fits]) fits = shorter[fits - 1] ?? 0
    if (all[at] === wanted[fits]) fits += 1
    if (fits < wanted.length) continue
    places.push(at - fits + 1)
    fits = shorter[fits - 1] ?? 0
  }
  return places
}

/** Up to here the language's own search is quick whatever it is given; on a long text made for it, it takes minutes. */
const SHORT = 256

function exactPlaces(text: string, search: string): number[] {
  if (search.length > SHORT) return placesOf(text, search, MOST_PLACES)
  const places: number[] = []
  for (
    let at = text.indexOf(search);
    at >= 0 && places.length < MOST_PLACES;
    at = text.indexOf(search, at + 1)
  )
    places.push(at)
  return places
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

function ambiguous(lines: readonly number[]): Edited {
  const [last, ...others] = [...new Set(lines)].toReversed()
  const named = others.length === 0 ? `line ${last}` : `lines ${others.toReversed().join(', ')} and ${last}`
  const more = lines.length === MOST_PLACES ? ' and perhaps further down' : ''
  return {
    ok: false,
    code: 'search_ambiguous',
    message: `the text to replace is in the file more than once, at ${named}${more}; give more of the lines around it`,
  }
}

const shown = (lines: readonly string[], first: number): string =>
  lines.map((line, index) => `${first + index + 1}| ${inertBlock(line, 200)}`).join('\n')

/** Finds whole lines whose indentation or trailing blanks differ from the file's, and nothing else in them. */
function byLines(text: string, search: string, replace: string): Edited {
  const lines = text.split('\n')
  const whole = search.endsWith('\n')
  const written = (whole ? search.slice(0, -1) : search).split('\n')
  const bare = written.map(bareOf)
  const trimmed = lines.map(bareOf)
  const places = bare.every((line) => line === '') ? [] : placesOf(trimmed, bare, MOST_PLACES)
  const [first] = places
  if (first === undefined) {
    const near = nearestLines(trimmed, bare)
    const hint =
      near === null
        ? 'and no line of the file is like it: give lines as they are there'
        : `the nearest lines are these, of which line ${near.differs + 1} is the first that differs:\n` +
          `${shown(lines.slice(near.from, near.to), near.from)}\nGive them as they are there, without the numbers`
    return { ok: false, code: 'search_not_found', message: `the text to replace is not in the file; ${hint}` }
  }
  if (places.length > 1) return ambiguous(places.map((place) => place + 1))
  const end = first + written.length
  const found = lines.slice(first, end)
  const endsFile = end === lines.length
  // Of a last line without a newline, the replacement has none either.
  const put = endsFile && whole && replace.endsWith('\n') ? replace.slice(0, -1) : replace
  const closes = put.endsWith('\n')
  const made = put === '' ? [''] : reindent((closes ? put.slice(0, -1) : put).split('\n'), written, found)
  if (made === null) {
    return {
      ok: false,
      code: 'search_indentation',
      message:
        'the text to replace is in the file with another indentation, and how far its replacement is to stand in ' +
        `is not plain; give both as the file has them:\n${shown(found.slice(0, 10), first)}`,
    }
  }
  const before = lines.slice(0, first).map((line) => `${line}\n`)
  const after = lines.slice(end)
  // In a file of both line endings the lines keep theirs.
  const ending = found.every((line) => line.endsWith('\r')) ? '\r\n' : '\n'
  const middle =
    made.map((line) => (ending === '\n' ? line : line.replace(/\r$/, ''))).join(ending) +
    (closes ? ending : ending === '\n' || whole ? '' : '\r')
  const gap = endsFile || whole ? '' : '\n'
  return { ok: true, text: before.join('') + middle + gap + after.join('\n') }
}

/**
 * Puts a text in the place of another that is in the file exactly once; line feeds only, in all three.
 *
 * A search that is nowhere as it stands is looked for line by line, with other indentation and trailing blanks.
 */
export function replaceOnce(text: string, search: string, replace: string): Edited {
  if (search === '') {
    const message = 'the text to replace is empty; give lines of the file, or replace the whole file'
    return { ok: false, code: 'search_not_found', message }
  }
  const places = exactPlaces(text, search)
  const [at] = places
  if (at === undefined) return byLines(text, search, replace)
  if (places.length > 1) return ambiguous(places.map((place) => lineAt(text, place)))
  return { ok: true, text: text.slice(0, at) + replace + text.slice(at + search.length) }
}
