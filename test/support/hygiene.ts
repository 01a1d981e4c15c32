/**
 * Gives every test file a temporary folder, a home and git settings of its own, and fails the file when it leaves
 * a process, a lock file or a temporary folder behind.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { leftovers, strayProcesses } from './leftovers.ts'

/** What may come from outside: how much is run, and on what data. */
const KEPT = ['HYPERION_LONG', 'HYPERION_CONFLICTS']

/** Makes the temporary root of this test file and points every setting of the machine into it. */
function enterOwnRoot(): string {
  const root = mkdtempSync(join(realpathSync(tmpdir()), `file-${process.pid}-`))
  const kept = { HOME: join(root, 'home'), XDG_CACHE_HOME: join(root, 'cache') }
  for (const folder of Object.values(kept)) mkdirSync(folder)
  for (const name of Object.keys(process.env)) {
    if (/^(GIT_|HYPERION_)/.test(name) && !KEPT.includes(name)) delete process.env[name]
  }
  Object.assign(process.env, kept, {
    TMPDIR: root,
    XDG_CONFIG_HOME: join(kept.HOME, '.config'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
  })
  return root
}

const outer = process.env['TMPDIR']
const root = enterOwnRoot()
afterAll(async () => {
  const found = await leftovers(root)
  for (const { pid } of strayProcesses(root)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      // It ended by itself meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  rmSync(root, { recursive: true, force: true })
  if (outer === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = outer
  if (found.length > 0) throw new Error(`this test file left something behind:\n  ${found.join('\n  ')}`)
})
