/** Keys in an open conflict: those that decide, those that write, and all that five conflicts take. */
import type { Page } from 'playwright-core'
import { forgetTasks, longTasks, timedKey, watchKeys } from '../../e2e/probe.ts'
import { pause } from '../screen/ground.ts'
import { quantile, timesFigure, type Figure } from '../screen/figure.ts'
import { LATE, type Ground } from './ground.ts'
import { SHOWN } from './opening.ts'

/** How far one has come, which every decision moves on: "conflict 2 of 10 · 9 open". */
const PROGRESS = `/conflict \\d+ of \\d+ · [^·]*/.exec(document.querySelector('main')?.textContent ?? '')?.[0]`
const TEXT = `document.querySelector('[aria-label=Result] .view-lines')?.textContent`

async function opened(ground: Ground): Promise<Page> {
  const page = await ground.tab()
  await page.goto(ground.at(LATE))
  await page.evaluate(`window.probe.until(() => ${SHOWN})`)
  await pause(1_000)
  return page
}

/** Each decision with one key, from one conflict to the next; the last round is opened again. */
export async function deciding(ground: Ground, name: string, rounds: number): Promise<Figure[]> {
  const page = await opened(ground)
  const times: number[] = []
  try {
    for (let n = 0; n < rounds; n += 1) {
      await watchKeys(page, PROGRESS)
      times.push(await timedKey(page, n % 2 === 0 ? '1' : '2'))
      await pause(120)
      // Back to where it was, with nothing decided, so that there is always one to be decided.
      await page.keyboard.press('Control+z')
      await pause(600)
    }
  } finally {
    await page.close()
  }
  return [timesFigure(`${name}: key → decided and the next one shown`, 50, times)]
}

/** No brackets: the editor closes them by itself, and the key that closes one changes nothing. */
const WORDS = 'const limit = rate and ten more of it; '

async function write(page: Page, letters: number): Promise<number[]> {
  const times: number[] = []
  await watchKeys(page, TEXT)
  for (let n = 0; n < letters + 5; n += 1) {
    const ms = await timedKey(page, WORDS.charAt(n % WORDS.length).replace(' ', 'Space'))
    if (n >= 5) times.push(ms)
    await pause(30)
  }
  return times
}

/** Letters typed into a conflict and outside of any, at the top and at the end of the text. */
export async function typing(ground: Ground, name: string, letters: number): Promise<Figure[]> {
  const page = await opened(ground)
  try {
    await page.keyboard.press('e')
    await forgetTasks(page)
    const inside = await write(page, letters)
    await page.keyboard.press('Control+Home')
    const above = await write(page, letters)
    await page.keyboard.press('Control+End')
    const below = await write(page, letters)
    const tasks = (await longTasks(page)).map(({ ms }) => ms)
    return [
      timesFigure(`${name}: letter typed into a conflict → drawn`, 50, inside),
      timesFigure(`${name}: letter typed elsewhere → drawn`, 50, [...above, ...below]),
      {
        name: `${name}: longest task while typing, drafts kept meanwhile`,
        unit: 'ms',
        target: null,
        measured: quantile(tasks, 1) ?? 0,
        detail: `${tasks.length} tasks over 50 ms in ${3 * letters} letters`,
      },
    ]
  } finally {
    await page.close()
  }
}

const KEYS = ['1', '2', '3', '1', '2'] as const

/** From the inbox to the change that is tried again: what a person who knows the keys presses, each once it can be. */
export async function fiveConflicts(ground: Ground): Promise<Figure[]> {
  const page = await ground.tab()
  let keys = 0
  const press = async (key: string): Promise<void> => {
    keys += 1
    await page.keyboard.press(key)
  }
  try {
    await page.goto(ground.at('/inbox'))
    await page.getByText('Review the conflict').first().waitFor()
    // The name is asked for once, not with each change.
    const begun = performance.now()
    await press('o')
    await page.getByText('5 open').waitFor()
    const before = keys
    for (const [at, key] of KEYS.entries()) {
      await press(key)
      if (key === '3' && (await page.getByRole('group', { name: 'In which order' }).isVisible()))
        await press('1')
      const left = KEYS.length - at - 1
      await page
        .getByText(left === 0 ? 'all decided' : `${left} open`)
        .first()
        .waitFor()
      // After both one stays, to see whether the order is right.
      if (key === '3') await press('j')
    }
    const perConflict = (keys - before) / KEYS.length
    await press('Control+Shift+Enter')
    await page.getByLabel('Decided by').fill('Operator')
    await press('Enter')
    await page.getByText('Resolved: change 2 is tried again').waitFor()
    return [
      {
        name: 'five conflicts, from the inbox until they are requeued',
        unit: 'ms',
        target: 60_000,
        measured: performance.now() - begun,
        detail: `${keys} keys, scripted, each pressed once what it is about is on screen`,
      },
      {
        name: 'keys for each of them',
        unit: '',
        target: 2,
        measured: perConflict,
        detail: 'on the way from one to the next included',
      },
    ]
  } finally {
    await page.close()
  }
}
