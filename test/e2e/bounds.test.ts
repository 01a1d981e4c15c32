/** What keeps the screen quick, as structure: how much is in the page, how often it is drawn, what never moves. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { openDatabase, type Database } from '../../main/engine/store/database.ts'
import { fillQueue, tell, touch, type Filling } from '../support/many-changes.ts'
import { forgetTasks, longTasks, probe, QUEUE_ROWS, ticksIn } from './probe.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
let db: Database | null = null
afterEach(async () => {
  db?.close()
  db = null
  await stage?.dispose()
  stage = null
})

/** A page on a queue of so many changes, and a connection of another process to its database. */
async function openOn(filling: Filling, path: string): Promise<{ page: Page; db: Database; on: Stage }> {
  const on = (stage = await openStage({ files: { 'a.txt': 'one\n' } }))
  const first = await on.serve(true)
  await first.stop()
  const other = (db = openDatabase(join(on.repo.dir, '.hyperion/hyperion.db')))
  fillQueue(other, filling)
  const { url } = await on.serve(true)
  const page = await on.tab(url)
  await page.goto(new URL(path, url).href)
  await probe(page)
  await page.getByText('Live', { exact: true }).waitFor()
  return { page, db: other, on }
}

const elements = (page: Page): Promise<number> =>
  page.evaluate<number>(`document.querySelectorAll('*').length`)

/** Numbers of the changes on screen, from the top. */
const idsOnScreen = (page: Page): Promise<number[]> =>
  page.evaluate<number[]>(
    `[...document.querySelectorAll('${QUEUE_ROWS}')]
      .toSorted((a, b) => a.ariaRowIndex - b.ariaRowIndex)
      .map((row) => Number(row.children[2].textContent))`,
  )

/** Notes, each time the page was changed, what an expression gives then, if it is not what it gave before. */
const note = (page: Page, expression: string): Promise<void> =>
  page.evaluate(`{
    window.noted = []
    new MutationObserver(() => {
      const value = JSON.stringify(${expression})
      if (window.noted.at(-1)?.value !== value) window.noted.push({ at: performance.now(), value })
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  }`)
const noted = (page: Page): Promise<{ at: number; value: string }[]> => page.evaluate('window.noted')

/** Lets so many events happen, a few at each frame the page draws: as many as it can bear, and no clock here. */
async function eachFrame(page: Page, events: number, act: (n: number) => void): Promise<void> {
  for (let n = 1; n <= events; n += 1) {
    await page.evaluate('window.probe.painted()')
    act(n)
  }
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('the page holds a screenful, however many changes there are and wherever one looks', async () => {
    const small = await openOn({ count: 200, waiting: 20 }, '/queue')
    await small.page.locator(QUEUE_ROWS).first().waitFor()
    const few = await elements(small.page)
    await small.on.dispose()
    small.db.close()

    const { page, on } = await openOn({ count: 100_000, waiting: 20, lines: 1 }, '/queue')
    await page.locator(QUEUE_ROWS).first().waitFor()
    expect(await page.locator('[role=grid]').getAttribute('aria-rowcount')).toBe('100001')
    expect(await page.locator(QUEUE_ROWS).count()).toBeLessThan(80)
    for (const key of ['PageDown', 'End', 'Home', 'PageDown']) {
      await page.locator('[role=grid]').press(key)
      await page.evaluate('window.probe.painted()')
      expect(await page.locator(QUEUE_ROWS).count()).toBeLessThan(80)
    }
    expect(await elements(page)).toBeLessThan(few * 1.5)
    // The end is really there, not only a scrollbar that says so.
    await page.locator('[role=grid]').press('End')
    await page.locator('[role=row][aria-rowindex="100001"]').waitFor()
    // A row stands there before what it shows has come.
    await expect.poll(async () => (await idsOnScreen(page)).at(-1)).toBe(1)
    expect(on.complaints).toEqual([])
  }, 240_000)

  test('a burst of two writers is on screen in order, each event once and none missing', async () => {
    const { page, db: one, on } = await openOn({ count: 20 }, '/logs')
    await page.locator('[role=log] [data-index]').first().waitFor()
    const other = openDatabase(join(on.repo.dir, '.hyperion/hyperion.db'))
    const shown = `[...document.querySelectorAll('[role=log] [data-index]')]
      .toSorted((a, b) => a.dataset.index - b.dataset.index)
      .flatMap(({ textContent }) => [...textContent.matchAll(/tick-(\\d+)/g)].map(([, n]) => Number(n)))`
    await note(page, shown)
    const ALL = 1_500
    try {
      for (let n = 1; n <= ALL; n += 1) tell(n % 2 === 0 ? one : other, null, `tick-${n}`)
    } finally {
      other.close()
    }
    await page.getByText(`tick-${ALL}`, { exact: true }).waitFor()
    const screens = (await noted(page)).map(({ value }) => JSON.parse(value) as number[])
    expect(screens.length).toBeGreaterThan(1)
    for (const numbers of screens) {
      const from = numbers[0] ?? 0
      expect(numbers).toEqual(numbers.map((_, index) => from + index))
    }
    // Then all of them, walked through from the end to the first.
    const found: number[] = await page.evaluate(`(async () => {
      const log = document.querySelector('[role=log]')
      const found = new Map()
      for (;;) {
        for (const row of log.querySelectorAll('[data-index]')) {
          const number = /tick-(\\d+)/.exec(row.textContent)?.[1]
          if (number !== undefined) found.set(Number(row.dataset.index), Number(number))
        }
        if (log.scrollTop === 0) return [...found].toSorted(([a], [b]) => a - b).map(([, number]) => number)
        log.scrollTop -= log.clientHeight / 2
        await window.probe.painted()
        await window.probe.painted()
      }
    })()`)
    expect(found).toEqual(Array.from({ length: ALL }, (_, index) => index + 1))
    expect(on.complaints).toEqual([])
  })

  test('what happens is drawn at most four times a second, and keeps nobody from working', async () => {
    const { page, db: other, on } = await openOn({ count: 10_000 }, '/queue')
    await page.locator(QUEUE_ROWS).first().waitFor()
    await note(page, `Math.max(0, ...${ticksIn('[role=grid] [role=row]')})`)
    await forgetTasks(page)
    const EVENTS = 150
    // None of these is pending: rows that wait are asked about by themselves.
    await eachFrame(page, EVENTS, (n) => touch(other, 9_990 - (n % 10), `tick-${n}`))
    await page.getByText(`tick-${EVENTS}`, { exact: true }).waitFor()
    const drawn = (await noted(page)).filter(({ value }) => value !== '0')
    const [begin, end] = [drawn[0]?.at ?? 0, drawn.at(-1)?.at ?? 0]
    expect(drawn.length).toBeGreaterThan(3)
    // One more for the first, and one for the page of rows that may have been on its way when it began.
    expect(drawn.length).toBeLessThanOrEqual((end - begin) / 250 + 2)
    // A storm is tasks that leave no room between them; how long one takes is the machine's affair (npm run bench).
    const blocked = (await longTasks(page)).reduce((sum, { ms }) => sum + ms, 0)
    expect(blocked).toBeLessThan((end - begin) / 2)
    expect(on.complaints).toEqual([])
  })

  test('under the pointer no row moves; it moves on once the pointer is away', async () => {
    const { page, db: other, on } = await openOn({ count: 300, waiting: 50 }, '/queue')
    await page.locator(QUEUE_ROWS).first().waitFor()
    const row = page.locator(QUEUE_ROWS).nth(5)
    await row.hover()
    const before = await idsOnScreen(page)
    expect(before[0]).toBe(300)
    other.write(() => {
      const made = other
        .sql(
          `INSERT INTO change_queue (task_id, agent, status, payload, payload_hash, priority, created_at, updated_at)
           SELECT 'NEW', agent, 'cancelled', payload, 'new', priority, created_at, updated_at FROM change_queue WHERE id = 1`,
        )
        .run().lastInsertRowid
      tell(other, made, 'enqueued')
    })
    touch(other, 296, 'tick-1')
    // What a row says is current, only where it stands is not.
    await page.getByText('tick-1', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'The queue moved on · Show' }).waitFor()
    expect(await idsOnScreen(page)).toEqual(before)
    await page.mouse.move(5, 5)
    await expect.poll(async () => (await idsOnScreen(page))[0]).toBe(301)
    expect(on.complaints).toEqual([])
  })
})
