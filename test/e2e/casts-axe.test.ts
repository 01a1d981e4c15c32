/** The cast builder for everybody: nothing axe finds in any step, nothing cut off in small windows, what is said of it. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addFile,
  answerTheRest,
  beginCast,
  CAST_FILES,
  chooseWay,
  enterText,
  fill,
  finish,
  goStep,
  kept,
  type Built,
} from './cast-acts.ts'
import { findings } from './findings.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { THEMES } from './views.ts'

const openStage = stagesInOneBrowser()
const PATIENCE_MS = 120_000

/** What reaches beyond the window, but for what scrolls in a place of its own. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const over = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) over.push('the page is too wide')
    const main = document.querySelector('main')
    if (main.scrollWidth > main.clientWidth) over.push('main is ' + (main.scrollWidth - main.clientWidth) + ' px too wide')
    for (const one of main.querySelectorAll('button, h1, h2, input, textarea, label')) {
      if (one.closest('.monaco-editor, .unseen, table') !== null || one.classList.contains('unseen')) continue
      const box = one.getBoundingClientRect()
      if (box.width > 0 && (box.right > innerWidth + 1 || box.left < -1))
        over.push((one.getAttribute('aria-label') ?? one.textContent).slice(0, 40) + ' is outside')
    }
    return over
  })()`)

interface Place {
  name: string
  go(page: Page): Promise<void>
}

const text = 'src/list.js'

// In this order: each goes on from the one before.
const PLACES: readonly Place[] = [
  { name: 'a blank cast', go: (page) => goStep(page, 1) },
  {
    name: 'what is missing',
    async go(page) {
      await page.keyboard.press('Control+Enter')
      await page.getByText('This is missing').first().waitFor()
    },
  },
  {
    name: 'no file yet',
    go: (page) => goStep(page, 2),
  },
  {
    name: 'paths to pick from',
    async go(page) {
      await page.keyboard.press('Alt+a')
      await page.getByRole('option').first().waitFor()
      await page.keyboard.press('ArrowDown')
      await page.getByRole('option', { selected: true }).waitFor()
    },
  },
  {
    name: 'an edit in the editor',
    async go(page) {
      await page.keyboard.press('Escape')
      await fill(page, 'Path', text).catch(() => undefined)
      await page.getByRole('combobox', { name: 'Path' }).fill(text)
      await page.keyboard.press('Escape')
      await fill(page, 'What is to happen to it', 'Digits')
      await chooseWay(page, 'Make the edit here')
      await enterText(page, text)
      await page.keyboard.press('Control+Home')
      await page.keyboard.type('zero()')
      await page.getByText('+1 −1').first().waitFor()
      await page.keyboard.press('Escape')
    },
  },
  {
    name: 'a patch that does not fit',
    async go(page) {
      await addFile(page, 'patched.txt', 'A patch')
      await chooseWay(page, 'Paste a patch')
      await fill(page, 'Patch', '@@ -1 +1 @@\n-no such line\n+x\n')
      await page.getByText(/^Not in the cast/).waitFor()
    },
  },
  {
    name: 'a file that is to go',
    go: (page) => chooseWay(page, 'Delete it'),
  },
  {
    name: 'a file that is to be given',
    go: (page) => chooseWay(page, 'Give the file'),
  },
  {
    name: 'an edit that is to be taken out',
    async go(page) {
      await chooseWay(page, 'An agent makes it')
      await page.getByText('The draft still holds an edit that does not fit.').waitFor()
    },
  },
  {
    name: 'anchors and complexity',
    async go(page) {
      await page.getByRole('button', { name: 'Take it out: an agent makes it' }).press('Enter')
      await answerTheRest(page)
      await kept(page)
    },
  },
  {
    name: 'an approval that was recorded',
    async go(page) {
      await goStep(page, 4)
      await page.getByRole('textbox', { name: 'Name' }).fill('Ada')
      await page.keyboard.press('Enter')
      await page.getByText('recorded for this content').waitFor()
    },
  },
  {
    name: 'an approval that is void',
    async go(page) {
      await goStep(page, 1)
      await fill(page, 'Context (optional)', 'other')
      await kept(page)
      await goStep(page, 4)
      await page.getByText('void: content changed').waitFor()
    },
  },
  {
    name: 'the review',
    go: (page) => goStep(page, 5),
  },
  {
    name: 'the written cast',
    go: (page) => finish(page),
  },
  {
    name: 'drafts and history',
    async go(page) {
      await page.goto(new URL('/cast-builder', page.url()).href)
      await page.getByRole('table', { name: 'Casts that were written' }).waitFor()
    },
  },
]

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  let stage: Stage
  let at: Built
  beforeAll(async () => {
    stage = await openStage({ files: { ...CAST_FILES, 'patched.txt': 'a\n' } })
    at = await beginCast(stage)
  }, PATIENCE_MS)
  afterAll(() => stage.dispose())

  test.each(PLACES)(
    '$name',
    async ({ go }) => {
      const { page } = at
      await page.setViewportSize({ width: 1280, height: 800 })
      await go(page)
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        // The editor draws anew in the other theme's colours a moment after the rest.
        await expect.poll(() => findings(page), { timeout: 30_000 }).toEqual([])
      }
      // A small window, and this one at 200 %.
      for (const [width, height] of [
        [1024, 700],
        [640, 400],
      ] as const) {
        await page.setViewportSize({ width, height })
        await expect.poll(() => cutOff(page), { timeout: 10_000 }).toEqual([])
      }
    },
    PATIENCE_MS,
  )

  test('steps say what is wrong in them in words, and the keys of the place are in the key sheet', async () => {
    const { page } = at
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.keyboard.press('n')
    const steps = page.getByRole('navigation', { name: 'Steps' })
    await steps.waitFor()
    await goStep(page, 2)
    await steps.getByRole('link', { name: /^Intent 2 errors$/ }).waitFor()
    await steps.getByRole('link', { name: /^Files & changes 1 to fill in$/ }).waitFor()
    expect(await steps.locator('[aria-current=step]').innerText()).toContain('Files & changes')
    await page.getByRole('heading', { name: 'Files & changes', level: 2 }).focus()
    await page.keyboard.press('?')
    const sheet = await page.getByRole('dialog', { name: 'Keys' }).innerText()
    for (const label of [
      'Next: Anchors & complexity',
      'Next error or warning',
      'Add a file',
      'Move the file up',
      'Hide the JSON',
    ])
      expect(sheet).toContain(label)
    await page.keyboard.press('Escape')
    expect(stage.complaints).toEqual([])
  })

  test('while the engine is away what is typed stays, and is said not to be saved', async () => {
    const { page, host } = at
    await goStep(page, 1)
    await host.kill()
    await fill(page, 'Summary', 'Typed while it was away')
    await page.getByText(/^Not saved: .*it is tried again/).waitFor()
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await findings(page)).toEqual([])
    }
    await stage.serve(true)
    await kept(page)
    expect(await page.getByRole('textbox', { name: 'Summary' }).inputValue()).toBe('Typed while it was away')
  })
})
