/** A repository of one's own, opened as a new user does, and two of them in two tabs. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { tempRepo, type TempRepo } from '../support/temp-repo.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
let other: TempRepo | null = null
afterEach(async () => {
  await stage?.dispose()
  other?.dispose()
  stage = null
  other = null
})

const PACKAGE = JSON.stringify({ name: 'own', scripts: { test: 'node -e 0', lint: 'node -e 0' } })

async function openFolder(page: Page, folder: string): Promise<void> {
  await page.getByLabel('Folder of the repository').fill(folder)
  await page.getByRole('button', { name: 'Look at it' }).click()
  await page.getByRole('button', { name: /^Open/ }).click()
}

/** Opens a folder from where another one is open. */
async function switchTo(page: Page, folder: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('Open another repository')
  await page.keyboard.press('Enter')
  await openFolder(page, folder)
  await page.getByText('Live', { exact: true }).waitFor()
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('a repository with tests is opened with them as its checks, and nothing is left to decide', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n', 'package.json': PACKAGE } })
    const { url } = await stage.serve(false)
    const page = await stage.tab(url)
    await openFolder(page, stage.repo.dir)
    await expect
      .poll(() => stage?.repo.git('ls-tree', '--name-only', 'hyperion/main'), { timeout: 30_000 })
      .toContain('hyperion.config.json')
    expect(stage.repo.git('show', 'hyperion/main:hyperion.config.json')).toContain('npm test')
    // The commits are not in the own branch yet; that is all there is.
    await page.getByText(/^Healthy: nothing queued.*; 1 for you/).waitFor()
    expect(existsSync(join(stage.repo.dir, 'hyperion.config.json'))).toBe(false)
    expect(stage.complaints).toEqual([])
  })

  test('what was begun in one workspace is not carried into another that a second tab opens', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    other = tempRepo({ files: { 'b.txt': 'two\n' } })
    const { url } = await stage.serve(true)
    const queued = join(stage.home, 'change.json')
    const held = change({ task: 'T-1', path: 'c.txt', add: 'c\n' })
    writeFileSync(queued, JSON.stringify({ ...held, checks: ['none'] }))
    expect(stage.cli('enqueue', queued).code).toBe(0)
    const first = await stage.tab(url)
    await first.getByText('Live', { exact: true }).waitFor()
    await first.goto(new URL('/requests', url).href)
    const file = {
      name: 'request.json',
      mimeType: 'application/json',
      buffer: Buffer.from(
        JSON.stringify({
          request_id: 'REQ-1',
          summary: 'Say more',
          requested_changes: [{ path: 'a.txt', summary: 'Say two' }],
        }),
      ),
    }
    const chooser = first.waitForEvent('filechooser')
    await first.getByRole('button', { name: /^File/ }).click()
    await (await chooser).setFiles(file)
    await first.getByRole('dialog').getByText('REQ-1').first().waitFor()

    // An act with its way back as well.
    const third = await stage.tab(new URL('/change/1', url).href)
    await third.getByRole('button', { name: 'Cancel', exact: true }).click()
    await third.getByRole('button', { name: 'Undo' }).waitFor()

    const second = await stage.tab(url)
    await second.getByText('Live', { exact: true }).waitFor()
    await switchTo(second, other.dir)
    await first.getByRole('dialog').waitFor({ state: 'detached' })
    await third.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' })
    expect(other.git('branch', '--list', 'hyperion/main')).toContain('hyperion/main')
    expect(stage.complaints).toEqual([])
  })
})
