/** Reached by everybody: with the keyboard alone, in a narrow window, at twice the size. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { VIEWS } from './views.ts'

const openStage = stagesInOneBrowser()

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

/** What this side, which knows no DOM, says of an element. */
interface Box {
  scrollHeight: number
  clientHeight: number
}

interface Focused {
  name: string
  outlined: boolean
}

/** What has the focus, and whether it can be seen to have it. */
const focused = (page: Page): Promise<Focused> =>
  page.evaluate(`(() => {
    const at = document.activeElement
    const style = getComputedStyle(at)
    const outlined = (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none'
    return { name: (at.getAttribute('aria-label') ?? at.textContent ?? '').trim(), outlined }
  })()`)

/** Goes on with Tab until something has the focus; every stop on the way must show it. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const names: string[] = []
  for (let stops = 0; stops < 80; stops += 1) {
    await page.keyboard.press('Tab')
    const at = await focused(page)
    if (!at.outlined) throw new Error(`the focus cannot be seen on "${at.name.slice(0, 60)}"`)
    if (name.test(at.name)) return
    names.push(at.name.slice(0, 40))
  }
  throw new Error(`${name} is not reached with Tab: ${names.join(' | ')}`)
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('the tour, with the keyboard alone', async () => {
    stage = await openStage()
    const { url } = await stage.serve(false)
    const page = await stage.tab(url)
    await page.getByRole('button', { name: 'Try the sample' }).waitFor()
    await tabTo(page, /^Try the sample$/)
    await page.keyboard.press('Enter')
    await page.getByText('1 of 5').waitFor()
    await tabTo(page, /^Next$/)
    for (let step = 2; step <= 5; step += 1) {
      await page.keyboard.press('Enter')
      await page.getByText(`${step} of 5`).waitFor()
    }
    // The same button ends it.
    expect(await focused(page)).toEqual({ name: 'Done', outlined: true })
    await page.keyboard.press('Enter')
    await page.getByText('5 of 5').waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('q')
    await page.waitForURL(/\/queue$/)
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(stage.complaints).toEqual([])
  })

  describe('nothing is cut off', () => {
    let page: Page
    let url: string
    let full: Stage
    beforeAll(async () => {
      full = await openStage()
      ;({ url } = await full.serve(false))
      page = await full.tab(url)
      await page.getByRole('button', { name: 'Try the sample' }).click()
      await page.getByRole('button', { name: 'End the tour' }).click()
      await page.getByText('3 for you; nothing queued').waitFor({ timeout: 60_000 })
    })
    afterAll(() => full.dispose())

    test.each([
      ['1024 pixels wide', 1024, 768],
      ['at 200 %', 640, 400],
    ] as const)('%s', async (_name, width, height) => {
      await page.setViewportSize({ width, height })
      const wide: string[] = []
      for (const path of VIEWS) {
        // Loaded anew at this size, as it is where the window never had another.
        await page.goto(new URL(path, url).href)
        await page.getByText('Live', { exact: true }).waitFor()
        await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
        const over = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        if (over > 0) wide.push(`${path} is ${over} px too wide`)
        if (path !== '/home') continue
        // Figures that are looked at are not scrolled to.
        const hidden = await page.getByRole('region', { name: 'Metrics' }).evaluate((pane) => {
          const { scrollHeight, clientHeight } = (pane as unknown as { lastElementChild: Box })
            .lastElementChild
          return scrollHeight - clientHeight
        })
        if (hidden !== 0) wide.push(`of Metrics ${hidden} px are hidden`)
      }
      expect(wide).toEqual([])
      expect(full.complaints).toEqual([])
    })
  })
})
