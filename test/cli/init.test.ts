/** `init` by its result: what it makes, what it proposes, and that it leaves alone what is there. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { workspace } from './support.ts'

describe('init', () => {
  test('makes a workspace, says what lands where, and proposes the test commands of the repository', async () => {
    const manifest = { scripts: { test: 'node test.js', lint: 'lint .', start: 'node .' } }
    const w = await workspace({ init: false, files: { 'package.json': JSON.stringify(manifest) } })
    try {
      const ran = await w.run('init')
      expect([ran.code, ran.stderr]).toEqual([0, ''])
      expect(ran.stdout).toContain(`Initialised ${w.dir}\nChanges land on hyperion/main; upstream is main.\n`)
      const proposed = JSON.parse(ran.stdout.slice(ran.stdout.indexOf('{'))) as unknown
      expect(proposed).toEqual({ checks: { allow: { test: 'npm test', lint: 'npm run lint' } } })
      expect(statSync(join(w.dir, '.hyperion')).mode & 0o777).toBe(0o700)
      expect(statSync(w.db).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(w.dir, '.git/info/exclude'), 'utf8')).toMatch(
        /^\/\.hyperion\/\n\/execution\/$/m,
      )
      expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(w.repo.head())
      expect(w.repo.git('status', '--porcelain')).toBe('')

      const before = w.print()
      expect((await w.run('init')).stdout).toContain(`Already initialised: ${w.dir}\n`)
      expect(w.print()).toEqual(before)

      expect(await w.ok('init', '--write')).toContain('it counts once it is committed')
      expect(JSON.parse(w.repo.read('hyperion.config.json').toString())).toEqual(proposed)
      expect((await w.run('init')).stdout).toMatch(
        /hyperion\.config\.json is there; `hyperion doctor` tells[^{]*$/,
      )
      const again = await w.run('init', '--write')
      expect([again.code, again.stderr]).toEqual([
        1,
        `hyperion: ${w.dir}/hyperion.config.json exists already; edit it; nothing was changed\n`,
      ])
    } finally {
      w.dispose()
    }
  })
})
