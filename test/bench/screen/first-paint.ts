/** From opening an address to the view with what the engine says in it: an empty queue beside one of 100,000. */
import { drawnAt, probed, QUEUE_ROWS } from '../../e2e/probe.ts'
import { median, spread, timesFigure, type Figure } from './figure.ts'
import { pause, type Ground } from './ground.ts'

const VIEWS = [
  {
    name: 'Home',
    path: '/home',
    // Every pane has something to show.
    found: `/^(?!Reading).+/.test(document.querySelector('main h1')?.textContent ?? '') &&
      document.querySelector('main [aria-label=Loading]') === null`,
  },
  {
    name: 'Queue',
    path: '/queue',
    found: `document.querySelector('${QUEUE_ROWS}') !== null || /The queue is empty/.test(document.querySelector('main')?.textContent)`,
  },
] as const

async function once(ground: Ground, path: string, found: string): Promise<number> {
  const page = await probed(await ground.stage.tab('about:blank'))
  try {
    await page.goto(ground.at(path), { waitUntil: 'commit' })
    return await drawnAt(page, found)
  } finally {
    await page.close()
  }
}

export async function firstPaint(empty: Ground, full: Ground, rounds: number): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { name, path, found } of VIEWS) {
    const times = { empty: [] as number[], full: [] as number[] }
    for (let n = -2; n < rounds; n += 1) {
      // In turns, and each first every other time: the machine's moods fall on both alike.
      const order = n % 2 === 0 ? (['empty', 'full'] as const) : (['full', 'empty'] as const)
      for (const which of order) {
        const ms = await once(which === 'empty' ? empty : full, path, found)
        if (n >= 0) times[which].push(ms)
      }
    }
    const [one, other] = [median(times.empty), median(times.full)]
    figures.push({
      name: `${name}: first paint with 100,000 changes ÷ with none`,
      unit: '×',
      target: 1.5,
      measured: one === null || other === null ? null : other / one,
      detail: `ms: none ${spread(times.empty)} · 100,000 ${spread(times.full)}`,
    })
  }
  return figures
}

const SEARCHES = ['give up', 'crowd-7777', 'nothing has this in it']

/** What a person waits for who looks for a text in all of them. */
export async function searching(full: Ground, rounds: number): Promise<Figure[]> {
  const wire = await full.client()
  const times: number[] = []
  const ask = async (text: string): Promise<number> => {
    const begun = performance.now()
    await wire.api.changes.page({ filter: { text }, offset: 0, limit: 100 })
    return performance.now() - begun
  }
  let first: number
  try {
    // The engine takes up what it searches with the first one.
    first = await ask('first')
    for (let n = 0; n < rounds; n += 1) {
      for (const text of SEARCHES) {
        times.push(await ask(text))
        await pause(50)
      }
    }
  } finally {
    wire.close()
  }
  return [
    timesFigure('free text in 100,000 changes: first search', null, [first]),
    timesFigure('free text in 100,000 changes: every other', null, times),
  ]
}
