/** What an installer weighs, and of what. */
import { readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Bytes of a file, or of everything below a folder. */
export function bytesOf(path) {
  const found = statSync(path)
  if (!found.isDirectory()) return found.size
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .reduce((sum, { name }) => sum + bytesOf(join(path, name)), 0)
}

/** Returns the installers by name, in bytes. */
export const sizesOf = (paths, root) =>
  Object.fromEntries(paths.map((path) => [relative(root, path), statSync(path).size]).toSorted())

/** Returns lines of a table, in MB of 10^6 bytes as file managers count. */
export function tableOf(sizes) {
  const widest = Math.max(0, ...Object.keys(sizes).map((name) => name.length))
  return Object.entries(sizes)
    .map(([name, bytes]) => `${name.padEnd(widest)}  ${(bytes / 1e6).toFixed(1).padStart(7)} MB`)
    .join('\n')
}
