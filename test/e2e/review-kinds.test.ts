/** Each kind of conflict is resolved by keyboard alone, and lands with the bytes and the mode that were decided. */
import { afterEach, describe, expect, test } from 'vitest'
import { added, diffed, patched, request } from '../support/requests.ts'
import { facts, filesOf, landed, press, requeue, shownOn, text } from './review-acts.ts'
import { byHand, drain, enqueue, targetBytes } from './review-stage.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()
let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

const PATIENCE_MS = 120_000
const CHECKS = { checks: ['good'] }

const modeOf = (on: Stage, path: string): string | null =>
  on.repo.git('ls-tree', 'hyperion/main', '--', path).split(' ')[0] || null

async function begun(files: Readonly<Record<string, string>>): Promise<{ on: Stage; base: string }> {
  const on = (stage = await openStage({ files: filesOf(files) }))
  on.cli('init')
  return { on, base: on.repo.git('rev-parse', 'HEAD') }
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test.each([
    { side: 'the incoming', key: '2', mode: '100755' },
    { side: 'the target’s', key: '1', mode: '100644' },
  ])(
    'a mode: $side is taken with one key',
    async ({ key, mode }) => {
      const { on, base } = await begun({ 'a.txt': 'one\n' })
      enqueue(on, request({ task: 'REQ-131-2', ...CHECKS }, added('run.sh', 'same\n')))
      drain(on)
      enqueue(on, request({ task: 'REQ-142-3', base, ...CHECKS }, added('run.sh', 'same\n', true)))
      drain(on)
      const { page } = await shownOn(on)
      await facts(page, '1 file · 1 open')
      await facts(page, 'Target: an ordinary file · incoming: can be run')
      await press(page, key)
      await facts(page, 'all decided')
      await requeue(page)
      await landed(on)
      expect([modeOf(on, 'run.sh'), targetBytes(on, 'run.sh').toString()]).toEqual([mode, 'same\n'])
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a file that the target renamed: merged where it is now, and only there',
    async () => {
      const { on, base } = await begun({ 'old.txt': text() })
      enqueue(
        on,
        request({ task: 'REQ-131-2', ...CHECKS }, diffed('old.txt', text(), text({ 20: 'landed' }))),
      )
      drain(on)
      byHand(on, (repo) => void repo.git('mv', 'old.txt', 'new.txt'))
      enqueue(
        on,
        request(
          { task: 'REQ-142-3', base, ...CHECKS },
          diffed('old.txt', text(), text({ 20: 'wanted', 40: 'alone' })),
        ),
      )
      drain(on)
      const { page } = await shownOn(on)
      await facts(page, 'conflict 1 of 1 · 1 open')
      await facts(page, 'new.txt')
      await press(page, '2')
      await facts(page, 'all decided')
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'new.txt').toString()).toBe(text({ 20: 'wanted', 40: 'alone' }))
      expect(modeOf(on, 'old.txt')).toBe(null)
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a base that nobody knows: the patch as it was sent is shown, the target’s text is edited, and lands as typed',
    async () => {
      const { on } = await begun({ 'a.txt': text({}, 10), 'b.txt': 'b\n' })
      enqueue(on, request({ task: 'REQ-131-2', ...CHECKS }, diffed('b.txt', 'b\n', 'bb\n')))
      drain(on)
      const patch = '@@ -1,3 +1,3 @@\n of nobody\n-knows\n+known by now\n what\n'
      enqueue(on, request({ task: 'REQ-142-3', ...CHECKS }, patched('a.txt', patch)))
      drain(on)
      const { page } = await shownOn(on)
      await facts(page, '1 file · 1 open')
      await page.getByRole('region', { name: 'The patch as it was sent' }).getByText('known by now').waitFor()
      // It cannot be taken as a whole, for nobody knows the whole of it.
      await press(page, '2')
      await facts(page, '1 file · 1 open')
      await press(page, 'e')
      await facts(page, 'all decided')
      await page.locator('[aria-label=Result] .monaco-editor.focused').waitFor()
      await press(page, 'Control+Home')
      await page.keyboard.type('known by now\n')
      await press(page, 'Escape')
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'a.txt').toString()).toBe(`known by now\n${text({}, 10)}`)
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a hard one: three files, one deleted, one renamed, one with CRLF; no byte goes that was not meant to',
    async () => {
      const other = (fifth = 'five'): string => `once\nupon\na\ntime\n${fifth}\n`
      const crlf = (edit: Readonly<Record<number, string>>): string => `${text(edit, 30, '\r\n')}unended`
      const { on, base } = await begun({ 'gone.txt': other(), 'old.txt': text(), 'w.txt': crlf({}) })
      enqueue(
        on,
        request(
          { task: 'REQ-131-2', ...CHECKS },
          diffed('gone.txt', other(), null),
          diffed('old.txt', text(), text({ 20: 'landed' })),
          diffed('w.txt', crlf({}), crlf({ 10: 'landed', 20: 'landed' })),
        ),
      )
      drain(on)
      byHand(on, (repo) => void repo.git('mv', 'old.txt', 'new.txt'))
      enqueue(
        on,
        request(
          { task: 'REQ-142-3', base, ...CHECKS },
          diffed('gone.txt', other(), other('wanted')),
          diffed('old.txt', text(), text({ 20: 'wanted', 40: 'alone' })),
          diffed('w.txt', crlf({}), crlf({ 10: 'wanted', 20: 'wanted' })),
        ),
      )
      drain(on)
      const { page } = await shownOn(on)
      await facts(page, 'conflict 1 of 4 · 4 open')
      for (const [at, key] of ['1', '2', '1', '2'].entries()) {
        await press(page, key)
        await facts(page, at === 3 ? 'all decided' : `${3 - at} open`)
      }
      await requeue(page)
      await landed(on)
      expect([modeOf(on, 'gone.txt'), modeOf(on, 'old.txt')]).toEqual([null, null])
      expect(targetBytes(on, 'new.txt').toString()).toBe(text({ 20: 'wanted', 40: 'alone' }))
      expect(targetBytes(on, 'w.txt').toString()).toBe(crlf({ 10: 'landed', 20: 'wanted' }))
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})
