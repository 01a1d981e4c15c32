import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { area, sh, type Area } from './support.ts'

let place: Area
beforeEach(() => {
  place = area()
})
afterEach(() => place.remove())

/** Root may remove anything, so the removal runs without root's capabilities. */
function removeUnprivileged(folder: string): void {
  const module = path.resolve('main/engine/checks/remove-tree.ts')
  const script = `import { removeTree } from '${module}'; await removeTree('${folder}')`
  const node = [process.execPath, '--input-type=module', '-e', script]
  const [program = '', ...args] =
    process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all', ...node] : node
  execFileSync(program, args, { stdio: 'pipe' })
}

it('removes read-only folders and the links in them, and touches nothing the links point to', () => {
  mkdirSync(place.path('outside'))
  place.write('outside/file', 'mine\n')
  place.write('left/a/b/file', 'x\n')
  symlinkSync(place.path('outside'), place.path('left/a/link'))
  sh(place.root, 'chmod 555 outside; chmod 500 left/a/b; chmod 0 left/a; chmod 500 left')
  removeUnprivileged(place.path('left'))
  expect(existsSync(place.path('left'))).toBe(false)
  expect(place.read('outside/file')).toBe('mine\n')
  expect(statSync(place.path('outside')).mode & 0o777).toBe(0o555)
})

it('says nothing about a folder that is not there', () => {
  removeUnprivileged(place.path('nowhere'))
  expect(existsSync(place.root)).toBe(true)
})
