/**
 * What is measured inside the page, as text: this side knows no DOM.
 *
 * A time is taken once a frame was drawn: after the frame's callbacks, in the first task that follows it.
 */
import type { Page } from 'playwright-core'

const PROBE = `(() => {
  if (window.probe !== undefined) return
  const tasks = []
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ at: startTime, ms: duration })
  }).observe({ type: 'longtask', buffered: true })
  const painted = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => resolve(performance.now())
        port2.postMessage(0)
      })
    })
  window.probe = {
    tasks,
    painted,
    /** When \`found\` holds on screen; what never comes is an error, not a wait for ever. */
    async until(found) {
      const given = performance.now()
      while (document.body === null || !found()) {
        if (performance.now() - given > 30_000) throw new Error('never on screen: ' + found)
        await painted()
      }
      return await painted()
    },
    keys: [],
    /** Times each key from here on until what \`mark\` returns is another and drawn. */
    watchKeys(mark) {
      if (window.probe.stopKeys !== undefined) window.probe.stopKeys()
      const hear = (event) => {
        if (/^(Control|Meta|Alt|Shift)$/.test(event.key)) return
        const before = mark()
        const look = async () => {
          let at = await painted()
          while (mark() === before) at = await painted()
          window.probe.keys.push(at - event.timeStamp)
        }
        void look()
      }
      addEventListener('keydown', hear, true)
      window.probe.stopKeys = () => removeEventListener('keydown', hear, true)
    },
    seen: {},
    /** Notes for each number that \`read\` finds on screen when it was drawn first (milliseconds since 1970). */
    async watchNumbers(read) {
      const { seen } = window.probe
      window.probe.watching = true
      while (window.probe.watching) {
        await painted()
        const now = performance.timeOrigin + performance.now()
        for (const number of read()) seen[number] ??= now
      }
    },
  }
})()`

export interface LongTask {
  at: number
  ms: number
}

/** Opens a page at an address with the probe in it from the first line on. */
export async function probed(page: Page): Promise<Page> {
  await page.addInitScript(PROBE)
  return page
}

/** Puts the probe into a page that is there already. */
export async function probe(page: Page): Promise<void> {
  await page.evaluate(PROBE)
}

/** Milliseconds from the page's start until an expression holds on screen. */
export const drawnAt = (page: Page, found: string): Promise<number> =>
  page.evaluate<number>(`window.probe.until(() => ${found})`)

export const longTasks = (page: Page): Promise<LongTask[]> => page.evaluate<LongTask[]>('window.probe.tasks')

export const forgetTasks = (page: Page): Promise<void> =>
  page.evaluate('void (window.probe.tasks.length = 0)')

/** From now on keys are timed until the value of an expression is another. */
export const watchKeys = (page: Page, mark: string): Promise<void> =>
  page.evaluate(`void (window.probe.keys.length = 0, window.probe.watchKeys(() => ${mark}))`)

/** Presses a key, waits until what is watched was drawn anew, and returns how long that took. */
export async function timedKey(page: Page, key: string): Promise<number> {
  const before = await page.evaluate<number>('window.probe.keys.length')
  await page.keyboard.press(key)
  await page.evaluate(`window.probe.until(() => window.probe.keys.length > ${before})`)
  return page.evaluate<number>('window.probe.keys.at(-1)')
}

/** From now on notes when numbers that an expression lists are drawn first. */
export const watchNumbers = (page: Page, read: string): Promise<void> =>
  page.evaluate(`void (window.probe.seen = {}, window.probe.watchNumbers(() => ${read}))`)

/** Ends the watch and returns when each number was drawn first, in milliseconds since 1970. */
export async function seenNumbers(page: Page): Promise<ReadonlyMap<number, number>> {
  const seen = await page.evaluate<Record<string, number>>(
    '(window.probe.watching = false, window.probe.seen)',
  )
  return new Map(Object.entries(seen).map(([number, at]) => [Number(number), at]))
}

/** Numbers in the text of elements, where the text has "tick-NUMBER". */
export const ticksIn = (selector: string): string =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})].flatMap(({ textContent }) => ` +
  '[...textContent.matchAll(/tick-(\\d+)/g)].map(([, number]) => Number(number)))'

/** Rows of the queue's table that show a change. */
export const QUEUE_ROWS = '[role=grid] [role=row][aria-selected]'
export const QUEUE_MARK = `document.querySelector('[role=grid]')?.getAttribute('aria-activedescendant')`
export const INBOX_MARK = `document.querySelector('li [aria-current=true]')?.textContent`
export const LOGS_MARK = `document.querySelector('[role=log] [data-active]')?.dataset.index`
