/** Gathers what happens to files until it is written down: one line a file, and one a folder where there are too many. */
import type { NewFileEvent } from '../../store/files.ts'

export type Happening = 'added' | 'changed' | 'removed'

/** Lines written at a time; of what goes beyond, each top folder gets one. */
export const MOST_LINES = 200
/** Paths remembered meanwhile. */
const MOST_PATHS = 20_000

/** What two things that happened to one file come to; null where it is as before. */
export function both(first: Happening | undefined, then: Happening): Happening | null {
  if (first === undefined) return then
  if (first === 'added') return then === 'removed' ? null : 'added'
  if (first === 'removed') return then === 'removed' ? 'removed' : 'changed'
  return then === 'added' ? 'changed' : then
}

const topOf = (path: string): string => {
  const slash = path.indexOf('/')
  return slash < 0 ? './' : path.slice(0, slash + 1)
}

export interface Gathered {
  path: string
  happening: Happening
}

export interface Gathering {
  note(path: string, happening: Happening): void
  readonly size: number
  /** Takes all that was gathered. `many` are folders in which more happened than was remembered. */
  take(): { files: Gathered[]; many: string[] }
}

export function openGathering(): Gathering {
  let files = new Map<string, Happening>()
  let many = new Set<string>()
  return {
    note(path, happening) {
      const now = both(files.get(path), happening)
      if (now === null) files.delete(path)
      else if (files.size < MOST_PATHS || files.has(path)) files.set(path, now)
      else many.add(topOf(path))
    },
    get size() {
      return files.size + many.size
    },
    take() {
      const taken = [...files].map(([path, happening]) => ({ path, happening }))
      const over = [...many]
      files = new Map()
      many = new Set()
      return { files: taken, many: over }
    },
  }
}

/** Splits what was gathered into files with a line each and folders with one for all the rest. */
export function linesOf(
  files: readonly Gathered[],
  many: readonly string[],
): { files: Gathered[]; many: NewFileEvent[] } {
  const folders = new Set([...many, ...files.slice(MOST_LINES).map(({ path }) => topOf(path))])
  return {
    files: files.slice(0, MOST_LINES),
    many: [...folders].map((path) => ({ path, kind: 'many' as const, size: null })),
  }
}
