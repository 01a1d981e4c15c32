/** The cast builder in a real browser: composed by keyboard alone, written, queued and landed; killed; in two windows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, type Host, type Stage } from './support.ts'

const open = stagesInOneBrowser()
let stage: Stage
let host: Host
afterEach(() => stage.dispose())

const FILES = {
  'src/list.js': 'one()\ntwo()\n',
  'hyperion.config.json': JSON.stringify({ checks: { allow: { good: 'true' } } }),
}

async function begun(files: Record<string, string> = FILES): Promise<Page> {
  stage = await open({ files })
  host = await stage.serve(true)
  const page = await stage.tab(host.url)
  await page.goto(new URL('/cast-builder', host.url).href)
  await page.getByRole('button', { name: 'New cast' }).first().waitFor()
  await page.keyboard.press('n')
  await page.getByRole('textbox', { name: 'Request id' }).waitFor()
  return page
}

const step = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { name, level: 2 }).waitFor()
const saved = (page: Page): Promise<void> => page.getByText(/^Saved \d/).waitFor()

async function type(page: Page, field: string | RegExp, text: string): Promise<void> {
  await page.getByRole('textbox', { name: field }).focus()
  await page.keyboard.type(text)
}

/** Types a path and chooses the first that is offered, all before the engine can say what to offer for it. */
const chooseAtOnce = (page: Page, text: string): Promise<void> =>
  page.evaluate(`(async () => {
    const field = document.activeElement
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${JSON.stringify(text)})
    field.dispatchEvent(new Event('input', { bubbles: true }))
    for (const key of ['ArrowDown', 'Enter']) {
      // What is drawn for one key is drawn before the next; nothing else is let in between.
      for (let turn = 0; turn < 10; turn++) await null
      field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    }
  })()`)

async function intent(page: Page): Promise<void> {
  await type(page, 'Summary', 'Renumber the list')
  await type(page, 'Intent', 'So that it is read more easily')
}

describe.skipIf(browserPath === null)('the cast builder', () => {
  test('takes a cast from intent to landed by keyboard alone; the file is what was shown', async () => {
    const page = await begun()
    await intent(page)
    await page.keyboard.press('Control+Enter')
    await step(page, 'Files & changes')
    await page.keyboard.press('Alt+a')
    await page.getByRole('combobox').first().waitFor()
    await page.getByRole('option').first().waitFor()
    await chooseAtOnce(page, 'list')
    await expect.poll(() => page.getByRole('combobox').first().inputValue()).toBe('src/list.js')
    await type(page, 'What is to happen to it', 'Use digits')
    await page.keyboard.press('Control+Enter')
    await step(page, 'Anchors & complexity')
    await type(page, /^Telemetry anchors/, 'naming')
    await page.getByRole('radio').nth(1).focus()
    await page.keyboard.press('Space')
    await page
      .getByText(/gpt-4\.1/)
      .first()
      .waitFor()
    await page.keyboard.press('Control+Enter')
    await step(page, 'Approvals')
    await page.keyboard.press('Control+Enter')
    await step(page, 'Review')
    await saved(page)
    await page.keyboard.press('Control+Enter')
    const card = page.getByRole('region', { name: 'The written cast' })
    await card.waitFor()
    const text = readFileSync(join(stage.repo.dir, 'taskjson/REQ-1.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({
      schema: 'hyperion.cast/1',
      summary: 'Renumber the list',
      requested_changes: [{ path: 'src/list.js', summary: 'Use digits' }],
      metadata: { complexity: 2, telemetry_anchors: ['naming'], agent_model: 'gpt-4.1' },
    })
    expect(await card.innerText()).toContain('REQ-1')
    await page.getByRole('button', { name: /Queue it now/ }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => changesOf(stage)[0]?.status, { timeout: 60_000 }).toBe('applied')
    expect(stage.complaints).toEqual([])
  })

  test('keeps what was typed when the engine is killed in the middle, and goes on with it', async () => {
    const page = await begun()
    await intent(page)
    await saved(page)
    const { pathname, search } = new URL(page.url())
    await host.kill()
    host = await stage.serve(true)
    const again = await stage.tab(host.url)
    await again.goto(new URL(`${pathname}${search}`, host.url).href)
    await expect
      .poll(() => again.getByRole('textbox', { name: 'Summary' }).inputValue())
      .toBe('Renumber the list')
    expect(await again.getByRole('textbox', { name: 'Intent' }).inputValue()).toBe(
      'So that it is read more easily',
    )
  })

  test('shows each of two windows what the other wrote, and loses nothing of either', async () => {
    const one = await begun()
    const two = await stage.tab(one.url())
    await two.getByRole('textbox', { name: 'Summary' }).waitFor()
    await type(one, 'Summary', 'Of the first')
    await expect.poll(() => two.getByRole('textbox', { name: 'Summary' }).inputValue()).toBe('Of the first')
    await type(two, 'Intent', 'Of the second')
    await expect.poll(() => one.getByRole('textbox', { name: 'Intent' }).inputValue()).toBe('Of the second')
    expect(stage.complaints).toEqual([])
  })

  test('explains a cast from elsewhere at its fields', async () => {
    const page = await begun()
    const bad = {
      request_id: 'REQ-9',
      summary: 'From elsewhere',
      colour: 'blue',
      requested_changes: [
        { path: '../out.txt', summary: 'Out' },
        {
          path: 'src/list.js',
          summary: 'Wrong hash',
          change: {
            path: 'src/list.js',
            operation: 'update',
            replacement: 'x\n',
            patch_hash: 'f'.repeat(64),
          },
        },
      ],
      metadata: { intent: 'why', complexity: 2 },
    }
    await page.goto(new URL('/cast-builder', host.url).href)
    const choosing = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Import' }).first().click()
    await (
      await choosing
    ).setFiles({ name: 'old.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(bad)) })
    await page.getByText(/brought up to it/).waitFor()
    await page.getByText(/colour was left out/).waitFor()
    await page.goto(`${page.url().split('?')[0] ?? ''}?step=review`)
    await page
      .getByText(/is not the SHA-256 of replacement/)
      .first()
      .waitFor()
    await page
      .getByText(/stay inside the repository/)
      .first()
      .waitFor()
    expect(await page.getByRole('button', { name: /Finish/ }).getAttribute('aria-disabled')).toBe('true')
  })
})
