/** Edits made in the cast builder land byte for byte; what another window writes, or a removed file, is not lost. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
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
} from './cast-acts.ts'
import { targetBytes } from './review-stage.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const open = stagesInOneBrowser()
let stage: Stage
afterEach(() => stage.dispose())

const WINDOWS = 'src/ein täxt mit Leerzeichen.txt'
async function landed(count: number): Promise<void> {
  const applied = (): number => changesOf(stage).filter(({ status }) => status === 'applied').length
  await expect.poll(applied, { timeout: 60_000 }).toBe(count)
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('CRLF, a byte order mark and a missing last line end stay; a new file, a patch and a deletion land with it', async () => {
    stage = await open({
      files: {
        ...CAST_FILES,
        [WINDOWS]: '\ufeffone\r\ntwo\r\nthree',
        'gone.txt': 'gone\n',
        'patched.txt': 'a\nb\nc\n',
      },
    })
    const { page } = await beginCast(stage)
    await answerTheRest(page)
    await goStep(page, 2)
    await addFile(page, WINDOWS, 'A second line that says more')
    await chooseWay(page, 'Make the edit here')
    await enterText(page, WINDOWS)
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('End')
    await page.keyboard.type(', and more')
    await page.keyboard.press('Enter')
    await page.keyboard.type('{ and half')
    await page.getByText('+2').first().waitFor()
    await page.getByText(/applies to [0-9a-f]{7}/).waitFor()
    await page.keyboard.press('Escape')

    await addFile(page, 'docs/neu.md', 'A note')
    await chooseWay(page, 'Make the edit here')
    await enterText(page, 'docs/neu.md')
    await page.keyboard.type('# Neu')
    await page.getByText('+1 −0').first().waitFor()
    await page.keyboard.press('Escape')

    await addFile(page, 'patched.txt', 'B')
    await chooseWay(page, 'Paste a patch')
    await fill(page, 'Patch', '@@ -1,3 +1,3 @@\n a\n-x\n+B\n c\n')
    await page.getByText(/Not in the cast: the patch does not fit/).waitFor()
    await page.getByRole('textbox', { name: 'Patch' }).fill('@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n')
    await page.getByText('+1 −1').first().waitFor()

    await addFile(page, 'gone.txt', 'Nobody needs it')
    await chooseWay(page, 'Delete it')
    await page.getByRole('button', { name: 'Delete gone.txt' }).press('Enter')
    await page.getByText('+0 −1').first().waitFor()

    await finish(page)
    const shown = await page.getByRole('region', { name: 'The written cast' }).innerText()
    const bytes = readFileSync(join(stage.repo.dir, 'taskjson/REQ-1.json'))
    expect(shown).toContain(`${bytes.length.toLocaleString('en')} bytes`)
    expect(bytes.toString()).toContain(JSON.stringify(WINDOWS))
    await page.getByRole('button', { name: 'Queue it now' }).press('Enter')
    await page.waitForURL(/\/request\/REQ-1$/)
    await landed(4)
    expect(targetBytes(stage, WINDOWS).toString()).toBe('\ufeffone\r\ntwo, and more\r\n{ and half\r\nthree')
    expect(targetBytes(stage, 'docs/neu.md').toString()).toBe('# Neu')
    expect(targetBytes(stage, 'patched.txt').toString()).toBe('a\nB\nc\n')
    expect(stage.repo.git('ls-tree', '--name-only', 'hyperion/main')).not.toContain('gone.txt')

    // What became of it is in the history, and leads to the request.
    await page.goto(new URL('/cast-builder', page.url()).href)
    await page.getByText('queued: applied 4').waitFor()
    await page.getByRole('link', { name: 'REQ-1', exact: true }).waitFor()
    expect(stage.complaints).toEqual([])
  })

  test('a text goes on where it was after a reload, at whatever step', async () => {
    stage = await open({ files: CAST_FILES })
    const { page } = await beginCast(stage)
    await goStep(page, 2)
    await addFile(page, 'src/list.js', 'Digits')
    await chooseWay(page, 'Make the edit here')
    await enterText(page, 'src/list.js')
    await page.keyboard.press('Control+Home')
    await page.keyboard.type('zero()')
    await page.getByText('+1 −1').first().waitFor()
    await kept(page)
    await page.reload()
    await page.getByRole('heading', { name: 'Files & changes' }).waitFor()
    await page.getByRole('button', { name: /src\/list\.js/ }).press('Enter')
    await enterText(page, 'src/list.js')
    await page.keyboard.press('Control+Home')
    await page.keyboard.type('again()')
    await expect
      .poll(async () =>
        (await page.locator('.view-line').allInnerTexts()).join('\n').replaceAll('\u00a0', ' '),
      )
      .toContain('again()zero()one()')
    // Taken back to what the base has, there is no edit any more.
    for (let key = 0; key < 'again()'.length; key += 1) await page.keyboard.press('Backspace')
    for (let key = 0; key < 'zero()'.length; key += 1) await page.keyboard.press('Delete')
    await page.getByText('nothing is edited yet').waitFor()
    await page.keyboard.press('Escape')
    for (const [at, title] of [
      'Intent',
      'Files & changes',
      'Anchors & complexity',
      'Approvals',
      'Review',
    ].entries()) {
      await goStep(page, (at + 1) as 1)
      await page.reload()
      await page.getByRole('heading', { name: title, level: 2 }).waitFor()
    }
    expect(stage.complaints).toEqual([])
  })

  test('the engine is killed while somebody types: what was kept by then is there, though the field was never left', async () => {
    stage = await open({ files: CAST_FILES })
    const { page, host } = await beginCast(stage)
    await page.getByRole('textbox', { name: 'Intent' }).focus()
    const typed = Array.from({ length: 60 }, (_, at) => at % 10).join('')
    await page.keyboard.insertText(typed.slice(0, 30))
    await kept(page)
    await page.keyboard.insertText(typed.slice(30))
    await host.kill()
    await page.keyboard.insertText('!')
    await page.getByText(/^Not saved: .*it is tried again/).waitFor()
    // As a window that has gone as well would find it; how old the oldest lost letter is, `npm run bench -- cast` tells.
    await page.close()
    const again = await stage.serve(true)
    const other = await stage.tab(again.url)
    await other.goto(new URL('/cast-builder', again.url).href)
    await other.getByRole('link', { name: /REQ-1/ }).click()
    const had = await other.getByRole('textbox', { name: 'Intent' }).inputValue()
    expect(had.length).toBeGreaterThanOrEqual(30)
    expect(typed.startsWith(had)).toBe(true)
  })

  test('two windows write to one field: each keeps its own or is shown what the other wrote', async () => {
    stage = await open({ files: CAST_FILES })
    const { page: one } = await beginCast(stage)
    const two = await stage.tab(one.url())
    await two.getByRole('textbox', { name: 'Summary' }).waitFor()
    await one.getByRole('textbox', { name: 'Summary' }).focus()
    await two.getByRole('textbox', { name: 'Summary' }).focus()
    await Promise.all([one.keyboard.insertText('Of the first'), two.keyboard.insertText('Of the second')])
    const told = (page: typeof one) => page.getByRole('list', { name: 'From another window' })
    await Promise.race([told(one).waitFor(), told(two).waitFor()])
    const isOne = await told(one).isVisible()
    const [who, own, theirs] = isOne
      ? [one, 'Of the first', 'Of the second']
      : [two, 'Of the second', 'Of the first']
    expect(await told(who).innerText()).toContain(theirs)
    await told(who).getByRole('button', { name: 'Copy what the other window wrote' }).waitFor()
    for (const page of [one, two])
      await expect.poll(() => page.getByRole('textbox', { name: 'Summary' }).inputValue()).toBe(own)
    await told(who).getByRole('button', { name: 'Put away' }).press('Enter')
    await told(who).waitFor({ state: 'detached' })

    // A file that is edited in one window is seen edited in the other.
    for (const page of [one, two]) await goStep(page, 2)
    await addFile(one, 'src/list.js', 'Digits')
    await two.getByRole('button', { name: /src\/list\.js Digits/ }).press('Enter')
    await chooseWay(two, 'Make the edit here')
    await enterText(two, 'src/list.js')
    await chooseWay(one, 'Make the edit here')
    await enterText(one, 'src/list.js')
    await one.keyboard.press('Control+Home')
    await one.keyboard.type('zero()')
    await expect
      .poll(async () => (await two.locator('.view-line').allInnerTexts()).join('\n'), { timeout: 20_000 })
      .toContain('zero()one()')
    expect(stage.complaints).toEqual([])
  })

  test('what is removed or put away can be had back; no file is replaced without a question', async () => {
    stage = await open({ files: CAST_FILES })
    const { page } = await beginCast(stage)
    await answerTheRest(page)
    await goStep(page, 2)
    await addFile(page, 'src/list.js', 'Digits')
    await addFile(page, 'src/other.js', 'Another')
    await page.getByText('is not tracked on the target: it would be a new file').waitFor()
    await page.getByRole('button', { name: 'Remove file 2' }).press('Enter')
    await page.getByText('src/other.js removed').waitFor()
    await page.getByRole('button', { name: /src\/other\.js/ }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).press('Enter')
    await page.getByRole('button', { name: /2 src\/other\.js/ }).waitFor()

    await page.getByRole('button', { name: 'Put away' }).first().press('Enter')
    await page.getByText('No cast yet').waitFor()
    await page
      .locator('[data-sonner-toast]')
      .filter({ hasText: 'is put away' })
      .getByRole('button', { name: 'Undo' })
      .press('Enter')
    await page.getByRole('textbox', { name: 'Request id' }).waitFor()
    await finish(page)

    const file = join(stage.repo.dir, 'taskjson/REQ-1.json')
    writeFileSync(file, 'somebody else\n')
    await goStep(page, 1)
    await fill(page, 'Context (optional)', 'more')
    await kept(page)
    await goStep(page, 5)
    await page.getByText('holds another text').waitFor()
    await page.keyboard.press('Control+Enter')
    const dialog = page.getByRole('dialog', { name: 'Replace taskjson/REQ-1.json?' })
    await dialog.getByRole('button', { name: 'Back' }).press('Enter')
    expect(readFileSync(file, 'utf8')).toBe('somebody else\n')
    await page.keyboard.press('Control+Enter')
    await dialog.getByRole('button', { name: 'Replace the file' }).press('Enter')
    await page.getByRole('region', { name: 'The written cast' }).waitFor()
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ context: 'more' })

    // Saved a copy, it is the same file.
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save a copy' }).press('Enter')
    const download = await saving
    expect(download.suggestedFilename()).toBe('REQ-1.json')
    expect(readFileSync(await download.path())).toEqual(readFileSync(file))
    await page.getByRole('button', { name: 'Duplicate' }).press('Enter')
    await expect.poll(() => page.getByRole('textbox', { name: 'Request id' }).inputValue()).toBe('REQ-2')
    expect(stage.complaints).toEqual([])
  })
})
