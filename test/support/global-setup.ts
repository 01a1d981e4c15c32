/** Runs once around all tests: what they start is built, and their temporary folders share one root. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))

export default function setup(): () => void {
  execFileSync(process.execPath, [join(project, 'build/build.mjs'), '--quiet'], {
    cwd: project,
    stdio: 'inherit',
  })
  const outer = process.env['TMPDIR']
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'hyperion-tests-'))
  // Workers are forked after this and inherit it.
  process.env['TMPDIR'] = root
  return () => {
    rmSync(root, { recursive: true, force: true })
    if (outer === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = outer
  }
}
