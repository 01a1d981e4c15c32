/** No serious or critical finding of axe in any view, in both themes, empty, full and in error. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findingsInBothThemes } from './findings.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { VIEWS } from './views.ts'

const openStage = stagesInOneBrowser()

/** Goes to a view and waits until nothing in it is on its way any more. */
async function visit(page: Page, base: string, path: string): Promise<void> {
  await page.goto(new URL(path, base).href)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  describe.each(['empty', 'full'] as const)('%s', (state) => {
    let stage: Stage
    let page: Page
    let url: string
    beforeAll(async () => {
      stage = await openStage({ files: { 'a.txt': 'one\n' } })
      ;({ url } = await stage.serve(state === 'empty'))
      page = await stage.tab(url)
      if (state === 'full') {
        await page.getByRole('button', { name: 'Try the sample' }).click()
        await page.getByText('3 for you; nothing queued').waitFor({ timeout: 60_000 })
        await page.getByRole('button', { name: 'End the tour' }).click()
      }
    })
    afterAll(() => stage.dispose())

    test.each(VIEWS)('%s', async (path) => {
      await visit(page, url, path)
      expect(await findingsInBothThemes(page)).toEqual([])
    })

    test.each([
      ['the palette', 'Control+k'],
      ['the keys of this place', '?'],
    ])('%s, open', async (_name, keys) => {
      await visit(page, url, '/inbox')
      await page.keyboard.press(keys)
      await page.getByRole('dialog').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.keyboard.press('Escape')
    })

    test('a list to choose from, open', async () => {
      await visit(page, url, '/logs')
      await page.getByRole('combobox', { name: 'Level' }).click()
      await page.getByRole('option', { name: 'warn and up' }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('option', { name: 'warn and up' }).waitFor({ state: 'detached' })
    })

    test.each(['/queue', '/logs'])('what a filter suggests, open and chosen from: %s', async (path) => {
      await visit(page, url, path)
      await page.getByRole('combobox', { name: /^Filter/ }).focus()
      const list = page.getByRole('listbox', { name: /suggestions$/ })
      await list.getByRole('option').first().waitFor()
      await page.keyboard.press('ArrowDown')
      await list.getByRole('option', { selected: true }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
    })
  })

  test('what is wrong is found: a name that is missing, and a colour too faint in one theme only', async () => {
    const stage = await openStage()
    try {
      const { url } = await stage.serve(false)
      const page = await stage.tab(url)
      await page.getByRole('button', { name: 'Try the sample' }).waitFor()
      await page.evaluate(`{
        const nameless = document.createElement('button')
        nameless.className = 'nameless'
        const faint = document.createElement('p')
        faint.className = 'faint'
        faint.textContent = 'Hardly to be read'
        faint.style.color = 'light-dark(#cccccc, #ffffff)'
        document.querySelector('main').prepend(nameless, faint)
      }`)
      expect(await findingsInBothThemes(page)).toEqual([
        'light: button-name: .nameless',
        'light: color-contrast: .faint',
        'dark: button-name: .nameless',
      ])
    } finally {
      await stage.dispose()
    }
  })

  test('with no workspace, and with one that cannot be opened', async () => {
    const stage = await openStage()
    try {
      const { url } = await stage.serve(false)
      const page = await stage.tab(url)
      await page.getByRole('button', { name: 'Try the sample' }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByLabel('Folder of the repository').fill(stage.home)
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByText(/not in a git repository/).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
    } finally {
      await stage.dispose()
    }
  })
})
