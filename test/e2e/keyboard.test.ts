/** Where the keyboard is after an act: at what comes next, never at nothing. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

/** Long enough for a machine that does other things as well. */
const SOON = { timeout: 30_000 }

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

async function start(
  config: object,
): Promise<{ on: Stage; page: Page; go: (path: string) => Promise<void> }> {
  const on = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': JSON.stringify(config) } })
  stage = on
  const { url } = await on.serve(true)
  const page = await on.tab(url)
  const go = async (path: string): Promise<void> => {
    await page.goto(new URL(path, url).href)
    await page.getByText('Live', { exact: true }).waitFor()
  }
  return { on, page, go }
}

/** What has the keyboard: a field by its label, anything else by its sign and words. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const at = document.activeElement
    const label = at.labels?.[0]?.textContent ?? at.getAttribute('aria-label') ?? at.textContent
    return at === document.body ? 'nothing' : at.tagName.toLowerCase() + ': ' + label
  })()`)

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('a request by keyboard alone: the first field, the request, the first field of its plan', async () => {
    const { on, page, go } = await start({ agents: { holdPlans: true } })
    await go('/requests')
    await page.getByText('No requests yet').waitFor()
    await page.keyboard.press('n')
    await expect.poll(() => focused(page), SOON).toBe('input: What is wanted')
    // Left as it is it is no error: nobody went there.
    await page.keyboard.press('Shift+Tab')
    expect(await page.getByText('Say in a sentence what is wanted').count()).toBe(0)
    await page.keyboard.press('Tab')
    await page.keyboard.type('Say two in a')
    await page.keyboard.press('Tab')
    await page.keyboard.type('a.txt')
    await page.keyboard.press('Escape')
    await page.getByLabel('What happens to path 1').focus()
    await page.keyboard.type('Say two')
    await page.keyboard.press('Control+Enter')
    await page.waitForURL('**/request/REQ-1', SOON)
    await expect.poll(() => focused(page), SOON).toBe('h1: REQ-1')

    const edit = page.getByRole('button', { name: 'Edit the plan' })
    await edit.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Plan of REQ-1' })
    await dialog.waitFor()
    await expect.poll(() => focused(page), SOON).toBe('input: What is to be done')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => focused(page), SOON).toMatch(/^button: Edit the plan/)
    expect(on.complaints).toEqual([])
  })

  test('r rejects a held change by its note, and without one leads to the note', async () => {
    const { on, page, go } = await start({ checks: { allow: { yes: 'true' } } })
    const file = join(on.home, 'held.json')
    writeFileSync(
      file,
      JSON.stringify({ ...change({ task: 'T-1', path: 'b.txt', add: 'x\n' }), checks: ['none'] }),
    )
    expect(on.cli('enqueue', file).code).toBe(0)
    await go('/inbox?item=held-1')
    const note = page.getByLabel('Note (the reason, to reject)')
    await page.getByLabel('Decided by').fill('op')
    await page.getByRole('heading', { level: 2 }).first().click()
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keys' })
    const keys = sheet.locator('section', { hasText: 'Decision' }).locator('dl > div')
    await expect.poll(() => keys.allTextContents(), SOON).toEqual(['Approvea', 'Reject, by the noter'])
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })

    await page.getByRole('heading', { level: 2 }).first().click()
    await page.keyboard.press('r')
    await expect.poll(() => focused(page), SOON).toBe('input: Note (the reason, to reject)')
    expect(await note.inputValue()).toBe('')
    await page.keyboard.type('not like this, or')
    expect(changesOf(on).map(({ status }) => status)).toEqual(['held'])
    await page.keyboard.press('Tab')
    await page.keyboard.press('r')
    await page.getByText('1 change rejected').waitFor()
    await expect.poll(() => on.cli('show', '1').stdout, SOON).toContain('not like this, or')
    expect(on.complaints).toEqual([])
  })
})
