/** Reading without deciding: differences, files, why a line is as it is, and a rejection about a line. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { added, deleted, diffed, request } from '../support/requests.ts'
import { findings, findingsInBothThemes } from './findings.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { THEMES } from './views.ts'

const openStage = stagesInOneBrowser()

const PATIENCE = { timeout: 30_000 }
const AFTER = '.modified-in-monaco-diff-editor'
const BEFORE = '.original-in-monaco-diff-editor'
const INPUT = ':is(.native-edit-context, textarea.inputarea)'

const scales = Array.from(
  { length: 40 },
  (_, at) => `export function scale${at}(value: number): number {\n  return value * ${at}\n}\n\n`,
)
const LONG = `export const long = '${'so long a line that no window has room for it, '.repeat(8)}the end of it'\n`
const CODE = LONG + scales.join('')
const MENDED = CODE.replace('value * 3\n', 'value * 33\n')
  .replace('  return value * 20\n', '    return value * 20\n')
  .replace('export function scale30', 'const added = 30\n\nexport function scale30')
  .replace('the end of it', 'the finish')
const GUIDE = '# Guide\n\nOne line\n'
const HUGE = Array.from({ length: 60_000 }, (_, at) => `line ${at}\n`).join('')

const CONFIG = JSON.stringify({ approvals: { protectedPaths: ['docs/**'] } })
const metadata = {
  intent: 'Scale threes by 33',
  complexity: 3,
  sample_diff: '',
  telemetry_anchors: [],
  approvals: [],
  agent_model: 'gpt-5-mini',
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  let stage: Stage
  let page: Page
  let url: string
  const warnings: string[] = []
  const at = (path: string): string => new URL(path, url).href
  const ok = (...args: string[]): string => {
    const ran = stage.cli(...args)
    if (ran.code !== 0) throw new Error(`${args.join(' ')}: ${ran.stderr}`)
    return ran.stdout
  }
  const enqueue = (...values: unknown[]): void => {
    const file = join(stage.home, 'changes.json')
    writeFileSync(file, JSON.stringify(values))
    ok('enqueue', file)
  }

  beforeAll(async () => {
    stage = await openStage({
      files: {
        'src/scale.ts': CODE,
        'old/gone.ts': 'const gone = 1\n',
        'docs/guide.md': GUIDE,
        'docs/huge.txt': HUGE,
        'hyperion.config.json': CONFIG,
      },
    })
    ok('init')
    const task = join(stage.home, 'task.json')
    const wanted = [{ path: 'notes.md', summary: 'Write the notes' }]
    writeFileSync(
      task,
      JSON.stringify({ request_id: 'REQ-7', summary: 'Have notes', requested_changes: wanted }),
    )
    ok('request', task)
    enqueue(
      request(
        { task: 'T-2', agent: 'agent-2', metadata },
        diffed('src/scale.ts', CODE, MENDED),
        added('src/new.ts', 'export const fresh = true\n'),
        deleted('old/gone.ts'),
      ),
      request({ task: 'T-3' }, diffed('docs/guide.md', GUIDE, `${GUIDE}Two lines\n`)),
    )
    stage.cli('worker', '--drain')
    ok('approve', '3', '--by', 'Ada', '--role', 'lead', '--note', 'reads well')
    stage.cli('worker', '--drain')
    const guide = `${GUIDE}Two lines\n`
    enqueue(
      request({ task: 'T-4' }, diffed('docs/guide.md', guide, guide.replace('One', 'First'))),
      request({ task: 'T-5' }, diffed('docs/guide.md', guide, guide.replace('Two', 'Second'))),
      request(
        { task: 'T-6' },
        diffed('docs/huge.txt', HUGE, HUGE.replace('line 500\n', 'line five hundred\n')),
      ),
    )
    stage.cli('worker', '--drain')
    ;({ url } = await stage.serve(true))
    page = await stage.tab(url)
    page.setDefaultTimeout(10_000)
    page.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text())
    })
  }, 120_000)
  afterAll(() => stage.dispose())
  beforeEach(() => page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' }))

  const quiet = (): Promise<void> => page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  const status = (): Locator => page.getByRole('toolbar', { name: 'How it is read' }).getByRole('status')
  const option = (name: RegExp): Locator =>
    page.getByRole('listbox', { name: 'Files of this change' }).getByRole('option', { name })
  const why = (): Locator => page.getByRole('complementary', { name: 'Why' })

  async function openPatch(path: string, file?: RegExp): Promise<void> {
    await page.goto(at(path))
    await page.getByRole('tab', { name: /^Patch/ }).click()
    if (file !== undefined) await option(file).click()
    await page.getByRole('group', { name: /^(Differences|Text|Patch) of / }).waitFor()
    await quiet()
  }
  const openScale = async (): Promise<void> => {
    await openPatch('/change/2?wide=1', /^src\/scale\.ts/)
    await page.locator(`${AFTER} .view-line`).first().waitFor()
  }
  /** The number of a line as it stands beside a text. */
  const number = (side: string, line: number): Locator =>
    page.locator(`${side} .line-numbers`).getByText(String(line), { exact: true })
  /** What the page complained of. */
  const complaints = (): string[] => [...stage.complaints, ...warnings]

  test('a landed change lists its files with state and figures, and shows what each became', async () => {
    await openPatch('/change/2?wide=1')
    const names = page.getByRole('listbox', { name: 'Files of this change' }).getByRole('option')
    await names.first().waitFor()
    expect(await names.locator('.unseen').allTextContents()).toEqual([
      'old/gone.ts, deleted, 0 lines added, 1 removed',
      'src/new.ts, added, 1 line added, 0 removed',
      'src/scale.ts, changed, 5 lines added, 3 removed',
    ])
    await page.getByText(/^Landed as [0-9a-f]{10}, against the commit before it\.$/).waitFor()
    await page.locator('.view-line', { hasText: 'const gone = 1' }).waitFor()
    await page.getByText('Deleted file · 1 line').waitFor()
    await option(/^src\/new/).click()
    await page.locator('.view-line', { hasText: 'export const fresh = true' }).waitFor()
    await page.getByText('New file · 1 line').waitFor()
    expect(complaints()).toEqual([])
  })

  test('the file list is gone through by keyboard, and Enter leads into the text', async () => {
    await openPatch('/change/2?wide=1')
    await page.getByRole('listbox', { name: 'Files of this change' }).focus()
    await page.keyboard.press('End')
    await option(/^src\/scale/)
      .and(page.locator('[aria-selected=true]'))
      .waitFor()
    await page.locator(`${AFTER} .view-line`).first().waitFor()
    await page.keyboard.press('ArrowUp')
    await option(/^src\/new/)
      .and(page.locator('[aria-selected=true]'))
      .waitFor()
    await page.keyboard.press('j')
    await quiet()
    await page.keyboard.press('Enter')
    expect(await page.evaluate(`document.activeElement?.closest('${AFTER}') != null`)).toBe(true)
    await page.keyboard.press('[')
    await option(/^src\/new/)
      .and(page.locator('[aria-selected=true]'))
      .waitFor()
    expect(complaints()).toEqual([])
  })

  test('both texts stand beside each other or as one, wherever there is room, and that is remembered', async () => {
    await openScale()
    const split = page.locator('.monaco-diff-editor.side-by-side')
    await split.waitFor()
    await page.locator(`${BEFORE} .view-line`, { hasText: 'value * 3' }).first().waitFor()
    await page.keyboard.press('v')
    await split.waitFor({ state: 'detached' })
    await page.locator('.monaco-diff-editor').waitFor()
    await openScale()
    expect(await split.count()).toBe(0)
    await page.getByRole('button', { name: 'Beside each other (v)' }).click()
    await split.waitFor()
    // With the list beside it there is no room, and the button says so.
    await page.keyboard.press('m')
    await split.waitFor({ state: 'detached' })
    const button = page.getByRole('button', { name: 'Beside each other (v)' })
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    await page.keyboard.press('m')
    await split.waitFor()
    expect(complaints()).toEqual([])
  })

  test('changes are gone through by F7, by letters and by buttons, on into the next file and back', async () => {
    await openScale()
    await status().getByText('4 changes').waitFor()
    await page.keyboard.press('F7')
    await status().getByText('Change 1 of 4, line 1', { exact: true }).waitFor()
    await page.keyboard.press('n')
    await status().getByText('Change 2 of 4, line 15', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Next change (F7)' }).click()
    await status().getByText('Change 3 of 4, line 83', { exact: true }).waitFor()
    // Inside the text as well, where letters type nothing.
    await page.locator(`${AFTER} ${INPUT}`).focus()
    await page.keyboard.press('Shift+F7')
    await status().getByText('Change 2 of 4, line 15', { exact: true }).waitFor()
    await page.keyboard.press('Shift+N')
    await status().getByText('Change 1 of 4, line 1', { exact: true }).waitFor()
    await page.keyboard.press('Shift+N')
    await option(/^src\/new/)
      .and(page.locator('[aria-selected=true]'))
      .waitFor()
    await quiet()
    await page.keyboard.press('n')
    await option(/^src\/scale/)
      .and(page.locator('[aria-selected=true]'))
      .waitFor()
    await status().getByText('4 changes').waitFor()
    for (let step = 0; step < 5; step += 1) await page.keyboard.press('n')
    await status()
      .getByText(/^Change 4 of 4, lines 12\d to 12\d · no further one$/)
      .waitFor()
    expect(complaints()).toEqual([])
  })

  test('white space at the ends of lines is left out, long lines are wrapped, unchanged ones shown, as asked', async () => {
    await openScale()
    await status().getByText('4 changes').waitFor()
    const press = (name: string): Locator => page.getByRole('button', { name })
    await press('Ignore white space at the ends of lines (b)').click()
    await status().getByText('3 changes').waitFor()
    await page.keyboard.press('b')
    await status().getByText('4 changes').waitFor()

    await page
      .getByText(/hidden lines/)
      .first()
      .waitFor()
    expect(await number(AFTER, 50).count()).toBe(0)
    await page.keyboard.press('u')
    await page
      .getByText(/hidden lines/)
      .first()
      .waitFor({ state: 'detached' })
    await page.keyboard.press('u')
    await page
      .getByText(/hidden lines/)
      .first()
      .waitFor()

    await page.keyboard.press('n')
    const end = page.locator(`${AFTER} .view-line span`, { hasText: 'finish' }).last()
    const isSeen = (): Promise<boolean> =>
      end.evaluate((part, editor) => {
        const frame = part.closest(editor)?.getBoundingClientRect()
        return frame !== undefined && part.getBoundingClientRect().right <= frame.right
      }, AFTER)
    expect(await isSeen()).toBe(false)
    await page.keyboard.press('l')
    await expect.poll(isSeen, PATIENCE).toBe(true)
    await page.keyboard.press('l')
    await expect.poll(isSeen, PATIENCE).toBe(false)
    expect(complaints()).toEqual([])
  })

  test('its keys stand in the key sheet', async () => {
    await openScale()
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keys' })
    for (const label of [
      'Next change',
      'Previous change',
      'Next file',
      'Ignore white space at the ends of lines',
      'Why is this line as it is',
    ])
      // prettier-ignore
      await sheet.getByText(label).first().waitFor()
    await page.keyboard.press('Escape')
    expect(complaints()).toEqual([])
  })

  test('the patches as they were sent are one key away', async () => {
    await openScale()
    await page.keyboard.press('s')
    const patch = page.getByRole('region', { name: 'Patch' })
    await patch.getByText('@@').first().waitFor()
    expect(await page.locator('.monaco-diff-editor').count()).toBe(0)
    await page.keyboard.press('s')
    await page.locator('.monaco-diff-editor').waitFor()
    expect(complaints()).toEqual([])
  })

  test('texts beyond the editor are the patch as it was sent, and it says why', async () => {
    await openPatch('/change/6?wide=1')
    await page
      .getByRole('note')
      .getByText(
        /^This text has 60,000 lines, more than the editor's 50,000, so this is the patch as it was sent\.$/,
      )
      .waitFor()
    await page.getByRole('region', { name: 'Patch' }).getByText('line five hundred').waitFor()
    expect(await page.locator('.monaco-editor').count()).toBe(0)
    expect(complaints()).toEqual([])
  })

  test('a change that did not land is what it makes of its base, which is named', async () => {
    await openPatch('/change/4?wide=1')
    await page.getByText(/^As it was written, on the base found for it: [0-9a-f]{10}\.$/).waitFor()
    await page.locator(`${AFTER} .view-line`, { hasText: 'First line' }).waitFor()
    await page.locator(`${BEFORE} .view-line`, { hasText: 'One line' }).waitFor()
    expect(complaints()).toEqual([])
  })

  test('from a line of a landed change, of either side, to why it is as it is', async () => {
    await openScale()
    await number(AFTER, 15).click()
    await why().getByRole('heading', { name: 'Why line 15 is as it is' }).waitFor()
    await why().getByText('return value * 33').waitFor()
    await why().getByRole('link', { name: 'change 2' }).waitFor()
    await why().getByText('agent-2, model gpt-5-mini').waitFor()
    await why().getByText('Scale threes by 33', { exact: true }).waitFor()
    await why().getByRole('button', { name: 'Close (Esc)' }).click()
    await why().waitFor({ state: 'detached' })
    // What it was: the operator's own, and by keyboard.
    await page.locator(`${BEFORE} .view-line`, { hasText: 'scale3(' }).click()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('w')
    await why().getByRole('heading', { name: 'Why line 15 is as it is' }).waitFor()
    await why().getByText('return value * 3', { exact: true }).waitFor()
    await why()
      .getByText(/the operator’s own, by/)
      .waitFor()
    expect(complaints()).toEqual([])
  })

  test('a file of the target opens from Files by its path, and each line leads to change, request, approvals, checks', async () => {
    await page.goto(at('/files'))
    await page.getByRole('link', { name: 'Read a file' }).click()
    const field = page.getByRole('combobox', { name: 'Path of a file of the target' })
    await field.fill('guide')
    await page.getByRole('option', { name: 'docs/guide.md' }).waitFor()
    await field.press('ArrowDown')
    await field.press('Enter')
    await field.press('Enter')
    await page.locator('.view-line', { hasText: 'Two lines' }).waitFor()
    expect(page.url()).toBe(at('/file?path=docs%2Fguide.md'))
    await why().getByRole('heading', { name: 'Why this file is as it is' }).waitFor()
    await why().getByText('Before that').waitFor()

    await page.locator('.line-numbers').getByText('4', { exact: true }).click()
    await why().getByRole('heading', { name: 'Why line 4 is as it is' }).waitFor()
    expect(page.url()).toBe(at('/file?path=docs%2Fguide.md&line=4'))
    await why().getByText('approved by Ada, lead').waitFor()
    await why().getByText('reads well').waitFor()
    await why().getByText('not run').waitFor()
    await why().getByRole('button', { name: 'Copy hyperion why docs/guide.md:4' }).waitFor()
    await why().getByRole('link', { name: 'change 3' }).click()
    await page.getByRole('region', { name: 'Change 3' }).waitFor()

    // By its address alone, and from line to line by keyboard.
    await page.goto(at('/file?path=notes.md&line=1'))
    await why().getByText('Have notes', { exact: true }).first().waitFor()
    await why().getByRole('link', { name: 'REQ-7' }).waitFor()
    await page.goto(at('/file?path=src/scale.ts'))
    await page.locator('.view-line', { hasText: 'scale0' }).waitFor()
    await page.locator(`.monaco-editor ${INPUT}`).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('w')
    await why().getByRole('heading', { name: 'Why line 2 is as it is' }).waitFor()
    await page.keyboard.press('Escape')
    await why().getByRole('heading', { name: 'Why this file is as it is' }).waitFor()
    expect(page.url()).toBe(at('/file?path=src%2Fscale.ts'))
    expect(complaints()).toEqual([])
  })

  test('a path that is not there says what took it away, a line that is not there how many there are', async () => {
    await page.goto(at('/file?path=old/gone.ts'))
    await page
      .getByText(/old\/gone\.ts is not in hyperion\/main/)
      .first()
      .waitFor()
    await page
      .getByText(/change 2 took it away/)
      .first()
      .waitFor()
    await page.goto(at('/file?path=docs/guide.md&line=99'))
    await page.getByText(/has 4 lines in hyperion\/main, not 99/).waitFor()
    expect(complaints()).toEqual([])
  })

  test.each(['split', 'one'] as const)('has no serious finding of axe in both themes: %s', async (layout) => {
    await openScale()
    if (layout === 'one') await page.keyboard.press('v')
    await page.keyboard.press('n')
    await number(AFTER, 15).click()
    await why().getByText('agent-2, model gpt-5-mini').waitFor()
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      // Lines that are gone are drawn anew in the other theme's colours a moment after the rest.
      await expect.poll(() => findings(page), PATIENCE).toEqual([])
    }
    if (layout === 'one') await page.keyboard.press('v')
  })

  test.each(THEMES)('nor has a file, or a line to reject about: %s', async (theme) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    await page.goto(at('/file?path=docs/guide.md&line=4'))
    await page.locator('.view-line', { hasText: 'Two lines' }).waitFor()
    await why().getByText('reads well').waitFor()
    expect(await findings(page)).toEqual([])
    await openPatch('/change/4?wide=1')
    await number(AFTER, 3).click()
    await page.getByRole('dialog').waitFor()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
  })

  test('a held change is rejected about a line of its patch, which is told with the reason everywhere', async () => {
    await openPatch('/change/4?wide=1')
    await page.locator(`${AFTER} ${INPUT}`).focus()
    await page.keyboard.press('F7')
    await page.keyboard.press('c')
    const dialog = page.getByRole('dialog', { name: 'Reject 1 change' })
    await dialog.waitFor()
    expect(await dialog.getByLabel('About a line (optional)').inputValue()).toBe('docs/guide.md:3')
    await dialog.getByLabel('Reason').fill('say one')
    await dialog.getByRole('button', { name: 'Reject 1 change' }).click()
    await page
      .getByText(/at docs\/guide\.md:3: say one/)
      .first()
      .waitFor()
    await page.getByRole('tab', { name: /^Approvals/ }).click()
    await page.getByRole('tabpanel').getByText('docs/guide.md:3').waitFor()
    await page.getByRole('tab', { name: /^Log/ }).click()
    await page.getByRole('tabpanel').getByText('at=docs/guide.md:3').waitFor()
    expect(ok('show', '4')).toMatch(/^rejected by .* about docs\/guide\.md:3: say one$/m)
    expect(complaints()).toEqual([])
  })

  test('and so it is from the Inbox, by keyboard alone', async () => {
    await page.goto(at('/inbox'))
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('T-5 ·').click()
    await page.getByRole('article').getByText('Second lines').waitFor()
    const lines = page.getByRole('listbox', { name: /^Lines of docs\/guide\.md/ })
    await lines.focus()
    for (let step = 0; step < 5; step += 1) await page.keyboard.press('ArrowDown')
    await lines.getByRole('option', { selected: true }).getByText('Second lines').waitFor()
    expect(await findingsInBothThemes(page)).toEqual([])
    await page.keyboard.press('c')
    await page.getByText('A rejection is about docs/guide.md:4').waitFor()
    await page.keyboard.type('say two')
    await page.getByRole('button', { name: /^Reject( r)?$/ }).click()
    await expect.poll(() => ok('show', '5'), PATIENCE).toMatch(/about docs\/guide\.md:4: say two$/m)
    expect(complaints()).toEqual([])
  })
})
