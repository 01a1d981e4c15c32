/** Settings proposed in a browser: several keys in one sitting, and one key in two windows. */
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { findingsInBothThemes } from './findings.ts'
import { settingRow } from './settings-acts.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

async function go(page: Page, url: string, path: string): Promise<void> {
  await page.goto(new URL(path, url).href)
  await page.getByText('Live', { exact: true }).waitFor()
}

async function untilStates(on: Stage, states: readonly string[]): Promise<void> {
  await expect.poll(() => changesOf(on).map(({ status }) => status), { timeout: 60_000 }).toEqual(states)
}

async function propose(row: Locator, fill: () => Promise<void>): Promise<void> {
  await row.getByRole('button', { name: /^Edit / }).click()
  await fill()
  await row.getByRole('button', { name: 'Propose' }).click()
  await row.getByRole('button', { name: 'Propose' }).waitFor({ state: 'detached' })
}

async function approve(page: Page, url: string, id: number): Promise<void> {
  await go(page, url, `/inbox?item=held-${id}`)
  await page.getByLabel('Decided by').fill('The operator')
  await page
    .getByRole('button', { name: /^Approve/ })
    .first()
    .click()
}

describe.skipIf(browserPath === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 120_000 },
  () => {
    test('several keys in one sitting are one change to approve, and all are in force after it', async () => {
      const on = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': '{"checks":{}}\n' } })
      stage = on
      const { url } = await on.serve(true)
      const page = await on.tab(url)
      await go(page, url, '/settings?section=checks')
      const limit = settingRow(page, 'checks', 'Time limit')
      const again = settingRow(page, 'checks', 'Repeat failed checks')
      const budget = settingRow(page, 'agents', 'Budget')
      await propose(limit, () => limit.getByLabel('Time limit').fill('90'))
      await propose(again, () => again.getByLabel('Repeat failed checks').fill('3'))
      await propose(budget, () => budget.getByLabel('For each request').fill('2.50'))
      await untilStates(on, ['cancelled', 'cancelled', 'held'])
      for (const [row, said] of [
        [limit, '90 s'],
        [again, '3'],
        [budget, '2.5 USD for each request, no limit for each day'],
      ] as const) {
        await row.getByText('Not yet in force.').waitFor()
        await row.getByRole('link', { name: 'change 3' }).waitFor()
        await row.getByText(said, { exact: true }).waitFor()
      }
      expect(await page.getByText('perRequest').count()).toBe(0)
      expect(await findingsInBothThemes(page)).toEqual([])

      await go(page, url, '/change/1')
      await page.getByText('replaced by change 2').first().waitFor()
      await approve(page, url, 3)
      await untilStates(on, ['cancelled', 'cancelled', 'applied'])
      await go(page, url, '/settings?section=checks')
      await limit.getByText('90 s', { exact: true }).waitFor()
      await again.getByText('3', { exact: true }).waitFor()
      expect(await limit.getByText('Not yet in force.').count()).toBe(0)
      // What is read from the checkout is landed, and waits for that alone.
      await budget.getByRole('link', { name: 'Bring it over' }).waitFor()
      expect(JSON.parse(on.repo.git('show', 'hyperion/main:hyperion.config.json'))).toEqual({
        checks: { timeoutSeconds: 90, retryFlaky: 3 },
        agents: { budget: { perRequest: 2.5, perDay: null, currency: 'USD' } },
      })
      expect(on.complaints).toEqual([])
    })

    test('two windows on one key: the second is told of the first while it writes, and its value wins', async () => {
      const on = await openStage({ files: { 'a.txt': 'one\n' } })
      stage = on
      const { url } = await on.serve(true)
      const [one, two] = [await on.tab(url), await on.tab(url)]
      const [mine, theirs] = [one, two].map((page) => settingRow(page, 'checks', 'Time limit')) as [
        Locator,
        Locator,
      ]
      for (const page of [one, two]) await go(page, url, '/settings?section=checks')
      await theirs.getByRole('button', { name: /^Edit / }).click()
      await theirs.getByLabel('Time limit').fill('70')
      await propose(mine, () => mine.getByLabel('Time limit').fill('60'))
      await theirs.getByText('It has a proposal already. Yours takes the place of change 1').waitFor()
      await theirs.getByText('60 s', { exact: true }).waitFor()
      expect(await theirs.getByLabel('Time limit').inputValue()).toBe('70')
      expect(await findingsInBothThemes(two)).toEqual([])
      await theirs.getByRole('button', { name: 'Propose' }).click()
      await untilStates(on, ['cancelled', 'held'])
      await mine.getByText('70 s', { exact: true }).waitFor()
      await mine.getByRole('link', { name: 'change 2' }).waitFor()
      await approve(one, url, 2)
      await untilStates(on, ['cancelled', 'applied'])
      await theirs.getByText('Not yet in force.').waitFor({ state: 'detached' })
      await theirs.getByText('70 s', { exact: true }).waitFor()
      expect(on.complaints).toEqual([])
    })
  },
)
