/** A plan that waits, from the form to the landed change: held, looked at in the Inbox, edited and run by keyboard. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { go } from './agents-stage.ts'
import { findingsInBothThemes } from './findings.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()
/** A bound for what waits for processes, on a machine that has other things to do. */
const PATIENCE = { timeout: 60_000 }

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

async function hasKeyboard(field: Locator): Promise<void> {
  await expect.poll(() => field.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true)
}

async function fill(page: Page, paths: readonly string[]): Promise<void> {
  await page.getByLabel('What is wanted').fill('Use digits')
  for (const [index, path] of paths.entries()) {
    if (index > 0) await page.getByRole('button', { name: 'Another path' }).click()
    await page.getByLabel(`Path ${index + 1}`, { exact: true }).fill(path)
    await page.getByLabel(`What happens to path ${index + 1}`).fill(`Use digits in ${path}`)
  }
  await page.getByRole('textbox', { name: 'Checks' }).fill('yes')
}

describe.skipIf(browserPath === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 180_000 },
  () => {
    test('a request is held, its plan edited by keyboard, refused at the field, mended, run and landed', async () => {
      const config = JSON.stringify({ checks: { allow: { yes: 'true' } } })
      const on = await openStage({ files: { 'a.js': 'one()\n', 'b.js': 'two()\n', 'c.js': 'three()\n', 'hyperion.config.json': config } }) // prettier-ignore
      stage = on
      const { url } = await on.serve(true)
      const page = await on.tab(url)
      await go(page, url, '/requests?new=1')
      await fill(page, ['a.js', 'b.js'])
      const hold = page.getByRole('checkbox', { name: 'Hold the plan for me' })
      expect(await hold.isChecked()).toBe(false)
      await hold.focus()
      await page.keyboard.press('Space')
      await page.keyboard.press('Control+Enter')
      await page.getByText('REQ-1: its plan waits for you').waitFor()
      const held = page.getByRole('group', { name: 'Held plan' })
      await held.getByText('no Developer starts before you run it').waitFor()
      await page.getByText('Plan waits for you', { exact: true }).waitFor()
      // The whole plan is edited, not one assignment of it.
      expect(await page.getByRole('button', { name: /^Edit plan of/ }).count()).toBe(0)
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(changesOf(on)).toEqual([])

      // From here on by keyboard: to the Inbox, where it is the one thing that waits.
      await page.locator('main').focus()
      await page.keyboard.press('g')
      await page.keyboard.press('i')
      const decision = page.getByRole('article', { name: 'Decision: run the plan, edit it' })
      await decision.getByRole('heading', { name: 'Plan of REQ-1 waits: 2 assignments' }).waitFor()
      await decision.getByRole('listitem').nth(1).getByText('Use digits in b.js').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.keyboard.press('p')
      const dialog = page.getByRole('dialog', { name: 'Plan of REQ-1' })
      const files = dialog.getByRole('textbox', { name: 'Files (REQ-1-2)' })
      await files.focus()
      await page.keyboard.press('Control+A')
      await page.keyboard.type('b.js\na.js')
      await page.keyboard.press('Control+Enter')
      // Refused at the field, which has the keyboard again.
      await dialog
        .getByRole('alert')
        .getByText(/^It has "a\.js", which REQ-1-1 may touch as well/)
        .waitFor()
      await hasKeyboard(files)
      expect(await findingsInBothThemes(page)).toEqual([])
      await dialog.getByRole('textbox', { name: 'After (REQ-1-2)' }).focus()
      await page.keyboard.type('REQ-1-1')
      await dialog.getByRole('button', { name: 'Another assignment' }).press('Enter')
      await hasKeyboard(dialog.getByRole('textbox', { name: 'What is to be done (REQ-1-3)' }))
      await page.keyboard.type('And c as well')
      await page.keyboard.press('Control+Enter')
      await dialog.getByText('At least one path, or a folder ending in “/”').waitFor()
      await hasKeyboard(dialog.getByRole('textbox', { name: 'Files (REQ-1-3)' }))
      await page.keyboard.type('c.js')
      await page.keyboard.press('Control+Enter')
      await page.getByText('The plan of REQ-1 is as you wrote it; it still waits for you').waitFor()
      await decision.getByText('after REQ-1-1').waitFor()
      await decision.getByText('And c as well').waitFor()
      expect(changesOf(on)).toEqual([])

      await page.locator('main').focus()
      await page.keyboard.press('a')
      await page.getByText('REQ-1 goes on: its plan runs').waitFor()
      await page.getByText('Nothing waits for you').waitFor(PATIENCE)
      await expect.poll(() => changesOf(on).map(({ status }) => status), PATIENCE).toEqual(['applied', 'applied', 'applied']) // prettier-ignore
      expect(on.repo.git('show', 'hyperion/main:c.js')).toContain('Orchestrated update for REQ-1-3')
      expect(on.repo.git('show', 'hyperion/main:a.js').split('\n')).toHaveLength(3)
      expect(on.complaints).toEqual([])
    })

    test('what is typed into a plan outlives Escape, ✕, Back, a reload and another save, until it is discarded or saved over', async () => {
      const config = JSON.stringify({ agents: { holdPlans: true } })
      const on = await openStage({ files: { 'a.js': 'one()\n', 'hyperion.config.json': config } })
      stage = on
      const { url } = await on.serve(true)
      const page = await on.tab(url)
      await go(page, url, '/requests?new=1')
      await fill(page, ['a.js'])
      await page.getByRole('button', { name: 'Submit request' }).click()
      const edit = page.getByRole('button', { name: 'Edit the plan' })
      const dialog = page.getByRole('dialog', { name: 'Plan of REQ-1' })
      const wanted = dialog.getByRole('textbox', { name: 'What is to be done (REQ-1-1)' })
      await edit.click()
      const first = await wanted.inputValue()
      await wanted.fill('Mine')
      const ways: (() => Promise<unknown>)[] = [
        () => page.keyboard.press('Escape'),
        () => dialog.getByRole('button', { name: 'Close' }).click(),
        () => dialog.getByRole('button', { name: 'Back' }).click(),
        () => page.reload(),
      ]
      for (const leave of ways) {
        await leave()
        await expect.poll(() => dialog.count()).toBe(0)
        await edit.click()
        expect(await wanted.inputValue()).toBe('Mine')
      }
      await dialog.getByRole('button', { name: 'Discard' }).click()
      await expect.poll(() => wanted.inputValue()).toBe(first)
      await dialog.getByRole('button', { name: 'Back' }).click()
      await edit.click()
      expect(await wanted.inputValue()).toBe(first)
      await wanted.fill('Mine')

      // Another window of the same browser writes as well, and is faster.
      const other = await on.tab(page.url())
      const theirs = other.getByRole('dialog', { name: 'Plan of REQ-1' })
      await other.getByRole('button', { name: 'Edit the plan' }).click()
      await theirs.getByRole('textbox', { name: 'What is to be done (REQ-1-1)' }).fill('Theirs')
      await theirs.getByRole('button', { name: 'Keep this plan' }).click()
      await expect.poll(() => theirs.count()).toBe(0)
      await dialog.getByText('The plan changed while you wrote').waitFor()
      await page.keyboard.press('Escape')
      await expect.poll(() => dialog.count()).toBe(0)
      await edit.click()
      expect(await wanted.inputValue()).toBe('Mine')
      await dialog.getByRole('button', { name: 'Save mine over it' }).click()
      await expect.poll(() => dialog.count()).toBe(0)
      await other.getByText('Mine', { exact: true }).waitFor()
      const plan = JSON.parse(on.cli('plan', 'REQ-1', '--format', 'json').stdout) as { assignments: object[] }
      expect(plan.assignments).toMatchObject([{ task_id: 'REQ-1-1', summary: 'Mine' }])
      expect(on.complaints).toEqual([])
    })

    test('a plan that another window edited is not let run unseen; the settings hold every plan', async () => {
      const config = JSON.stringify({ agents: { holdPlans: true } })
      const on = await openStage({
        files: { 'a.js': 'one()\n', 'b.js': 'two()\n', 'hyperion.config.json': config },
      })
      stage = on
      const { url } = await on.serve(true)
      const page = await on.tab(url)
      await go(page, url, '/requests?new=1')
      await fill(page, ['a.js'])
      const hold = page.getByRole('checkbox', { name: 'Hold the plan for me' })
      await expect.poll(() => hold.isChecked()).toBe(true)
      await page.getByRole('button', { name: 'Submit request' }).click()
      const edit = page.getByRole('button', { name: 'Edit the plan' })
      await edit.waitFor()
      await edit.click()
      const dialog = page.getByRole('dialog', { name: 'Plan of REQ-1' })
      await dialog.getByRole('textbox', { name: 'What is to be done (REQ-1-1)' }).fill('Mine')
      // Somebody at a terminal was faster.
      const plan = JSON.parse(on.cli('plan', 'REQ-1', '--format', 'json').stdout) as { assignments: object[] }
      const theirs = [{ ...plan.assignments[0], summary: 'Theirs' }]
      const file = join(on.home, 'plan.json')
      writeFileSync(file, JSON.stringify({ ...plan, assignments: theirs }))
      expect(on.cli('plan', 'REQ-1', '--edit', file).code).toBe(0)
      const keep = dialog.getByRole('button', { name: 'Keep this plan' })
      await keep.and(page.locator('[aria-disabled=true]')).waitFor()
      expect(await keep.textContent()).toContain('The plan changed meanwhile')
      expect(await dialog.getByRole('alert').textContent()).not.toContain('hyperion ')
      await dialog.getByText('The plan as it is now', { exact: true }).click()
      await dialog.getByText('Theirs', { exact: true }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      // Theirs is taken by a word, and mine comes back by another.
      const wanted = dialog.getByRole('textbox', { name: 'What is to be done (REQ-1-1)' })
      expect(await wanted.inputValue()).toBe('Mine')
      await dialog.getByRole('button', { name: 'Take the new plan' }).click()
      await expect.poll(() => wanted.inputValue()).toBe('Theirs')
      await dialog.getByRole('button', { name: 'Back' }).click()
      await page.getByText('Theirs', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Withdraw request' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Withdraw request' }).click()
      await page.getByText('REQ-1 is withdrawn').waitFor()
      await expect.poll(() => page.getByRole('group', { name: 'Held plan' }).count()).toBe(0)
      expect(changesOf(on)).toEqual([])
      expect(on.complaints).toEqual([])
    })
  },
)
