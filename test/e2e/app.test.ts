/** The operator's day in a real browser, against the real engine on a real repository, under the production CSP. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('the sample, from the first click to the end of its tour', async () => {
    stage = await openStage()
    const { url } = await stage.serve(false)
    const page = await stage.tab(url)
    await page.getByRole('button', { name: 'Try the sample' }).click()
    for (let step = 1; step < 5; step += 1) {
      await page.getByText(`${step} of 5`).waitFor()
      await page.getByRole('button', { name: 'Next' }).click()
    }
    await page.getByText('5 of 5').waitFor()
    await page
      .getByRole('button', { name: /done|finish|close/i })
      .first()
      .click()
    await expect.poll(() => page.getByText('5 of 5').count()).toBe(0)
    // What the sample is made to show: most land, one conflicts, one fails its check.
    await page.goto(new URL('/home', url).href)
    await page.getByText('3 for you; nothing queued').waitFor({ timeout: 60_000 })
    expect(stage.complaints).toEqual([])
  })

  test('a request by form and one by file drop become changes that land, and are brought to the own branch', async () => {
    stage = await openStage({
      files: {
        'src/a.ts': 'export const a = 1\n',
        'hyperion.config.json': '{ "checks": { "allow": { "yes": "true" } } }\n',
      },
    })
    const { url } = await stage.serve(true)
    const page = await stage.tab(url)
    await page.goto(new URL('/requests?new=1', url).href)
    await page.getByLabel('What is wanted').fill('Say more about a')
    await page.getByLabel('Path 1', { exact: true }).fill('src/a.ts')
    await page.keyboard.press('Escape')
    await page.getByLabel('What happens to path 1').fill('Explain the constant')
    await page.getByRole('button', { name: /^Submit request/ }).click()
    await page.getByText('Applied').first().waitFor({ timeout: 30_000 })

    await page.goto(new URL('/requests', url).href)
    await page.getByText('Live', { exact: true }).waitFor()
    const document = {
      request_id: 'DROPPED-1',
      summary: 'Drop',
      requested_changes: [{ path: 'src/new.ts', summary: 'Add it' }],
    }
    // Written as text: this side knows no DOM.
    const data = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([${JSON.stringify(JSON.stringify(document))}], 'dropped.json', { type: 'application/json' }))
      return transfer
    })()`)
    const target = page.getByRole('heading', { name: 'Requests' })
    for (const type of ['dragenter', 'dragover', 'drop'])
      await target.dispatchEvent(type, { dataTransfer: data })
    await page
      .getByRole('button', { name: /^(Queue|Submit)/ })
      .first()
      .click()
    await expect
      .poll(() => stage?.repo.git('ls-tree', '--name-only', 'hyperion/main', 'src/'), { timeout: 30_000 })
      .toContain('src/new.ts')

    await page.goto(new URL('/inbox', url).href)
    await page
      .getByText(/landed commits? (is|are) not in main yet/)
      .first()
      .click()
    await page
      .getByRole('button', { name: /Bring|Sync/ })
      .first()
      .click()
    await expect
      .poll(() => stage?.repo.git('rev-parse', 'main') === stage?.repo.git('rev-parse', 'hyperion/main'))
      .toBe(true)
    expect(stage.complaints).toEqual([])
  })

  test('what the command line does beside it shows up in every tab', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const { url } = await stage.serve(true)
    const tabs = [await stage.tab(url), await stage.tab(url)]
    for (const page of tabs) await page.getByText('Healthy: nothing queued').waitFor()
    const file = join(stage.home, 'change.json')
    writeFileSync(
      file,
      JSON.stringify({ ...change({ task: 'T-1', path: 'b.txt', add: 'b\n' }), checks: ['none'] }),
    )
    expect(stage.cli('enqueue', file).stdout).toBe('Enqueued change request 1\n')
    // Checks are on and this one asks for none: it waits for a person.
    for (const page of tabs) await page.getByText('1 for you; nothing queued', { exact: true }).waitFor()
    expect(stage.cli('approve', '1', '--by', 'somebody').code).toBe(0)
    for (const page of tabs) await page.getByText('Healthy: nothing queued').waitFor()
    expect(stage.repo.git('show', 'hyperion/main:b.txt')).toBe('b')
    expect(stage.complaints).toEqual([])
  })

  test('an engine that dies is said to be gone, and what it said before is not taken for now', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await page.getByText('Healthy: nothing queued').waitFor()
    // Everything it is drawn with is there: what is still on its way at the end is missed by the network, not the page.
    await page.getByText('main has everything that landed.').waitFor()
    await page.evaluate('document.fonts.ready')
    expect(stage.complaints).toEqual([])
    await host.kill()
    await page.getByText('The engine is away.').waitFor()
    await page.getByText(/Engine away for/).waitFor()
    await stage.serve(true)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('The engine is away.').waitFor({ state: 'detached' })
    // Only the sockets that found nobody have something to say.
    expect(stage.complaints.filter((said) => !/WebSocket|ERR_CONNECTION|\/rpc/.test(said))).toEqual([])
  })
})
