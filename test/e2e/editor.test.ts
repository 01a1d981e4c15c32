/** The editor as an operator meets it: in the inspector's JSON, under the page's own policy, in both themes. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CONTENT_SECURITY_POLICY } from '../../main/ipc/transports/page-headers.ts'
import { COLORS, type ColorName } from '../../renderer/theme/tokens.ts'
import { change } from '../support/requests.ts'
import { findings } from './findings.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { THEMES } from './views.ts'

const openStage = stagesInOneBrowser()

const EDITOR = '.monaco-editor'
/** The focus of a read-only editor, of whichever kind the browser has. */
const INPUT = `${EDITOR} :is(.native-edit-context, textarea.inputarea)`

const rgb = (name: ColorName, theme: (typeof THEMES)[number]): string => {
  const color = COLORS[name][theme === 'light' ? 0 : 1]
  return `rgb(${[1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)).join(', ')})`
}

const filesOf = (request: ReturnType<typeof change>): unknown[] => request['changes'] as unknown[]

const inEditor = (page: Page): Promise<boolean> =>
  page.evaluate(`document.activeElement?.closest('.monaco-editor') != null`)

/** The computed colour of a token on screen, by its text. */
const colorOf = (page: Page, text: string): Promise<string> =>
  page.evaluate(`{
    const tokens = [...document.querySelectorAll('.monaco-editor .view-line span[class^=mtk]')]
    const found = tokens.find((token) => token.textContent.includes(${JSON.stringify(text)}))
    found === undefined ? 'not there' : getComputedStyle(found).color
  }`)

/** Where the first character inside an element is drawn. */
/** Where a text begins, as seen from its frame: what comes to stand above moves both. */
const placeOf = (page: Page, selector: string): Promise<{ x: number; y: number }> =>
  page.evaluate(`{
    const frame = document.querySelector('[role=group][aria-label="JSON of change 1"]').getBoundingClientRect()
    const range = document.createRange()
    range.selectNodeContents(document.querySelector(${JSON.stringify(selector)}))
    const { x, y } = range.getClientRects()[0]
    ;({ x: x - frame.x, y: y - frame.y })
  }`)

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  let stage: Stage
  let page: Page
  let url: string
  const warnings: string[] = []
  const at = (path: string): string => new URL(path, url).href

  beforeAll(async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    ;({ url } = await stage.serve(true))
    const file = join(stage.home, 'changes.json')
    const many = 'const many = 1 // 一\n'
    writeFileSync(
      file,
      JSON.stringify([
        { ...change({ task: 'SMALL', path: 'src/limit.ts', add: many }), checks: ['unlisted'] },
        { ...change({ task: 'LONG', path: 'long.ts', add: many.repeat(9_000) }), checks: ['unlisted'] },
        {
          ...change({ task: 'HUGE', path: 'huge.ts', add: '' }),
          changes: ['a', 'b', 'c'].flatMap((name) =>
            filesOf(change({ task: 'HUGE', path: `${name}.ts`, add: many.repeat(45_000) })),
          ),
          checks: ['unlisted'],
        },
        {
          ...change({ task: 'COLOURS', path: 'one.ts', add: '' }),
          changes: Object.entries({
            'one.ts': 'export const one = 1 // why 😀\n',
            'two.json': '{ "name": null }\n',
            'three.py': 'def three(): ...\n',
          }).flatMap(([path, add]) => filesOf(change({ task: 'COLOURS', path, add }))),
          checks: ['unlisted'],
        },
      ]),
    )
    const queued = stage.cli('enqueue', file)
    if (queued.code !== 0) throw new Error(queued.stderr)
    page = await stage.tab(url)
    page.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text())
    })
  })
  afterAll(() => stage.dispose())
  beforeEach(async () => {
    await page.emulateMedia({ colorScheme: 'light' })
  })

  async function openJson(id: number): Promise<void> {
    await page.goto(at(`/change/${id}`))
    await page.getByRole('tab', { name: 'JSON' }).click()
  }

  async function openEditor(): Promise<void> {
    await openJson(1)
    await page.locator(`${EDITOR} .view-line`).first().waitFor()
    // Coloured: the language has arrived.
    await page.locator(`${EDITOR} .view-line span[class^=mtk]`, { hasText: '"task_id"' }).waitFor()
  }

  test('is coloured from the tokens, follows system and preference, and its workers run', async () => {
    const answer = await page.goto(at('/change/1'))
    expect(answer?.headers()['content-security-policy']).toBe(CONTENT_SECURITY_POLICY)
    await openEditor()
    const looks = async (theme: (typeof THEMES)[number]): Promise<void> => {
      await expect.poll(() => colorOf(page, '"task_id"')).toBe(rgb('accent', theme))
      await expect.poll(() => colorOf(page, '"SMALL"')).toBe(rgb('ok', theme))
      await expect.poll(() => colorOf(page, 'null')).toBe(rgb('warn', theme))
      await expect.poll(() => colorOf(page, '[')).toBe(rgb('muted', theme))
      const ground = await page.evaluate(
        `getComputedStyle(document.querySelector('.monaco-editor-background')).backgroundColor`,
      )
      expect(ground).toBe(rgb('panel', theme))
    }
    await looks('light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await looks('dark')
    await page.evaluate(`document.documentElement.dataset.theme = 'light'`)
    await looks('light')
    await page.emulateMedia({ colorScheme: 'light' })
    await page.evaluate(`document.documentElement.dataset.theme = 'dark'`)
    await looks('dark')
    await expect
      .poll(() =>
        page
          .workers()
          .map((worker) => /(\w+\.worker)-[\w-]+\.js$/.exec(worker.url())?.[1])
          .sort(),
      )
      .toEqual(['editor.worker', 'json.worker'])
    await expect.poll(() => page.evaluate(`document.fonts.check("16px codicon")`)).toBe(true)
    expect([stage.complaints, warnings]).toEqual([[], []])
  })

  test('folds, finds, and gives the keyboard back', async () => {
    await openEditor()
    const folded = page.locator(`${EDITOR} .inline-folded`)
    await page.getByRole('button', { name: 'Fold all' }).click()
    await folded.first().waitFor()
    expect(await page.locator(`${EDITOR} .view-line`, { hasText: '"src/limit.ts"' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Unfold all' }).click()
    await folded.first().waitFor({ state: 'detached' })
    await page.locator(`${EDITOR} .view-line`, { hasText: '"src/limit.ts"' }).first().waitFor()

    await page.locator(INPUT).focus()
    await page.keyboard.press('Control+f')
    const find = page.locator(`${EDITOR} .find-widget.visible`)
    await find.waitFor()
    await page.keyboard.type('SMALL')
    await find.getByText(/^1 of \d+$/).waitFor()
    await page.keyboard.press('Escape')
    await find.waitFor({ state: 'detached' })
    expect(await inEditor(page)).toBe(true)

    // In the editor a letter is a letter, not the way to another place.
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    expect(new URL(page.url()).pathname).toBe('/change/1')
    await page.keyboard.press('Tab')
    expect(await inEditor(page)).toBe(false)
    await page.locator(INPUT).focus()
    await page.keyboard.press('Shift+Tab')
    expect(await page.evaluate(`document.activeElement?.getAttribute('aria-label')`)).toBe('Copy the JSON')

    await page.locator(INPUT).focus()
    // What is selected is let go first, then the editor.
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Escape')
    expect(await inEditor(page)).toBe(true)
    await page.keyboard.press('Escape')
    expect(await inEditor(page)).toBe(false)
    expect(new URL(page.url()).pathname).toBe('/change/1')
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    await page
      .getByText(/ for you/)
      .first()
      .waitFor()
    expect(new URL(page.url()).pathname).toBe('/home')
    expect([stage.complaints, warnings]).toEqual([[], []])
  })

  test('colours a patch line by line with the same inks, in each file its own language', async () => {
    await page.goto(at('/change/4'))
    await page.getByRole('tab', { name: 'Patch' }).click()
    await page.getByRole('button', { name: 'As sent' }).click()
    const patch = page.getByRole('region', { name: 'Patch' })
    const ink = (text: string): Promise<string> =>
      page.evaluate(`{
        const spans = [...document.querySelectorAll('[aria-label=Patch] span > span')]
        const found = spans.find((span) => span.textContent === ${JSON.stringify(text)})
        found === undefined ? 'not there' : getComputedStyle(found).color
      }`)
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await expect.poll(() => ink('export')).toBe(rgb('conflict', theme))
      await expect.poll(() => ink('// why 😀')).toBe(rgb('muted', theme))
      await expect.poll(() => ink('"name"')).toBe(rgb('accent', theme))
      await expect.poll(() => ink('def')).toBe(rgb('conflict', theme))
    }
    // What is read aloud and copied is the text as it was.
    expect(await patch.innerText()).toContain('export const one = 1 // why 😀')
    expect([stage.complaints, warnings]).toEqual([[], []])
  })

  test.each(THEMES)('has a name and no serious finding of axe, searching included: %s', async (theme) => {
    await page.emulateMedia({ colorScheme: theme })
    await openEditor()
    expect(await page.locator(INPUT).getAttribute('aria-label')).toBe('JSON of change 1')
    await page.locator(INPUT).focus()
    await page.keyboard.press('Control+f')
    await page.locator(`${EDITOR} .find-widget.visible`).waitFor()
    expect(await findings(page)).toEqual([])
  })

  test.each(THEMES)(
    'in the dialog of a dropped file, Escape leaves it before the dialog: %s',
    async (theme) => {
      const file = join(stage.home, 'request.json')
      const asked = { request_id: 'R-1', summary: 's', context: 'c', requested_changes: [{ path: 'b.ts', summary: 's' }] } // prettier-ignore
      writeFileSync(file, JSON.stringify(asked))
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await page.goto(at('/requests'))
      await page.getByText('Live', { exact: true }).waitFor()
      await page.setInputFiles('input[type=file]', file)
      const dialog = page.getByRole('dialog')
      await dialog.getByText('The document', { exact: true }).click()
      await expect.poll(() => colorOf(page, '"request_id"')).toBe(rgb('accent', theme))
      expect(await findings(page)).toEqual([])
      await page.locator(INPUT).focus()
      await page.keyboard.press('Escape')
      expect(await inEditor(page)).toBe(false)
      expect(await dialog.count()).toBe(1)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      expect([stage.complaints, warnings]).toEqual([[], []])
    },
  )

  test('shows the text at once and where the editor will; stays with it where that cannot be loaded', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const chunk = /\/assets\/monaco-[\w-]+\.js$/
    await page.route(chunk, async (route) => {
      await held
      await route.continue()
    })
    await openJson(1)
    const frame = page.getByRole('group', { name: 'JSON of change 1' })
    await frame.getByText('"task_id": "SMALL"').waitFor()
    expect(await page.locator(EDITOR).count()).toBe(0)
    await frame.getByText('"held"').waitFor()
    const before = await placeOf(page, '[role=region][aria-label="JSON of change 1"] > div')
    release()
    await page.locator(`${EDITOR} .view-line`).first().waitFor()
    const after = await placeOf(page, `${EDITOR} .view-line > span`)
    expect(Math.abs(after.x - before.x)).toBeLessThanOrEqual(1)
    expect(Math.abs(after.y - before.y)).toBeLessThanOrEqual(2)
    await page.unroute(chunk)
    expect(stage.complaints).toEqual([])

    await page.route(chunk, (route) => route.abort('connectionrefused'))
    await openJson(1)
    await frame.getByRole('note').getByText('The editor could not be loaded').waitFor()
    await frame.getByText('"task_id": "SMALL"').waitFor()
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
    await page.unroute(chunk)
    // What this test itself refused, and nothing else.
    const own = stage.complaints.splice(0).filter((line) => !/monaco-|ERR_CONNECTION_REFUSED/.test(line))
    expect(own).toEqual([])
  })

  test('follows a change that moves on, and keeps what is folded', async () => {
    await openJson(4)
    await expect.poll(() => colorOf(page, '"held"'), { timeout: 20_000 }).toBe(rgb('ok', 'light'))
    const folded = page.locator(`${EDITOR} .inline-folded`)
    await page.getByRole('button', { name: 'Fold all' }).click()
    await folded.first().waitFor()
    // The paths are folded above what changes; a list further down may have none any more.
    const lines = (): Promise<string[]> => page.locator(`${EDITOR} .line-numbers`).allInnerTexts()
    expect(await lines()).not.toContain('12')
    expect(stage.cli('cancel', '4').code).toBe(0)
    await expect.poll(() => colorOf(page, '"cancelled"'), { timeout: 20_000 }).toBe(rgb('ok', 'light'))
    expect(await lines()).toContain('10')
    expect(await lines()).not.toContain('12')
    expect([stage.complaints, warnings]).toEqual([[], []])
  })

  test('takes a long text without a freeze, and leaves a huge one plain, saying so', async () => {
    await page.goto(at('/change/2'))
    await page.getByRole('tab', { name: 'JSON' }).waitFor()
    await page.evaluate(`{
      window.longest = 0
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration)
      }).observe({ type: 'longtask' })
    }`)
    await page.getByRole('tab', { name: 'JSON' }).click()
    await page.locator(`${EDITOR} .view-line span[class^=mtk]`, { hasText: '"task_id"' }).waitFor()
    await page.locator(INPUT).focus()
    await page.keyboard.press('Control+End')
    await page.locator(`${EDITOR} .view-line`, { hasText: /^}$/ }).waitFor()
    expect(await page.evaluate<number>('window.longest')).toBeLessThan(3_000)

    await openJson(3)
    const frame = page.getByRole('group', { name: 'JSON of change 3' })
    await frame
      .getByRole('note')
      .getByText(/^This text has [\d,]+ characters, more than the editor's/)
      .waitFor()
    expect(await page.locator(EDITOR).count()).toBe(0)
    expect(await frame.innerText()).not.toContain('HUGE-')
    const more = frame.getByRole('button', { name: /^Show / })
    while ((await more.count()) > 0) await more.click()
    await page.evaluate(
      `document.querySelector('[role=region][aria-label="JSON of change 3"]').scrollTo(0, 1e9)`,
    )
    expect((await frame.textContent())?.trimEnd().endsWith('}')).toBe(true)
    expect([stage.complaints, warnings]).toEqual([[], []])
  })
})
