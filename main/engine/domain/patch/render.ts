/** Writes placed hunks as the unified diff that git makes the same result of. */
import type { Placed } from './locate.ts'
import type { Operation, ParsedPatch } from './model.ts'

const CONTEXT = 3

/** Returns a path as git writes it in a header: quoted when it holds a quote, plain otherwise. */
function headerName(path: string): string {
  // Backslashes and control characters never get here: `pathRefusal` knows them.
  return path.includes('"') ? `"${path.replaceAll('"', '\\"')}"` : path
}

function header(patch: ParsedPatch, operation: Operation): string {
  const [a, b] = [headerName(`a/${patch.path}`), headerName(`b/${patch.path}`)]
  // git ends names with spaces by a tab, or the rest would look like a time stamp.
  const tab = patch.path.includes(' ') ? '\t' : ''
  const mode = operation === 'add' && patch.executable === true ? '100755' : '100644'
  const lines = [`diff --git ${a} ${b}`]
  if (operation === 'add') lines.push(`new file mode ${mode}`)
  if (operation === 'delete') lines.push(`deleted file mode ${mode}`)
  lines.push(operation === 'add' ? '--- /dev/null' : `--- ${a}${tab}`)
  lines.push(operation === 'delete' ? '+++ /dev/null' : `+++ ${b}${tab}`)
  return `${lines.join('\n')}\n`
}

interface Block {
  at: number
  oldLines: number
  newLines: number
  trailing: number
  parts: Buffer[]
}

/**
 * Joins hunks that touch, and gives a hunk without trailing context some of the base's lines.
 *
 * git takes a hunk without trailing context to be at the end of the file; with real lines after it, it goes where
 * it belongs.
 */
function toBlocks(placed: readonly Placed[], base: Buffer, starts: readonly number[]): Block[] {
  const lastLine = starts.length - 1
  const blocks: Block[] = []
  placed.forEach(({ hunk, at }, index) => {
    const previous = blocks.at(-1)
    let block = previous
    if (block === undefined || block.trailing > 0 || block.at + block.oldLines < at) {
      block = { at, oldLines: 0, newLines: 0, trailing: 0, parts: [] }
      blocks.push(block)
    }
    block.oldLines += hunk.oldLines
    block.newLines += hunk.newLines
    block.trailing = hunk.trailing
    block.parts.push(hunk.body)
    const end = at + hunk.oldLines
    const limit = placed[index + 1]?.at ?? lastLine
    if (hunk.trailing > 0 || hunk.oldLines === 0) return
    for (let line = end; line < Math.min(end + CONTEXT, limit); line++) {
      block.parts.push(Buffer.from(' '), base.subarray(starts[line], starts[line + 1]))
      if (base[(starts[line + 1] ?? 0) - 1] !== 10)
        block.parts.push(Buffer.from('\n\\ No newline at end of file\n'))
      block.oldLines++
      block.newLines++
      block.trailing++
    }
  })
  return blocks
}

/** Returns the whole patch with headers rebuilt from the path and correct numbers. */
export function renderPatch(
  patch: ParsedPatch,
  operation: Operation,
  placed: readonly Placed[],
  base: Buffer,
  starts: readonly number[],
): string {
  const parts: Buffer[] = [Buffer.from(header(patch, operation), 'utf8')]
  let shift = 0
  for (const block of toBlocks(placed, base, starts)) {
    // A side without lines is numbered by the line before it.
    const oldStart = block.oldLines === 0 ? block.at : block.at + 1
    const newStart = block.newLines === 0 ? block.at + shift : block.at + shift + 1
    parts.push(
      Buffer.from(`@@ -${oldStart},${block.oldLines} +${newStart},${block.newLines} @@\n`),
      ...block.parts,
    )
    shift += block.newLines - block.oldLines
  }
  return Buffer.concat(parts).toString('utf8')
}
