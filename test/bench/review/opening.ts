/** From the wish to see a conflict until it is there, in the editor with its card; and from the wish to leave it. */
import type { Page } from 'playwright-core'
import { drawnAt, forgetTasks, longTasks, probed, timedKey, watchKeys } from '../../e2e/probe.ts'
import { pause } from '../screen/ground.ts'
import { quantile, timesFigure, type Figure } from '../screen/figure.ts'
import { LATE, type Ground } from './ground.ts'

/** The first open conflict stands in the editor, and above it what can be decided about it. */
export const SHOWN = `(document.querySelector('[aria-label="Decide this conflict"]') !== null &&
  /conflict.1.of/.test(document.querySelector('[aria-label=Result] .view-lines')?.textContent ?? ''))`

const WAITS_MS = [0, 60, 150, 300, 600]

/** By its address in a fresh tab: with everything that a window loads. */
async function byAddress(ground: Ground, rounds: number): Promise<number[]> {
  const times: number[] = []
  for (let n = -1; n < rounds; n += 1) {
    const page = await probed(await ground.stage.tab('about:blank'))
    try {
      await page.goto(ground.at(LATE), { waitUntil: 'commit' })
      const ms = await drawnAt(page, SHOWN)
      if (n >= 0) times.push(ms)
    } finally {
      await page.close()
    }
  }
  return times
}

async function toChange(ground: Ground, page: Page): Promise<void> {
  await page.goto(ground.at('/change/2'))
  await page.getByText('Review the conflict').first().waitFor()
  await pause(200)
}

/** With the key of the change it belongs to, the first time in a window and from then on. */
async function byKey(
  ground: Ground,
  rounds: number,
): Promise<{ first: number[]; again: number[]; tasks: number[] }> {
  const [first, again, tasks]: [number[], number[], number[]] = [[], [], []]
  for (let n = 0; n < rounds; n += 1) {
    const page = await ground.tab()
    try {
      await toChange(ground, page)
      await watchKeys(page, SHOWN)
      first.push(await timedKey(page, 'o'))
      await page.goBack()
      await page.getByText('Review the conflict').first().waitFor()
      await pause(200)
      await forgetTasks(page)
      await watchKeys(page, SHOWN)
      again.push(await timedKey(page, 'o'))
      tasks.push(...(await longTasks(page)).map(({ ms }) => ms))
    } finally {
      await page.close()
    }
  }
  return { first, again, tasks }
}

/** Back while it is still being read: until the other place is on screen. */
async function leaving(ground: Ground, rounds: number): Promise<number[]> {
  const times: number[] = []
  const page = await ground.tab()
  try {
    for (let n = 0; n < rounds; n += 1) {
      for (const wait of WAITS_MS) {
        await toChange(ground, page)
        await page.keyboard.press('o')
        await pause(wait)
        await page.keyboard.press('g')
        await watchKeys(page, `document.querySelector('main h1')?.textContent === 'Inbox'`)
        times.push(await timedKey(page, 'i'))
      }
    }
  } finally {
    await page.close()
  }
  return times
}

export async function opening(
  ground: Ground,
  name: string,
  target: number,
  rounds: number,
): Promise<Figure[]> {
  const { first, again, tasks } = await byKey(ground, rounds)
  return [
    timesFigure(`${name}: by its address → conflict in the editor`, target, await byAddress(ground, rounds)),
    timesFigure(`${name}: key → conflict in the editor, first in a window`, target, first),
    timesFigure(`${name}: the same, once the editor is loaded`, target, again),
    {
      name: `${name}: longest task meanwhile`,
      unit: 'ms',
      target: null,
      measured: quantile(tasks, 1) ?? 0,
      detail: `${tasks.length} tasks over 50 ms in ${rounds} openings`,
    },
    timesFigure(
      `${name}: left while it opens, key → elsewhere`,
      100,
      await leaving(ground, Math.ceil(rounds / 4)),
    ),
  ]
}
