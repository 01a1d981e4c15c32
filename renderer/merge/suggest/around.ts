/** The settled lines next to a conflict. */
import type { Chunk } from '../chunks.ts'
import type { Lines } from '../lines.ts'
import { settledLines } from '../markers.ts'

/** More than this is far away. */
const NEAR = 40

/** Up to the next conflict, which nobody knows the text of yet. */
export function linesAround(
  chunks: readonly Chunk[],
  { id }: Pick<Chunk, 'id'>,
): { before: Lines; after: Lines } {
  const before: string[] = []
  for (let index = id - 1; index >= 0 && before.length < NEAR; index -= 1) {
    const lines = settledLines(chunks[index] as Chunk)
    if (lines === null) break
    before.unshift(...lines.slice(-NEAR))
  }
  const after: string[] = []
  for (let index = id + 1; index < chunks.length && after.length < NEAR; index += 1) {
    const lines = settledLines(chunks[index] as Chunk)
    if (lines === null) break
    after.push(...lines.slice(0, NEAR))
  }
  return { before: before.slice(-NEAR), after: after.slice(0, NEAR) }
}
