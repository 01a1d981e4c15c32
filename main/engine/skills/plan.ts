/** What an export would do to a folder, file by file; nothing is written to it. */
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlannedFile } from '../../../schemas/skills.ts'
import { lineCounts, type LineCounts } from '../git/line-counts.ts'
import type { OutFile } from './catalogue.ts'
import { standsAt, unwritable } from './place.ts'

/** A larger file is somebody else's: it would be replaced, and how many lines that costs is not counted. */
const LARGEST_COMPARED = 4 * 1024 * 1024

const EXECUTABLE = 0o111

interface Found {
  bytes: Buffer | null
  executable: boolean
}

function read(dest: string, path: string): Found | null {
  try {
    const stats = standsAt(dest, path)
    if (stats === null) return null
    const bytes = stats.size > LARGEST_COMPARED ? null : readFileSync(join(dest, path))
    return { bytes, executable: (stats.mode & EXECUTABLE) !== 0 }
  } catch (thrown) {
    throw unwritable(thrown, join(dest, path))
  }
}

/** Compares what is to be written with what is there; throws by name where something stands in the way. */
export async function planFiles(dest: string, files: readonly OutFile[]): Promise<PlannedFile[]> {
  const found = files.map(({ path }) => read(dest, path))
  const counts = await countLines(
    files.map(({ bytes }, at) => ({ before: found[at]?.bytes ?? Buffer.alloc(0), after: bytes })),
  )
  return files.map((file, at) => plannedFile(file, found[at] ?? null, counts[at] ?? null))
}

/** Counting is for the eye: where git cannot do it, bytes have to do. */
async function countLines(pairs: { before: Buffer; after: Buffer }[]): Promise<(LineCounts | null)[]> {
  try {
    return await lineCounts({ cwd: tmpdir() }, tmpdir(), pairs)
  } catch {
    return pairs.map(() => null)
  }
}

function plannedFile(
  { path, bytes, executable }: OutFile,
  found: Found | null,
  counts: LineCounts | null,
): PlannedFile {
  const equal = found?.bytes?.equals(bytes) === true
  const state = found === null ? 'new' : equal && found.executable === executable ? 'same' : 'changed'
  const counted = found?.bytes === null ? null : counts
  return {
    path,
    state,
    bytes: bytes.length,
    added: counted?.added ?? null,
    removed: counted?.removed ?? null,
    mode_only: state === 'changed' && equal,
  }
}

/** One line of a plan for a person. */
export function planLine({ path, state, bytes, added, removed, mode_only }: PlannedFile): string {
  if (state === 'same') return `same          ${path}`
  const lines = added === null ? `${bytes} bytes` : `+${added} −${removed}`
  const how = mode_only ? 'executable or not' : lines
  return `${state === 'new' ? 'new         ' : 'would change'}  ${path}  ${how}`
}
