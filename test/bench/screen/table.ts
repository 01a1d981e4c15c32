/** The queue's table with 10,000 changes: how fast it stands, what events do to it, how fast keys answer. */
import type { Page } from 'playwright-core'
import { forgetTasks, INBOX_MARK, LOGS_MARK, longTasks, QUEUE_MARK, QUEUE_ROWS, timedKey, watchKeys } from '../../e2e/probe.ts' // prettier-ignore
import { tell, touch } from '../../support/many-changes.ts'
import { quantile, timesFigure, type Figure } from './figure.ts'
import { atRate, pause, type Ground } from './ground.ts'

export const ROWS_THERE = `document.querySelectorAll('${QUEUE_ROWS}').length`

/** From the key that leads there to the rows on screen, with everything that is asked of the engine meanwhile. */
export async function mount(ground: Ground, page: Page, rounds: number): Promise<Figure> {
  const times: number[] = []
  await page.goto(ground.at('/files'))
  await page.getByText('Live', { exact: true }).waitFor()
  for (let n = 0; n < rounds + 2; n += 1) {
    await page.keyboard.press('g')
    await watchKeys(page, `${ROWS_THERE} > 0`)
    const ms = await timedKey(page, 'q')
    // The first ones warm up what is compiled when it is needed.
    if (n >= 2) times.push(ms)
    await page.keyboard.press('g')
    await watchKeys(page, `location.pathname`)
    await timedKey(page, 'f')
  }
  return timesFigure('table of 10,000 changes: key → rows on screen', 100, times)
}

export async function floodedTable(ground: Ground, page: Page, seconds: number): Promise<Figure[]> {
  await page.goto(ground.at('/queue'))
  await page.locator(QUEUE_ROWS).first().waitFor()
  await pause(1_000)
  await forgetTasks(page)
  await atRate(50, seconds, (n) => touch(ground.db, ground.last - (n % 20), `tick-${n}`))
  await pause(500)
  const tasks = (await longTasks(page)).map(({ ms }) => ms)
  return [
    {
      name: 'table of 10,000 changes: longest task while 50 events/s arrive',
      unit: 'ms',
      target: 100,
      // The browser tells of tasks from 50 ms on.
      measured: quantile(tasks, 1) ?? 0,
      detail: `${tasks.length} tasks over 50 ms in ${seconds} s`,
    },
  ]
}

const LISTS = [
  { name: 'Queue', path: '/queue', mark: QUEUE_MARK },
  { name: 'Inbox', path: '/inbox', mark: INBOX_MARK },
  { name: 'Logs', path: '/logs', mark: LOGS_MARK },
] as const

async function walk(page: Page, mark: string, presses: number): Promise<number[]> {
  await watchKeys(page, mark)
  const times: number[] = []
  for (let n = 0; n < presses + 5; n += 1) {
    // Down the list and a part of the way up again; the log begins at its end.
    const ms = await timedKey(page, n % 3 === 2 ? 'k' : 'j')
    if (n >= 5) times.push(ms)
  }
  return times
}

/** Each key of a walk through each list, first in peace and then while 50 events a second arrive. */
export async function keys(ground: Ground, page: Page, presses: number): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { name, path, mark } of LISTS) {
    for (const flooded of [false, true]) {
      await page.goto(ground.at(path))
      await page.getByText('Live', { exact: true }).waitFor()
      await page.locator(`${QUEUE_ROWS}, li [aria-current=true], [role=log] [data-index]`).first().waitFor()
      await pause(500)
      // In the log the end is where it begins; further up there is room for both directions.
      if (name === 'Logs') for (let up = 0; up < 40; up += 1) await page.keyboard.press('k')
      else await page.keyboard.press('j')
      const life = new AbortController()
      const flood = flooded ? untilAborted(life.signal, (n) => floodOf(ground, name, n)) : null
      const times = await walk(page, mark, presses)
      life.abort()
      await flood
      const when = flooded ? ', 50 events/s' : ''
      figures.push(timesFigure(`${name}: j or k → drawn${when}`, 50, times))
    }
  }
  return figures
}

function floodOf(ground: Ground, list: string, n: number): void {
  if (list === 'Logs') tell(ground.db, null, `tick-${n}`)
  else touch(ground.db, ground.last - (n % 20), `tick-${n}`)
}

async function untilAborted(signal: AbortSignal, act: (n: number) => void): Promise<void> {
  for (let n = 1; !signal.aborted; n += 1) {
    act(n)
    await pause(20)
  }
}

export async function palette(ground: Ground, page: Page, rounds: number): Promise<Figure[]> {
  await page.goto(ground.at('/queue'))
  await page.locator(QUEUE_ROWS).first().waitFor()
  const opened: number[] = []
  const typed: number[] = []
  const input = `document.querySelector('[cmdk-input]')`
  for (let n = 0; n < rounds + 2; n += 1) {
    await watchKeys(page, `${input} !== null`)
    const ms = await timedKey(page, 'Control+k')
    if (n >= 2) opened.push(ms)
    await watchKeys(page, `${input}?.value + document.querySelector('[cmdk-list]')?.textContent`)
    for (const key of 'theme') typed.push(await timedKey(page, key))
    await page.keyboard.press('Escape')
    await page.locator('[cmdk-input]').waitFor({ state: 'detached' })
  }
  return [
    timesFigure('palette: key → open', 100, opened),
    timesFigure('palette: letter typed → list drawn', 50, typed),
  ]
}

/** The longest task while somebody scrolls as fast as a wheel allows. */
export async function scrolling(ground: Ground, page: Page, path: string, name: string): Promise<Figure> {
  await page.goto(ground.at(path))
  const list = page.locator('[role=grid], [role=log]').first()
  await page.locator(`${QUEUE_ROWS}, [role=log] [data-index]`).first().waitFor()
  await pause(500)
  await list.hover()
  await forgetTasks(page)
  const up = path === '/logs'
  for (let n = 0; n < 120; n += 1) {
    await page.mouse.wheel(0, (up ? -1 : 1) * (n % 10 === 9 ? -1500 : 2500))
    await pause(16)
  }
  await pause(500)
  const tasks = (await longTasks(page)).map(({ ms }) => ms)
  return {
    name: `${name}: longest task while scrolling fast`,
    unit: 'ms',
    target: 100,
    measured: quantile(tasks, 1) ?? 0,
    detail: `${tasks.length} tasks over 50 ms in 120 turns of the wheel`,
  }
}
