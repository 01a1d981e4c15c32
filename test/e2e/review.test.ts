/** Conflicts made by real landings are resolved by keyboard alone, in a real browser, and land as they were shown. */
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { facts, filesOf, landed, press, requeue, reviewed, text } from './review-acts.ts'
import {
  drain,
  enqueue,
  making,
  openReview,
  targetBytes,
  type Conflicted,
  type Texts,
} from './review-stage.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, type Host, type Stage, type TabOptions } from './support.ts'

const open = stagesInOneBrowser()
let stage: Stage
let host: Host
afterEach(() => stage.dispose())

async function opened(conflict: Conflicted, options: TabOptions = {}): Promise<Page> {
  stage = await open({ files: filesOf(conflict.before) })
  const made = await reviewed(stage, conflict, options)
  host = made.host
  return made.page
}

/** What the editor holds, asked of the text that is drawn where it is short. */
const shown = (page: Page): Promise<string> =>
  page.locator('[aria-label=Result] .view-line').evaluateAll((lines) =>
    lines
      .map((line) => ({
        top: Number.parseFloat(line.getAttribute('style')?.split('top:')[1] ?? ''),
        text: line.textContent ?? '',
      }))
      .toSorted((one, other) => one.top - other.top)
      .map((one) => one.text.replaceAll('\u00a0', ' '))
      .join('\n'),
  )

describe.skipIf(browserPath === null)('resolving', () => {
  test('three conflicts of one file in five keys: kept, taken, both; it lands byte for byte as shown', async () => {
    const edit = (name: string): string =>
      text({ 10: `ten ${name}`, 30: `thirty ${name}`, 50: `fifty ${name}` })
    const page = await opened({
      before: { 'a.txt': text() },
      landed: { 'a.txt': edit('landed') },
      wanted: { 'a.txt': edit('wanted') },
    })
    await facts(page, 'conflict 1 of 3 · 3 open')
    await press(page, '1')
    await facts(page, 'conflict 2 of 3 · 2 open')
    await press(page, '2')
    await facts(page, 'conflict 3 of 3 · 1 open')
    // Both edited the same line: in which order is asked.
    await press(page, '3')
    await page.getByRole('group', { name: 'In which order' }).waitFor()
    await press(page, '1')
    await facts(page, 'all decided')
    await requeue(page)
    await landed(stage)
    const wanted = text({ 10: 'ten landed', 30: 'thirty wanted', 50: 'fifty landed\nfifty wanted' })
    expect(targetBytes(stage, 'a.txt').toString()).toBe(wanted)
    expect(stage.cli('show', '2').stdout).toContain('Operator')
    expect(stage.complaints).toEqual([])
  })

  test('CRLF, a byte order mark and a missing final newline are as they were', async () => {
    const file = (edit: Record<number, string>): string => `\ufeff${text(edit, 20, '\r\n')}last, unended`
    const page = await opened({
      before: { 'a.txt': file({}) },
      landed: { 'a.txt': file({ 5: 'landed' }) },
      wanted: { 'a.txt': file({ 5: 'wanted', 15: 'wanted too' }) },
    })
    await facts(page, 'conflict 1 of 1')
    await press(page, '3', '2')
    await facts(page, 'all decided')
    await requeue(page)
    await landed(stage)
    expect(targetBytes(stage, 'a.txt').toString()).toBe(file({ 5: 'wanted\r\nlanded', 15: 'wanted too' }))
  })

  test('lines of both sides are picked without typing, text is typed with undo across all of it', async () => {
    const page = await opened({
      before: { 'a.txt': text({ 10: 'old one\nold two' }) },
      landed: { 'a.txt': text({ 10: 'landed one\nlanded two' }) },
      wanted: { 'a.txt': text({ 10: 'wanted one\nwanted two' }) },
    })
    await facts(page, 'conflict 1 of 1 · 1 open')
    await press(page, 'l', 'Space', 'ArrowDown', 'ArrowRight', 'Space')
    await facts(page, 'all decided')
    await expect.poll(() => shown(page)).toContain('line 9\nlanded one\nwanted two\nline 11')
    // Into the text, behind what was picked.
    await press(page, 'e', 'End')
    await page.keyboard.type(', typed')
    await expect.poll(() => shown(page)).toContain('landed one, typed\nwanted two')
    await page.getByText('Decided: edited').waitFor()
    // Blanks are a step of their own.
    await press(page, 'Control+z', 'Control+z')
    await expect.poll(() => shown(page)).toContain('landed one\nwanted two')
    await press(page, 'Control+z')
    await expect.poll(() => shown(page)).toContain('line 9\nlanded one\nline 11')
    await press(page, 'Control+z')
    await facts(page, 'conflict 1 of 1 · 1 open')
    await press(page, 'Control+y', 'Control+y')
    await expect.poll(() => shown(page)).toContain('landed one\nwanted two')
    // Out of the text its keys are the window's again.
    await press(page, 'Escape', 'u')
    await facts(page, '1 open')
    await press(page, '1')
    await requeue(page)
    await landed(stage)
    expect(targetBytes(stage, 'a.txt').toString()).toBe(text({ 10: 'landed one\nlanded two' }))
    expect(stage.complaints).toEqual([])
  })

  test('inside the text the same keys work with Alt', async () => {
    const edit = (name: string): string => text({ 10: `ten ${name}`, 30: `thirty ${name}` })
    const page = await opened({
      before: { 'a.txt': text() },
      landed: { 'a.txt': edit('landed') },
      wanted: { 'a.txt': edit('wanted') },
    })
    await facts(page, 'conflict 1 of 2 · 2 open')
    await press(page, 'e', 'Alt+2')
    await facts(page, 'conflict 2 of 2 · 1 open')
    await press(page, 'Alt+k', 'Alt+u')
    await facts(page, 'conflict 1 of 2 · 2 open')
    await press(page, 'Control+f')
    await page.keyboard.type('line 44')
    await page.getByText('1 of 1', { exact: true }).waitFor()
    expect(stage.complaints).toEqual([])
  })

  test('a file that was deleted, one that was changed, one that was added twice: a key or two for each', async () => {
    const page = await opened({
      before: { 'gone.txt': 'one\ntwo\n', 'kept.txt': 'one\ntwo\n' },
      landed: { 'gone.txt': null, 'kept.txt': 'one\nlanded\n', 'new.txt': 'landed\n' },
      wanted: { 'gone.txt': 'one\nwanted\n', 'kept.txt': null, 'new.txt': 'wanted\n' },
    })
    await facts(page, 'conflict 1 of 3 · 3 open')
    await facts(page, 'Is it still wanted, though it was deleted?')
    await press(page, '2')
    await facts(page, 'Is it still wanted, now that it has changed?')
    await press(page, '1')
    await facts(page, 'conflict 3 of 3 · 1 open')
    // Undo goes back to where the last decision was made, and comes here again.
    await press(page, 'Control+z')
    await facts(page, 'conflict 2 of 3 · 2 open')
    await press(page, 'Control+Shift+z', 'j')
    await facts(page, 'conflict 3 of 3 · 1 open')
    await press(page, '3')
    await facts(page, 'all decided')
    await requeue(page)
    await landed(stage)
    expect(targetBytes(stage, 'gone.txt').toString()).toBe('one\nwanted\n')
    expect(targetBytes(stage, 'kept.txt').toString()).toBe('one\nlanded\n')
    expect(targetBytes(stage, 'new.txt').toString()).toBe('landed\nwanted\n')
    expect(stage.complaints).toEqual([])
  })

  test('requeue is refused with the reasons listed while anything is open or a marker is left', async () => {
    const edit = (name: string): string => text({ 10: `ten ${name}` })
    const page = await opened({
      before: { 'a.txt': text() },
      landed: { 'a.txt': edit('landed') },
      wanted: { 'a.txt': edit('wanted') },
    })
    await facts(page, '1 open')
    await press(page, 'Control+Shift+Enter')
    await page.getByRole('dialog').getByText('a.txt: 1 conflict is open').waitFor()
    await press(page, 'Escape', '1')
    await facts(page, 'all decided')
    await press(page, 'e', 'Control+Home')
    await page.keyboard.type('>>>>>>> left\n')
    await press(page, 'Control+Shift+Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('a.txt: a conflict marker is left in line 1').waitFor()
    expect(await dialog.getByRole('button', { name: 'Requeue' }).count()).toBe(0)
  })
})

describe.skipIf(browserPath === null)('while it goes on', () => {
  const five = (name: string, edit: Readonly<Record<number, string>> = {}): string =>
    text({
      10: `10 ${name}`,
      20: `20 ${name}`,
      30: `30 ${name}`,
      40: `40 ${name}`,
      50: `50 ${name}`,
      ...edit,
    })
  const conflict: Conflicted = {
    before: { 'a.txt': text() },
    landed: { 'a.txt': five('landed') },
    wanted: { 'a.txt': five('wanted') },
  }

  test('the target moves: four of five decisions are kept, what was typed as well, and it lands', async () => {
    const page = await opened(conflict)
    await facts(page, 'conflict 1 of 5 · 5 open')
    await press(page, '1', '2', '1', '2', '1')
    await facts(page, 'all decided')
    await press(page, 'e', 'Control+Home')
    await page.keyboard.type('typed first\n')
    enqueue(
      stage,
      making(
        { task: 'REQ-150', requestId: 'REQ-150' },
        { 'a.txt': five('landed') },
        { 'a.txt': five('landed', { 30: '30 moved' }) },
      ),
    )
    await facts(page, /hyperion\/main moved \(REQ-150\): 4 of 5 decisions kept/)
    await facts(page, '1 open')
    await press(page, 'Escape', 'j', 'k')
    await page
      .getByRole('navigation', { name: 'Files and conflicts' })
      .getByRole('button', { name: /3 · .*open/ })
      .click()
    await press(page, '2')
    await facts(page, 'all decided')
    await requeue(page)
    await landed(stage)
    const result = text({
      10: '10 landed',
      20: '20 wanted',
      30: '30 wanted',
      40: '40 wanted',
      50: '50 landed',
    })
    expect(targetBytes(stage, 'a.txt').toString()).toBe(`typed first\n${result}`)
    expect(stage.complaints).toEqual([])
  })

  test('typing stays where it is: in the file it began in, whatever is decided by it or by another window', async () => {
    const at = (name: string): string => text({ 10: `ten ${name}` })
    const both = (name: string): Texts => ({ 'a.txt': at(name), 'b.txt': at(name) })
    const page = await opened({
      before: { 'a.txt': text(), 'b.txt': text() },
      landed: both('landed'),
      wanted: both('wanted'),
    })
    await facts(page, 'conflict 1 of 2 · 2 open')
    await press(page, 'e', 'Control+a')
    await page.keyboard.type('all of it is typed')
    await page.getByText('Decided: edited').waitFor()
    await expect.poll(() => shown(page)).toBe('all of it is typed')
    // Undo outside of the text is of what was decided here alone.
    const other = await stage.tab(page.url())
    await facts(other, '1 open')
    await press(page, 'Escape', '1')
    // It came to what was open, which is the other file.
    await press(other, '[')
    await facts(other, 'kept')
    await press(other, ']', '2')
    await facts(page, 'all decided')
    await press(page, 'Control+z')
    await page.getByText('Decided: edited').waitFor()
    await facts(page, 'all decided')
    expect(stage.complaints).toEqual([])
  })

  test('reloaded in the middle, everything is where it was', async () => {
    const page = await opened(conflict)
    await facts(page, '5 open')
    await press(page, '1', '2')
    await press(page, 'e', 'Control+End')
    await page.keyboard.type('typed at the end')
    await facts(page, /3 open · checks: not run · saved/)
    await page.reload()
    await facts(page, /3 open/)
    const rail = page.getByRole('navigation', { name: 'Files and conflicts' })
    expect(await rail.getByRole('listitem').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringContaining('kept'), expect.stringContaining('taken')]),
    )
    await press(page, 'e', 'Control+End')
    await expect.poll(() => shown(page)).toContain('typed at the end')
  })

  test('the engine is killed in the middle: what was decided and typed meanwhile is there when it is back', async () => {
    const page = await opened(conflict)
    await facts(page, '5 open')
    await press(page, '1')
    await facts(page, /4 open .* saved$/)
    const [first] = stage.complaints
    expect(first).toBeUndefined()
    await host.kill()
    await press(page, '2')
    await facts(page, /3 open/)
    host = await stage.serve(true)
    await facts(page, /3 open .* saved$/)
    const other = await stage.tab(page.url())
    await facts(other, /3 open/)
  })

  test('two windows: the second sees the first’s decision, and no work of either is lost', async () => {
    const page = await opened(conflict)
    const other = await stage.tab(page.url())
    await facts(page, '5 open')
    await facts(other, '5 open')
    await press(page, '1')
    await facts(other, '4 open')
    // Both at once: each decides another one.
    await press(other, 'j', 'j', '2')
    await press(page, '1')
    await facts(page, /2 open .* saved$/)
    await facts(other, /2 open .* saved$/)
    const words = async (tab: Page): Promise<string[]> =>
      (
        await tab
          .getByRole('navigation', { name: 'Files and conflicts' })
          .getByRole('listitem')
          .allInnerTexts()
      ).map((one) => one.split('\n').at(-1) ?? '')
    expect(await words(page)).toEqual(await words(other))
    expect((await words(page)).filter((one) => one === 'open')).toHaveLength(2)
    expect(stage.complaints).toEqual([])
  })
})

describe.skipIf(browserPath === null)('checks on the result', () => {
  test('stream what they print, are bound to the text, and are stopped', async () => {
    const edit = (name: string): string => text({ 10: `ten ${name}` })
    stage = await open({
      files: filesOf({ 'a.txt': text() }, { good: 'true', tests: 'grep -c landed a.txt && echo looked' }),
    })
    stage.cli('init')
    const base = stage.repo.git('rev-parse', 'HEAD')
    enqueue(
      stage,
      making({ task: 'REQ-131-2', agent: 'agent-2' }, { 'a.txt': text() }, { 'a.txt': edit('landed') }),
    )
    drain(stage)
    enqueue(
      stage,
      making(
        { task: 'REQ-142-3', base, checks: ['tests'] },
        { 'a.txt': text() },
        { 'a.txt': text({ 10: 'ten wanted', 40: 'forty' }) },
      ),
    )
    drain(stage)
    host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await openReview(page, host.url)
    await facts(page, '1 open · checks: not run')
    await press(page, '1', 'p')
    const panel = page.getByRole('region', { name: 'Checks on the result' })
    await panel.getByText('looked').waitFor()
    await facts(page, 'all decided · checks: passed')
    await press(page, '2')
    await facts(page, /checks: not run on this result/)
    await press(page, 'p')
    await facts(page, 'all decided · checks: failed')
    // Back at the text of before, the verdict of then is not this one’s: the last run is what is kept.
    await press(page, '1')
    await facts(page, /checks: not run on this result \(failed on an older one\)/)
    await page.reload()
    await facts(page, /checks: not run on this result/)
    await press(page, '2')
    await facts(page, 'all decided · checks: failed')
    expect(stage.complaints).toEqual([])
  })
})
