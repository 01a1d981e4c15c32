/** What an independent `git diff` makes of two texts. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Returns the hunks, as git prints them. */
export function gitDifference(old: string, now: string): string {
  const at = mkdtempSync(join(tmpdir(), 'difference-'))
  try {
    for (const [name, text] of [['old', old], ['now', now]] as const) writeFileSync(join(at, name), text) // prettier-ignore
    const args = ['diff', '--no-index', '--no-color', 'old', 'now']
    try {
      execFileSync('git', args, { cwd: at, encoding: 'utf8', stdio: 'pipe' })
      return ''
    } catch (error) {
      const { stdout } = error as { stdout: string }
      return stdout.slice(stdout.indexOf('@@'))
    }
  } finally {
    rmSync(at, { recursive: true })
  }
}
