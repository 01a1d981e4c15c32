/** What somebody is writing while another person decides: kept where they are, handed back where there is no such place. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { go } from './agents-stage.ts'
import { findings, findingsInBothThemes } from './findings.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

describe.skipIf(browserPath === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 180_000 },
  () => {
    test('a note about a change that is decided elsewhere is handed back; one that was sent is not', async () => {
      const on = await openStage({ files: { 'a.txt': 'one\n' } })
      stage = on
      const { url } = await on.serve(true)
      const file = join(on.home, 'changes.json')
      const held = [1, 2, 3].map((n) => ({
        ...change({ task: `T-${n}`, path: `f${n}.txt`, add: 'x\n' }),
        checks: ['unlisted'],
      }))
      writeFileSync(file, JSON.stringify(held))
      expect(on.cli('enqueue', file).code).toBe(0)
      await expect.poll(() => changesOf(on).map(({ status }) => status)).toEqual(['held', 'held', 'held'])
      const page = await on.tab(url)
      await go(page, url, '/inbox?item=held-1')
      const note = page.getByLabel('Note (the reason, to reject)')
      await note.fill('Please keep the old name')
      const crumbs = page.getByRole('navigation', { name: 'Where it belongs' })
      for (const [item, written] of [
        ['held-2', ''],
        ['held-1', 'Please keep the old name'],
      ]) {
        await go(page, url, `/inbox?item=${item}`)
        await crumbs.getByText(`change ${item?.slice(-1)}`).waitFor()
        expect(await note.inputValue()).toBe(written)
      }
      expect(on.cli('reject', '1', '--by', 'op', '--reason', 'too late').code).toBe(0)
      await page.getByText('T-1 was decided meanwhile').waitFor()
      await page.getByText('Not sent: Please keep the old name').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      // In the theme that was chosen, whatever the system has.
      await page.emulateMedia({ colorScheme: 'light' })
      await page.evaluate(`document.documentElement.dataset.theme = 'dark'`)
      expect(await findings(page)).toEqual([])
      const drawn = await page.evaluate(
        `getComputedStyle(document.querySelector('[data-sonner-toast]')).backgroundColor`,
      )
      expect(drawn).toBe(
        await page.evaluate(`(() => {
        const probe = document.body.appendChild(document.createElement('div'))
        probe.style.backgroundColor = 'var(--panel)'
        const { backgroundColor } = getComputedStyle(probe)
        probe.remove()
        return backgroundColor
      })()`),
      )
      await page.evaluate(`document.documentElement.dataset.theme = 'system'`)
      await page.getByRole('button', { name: 'Close' }).click()

      // What this window itself sends is not handed back.
      await go(page, url, '/inbox?item=held-2')
      await page.getByLabel('Decided by').fill('op')
      await note.fill('Not like this')
      await page.getByRole('button', { name: /^Reject( r)?$/ }).click()
      await page.getByText('1 change rejected').waitFor()
      await crumbs.getByText('change 3').waitFor()
      expect(await note.inputValue()).toBe('')
      expect(await page.getByText('was decided meanwhile').count()).toBe(0)

      // In a dialog over the change the words stay where they are.
      await go(page, url, '/change/3')
      await page.getByRole('button', { name: /^Reject/ }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Reason').fill('Nor like this')
      expect(on.cli('reject', '3', '--by', 'op', '--reason', 'first').code).toBe(0)
      await dialog.getByRole('button', { name: /^Reject/ }).click()
      await dialog.getByRole('alert').getByText('1 change not rejected').waitFor()
      expect(await dialog.getByLabel('Reason').inputValue()).toBe('Nor like this')
      expect(on.complaints).toEqual([])
    })

    test('what was written into a plan that was let run meanwhile stands with its request, until it is dropped', async () => {
      const config = JSON.stringify({ agents: { holdPlans: true } })
      const on = await openStage({ files: { 'a.js': 'one()\n', 'hyperion.config.json': config } })
      stage = on
      const file = join(on.home, 'r.json')
      const requested_changes = [{ path: 'a.js', summary: 'Say two' }]
      writeFileSync(file, JSON.stringify({ request_id: 'REQ-1', summary: 'Say two', requested_changes }))
      expect(on.cli('request', file, '--plan').code).toBe(0)
      const { url } = await on.serve(true)
      const page = await on.tab(url)
      await go(page, url, '/request/REQ-1')
      await page.getByRole('button', { name: 'Edit the plan' }).click()
      await page.getByRole('textbox', { name: 'What is to be done (REQ-1-1)' }).fill('Say three')
      expect(on.cli('continue', 'REQ-1').code).toBe(0)
      const left = page.getByRole('alert').filter({ hasText: 'The plan was let run while you wrote' })
      await left.waitFor()
      await left.getByRole('button', { name: 'Copy what you wrote' }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.reload()
      await left.getByRole('button', { name: 'Drop it' }).click()
      await expect.poll(() => left.count()).toBe(0)
      await page.reload()
      await page.getByText('Say two').first().waitFor()
      expect(await left.count()).toBe(0)
      expect(on.complaints).toEqual([])
    })
  },
)
