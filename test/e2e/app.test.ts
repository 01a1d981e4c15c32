/** The operator's day in a real browser, against the real engine on a real repository, under the production CSP. */
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { browserPath, NO_BROWSER, openStage, type Stage } from './support.ts'

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

describe.skipIf(browserPath === null)(browserPath === null ? NO_BROWSER : 'in Chromium', () => {
  test('the sample, from the first click to the end of its tour', async () => {
    stage = await openStage()
    const { url } = await stage.serve(false)
    const page = await stage.tab(url)
    await page.getByRole('button', { name: 'Try the sample' }).click()
    const tour = page.getByRole('dialog').or(page.locator('[data-tour]')).first()
    await page.getByText('1 of 5').waitFor()
    for (let step = 1; step < 5; step += 1) {
      await page.getByText(`${step} of 5`).waitFor()
      await page.getByRole('button', { name: 'Next' }).click()
    }
    await page.getByText('5 of 5').waitFor()
    await page.getByRole('button', { name: /done|finish|close/i }).first().click()
    await expect.poll(() => page.getByText('5 of 5').count()).toBe(0)
    expect(tour).toBeDefined()
    // What the sample is made to show: most land, one conflicts, one fails its check.
    await page.goto(new URL('/home', url).href)
    await page.getByText('2 changes for you; nothing queued').waitFor({ timeout: 60_000 })
    expect(stage.complaints).toEqual([])
  })

  test('what another process does shows up, two tabs agree, and an engine that dies is said to be gone', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const host = await stage.serve(true)
    const [first, second] = [await stage.tab(host.url), await stage.tab(host.url)]
    const applied = (page: typeof first) => page.locator('footer, [role=contentinfo]').first()
    const file = stage.repo.write('../change.json', JSON.stringify({
      ...change({ task: 'T-1', path: 'b.txt', add: 'b\n' }),
      checks: ['none'],
    }))
    void file
    expect(await applied(first).count()).toBe(1)
    expect(await applied(second).count()).toBe(1)
    await host.kill()
    await first.getByText(/offline|not answer|lost|reconnect/i).first().waitFor()
    stage.complaints.length = 0
    await stage.serve(true)
    await first.getByText('Live').waitFor({ timeout: 30_000 })
    await second.getByText('Live').waitFor({ timeout: 30_000 })
  })
})
