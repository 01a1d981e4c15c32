/** What lies below a folder, told so that a later look knows whether anything was touched. */
import { lstatSync, readdirSync, readlinkSync, rmSync, type BigIntStats } from 'node:fs'
import path from 'node:path'

/** Path below the root, as bytes in latin1 → what changes whenever somebody writes there. */
export type Listing = Map<string, string>

const bytes = (name: string): Buffer => Buffer.from(name, 'latin1')

function markOf(file: Buffer, status: BigIntStats): string {
  // A folder's own times change with every entry; its entries are looked at themselves.
  if (status.isDirectory()) return `d ${status.mode}`
  if (status.isSymbolicLink()) return `l ${readlinkSync(file, 'latin1')}`
  return `f ${status.mode} ${status.size} ${status.mtimeNs} ${status.ctimeNs} ${status.ino}`
}

/** Lists `root` itself and everything below it; links are told of, never followed. Empty where there is nothing. */
export function listBelow(folder: string, root: string): Listing {
  const found: Listing = new Map()
  const base = Buffer.from(`${folder}/`)
  const waiting = [root.replace(/\/$/, '')]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const file = Buffer.concat([base, bytes(name)])
    const status = lstatSync(file, { bigint: true, throwIfNoEntry: false })
    if (status === undefined) continue
    found.set(name, markOf(file, status))
    if (!status.isDirectory()) continue
    for (const entry of readdirSync(file, { encoding: 'buffer' })) {
      waiting.push(`${name}/${entry.toString('latin1')}`)
    }
  }
  return found
}

/**
 * Tells whether everything of `recorded` is still as it was, and takes away what came since.
 *
 * False where something is gone or differs, or where what came cannot be taken away.
 */
export function restore(folder: string, roots: readonly string[], recorded: Listing): boolean {
  const now: Listing = new Map(roots.flatMap((root) => [...listBelow(folder, root)]))
  for (const [name, mark] of recorded) if (now.get(name) !== mark) return false
  try {
    for (const name of now.keys()) {
      if (recorded.has(name)) continue
      rmSync(Buffer.concat([Buffer.from(`${folder}/`), bytes(name)]), { recursive: true, force: true })
    }
    return true
  } catch {
    return false
  }
}

/** One line that changes whenever anything below a path does. */
export const stampOf = (folder: string, name: string): string =>
  [...listBelow(folder, name)].map(([file, mark]) => `${file}\0${mark}`).toSorted().join('\n') // prettier-ignore

/** Whether a path lies in a folder or is it. */
export const within = (child: string, parent: string): boolean =>
  child === parent || child.startsWith(parent.endsWith(path.sep) ? parent : parent + path.sep)
