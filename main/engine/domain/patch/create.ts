/** Writes the unified diff from one text to another: one hunk around all that differs. */
import { lineStarts } from './lines.ts'
import { NO_NEWLINE } from './model.ts'

const CONTEXT = 3

function sameLine(
  a: Buffer,
  aStarts: readonly number[],
  b: Buffer,
  bStarts: readonly number[],
  at: [number, number],
): boolean {
  const left = a.subarray(aStarts[at[0]], aStarts[at[0] + 1])
  return left.equals(b.subarray(bStarts[at[1]], bStarts[at[1] + 1]))
}

function writeLines(
  parts: Buffer[],
  mark: string,
  bytes: Buffer,
  starts: readonly number[],
  from: number,
  to: number,
): void {
  for (let line = from; line < to; line++) {
    const text = bytes.subarray(starts[line], starts[line + 1])
    parts.push(Buffer.from(mark), text)
    if (text.at(-1) !== 10) parts.push(Buffer.from(`\n${NO_NEWLINE}`))
  }
}

const range = (start: number, count: number): string => {
  const from = count === 0 ? start : start + 1
  return count === 1 ? String(from) : `${from},${count}`
}

/**
 * Returns the bare hunk that makes `result` of `base`, or null when they are equal.
 *
 * Both are UTF-8 text; null and empty are the same here, the operation of the change tells them apart.
 */
export function createPatch(base: Buffer | null, result: Buffer | null): string | null {
  const old = base ?? Buffer.alloc(0)
  const now = result ?? Buffer.alloc(0)
  if (old.equals(now)) return null
  const oldStarts = lineStarts(old)
  const nowStarts = lineStarts(now)
  const oldLines = oldStarts.length - 1
  const nowLines = nowStarts.length - 1
  const most = Math.min(oldLines, nowLines)
  let head = 0
  while (head < most && sameLine(old, oldStarts, now, nowStarts, [head, head])) head++
  let tail = 0
  while (
    tail < most - head &&
    sameLine(old, oldStarts, now, nowStarts, [oldLines - 1 - tail, nowLines - 1 - tail])
  ) {
    tail++
  }
  const from = Math.max(0, head - CONTEXT)
  const trailing = Math.min(tail, CONTEXT)
  const oldCount = oldLines - tail + trailing - from
  const nowCount = nowLines - tail + trailing - from
  const parts = [Buffer.from(`@@ -${range(from, oldCount)} +${range(from, nowCount)} @@\n`)]
  writeLines(parts, ' ', old, oldStarts, from, head)
  writeLines(parts, '-', old, oldStarts, head, oldLines - tail)
  writeLines(parts, '+', now, nowStarts, head, nowLines - tail)
  writeLines(parts, ' ', old, oldStarts, oldLines - tail, oldLines - tail + trailing)
  return Buffer.concat(parts).toString('utf8')
}
