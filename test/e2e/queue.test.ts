/** The queue as an operator works it: find, look, decide, many at once; and a log that runs fast. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../main/engine/store/database.ts'
import { change } from '../support/requests.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

/** `no` is red on whatever a change makes of its parent, and green on the parent itself. */
const CONFIG = JSON.stringify({ checks: { allow: { no: 'git diff --quiet HEAD^ HEAD', yes: 'true' } } })

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

async function queue(on: Stage, count: number, checks: readonly string[]): Promise<void> {
  const file = join(on.home, 'changes.json')
  const changes = Array.from({ length: count }, (_, n) => ({
    ...change({ task: `T-${n + 1}`, path: `f${n + 1}.txt`, add: 'x\n' }),
    checks,
  }))
  writeFileSync(file, JSON.stringify(changes))
  expect(on.cli('enqueue', file).code).toBe(0)
}

const stateOf = (on: Stage, id: number): string | undefined => changesOf(on)[id - 1]?.status

const acts = (page: Page, toolbar: string, name: RegExp) =>
  page.getByRole('toolbar', { name: toolbar }).getByRole('button', { name })

const heading = (page: Page, id: number) => page.getByText(`change ${id}`).first()

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('filter, inspect, approve, reject, cancel, retry, and many at once', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': CONFIG } })
    const { url } = await stage.serve(true)
    const page = await stage.tab(url)
    // Commands that no list has are held for a person.
    await queue(stage, 6, ['unlisted command'])
    await page.goto(new URL('/queue?q=state:held', url).href)
    await page.getByText('T-6').waitFor()

    await page.goto(new URL('/change/1', url).href)
    await heading(page, 1).waitFor()
    await page.getByRole('button', { name: /^Reject/ }).click()
    const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'))
    await dialog.getByLabel('Your name').fill('The operator')
    await dialog.getByLabel('Reason').fill('Not like this')
    await dialog.getByRole('button', { name: /^Reject/ }).click()
    await expect.poll(() => stage && stateOf(stage, 1)).toBe('failed')

    await page.goto(new URL('/change/2', url).href)
    await acts(page, 'Acts on this change', /^Cancel/).click()
    await expect.poll(() => stage && stateOf(stage, 2)).toBe('cancelled')
    await acts(page, 'Acts on this change', /^Retry/).click()
    await expect.poll(() => stage && stateOf(stage, 2)).toBe('held')

    await page.goto(new URL('/queue?q=state:held', url).href)
    await page.getByText('T-6').waitFor()
    await page.keyboard.press('a')
    await acts(page, 'Acts on the selection', /^Cancel/).click()
    await expect
      .poll(() => stage && [2, 3, 4, 5, 6].map((id) => stateOf(stage as Stage, id)))
      .toEqual(Array.from({ length: 5 }, () => 'cancelled'))
    expect(stage.complaints).toEqual([])
  })

  test('a log of 5,000 events in a moment stays alive, pauses, and resumes', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const { url } = await stage.serve(true)
    const page = await stage.tab(url)
    await page.goto(new URL('/logs', url).href)
    await page.getByText('Live', { exact: true }).waitFor()
    const db = openDatabase(join(stage.repo.dir, '.hyperion/hyperion.db'))
    const write = (from: number, to: number): void =>
      db.write(() => {
        for (let n = from; n <= to; n += 1) {
          db.sql(
            `INSERT INTO change_queue_logs (level, message, details, created_at) VALUES ('info', ?, '{}', 1)`,
          ).run(`event-${n}`)
        }
      })
    for (let from = 1; from <= 5000; from += 500) write(from, from + 499)
    await page.getByText('event-5000', { exact: true }).waitFor()
    // Windowed: the page holds a screenful, not five thousand rows.
    expect(await page.locator('[role=row], li').count()).toBeLessThan(300)
    await page.mouse.move(640, 400)
    // A hand on a wheel turns it until the page goes along: the last rows may still be on their way in.
    const paused = page.getByText(/^Paused/)
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, -600)
          return paused.count()
        },
        { timeout: 30_000 },
      )
      .toBe(1)
    write(5001, 5200)
    await page.getByText(/200 new/).waitFor()
    await page.getByRole('button', { name: /Resume/ }).click()
    await page.getByText('event-5200', { exact: true }).waitFor()
    db.close()
    expect(stage.complaints).toEqual([])
  })
})
