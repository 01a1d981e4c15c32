/** Conflicts with something wrong about them: it is said, and what can still be done is done. */
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { facts, filesOf, landed, press, requeue, reviewed, shownOn, text } from './review-acts.ts'
import {
  drain,
  enqueue,
  makeConflict,
  makeConflictByHand,
  making,
  openReview,
  targetBytes,
} from './review-stage.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()
let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

const TARGET = 'refs/heads/hyperion/main'
const PATIENCE_MS = 120_000
const file = (name: string): { 'a.txt': string } => ({ 'a.txt': text({ 20: name }) })
const CONFLICT = { before: file('old'), landed: file('landed'), wanted: file('wanted') }

async function openedOn(files: Readonly<Record<string, string>>): Promise<Stage> {
  return (stage = await openStage({ files: filesOf(files) }))
}

const note = (page: Page, says: string | RegExp): Promise<void> =>
  page.getByRole('note').getByText(says).first().waitFor()

describe.skipIf(browserPath === null)(`what is no text, in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test.each([
    {
      name: 'binary on a side',
      bytes: Buffer.from([0, 1, 2, 0xff, 10]),
      says: 'The target’s file (5 bytes) is binary, so a whole side has to be taken.',
    },
    {
      name: 'invalid UTF-8 on a side',
      bytes: Buffer.from(text({ 20: 'caf\u00e9' }), 'latin1'),
      says: /^The target’s file \(\d+ bytes\) is not valid UTF-8, so a whole side has to be taken\.$/,
    },
  ])(
    '$name: it is said; either side can be taken, and lands byte for byte',
    async ({ bytes, says }) => {
      const on = await openedOn(CONFLICT.before)
      makeConflictByHand(on, CONFLICT.before, CONFLICT.wanted, (repo) => repo.write('a.txt', bytes))
      const { page } = await shownOn(on)
      await facts(page, '1 file · 1 open')
      await note(page, says)
      await press(page, '2')
      await facts(page, 'all decided')
      await press(page, '1')
      await page.getByRole('button', { name: /^Keep /, pressed: true }).waitFor()
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'a.txt').equals(bytes)).toBe(true)
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})

describe.skipIf(browserPath === null)('a ground that went away', () => {
  test(
    'a base that was garbage-collected: who landed what is still said, and it is resolved',
    async () => {
      const on = await openedOn(CONFLICT.before)
      on.cli('init')
      // Written on a commit that only a branch of its author held.
      on.repo.git('checkout', '--quiet', '-b', 'work')
      on.repo.write('other.txt', 'of the author\n')
      const base = on.repo.commit('work of the author')
      on.repo.git('checkout', '--quiet', 'main')
      enqueue(on, making({ task: 'REQ-131-2' }, CONFLICT.before, CONFLICT.landed))
      drain(on)
      enqueue(on, making({ task: 'REQ-142-3', base }, CONFLICT.before, CONFLICT.wanted))
      drain(on)
      on.repo.git('branch', '--quiet', '-D', 'work')
      on.repo.git('reflog', 'expire', '--expire=now', '--all')
      on.repo.git('gc', '--quiet', '--prune=now')
      expect(() => on.repo.git('cat-file', '-e', base)).toThrow(/cat-file/)

      const { page } = await shownOn(on)
      await facts(page, 'conflict 1 of 1 · 1 open')
      await note(page, /^the commit [0-9a-f]{10}, on which the change was written, is gone$/)
      await page.getByRole('region', { name: 'Why' }).getByText('REQ-131-2').first().waitFor()
      await press(page, '3')
      await page.getByRole('group', { name: 'In which order' }).waitFor()
      await press(page, '1')
      await facts(page, 'all decided')
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'a.txt').toString()).toBe(text({ 20: 'landed\nwanted' }))
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a target that is deleted: said with the remedy, decisions are kept, and once it is back it lands',
    async () => {
      const on = await openedOn(CONFLICT.before)
      const { page } = await reviewed(on, CONFLICT)
      await facts(page, '1 open')
      const tip = on.repo.git('rev-parse', TARGET)
      on.repo.git('update-ref', '-d', TARGET)
      await page.reload()
      // The shell tells of it sooner than the reviewer is there.
      await facts(page, 'conflict 1 of 1 · 1 open')
      await facts(page, /hyperion\/main, which changes land on, does not exist; run `hyperion init`/)
      await press(page, '2')
      await facts(page, /all decided .* saved$/)
      await press(page, 'Control+Shift+Enter')
      await page
        .getByRole('dialog')
        .getByText(/does not exist/)
        .waitFor()
      await press(page, 'Escape')
      on.repo.git('update-ref', TARGET, tip)
      await page.reload()
      await facts(page, /all decided .* saved$/)
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'a.txt').toString()).toBe(CONFLICT.wanted['a.txt'])
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a target that was rewound: said with the remedy, and nothing that was decided is lost',
    async () => {
      const on = await openedOn(CONFLICT.before)
      const { page } = await reviewed(on, CONFLICT)
      await facts(page, '1 open')
      await press(page, '1')
      await facts(page, /all decided .* saved$/)
      const tip = on.repo.git('rev-parse', TARGET)
      on.repo.git('update-ref', TARGET, on.repo.git('rev-parse', 'main'))
      await page.reload()
      await facts(page, /all decided .* saved$/)
      await facts(page, /was moved by hand and no longer holds landed change\(s\) 1/)
      await press(page, 'Control+Shift+Enter')
      await page
        .getByRole('dialog')
        .getByText(/was moved by hand/)
        .waitFor()
      await press(page, 'Escape')
      on.repo.git('update-ref', TARGET, tip)
      // A worker that looked meanwhile paused the queue, as the remedy says.
      on.cli('resume', '--accept', 'target_rewound')
      await page.reload()
      await facts(page, /all decided .* saved$/)
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'a.txt').toString()).toBe(CONFLICT.landed['a.txt'])
    },
    PATIENCE_MS,
  )

  test(
    'the engine is away while it opens: said, and it opens by itself once it is back',
    async () => {
      const on = await openedOn(CONFLICT.before)
      makeConflict(on, CONFLICT)
      const host = await on.serve(true)
      const page = await on.tab(host.url)
      await page.goto(new URL('/change/2', host.url).href)
      await page.getByText('Review the conflict').first().waitFor()
      // What draws the reviewer is there already, as it is in the app.
      await openReview(page, host.url)
      await page.goBack()
      await page.getByText('Review the conflict').first().waitFor()
      await host.kill()
      await press(page, 'o')
      await page.getByRole('link', { name: 'Back to change 2' }).waitFor()
      await on.serve(true)
      await facts(page, 'conflict 1 of 1 · 1 open')
      await press(page, '2')
      await facts(page, /all decided .* saved$/)
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'a.txt').toString()).toBe(CONFLICT.wanted['a.txt'])
    },
    PATIENCE_MS,
  )
})

describe.skipIf(browserPath === null)('what cannot be reviewed', () => {
  test(
    'a change that is not in conflict, one that does not exist, one that is cancelled meanwhile',
    async () => {
      const on = await openedOn(CONFLICT.before)
      const { page, host } = await reviewed(on, CONFLICT)
      await page.goto(new URL('/review/1', host.url).href)
      await facts(page, 'Change 1 is applied')
      await page.getByRole('link', { name: 'Show change 1' }).click()
      await page.waitForURL(/\/change\/1$/)
      await page.goto(new URL('/review/999', host.url).href)
      await facts(page, 'The conflict could not be read')
      await facts(page, /there is no change 999|no change 999/i)
      await openReview(page, host.url)
      await facts(page, '1 open')
      on.cli('cancel', '2')
      await facts(page, 'Change 2 is cancelled')
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})

const HOSTILE = [
  '<img src=x onerror="window.owned = 1"><script>window.owned = 1</script>',
  '\u202Egnp.exe\u2066 turned \u200B round',
  '\u001b[31mred\u001b]8;;http://evil.invalid\u0007link\u001b[0m \u0008\u0085',
  '<<<<<<< not a marker of this merge',
  '`${window.owned = 1}` {{constructor}} %n%s',
]

describe.skipIf(browserPath === null)('hostile text', () => {
  test(
    'in sides, intents and names it is shown, inert, and lands byte for byte',
    async () => {
      const path = 'src/<b>bold<b> & $(rm).txt'
      const made = (name: string) => ({
        [path]: text({ 20: HOSTILE.map((one) => `${one} ${name}`).join('\n') }),
      })
      const on = await openedOn({ [path]: text() })
      on.cli('init')
      const base = on.repo.git('rev-parse', 'HEAD')
      const intent = HOSTILE.slice(0, 2).join(' ')
      enqueue(on, making({ task: 'REQ-131-2', metadata: { intent } }, { [path]: text() }, made('landed')))
      drain(on)
      enqueue(
        on,
        making({ task: 'REQ-142-3', base, metadata: { intent } }, { [path]: text() }, made('wanted')),
      )
      drain(on)
      const { page } = await shownOn(on)
      await facts(page, 'conflict 1 of 1 · 1 open')
      await page.getByRole('region', { name: 'Why' }).getByText('REQ-131-2').first().waitFor()
      for (const key of ['v', 'v', 'b', 'l']) await press(page, key)
      const held = await page.evaluate<{ owned: unknown; made: number; controls: string[] }>(`(() => {
        const main = document.querySelector('main')
        const editors = [...main.querySelectorAll('.monaco-editor')]
        const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
        const controls = []
        for (let text = texts.nextNode(); text !== null; text = texts.nextNode())
          if (/[\\u202a-\\u202e\\u2066-\\u2069\\u200b\\u001b\\u0007\\u0008\\u0085]/.test(text.data) &&
            !editors.some((one) => one.contains(text))) controls.push(text.data.slice(0, 80))
        return { owned: window.owned ?? null, made: main.querySelectorAll('img, main script, b').length, controls }
      })()`)
      expect(held).toEqual({ owned: null, made: 0, controls: [] })
      await press(page, 'Escape', '2')
      await facts(page, 'all decided')
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, path).toString()).toBe(made('wanted')[path])
      expect(await page.evaluate('window.owned ?? null')).toBe(null)
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})
