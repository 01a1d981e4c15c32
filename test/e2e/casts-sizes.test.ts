/** The cast builder with as much as it takes: 500 files in one cast, 20,000 paths to pick from. */
import { afterEach, describe, expect, test } from 'vitest'
import { beginCast, CAST_FILES, finish, goStep, importCast, kept, manyFiles } from './cast-acts.ts'
import { commitPaths } from './many-paths.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const open = stagesInOneBrowser()
let stage: Stage
afterEach(() => stage.dispose())

const PATIENCE_MS = 180_000
const PATHS = Array.from(
  { length: 20_000 },
  (_, at) => `packages/part-${at % 40}/src/module-${at % 500}/${at % 7 === 0 ? 'größe' : 'file'} ${at}.ts`,
)

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test(
    '500 files: the list is there, each can be opened and written to, all of them are written',
    async () => {
      stage = await open({ files: CAST_FILES })
      const { page } = await importCast(stage, manyFiles(500))
      await goStep(page, 2)
      await page.getByRole('button', { name: /500 src\/made\/file-499\.ts/ }).waitFor()
      expect(await page.getByRole('button', { name: 'Add a file' }).getAttribute('aria-disabled')).toBe(
        'true',
      )
      await page.getByRole('button', { name: /400 src\/made\/file-399\.ts/ }).press('Enter')
      const summary = page.getByRole('textbox', { name: 'What is to happen to it' })
      await summary.focus()
      await page.keyboard.press('Control+A')
      await page.keyboard.type('Typed key by key among five hundred others')
      await kept(page)
      await page.getByRole('button', { name: 'Remove file 400' }).press('Enter')
      await page.getByRole('button', { name: /400 src\/made\/file-400\.ts/ }).waitFor()
      await page.getByRole('button', { name: 'Undo' }).press('Enter')
      await page.getByRole('button', { name: /400 src\/made\/file-399\.ts Typed key by key/ }).waitFor()
      await page.getByRole('button', { name: /401 src\/made\/file-400\.ts/ }).focus()
      await page.keyboard.press('Alt+Shift+ArrowUp')
      await page.getByRole('button', { name: /400 src\/made\/file-400\.ts/ }).waitFor()
      await finish(page)
      expect(await page.getByRole('region', { name: 'The written cast' }).innerText()).toContain('REQ-500')
      expect(stage.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    '20,000 paths: what is offered follows each key',
    async () => {
      stage = await open({ files: CAST_FILES })
      commitPaths(stage, PATHS)
      const { page } = await beginCast(stage)
      await goStep(page, 2)
      await page.keyboard.press('Alt+a')
      const options = page.getByRole('option')
      await options.first().waitFor()
      let typed = ''
      for (const key of 'größe 7777') {
        typed += key
        await page.keyboard.insertText(key)
        await page.locator('[role=listbox][aria-busy=false]').waitFor()
        expect((await options.first().innerText()).includes(typed.trim())).toBe(true)
        expect(await options.count()).toBeLessThanOrEqual(12)
      }
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await page.getByRole('combobox', { name: 'Path' }).inputValue()).toBe(
        'packages/part-17/src/module-277/größe 7777.ts',
      )
      // Words in any order, and letters with others between them.
      for (const query of ['7777 part-17', 'prt17mod277größe7777']) {
        await page.getByRole('combobox', { name: 'Path' }).fill(query)
        await page.getByRole('option', { name: /größe 7777\.ts/ }).waitFor()
      }
      expect(stage.complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})
