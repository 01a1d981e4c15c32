/** How long it takes from a commit in the database, by whichever process, until it is drawn. */
import type { Page } from 'playwright-core'
import { QUEUE_ROWS, seenNumbers, ticksIn, watchNumbers } from '../../e2e/probe.ts'
import { tell, touch } from '../../support/many-changes.ts'
import { timesFigure, type Figure } from './figure.ts'
import { pause, wallMs, type Ground } from './ground.ts'

const TARGET_MS = 500

/** Pauses of different length, so that events fall on every moment of what runs by intervals. */
const irregular = (n: number): number => 20 + ((n * 37) % 160)

interface Watched {
  name: string
  path: string
  /** Numbers of its events come after this. */
  from: number
  act(n: number): void
}

async function othersEvents(
  ground: Ground,
  page: Page,
  { name, path, from, act }: Watched,
  events: number,
): Promise<Figure> {
  await page.goto(ground.at(path))
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator(`${QUEUE_ROWS}, [role=log] [data-index]`).first().waitFor()
  await pause(500)
  await watchNumbers(page, ticksIn('main [role=row], main [role=log] [data-index]'))
  const written = new Map<number, number>()
  for (let n = from + 1; n <= from + events; n += 1) {
    await pause(irregular(n))
    act(n)
    written.set(n, wallMs())
  }
  await pause(2_000)
  const seen = await seenNumbers(page)
  const times = [...written].flatMap(([n, at]) => {
    const drawn = seen.get(n)
    return drawn === undefined ? [] : [drawn - at]
  })
  const figure = timesFigure(`${name}: committed by another process → drawn`, TARGET_MS, times)
  const lost = events - times.length
  return lost === 0 ? figure : { ...figure, measured: null, detail: `${lost} of ${events} were never drawn` }
}

/** Cancels and retries through the engine's own contract, from the moment the engine is asked. */
async function ownEvents(ground: Ground, page: Page, events: number): Promise<Figure> {
  await page.goto(ground.at('/queue'))
  await page.locator(QUEUE_ROWS).first().waitFor()
  await pause(500)
  const wire = await ground.client()
  const times: number[] = []
  try {
    for (let n = 0; n < events; n += 1) {
      await pause(irregular(n))
      const id = ground.last - (n % 10)
      const isBack = Math.floor(n / 10) % 2 === 1
      const wanted = isBack ? 'Pending' : 'Cancelled'
      // The row's third cell is the number of the change.
      const found = `[...document.querySelectorAll('${QUEUE_ROWS}')].some((row) =>
        row.children[2].textContent === '${id}' && row.querySelector('svg[aria-label="${wanted}"]') !== null)`
      const drawn = page.evaluate<number>(
        `window.probe.until(() => ${found}).then((at) => performance.timeOrigin + at)`,
      )
      const begun = wallMs()
      const { refused } = await (isBack ? wire.api.changes.retry : wire.api.changes.cancel)({ ids: [id] })
      if (refused[0] !== undefined) throw new Error(refused[0].message)
      times.push((await drawn) - begun)
    }
  } finally {
    wire.close()
  }
  return timesFigure('Queue: act asked of the engine → drawn', TARGET_MS, times)
}

/** Each view counts from a number of its own, so that what another one wrote is not taken for it. */
export async function eventToScreen(ground: Ground, page: Page, events: number): Promise<Figure[]> {
  const views = [
    {
      name: 'Queue',
      path: '/queue',
      from: 1_000_000,
      act: (n: number) => touch(ground.db, ground.last - 10 - (n % 10), `tick-${n}`),
    },
    { name: 'Logs', path: '/logs', from: 2_000_000, act: (n: number) => tell(ground.db, null, `tick-${n}`) },
  ]
  const figures = [await ownEvents(ground, page, Math.min(events, 60))]
  for (const view of views) figures.push(await othersEvents(ground, page, view, events))
  return figures
}
