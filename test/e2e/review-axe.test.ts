/** The conflict reviewer for everybody: nothing axe finds, nothing cut off, and what is said to who cannot see it. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findings, findingsInBothThemes } from './findings.ts'
import { facts, press, type Reviewed } from './review-acts.ts'
import { openStates, REVIEW_STEPS, STATES_FILES } from './review-states.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER } from './support.ts'
import { THEMES } from './views.ts'

const openStage = stagesInOneBrowser()
const PATIENCE_MS = 120_000
const SETTLED = { timeout: 30_000 }

/** How far the page, or anything in the reviewer that ought not to, reaches beyond what is seen. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const over = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) over.push('the page is ' + (root.scrollWidth - root.clientWidth) + ' px too wide')
    const main = document.querySelector('main')
    if (main.scrollWidth > main.clientWidth) over.push('main is ' + (main.scrollWidth - main.clientWidth) + ' px too wide')
    for (const one of main.querySelectorAll('button, h1, [role=status], footer > span')) {
      if (one.closest('.monaco-editor, .unseen') !== null || one.classList.contains('unseen')) continue
      const box = one.getBoundingClientRect()
      if (box.width > 0 && (box.right > innerWidth + 1 || box.left < -1))
        over.push((one.getAttribute('aria-label') ?? one.textContent).slice(0, 40) + ' is outside')
    }
    const room = (selector, wide, high) => {
      const one = main.querySelector(selector)
      const box = one?.getBoundingClientRect()
      if (box !== undefined && (box.width < wide || box.height < high))
        over.push(selector + ' has ' + Math.round(box.width) + ' by ' + Math.round(box.height) + ' px')
    }
    room('[aria-label^="Conflict in"]', 320, 200)
    room('[aria-label=Result] .monaco-editor', 180, 90)
    room('[aria-label=Suggestions] li > span', 120, 12)
    return over
  })()`)

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  let at: Reviewed
  beforeAll(async () => {
    at = await openStates(await openStage({ files: STATES_FILES }))
  }, PATIENCE_MS)
  afterAll(() => at.stage.dispose())

  // In this order: each goes on from the one before.
  test.each(REVIEW_STEPS)(
    '$name',
    async ({ go }) => {
      const { page, stage } = at
      await page.setViewportSize({ width: 1280, height: 800 })
      await go(page, stage)
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        // The editor draws anew in the other theme's colours a moment after the rest.
        await expect.poll(() => findings(page), SETTLED).toEqual([])
      }
      for (const [width, height] of [
        [1024, 768],
        [640, 400],
      ] as const) {
        await page.setViewportSize({ width, height })
        await expect.poll(() => cutOff(page), SETTLED).toEqual([])
      }
      expect(stage.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test('a change that is not in conflict, and one that does not exist', async () => {
    const { page, host } = at
    await page.setViewportSize({ width: 1280, height: 800 })
    for (const [id, says] of [
      [1, 'Change 1 is applied'],
      [999, 'The conflict could not be read'],
    ] as const) {
      await page.goto(new URL(`/review/${id}`, host.url).href)
      await facts(page, says)
      expect(await findingsInBothThemes(page)).toEqual([])
    }
  })
})

describe.skipIf(browserPath === null)('what is said', () => {
  test(
    'where one is and who changed it, what a key did and how much is left',
    async () => {
      const { page, stage } = await openStates(await openStage({ files: STATES_FILES }))
      try {
        const said = page.locator('main p.unseen[aria-live=polite]')
        const says = async (words: string): Promise<void> => {
          await expect.poll(() => said.innerText(), SETTLED).toBe(words)
        }
        await says('Conflict 1 of 4, line 10, changed by REQ-131-2')
        await press(page, 'j')
        await says('Conflict 2 of 4, line 31, changed by REQ-131-2')
        await press(page, ']')
        await says('4 of 4: src/old.txt, the whole file')
        await press(page, '[', '1')
        await says('Conflict 1: kept. 3 left')
        expect(stage.complaints).toEqual([])
      } finally {
        await stage.dispose()
      }
    },
    PATIENCE_MS,
  )
})
