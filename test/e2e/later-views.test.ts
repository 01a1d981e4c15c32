/** Places whose code comes later: there in a quiet moment, so that an engine that goes away takes none of them along. */
import { afterEach, describe, expect, test } from 'vitest'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

const LOGS = /\/assets\/logs-view-[\w-]+\.js$/

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('are drawn with the engine away, although nobody went there before', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await page.getByText('Live', { exact: true }).waitFor()
    const fetched = () =>
      page.evaluate<string[]>("performance.getEntriesByType('resource').map(({ name }) => name)")
    await expect.poll(fetched, { timeout: 20_000 }).toContainEqual(expect.stringMatching(LOGS))
    await page.waitForLoadState('networkidle')
    await host.kill()
    await page.getByText('The engine is away.').waitFor()
    const main = page.getByRole('main')
    for (const [place, shown] of [
      ['Skills', main.getByRole('heading', { level: 1, name: 'Skills' })],
      ['Cast builder', main.getByRole('heading', { level: 1, name: 'Cast builder' })],
      ['Settings', main.getByRole('navigation', { name: 'Sections of the settings' })],
    ] as const) {
      await page.getByRole('navigation').getByRole('link', { name: place }).click()
      await shown.waitFor()
    }
    expect(await page.getByText('This place could not be loaded').count()).toBe(0)
  })

  test('say so where they could not be loaded, and are there once the window is loaded anew', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const { url } = await stage.serve(true)
    const page = await stage.tab(url)
    await page.route(LOGS, (route) => route.abort('connectionrefused'))
    await page.goto(new URL('/logs', url).href)
    await page.getByText('This place could not be loaded').waitFor()
    await page.unroute(LOGS)
    await page.getByRole('button', { name: 'Reload window' }).click()
    await page.getByRole('log').waitFor()
    // What this test itself refused, and nothing else.
    expect(stage.complaints.splice(0).filter((line) => !/logs-view-|ERR_CONNECTION_REFUSED/.test(line))).toEqual([]) // prettier-ignore
  })
})
