/** Real merge conflicts with what was committed in the end; they lie beside the project where they are at all. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { chunksOf, type Chunk } from '../../renderer/merge/chunks.ts'
import { diffLines } from '../../renderer/merge/diff.ts'
import { linesOf, type Lines } from '../../renderer/merge/lines.ts'
import { settledLines } from '../../renderer/merge/markers.ts'
import { linesAround } from '../../renderer/merge/suggest/index.ts'

const FOLDER =
  process.env['HYPERION_CONFLICTS'] ??
  fileURLToPath(new URL('../../../shared/data/conflicts', import.meta.url))
const FILE = join(FOLDER, 'dev.jsonl.gz')

export const NO_CONFLICTS = `there is no ${FILE}; HYPERION_CONFLICTS names its folder`
export const areConflictsHere = existsSync(FILE)

export interface Row {
  repo: string
  path: string
  base: string | null
  ours: string | null
  theirs: string | null
  committed: string | null
}

/** Rules are tuned on one half, the rows of even number, and their figures are told of the other. */
export type Half = 'tune' | 'report'

export interface RealChunk {
  half: Half
  /** The number of its row. */
  row: number
  repo: string
  path: string
  chunk: Chunk
  /** Settled lines next to it. */
  before: Lines
  after: Lines
  /** What was committed in its place; null where neighbouring lines were rewritten with it, so that nobody can tell. */
  committed: Lines | null
}

/** Every file as it conflicted, a side that has no such file as null. */
export const realRows = (): Row[] =>
  gunzipSync(readFileSync(FILE))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Row)

/** Every conflict of files that all three sides and the result have. */
export const realChunks = (): RealChunk[] => realRows().flatMap(chunksOfRow)

function chunksOfRow({ repo, path, base, ours, theirs, committed }: Row, row: number): RealChunk[] {
  if (base === null || ours === null || theirs === null || committed === null) return []
  const chunks = chunksOf(linesOf(base), linesOf(ours), linesOf(theirs))
  const half = row % 2 === 0 ? 'tune' : 'report'
  // The merged file with one line for each conflict: what was committed there is the edit that covers this line.
  const merged: string[] = []
  const place = new Map<Chunk, number>()
  for (const chunk of chunks) {
    if (chunk.kind === 'conflict') place.set(chunk, merged.length)
    merged.push(...(settledLines(chunk) ?? [`\u0000conflict ${chunk.id}\n`]))
  }
  const lines = linesOf(committed)
  const edits = diffLines(merged, lines)
  return [...place].map(([chunk, at]) => {
    const edit = edits.find(({ oldStart, oldCount }) => oldStart <= at && at < oldStart + oldCount)
    const isAlone = edit?.oldCount === 1
    const got = isAlone ? lines.slice(edit.newStart, edit.newStart + edit.newCount) : null
    return { half, row, repo, path, chunk, ...linesAround(chunks, chunk), committed: got }
  })
}
