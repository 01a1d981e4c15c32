/** A line that is cut while a request is on its way: what is said of it, and what becomes of it. */
import type { Page, WebSocketRoute } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { queueOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

type Cut = 'after' | 'before'

interface Line {
  /** What is done to the next submission: it is delivered or lost, and the line with it. */
  cutNext: Cut | null
  /** Resolves once it was cut. */
  wasCut: Promise<void>
  mend(): void
}

/** Puts the page's line to the engine into the test's hands. */
async function lineOf(page: Page): Promise<Line> {
  const cut = Promise.withResolvers<void>()
  let isDown = false
  const line: Line = { cutNext: null, wasCut: cut.promise, mend: () => void (isDown = false) }
  await page.routeWebSocket(/\/rpc/, (socket: WebSocketRoute) => {
    if (isDown) return void socket.close()
    const engine = socket.connectToServer()
    socket.onMessage((message) => {
      const how = String(message).includes('requests/submit') ? line.cutNext : null
      if (how !== 'before') engine.send(message)
      if (how === null) return
      line.cutNext = null
      isDown = true
      void socket.close()
      void engine.close()
      cut.resolve()
    })
  })
  return line
}

const requestsIn = (on: Stage): string[] => {
  const queue = queueOf(on)
  try {
    return queue
      .sql<{ request_id: string }>('SELECT request_id FROM task_requests ORDER BY created_at, request_id')
      .all()
      .map(({ request_id }) => request_id)
  } finally {
    queue.close()
  }
}

const SOON = { timeout: 30_000 }

async function compose(how: Cut): Promise<{ on: Stage; page: Page; line: Line }> {
  const on = await openStage({ files: { 'a.txt': 'one\n' } })
  stage = on
  const { url } = await on.serve(true)
  const page = await on.tab(url)
  const line = await lineOf(page)
  await page.goto(new URL('/requests?new=1', url).href)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByLabel('What is wanted').fill('Say two in a')
  await page.getByLabel('Path 1', { exact: true }).fill('a.txt')
  await page.getByLabel('What happens to path 1').fill('Say two')
  line.cutNext = how
  await page.getByRole('button', { name: 'Submit request' }).click()
  await line.wasCut
  await page.getByText('It may have arrived').waitFor(SOON)
  expect(await page.getByText('No answer').isVisible()).toBe(true)
  expect(await page.getByText('Not submitted').count()).toBe(0)
  expect(await page.getByText('Another request has this name already').count()).toBe(0)
  return { on, page, line }
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('a request that arrived although the line was cut is told so and opened, and is not sent twice', async () => {
    const { on, page, line } = await compose('after')
    await expect.poll(() => requestsIn(on), SOON).toEqual(['REQ-1'])
    line.mend()
    await page.getByText('REQ-1 arrived', { exact: true }).waitFor(SOON)
    await page.waitForURL('**/request/REQ-1')
    await page.goto(new URL('/requests?new=1', page.url()).href)
    await page.getByText('Live', { exact: true }).waitFor()
    // The draft is cleared, and what comes next has another name.
    expect(await page.getByLabel('What is wanted').inputValue()).toBe('')
    expect(await page.getByRole('textbox', { name: 'Request', exact: true }).inputValue()).toBe('REQ-2')
    expect(await page.getByText('No answer').count()).toBe(0)
    expect(requestsIn(on)).toEqual(['REQ-1'])
  })

  test('one that was renamed out of doubt is found to be the one that arrived', async () => {
    const { on, page, line } = await compose('after')
    await page.getByRole('textbox', { name: 'Request', exact: true }).fill('REQ-9')
    await expect.poll(() => requestsIn(on), SOON).toEqual(['REQ-1'])
    line.mend()
    await page.waitForURL('**/request/REQ-1', SOON)
    expect(requestsIn(on)).toEqual(['REQ-1'])
  })

  test('one that was written on meanwhile is kept, and told from the one that arrived', async () => {
    const { on, page, line } = await compose('after')
    await page.getByLabel('What is wanted').fill('Say two and three in a')
    await expect.poll(() => requestsIn(on), SOON).toEqual(['REQ-1'])
    line.mend()
    await page.getByText('REQ-1 arrived as it was sent', { exact: true }).waitFor(SOON)
    await page.getByRole('button', { name: 'Submit request' }).click()
    await page.getByText('It arrived as it was sent; what was changed since needs another name').waitFor()
    expect(await page.getByLabel('What is wanted').inputValue()).toBe('Say two and three in a')
    await page.getByRole('textbox', { name: 'Request', exact: true }).fill('REQ-2')
    await page.getByRole('button', { name: 'Submit request' }).click()
    await page.waitForURL('**/request/REQ-2', SOON)
    expect(requestsIn(on)).toEqual(['REQ-1', 'REQ-2'])
  })

  test('one that did not arrive is submitted again under its name, over a reload too', async () => {
    const { on, page, line } = await compose('before')
    line.mend()
    await page.getByText('It is not among the requests so far').waitFor(SOON)
    await page.reload()
    await page.getByText('It is not among the requests so far').waitFor(SOON)
    expect(requestsIn(on)).toEqual([])
    await page.getByRole('button', { name: 'Submit request' }).click()
    await page.waitForURL('**/request/REQ-1', SOON)
    expect(requestsIn(on)).toEqual(['REQ-1'])
  })
})
