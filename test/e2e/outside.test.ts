/** What leaves the window: notices, once for all tabs; one number of what waits, wherever it is shown. */
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

const CONFIG = JSON.stringify({ checks: { allow: { yes: 'true' } } })

/** Stands in for what the system shows, and for a person who looks elsewhere; written as text: this side knows no DOM. */
const pretend = (permission: 'granted' | 'default'): string => `
  window.notices = []
  window.asked = 0
  window.Notification = class extends EventTarget {
    static permission = '${permission}'
    static async requestPermission() {
      window.asked += 1
      return (this.permission = 'denied')
    }
    constructor(title, { body }) {
      super()
      window.notices.push({ title, body })
      window.notice = this
    }
    close() {}
  }
  document.hasFocus = () => false
`

interface Shown {
  title: string
  body: string
}
const noticesIn = (page: Page): Promise<Shown[]> => page.evaluate('window.notices')

/** Long enough for a machine that does other things as well. */
const SOON = { timeout: 30_000 }

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

function hold(on: Stage, ...tasks: string[]): void {
  const file = join(on.home, 'held.json')
  const held = tasks.map((task) => ({
    ...change({ task, path: `${task}.txt`, add: 'x\n' }),
    // Checks are on and these ask for none: they wait for a person.
    checks: ['none'],
  }))
  writeFileSync(file, JSON.stringify(held))
  expect(on.cli('enqueue', file).code).toBe(0)
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('what starts to need a person is told once for all tabs, together, and never again', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': CONFIG } })
    const name = basename(stage.repo.dir)
    const { url } = await stage.serve(true)
    const first = await stage.tab(url)
    await first.context().addInitScript(pretend('granted'))
    hold(stage, 'T-0')
    // It waits before the pages that must not tell of it are opened.
    await first.getByText('1 for you; nothing queued').waitFor()
    await first.reload()
    const tabs = [first, await stage.tab(url)]
    for (const page of tabs) await page.getByText('1 for you; nothing queued').waitFor()
    const told = async (): Promise<Shown[]> => (await Promise.all(tabs.map(noticesIn))).flat()

    hold(stage, 'T-1')
    await expect.poll(told, SOON).toMatchObject([{ title: 'Held for you: T-1' }])
    const speaker = (await noticesIn(first)).length > 0 ? first : tabs[1]
    await speaker?.evaluate("window.notice.dispatchEvent(new Event('click'))")
    await speaker?.waitForURL('**/inbox?item=held-2')

    hold(stage, 'T-2', 'T-3', 'T-4')
    // What waited when a page opens is no news to it.
    for (const page of tabs) if (page !== speaker) await page.reload()
    await expect
      .poll(async () => (speaker === undefined ? [] : noticesIn(speaker)), SOON)
      .toEqual([expect.anything(), { title: '3 things for you', body: `3 held changes\n${name}` }])
    expect(await told()).toHaveLength(2)
    expect(await first.title()).toMatch(/^\(5\) /)
    expect(stage.complaints).toEqual([])
  })

  test('the browser is asked only by an act in Settings, and what it says is told', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    const { url } = await stage.serve(true)
    const page = await stage.tab(url)
    await page.addInitScript(pretend('default'))
    await page.goto(new URL('/settings', url).href)
    await page.getByText('This browser has not been asked').waitFor()
    expect(await page.evaluate('window.asked')).toBe(0)
    await page.getByLabel('Notify me').uncheck()
    await page.getByText('This browser has not been asked').waitFor({ state: 'detached' })
    expect(await page.evaluate('window.asked')).toBe(0)
    await page.getByLabel('Notify me').check()
    await page.getByText('This browser blocks notifications of this address').waitFor()
    expect(await page.evaluate('window.asked')).toBe(1)
    expect(stage.complaints).toEqual([])
  })

  test('one number of what waits, in every place and every tab, and less by what is set aside', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': CONFIG } })
    const { url } = await stage.serve(true)
    hold(stage, 'T-1', 'T-2')
    const home = await stage.tab(url)
    const inbox = await stage.tab(new URL('/inbox', url).href)
    const shows = async (count: number): Promise<void> => {
      await home.getByText(`${count} for you; nothing queued`).waitFor()
      await inbox.getByText(`${count} waiting`, { exact: true }).waitFor()
      for (const page of [home, inbox]) {
        const places = page.getByRole('navigation', { name: 'Places' })
        await places.getByRole('link', { name: `Inbox ${count} waiting for you` }).waitFor()
        await expect.poll(() => page.title(), SOON).toMatch(new RegExp(`^\\(${count}\\) `))
      }
    }
    await shows(2)
    // What landed and is not in the own branch waits as well.
    expect(stage.cli('approve', '1', '--by', 'somebody').code).toBe(0)
    hold(stage, 'T-3')
    await shows(3)
    await inbox.keyboard.press('e')
    await shows(2)
    await inbox.getByRole('button', { name: 'Undo' }).click()
    await shows(3)
    expect(stage.complaints).toEqual([])
  })

  test('who decides is filled in with the name git knows, the first time too', async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': CONFIG } })
    stage.repo.git('config', 'user.name', 'Ada Lovelace')
    const { url } = await stage.serve(true)
    hold(stage, 'T-1', 'T-2')
    const page = await stage.tab(url)
    await page.goto(new URL('/inbox?item=held-1', url).href)
    await expect.poll(() => page.getByLabel('Decided by').inputValue(), SOON).toBe('Ada Lovelace')
    await page.getByRole('button', { name: /^Approve/ }).click()
    await page.getByText('1 change approved').waitFor()
    await page.goto(new URL('/change/2', url).href)
    await page.getByRole('button', { name: /^Reject/ }).click()
    await expect.poll(() => page.getByLabel('Your name').inputValue(), SOON).toBe('Ada Lovelace')
    const { approvals } = JSON.parse(stage.cli('show', '1', '--format', 'json').stdout) as {
      approvals: { approver: string }[]
    }
    expect(approvals.map(({ approver }) => approver)).toEqual(['Ada Lovelace'])
    expect(stage.complaints).toEqual([])
  })
})
