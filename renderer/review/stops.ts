/** Everything there is to decide in a review as one row: each conflict of a text, and each path that is decided whole. */
import type { FileState } from './session.ts'

export interface Stop {
  path: string
  /** Which conflict of the file; null where the path is decided as a whole. */
  index: number | null
  decided: boolean
}

export function stopsOf(files: readonly FileState[]): Stop[] {
  return files.flatMap((state): Stop[] => {
    const { path, file, choices, open } = state
    const conflicts = file?.merged?.isMerge === true ? file.merged.merge.conflicts : []
    const whole = [{ path, index: null, decided: file !== null && open.length === 0 }]
    // Where a whole side was picked nothing of the text counts.
    if (conflicts.length === 0 || file?.pick() !== null) return whole
    return conflicts.map((_, index) => ({ path, index, decided: choices[index] !== 'open' }))
  })
}

export const isAt = (stop: Stop, place: { path: string; index: number | null } | null): boolean =>
  stop.path === place?.path && stop.index === place.index

/** Where somebody is who wanted to be at `place`, which may be gone: the nearest of the same file, else what is open. */
export function stopAt(
  stops: readonly Stop[],
  place: { path: string; index: number | null } | null,
): Stop | null {
  const exact = stops.find((stop) => isAt(stop, place))
  if (exact !== undefined) return exact
  const same = stops.filter(({ path }) => path === place?.path)
  const near = same[Math.min(place?.index ?? 0, same.length - 1)]
  return near ?? stops.find(({ decided }) => !decided) ?? stops[0] ?? null
}

export function stepFrom(stops: readonly Stop[], from: Stop | null, by: 1 | -1): Stop | null {
  const at = from === null ? -1 : stops.findIndex((stop) => isAt(stop, from))
  return stops[at + by] ?? from
}

/** The next that is open, behind here first and then from the beginning; null where all is decided. */
export function nextOpen(stops: readonly Stop[], from: Stop | null): Stop | null {
  const at = from === null ? -1 : stops.findIndex((stop) => isAt(stop, from))
  return [...stops.slice(at + 1), ...stops.slice(0, Math.max(0, at))].find(({ decided }) => !decided) ?? null
}

/** The first of the next or previous file, an open one before the others. */
export function fileStep(stops: readonly Stop[], from: Stop | null, by: 1 | -1): Stop | null {
  const paths = [...new Set(stops.map(({ path }) => path))]
  const path = paths[(from === null ? 0 : paths.indexOf(from.path)) + by]
  const there = stops.filter((stop) => stop.path === path)
  return there.find(({ decided }) => !decided) ?? there[0] ?? from
}
