/** What is a person's own is kept and the same in every tab: theme, layout, drafts; over reloads, crashes, restarts. */
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

/** Long enough for a machine that does other things as well. */
const SOON = { timeout: 30_000 }

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

const themeOf = (page: Page): Promise<string | undefined> =>
  page.evaluate('document.documentElement.dataset.theme')
const isLive = (page: Page): Promise<void> => page.getByText('Live', { exact: true }).waitFor()

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('theme and layout set in one tab show in the other, and last over a reload and a restart of the host', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const host = await stage.serve(true)
    const [one, two] = [await stage.tab(host.url), await stage.tab(host.url)]
    await one.goto(new URL('/settings', host.url).href)
    await isLive(two)
    await one.getByText('Dark', { exact: true }).click()
    await expect.poll(() => themeOf(two), SOON).toBe('dark')
    await two.getByRole('button', { name: 'Collapse Metrics' }).click()
    await one.goto(new URL('/home', host.url).href)
    await one.getByRole('button', { name: 'Expand Metrics' }).waitFor()

    // Sizes are drawn anew where another tab set them.
    const separator = (page: Page) => page.getByRole('separator', { name: 'Width of the columns' })
    const width = async (page: Page): Promise<number> =>
      Math.round((await separator(page).boundingBox())?.x ?? 0)
    const before = await width(one)
    await separator(two).focus()
    for (let press = 0; press < 3; press += 1) await two.keyboard.press('ArrowRight')
    await expect.poll(() => width(two), SOON).not.toBe(before)
    await expect.poll(async () => (await width(one)) === (await width(two)), SOON).toBe(true)
    const after = await width(two)

    await host.kill()
    await one.getByText('The engine is away.').waitFor()
    await stage.serve(true)
    await isLive(one)
    await isLive(two)
    // What another tab sets is heard again without a reload.
    await one.getByRole('button', { name: 'Expand Metrics' }).click()
    await two.getByRole('button', { name: 'Collapse Metrics' }).waitFor()
    for (const page of [one, two]) {
      await page.reload()
      await isLive(page)
      expect(await themeOf(page)).toBe('dark')
      await expect.poll(() => width(page), SOON).toBe(after)
    }
    expect(stage.complaints.filter((said) => !/WebSocket|ERR_CONNECTION|\/rpc/.test(said))).toEqual([])
  })

  test('what was typed last is there after the page and the host were killed', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await page.goto(new URL('/requests?new=1', host.url).href)
    await page.getByLabel('What is wanted').pressSequentially('Say more about a')
    const gone = page.waitForEvent('crash')
    const session = await page.context().newCDPSession(page)
    // Never answered: the page dies of it.
    void session.send('Page.crash').catch(() => undefined)
    await host.kill()
    await gone
    const again = await stage.serve(true)
    const other = await stage.tab(new URL('/requests?new=1', again.url).href)
    await expect.poll(() => other.getByLabel('What is wanted').inputValue(), SOON).toBe('Say more about a')
  })
})
