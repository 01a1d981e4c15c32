/** What the reviewer offers: suggestions with their reasons, what was decided before, and how a person likes to see it. */
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, type Stage } from './support.ts'
import { drain, enqueue, filesOf, makeConflict, making, openReview, targetBytes } from './review-stage.ts'

const open = stagesInOneBrowser()
let stage: Stage
afterEach(() => stage.dispose())

const text = (at10: string): string =>
  Array.from({ length: 20 }, (_, at) => (at === 9 ? at10 : `line ${at + 1}\n`)).join('')

const suggestions = (page: Page) => page.getByRole('region', { name: 'Suggestions' })

async function requeue(page: Page, id: number): Promise<void> {
  await page.keyboard.press('Control+Shift+Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Requeue' }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByText(`Resolved: change ${id} is tried again`).waitFor()
}

describe.skipIf(browserPath === null)('suggestions', () => {
  test('say why and what they leave out, are taken by one key and never by themselves, and can be turned off', async () => {
    const before = {
      'deps.json': '{\n  "dependencies": {\n    "left": "^1.0.0",\n    "right": "^2.0.0"\n  }\n}\n',
    }
    const at = (version: string) => ({ 'deps.json': before['deps.json'].replace('^1.0.0', version) })
    stage = await open({ files: filesOf(before) })
    makeConflict(stage, { before, landed: at('^1.4.0'), wanted: at('^1.10.0') })
    const host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await openReview(page, host.url)
    const [first] = [suggestions(page).getByRole('listitem').first()]
    await first
      .getByText(/higher/i)
      .first()
      .waitFor()
    expect(await first.innerText()).toMatch(/without 1 target line/)
    await page.getByText('conflict 1 of 1 · 1 open').waitFor()
    await page.keyboard.press('s')
    await expect.poll(() => suggestions(page).count()).toBe(0)
    await page.keyboard.press('s')
    const key = await first.locator('kbd').first().innerText()
    await page.keyboard.press(key)
    await page.getByText('all decided').waitFor()
    await requeue(page, 2)
    await expect
      .poll(() => targetBytes(stage, 'deps.json').toString(), { timeout: 20_000 })
      .toBe(at('^1.10.0')['deps.json'])
    expect(stage.complaints).toEqual([])
  })

  test('what was decided before about the same lines comes first, with who did and how its checks went', async () => {
    const before = { 'a.txt': text('old\n'), 'b.txt': text('old\n') }
    const landed = { 'a.txt': text('landed\n'), 'b.txt': text('landed\n') }
    stage = await open({ files: filesOf(before) })
    makeConflict(stage, { before, landed, wanted: { 'a.txt': text('wanted\n') } })
    const base = stage.repo.git('rev-parse', 'main')
    const host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await openReview(page, host.url)
    await page.getByText('1 open').waitFor()
    // Something of one's own: what no rule would offer.
    await page.keyboard.press('1')
    await page.keyboard.press('e')
    await page.keyboard.press('End')
    await page.keyboard.type(' and thought about')
    await page.getByText('Decided: edited').waitFor()
    await page.keyboard.press('Escape')
    await requeue(page, 2)
    await expect
      .poll(() => targetBytes(stage, 'a.txt').toString(), { timeout: 20_000 })
      .toContain('landed and thought about\n')
    enqueue(stage, making({ task: 'REQ-160', base }, before, { 'b.txt': text('wanted\n') }))
    await expect.poll(() => stage.cli('list').stdout, { timeout: 20_000 }).toMatch(/3 +conflict/)
    await openReview(page, host.url, 3)
    const first = suggestions(page).getByRole('listitem').first()
    await expect.poll(() => first.innerText(), { timeout: 10_000 }).toMatch(/passed/)
    await page.keyboard.press('4')
    await page.getByText('all decided').waitFor()
    await requeue(page, 3)
    await expect
      .poll(() => targetBytes(stage, 'b.txt').toString(), { timeout: 20_000 })
      .toContain('landed and thought about\n')
    expect(stage.complaints).toEqual([])
  })

  test('layout, base and the rest are as they were left', async () => {
    stage = await open({ files: filesOf({ 'a.txt': text('old\n') }) })
    makeConflict(stage, {
      before: { 'a.txt': text('old\n') },
      landed: { 'a.txt': text('landed\n') },
      wanted: { 'a.txt': text('wanted\n') },
    })
    const host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await openReview(page, host.url)
    await page.getByText('1 open').waitFor()
    await page.keyboard.press('b')
    await page.getByRole('region', { name: 'Base: before both' }).waitFor()
    for (const name of ['Inline', 'Three panes']) {
      await page.keyboard.press('v')
      await page.getByRole('button', { name: `Layout: ${name}` }).waitFor()
    }
    await expect.poll(() => page.getByRole('region', { name: /^(Target|Incoming): / }).count()).toBe(2)
    await page.reload()
    await page.getByRole('button', { name: 'Layout: Three panes' }).waitFor()
    drain(stage)
    await page.keyboard.press('v')
    await page.getByRole('region', { name: 'Base: before both' }).waitFor()
    expect(stage.complaints).toEqual([])
  })
})
