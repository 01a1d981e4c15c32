/** No serious or critical finding of axe in any view, in both themes, empty, full and in error. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findings, findingsInBothThemes } from './findings.ts'
import { browserPath, NO_BROWSER, openStage, type Stage } from './support.ts'
import { THEMES, VIEWS } from './views.ts'

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

    test.each(THEMES.flatMap((theme) => VIEWS.map((path) => [theme, path] as const)))(
      '%s %s',
      async (theme, path) => {
        await page.emulateMedia({ colorScheme: theme })
        await visit(page, url, path)
        expect(await findings(page)).toEqual([])
      },
    )

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
  })

  test.each(THEMES)('with no workspace, and with one that cannot be opened: %s', async (theme) => {
    const stage = await openStage()
    try {
      const { url } = await stage.serve(false)
      const page = await stage.tab(url, { theme })
      await page.getByRole('button', { name: 'Try the sample' }).waitFor()
      expect(await findings(page)).toEqual([])
      await page.getByLabel('Folder of the repository').fill(stage.home)
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByText(/not in a git repository/).waitFor()
      expect(await findings(page)).toEqual([])
    } finally {
      await stage.dispose()
    }
  })
})
