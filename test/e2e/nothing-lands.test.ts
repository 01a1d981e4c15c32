/** Workspaces that open, but where nothing can land: the app says why and what to do, and goes on once it is mended. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { mountReadOnly, NO_MOUNTS } from '../support/mounts.ts'
import { change } from '../support/requests.ts'
import { findingsInBothThemes } from './findings.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { CONFIG, WRONG_CONFIGS } from './wrong-configs.ts'

const openStage = stagesInOneBrowser()

/** Long enough for a machine that does other things as well. */
const PATIENT = { timeout: 180_000 }
const SOON = { timeout: 30_000 }
const GOOD = '{ "checks": { "allow": { "yes": "true" } } }\n'

function queueOne(on: Stage): void {
  const file = join(on.home, 'change.json')
  const one = { ...change({ task: 'T-1', path: 'b.txt', add: 'b\n' }), checks: ['yes'] }
  writeFileSync(file, JSON.stringify(one))
  expect(on.cli('enqueue', file).code).toBe(0)
}

const filesIn = (on: Stage): string => on.repo.git('ls-tree', '--name-only', 'hyperion/main')
const isWell = (page: Page): Promise<void> => page.getByText('Healthy: nothing queued').waitFor()

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  // Most of it goes into waiting for workers that look again every few seconds, which three can do at once.
  describe('a configuration with', PATIENT, () => {
    test.concurrent.for(WRONG_CONFIGS)('$name', async ({ name, text, says }, { expect, onTestFinished }) => {
      const stage = await openStage({ files: { 'a.txt': 'one\n', [CONFIG]: GOOD } })
      onTestFinished(() => stage.dispose())
      stage.cli('init')
      queueOne(stage)
      stage.repo.write(CONFIG, text)
      const { url } = await stage.serve(true)
      const page = await stage.tab(url)
      await page.getByText(/^Stopped: /).waitFor()
      await page.getByText(says).first().waitFor()
      // All of them look alike.
      if (name === 'broken JSON') expect(await findingsInBothThemes(page)).toEqual([])
      await page.goto(new URL('/settings', url).href)
      const alert = page.getByRole('alert')
      await alert.getByText('The settings of the workspace cannot be read').waitFor()
      await alert.getByText(says).waitFor()
      // All of them look alike.
      if (name === 'broken JSON') expect(await findingsInBothThemes(page)).toEqual([])
      stage.repo.write(CONFIG, GOOD)
      // It may have been read anew by itself, because workers began.
      await page.evaluate("document.querySelector('[role=alert] button')?.click()")
      await page.getByRole('heading', { name: 'Allowed checks' }).waitFor()
      await page.goto(new URL('/home', url).href)
      await expect.poll(() => filesIn(stage), SOON).toContain('b.txt')
      await isWell(page)
      expect(stage.complaints).toEqual([])
    })
  })

  describe('the policy in the target has', PATIENT, () => {
    test.concurrent.for(WRONG_CONFIGS)('$name', async ({ name, text, says }, { expect, onTestFinished }) => {
      const stage = await openStage({ files: { 'a.txt': 'one\n', [CONFIG]: text } })
      onTestFinished(() => stage.dispose())
      stage.repo.write(CONFIG, GOOD)
      stage.cli('init')
      queueOne(stage)
      const { url } = await stage.serve(true)
      const page = await stage.tab(url)
      await page.getByText(/^Stopped: /).waitFor()
      await page.getByText(says).first().waitFor()
      await page.goto(new URL('/settings', url).href)
      await page.getByText('Live', { exact: true }).waitFor()
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      // All of them look alike.
      if (name === 'broken JSON') expect(await findingsInBothThemes(page)).toEqual([])
      // Mended where it is wrong: upstream moves on, and the target follows it.
      stage.repo.commit('mend the configuration')
      await page.goto(new URL('/home', url).href)
      await expect.poll(() => filesIn(stage), SOON).toContain('b.txt')
      await isWell(page)
      expect(stage.complaints).toEqual([])
    })
  })

  test(
    'a disk that became read-only under the repository: no change is blamed',
    { timeout: 180_000 },
    async ({ onTestFinished, skip }) => {
      const stage = await openStage({ files: { 'a.txt': 'one\n', [CONFIG]: GOOD } })
      onTestFinished(() => stage.dispose())
      const { url } = await stage.serve(true)
      const page = await stage.tab(url)
      await page.getByText('Healthy: nothing queued').waitFor()
      const mount = mountReadOnly(stage.repo.gitDir)
      if (mount === null) return skip(NO_MOUNTS)
      onTestFinished(() => mount.end())
      queueOne(stage)
      const says = /the repository \S+\/\.git cannot be written/
      await page.getByText(/^Stopped: /).getByText(says).waitFor() // prettier-ignore
      await page.getByText(/make it writable for this user; nothing lands until then/).first().waitFor() // prettier-ignore
      expect(await findingsInBothThemes(page)).toEqual([])
      // It stays usable: what needs no writing to that disk goes on.
      await page.goto(new URL('/change/1', url).href)
      await page.getByRole('tab', { name: /^Patch/ }).click()
      await page.getByRole('option', { name: /^b\.txt, added/ }).waitFor()
      expect(changesOf(stage)).toEqual([{ status: 'pending', attempts_made: 0 }])
      mount.mend()
      await page.goto(new URL('/home', url).href)
      await expect.poll(() => filesIn(stage), SOON).toContain('b.txt')
      await isWell(page)
      expect(stage.complaints).toEqual([])
    },
  )
})
