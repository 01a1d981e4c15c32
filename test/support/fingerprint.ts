/** What a folder holds, to the byte, so that a test can say that nothing of it changed. */
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

export interface FingerprintOptions {
  /** Paths below the folder to leave out, with everything in them. */
  without?: readonly string[]
  /** Whether times of change count too. */
  times?: boolean
}

/** Returns every entry below a folder with its kind, mode and content; `times` adds when it was written. */
export function fingerprint(folder: string, options: FingerprintOptions = {}): Record<string, string> {
  const without = new Set(options.without ?? [])
  const found: Record<string, string> = {}
  const visit = (below: string): void => {
    for (const name of readdirSync(join(folder, below)).sort()) {
      const path = below === '' ? name : `${below}/${name}`
      if (without.has(path)) continue
      const full = join(folder, path)
      const stat = lstatSync(full, { bigint: true })
      const time = options.times === true && !stat.isDirectory() ? ` ${stat.mtimeNs}` : ''
      const mode = (stat.mode & 0o7777n).toString(8)
      if (stat.isDirectory()) {
        found[`${path}/`] = mode
        visit(path)
      } else {
        const bytes = stat.isSymbolicLink() ? Buffer.from(readlinkSync(full)) : readFileSync(full)
        found[path] = `${mode} ${createHash('sha256').update(bytes).digest('hex')}${time}`
      }
    }
  }
  visit('')
  return found
}

/** Everything in a workspace that is not the queue's own: the checkout and the whole git directory. */
export const workspaceFingerprint = (dir: string, more: readonly string[] = []): Record<string, string> =>
  fingerprint(dir, { without: ['.hyperion', ...more], times: true })
