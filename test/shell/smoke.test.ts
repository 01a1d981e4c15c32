import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron } from 'playwright-core'
import { describe, expect, it } from 'vitest'

const project = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(project, 'node_modules/electron')

/** Returns the runtime's program, or why it cannot be used here. */
function runtime(): { program: string } | { missing: string } {
  const name = join(folder, 'path.txt')
  if (!existsSync(name)) return { missing: 'the Electron runtime is not on this machine' }
  const program = join(folder, 'dist', readFileSync(name, 'utf8').trim())
  if (!existsSync(program)) return { missing: 'the Electron runtime is not on this machine' }
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  if (process.platform === 'linux' && DISPLAY === undefined && WAYLAND_DISPLAY === undefined) {
    return { missing: 'there is no display' }
  }
  if (!existsSync(join(project, 'out/renderer/index.html'))) return { missing: 'the page is not built' }
  return { program }
}

describe('the real runtime', () => {
  it('shows the page in a sandbox, with the engine behind it, and ends in order', async ({ skip }) => {
    const found = runtime()
    if ('missing' in found) return skip(found.missing)
    const cwd = mkdtempSync(join(tmpdir(), 'smoke-'))
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const app = await _electron.launch({
      executablePath: found.program,
      args: [...asRoot, join(project, 'out/main/index.js')],
      cwd,
      env: { ...process.env, HOME: homedir(), XDG_CONFIG_HOME: cwd, APPDATA: cwd } as Record<string, string>,
    })
    try {
      const page = await app.firstWindow()
      const problems: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text())
      })
      await page.waitForLoadState('load')
      expect(page.url()).toMatch(/^app:\/\/hyperion\//)
      expect(await page.evaluate(`[typeof require, typeof process, typeof module]`)).toEqual([
        'undefined',
        'undefined',
        'undefined',
      ])
      expect(await page.evaluate(`fetch('https://example.com/').then(() => 'sent', () => 'refused')`)).toBe(
        'refused',
      )
      expect(problems.filter((text) => !/Content Security Policy|ERR_BLOCKED/.test(text))).toEqual([])
    } finally {
      await app.close()
      rmSync(cwd, { recursive: true, force: true })
    }
    expect(app.process().exitCode).toBe(0)
  })
})
