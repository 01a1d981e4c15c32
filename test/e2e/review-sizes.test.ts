/** Conflicts in texts that are too long for an editor: said, and resolved all the same, byte for byte. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  facts,
  filesOf,
  landed,
  press,
  requeue,
  reviewed,
  shownOn,
  text,
  type Reviewed,
} from './review-acts.ts'
import { makeConflictByHand, targetBytes } from './review-stage.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()
let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

/** A bound for all of it; what hangs never ends. */
const PATIENCE_MS = 180_000

async function open(make: (edit: Readonly<Record<number, string>>) => string): Promise<Reviewed> {
  const file = (edit: Readonly<Record<number, string>>) => ({ 'a.txt': make(edit) })
  stage = await openStage({ files: filesOf(file({})) })
  return reviewed(stage, {
    before: file({}),
    landed: file({ 20: 'landed' }),
    wanted: file({ 20: 'wanted', 40: 'wanted alone' }),
  })
}

const LONG = [
  {
    name: 'more than 50,000 lines',
    make: (edit: Readonly<Record<number, string>>) => text(edit, 60_000),
    says: "This text has 60,007 lines, more than the editor's 50,000, so it is edited without colours and folding.",
  },
  {
    name: 'more than 1,000,000 characters',
    make: (edit: Readonly<Record<number, string>>) => text(edit, 60, `${'.'.repeat(20_000)}\n`),
    says: /This text has 1,2[0-9]{2},[0-9]{3} characters, more than the editor's 1,000,000, so it is edited/,
  },
  {
    name: 'a line of 300,000 characters that nobody touched',
    make: (edit: Readonly<Record<number, string>>) => text({ 30: '.'.repeat(300_000), ...edit }),
    says: "A line of this text is longer than the editor's 200,000 characters, so it is edited without",
  },
]

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test.each(LONG)(
    '$name: edited as plain text, which it says; it lands byte for byte',
    async ({ make, says }) => {
      const { page, stage: on } = await open(make)
      await facts(page, 'conflict 1 of 1 · 1 open')
      await page.getByRole('note').getByText(says).waitFor()
      // Nothing of it is coloured as a language would be.
      await press(page, '2')
      await facts(page, 'all decided')
      await press(page, 'e', 'Control+Home')
      await page.keyboard.type('typed\n')
      await press(page, 'Escape')
      await requeue(page)
      await landed(on)
      expect(
        targetBytes(on, 'a.txt').equals(Buffer.from(`typed\n${make({ 20: 'wanted', 40: 'wanted alone' })}`)),
      ).toBe(true)
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a conflict about a line of 300,000 characters is shown, decided and landed',
    async () => {
      const long = `${'word and word; '.repeat(10_000)}${' more;'.repeat(25_000)}`
      const file = (name: string): string => text({ 20: name })
      const before = { 'a.txt': file('word and more; old') }
      stage = await openStage({ files: filesOf(before) })
      // No change may have such a line; other hands may.
      makeConflictByHand(stage, before, { 'a.txt': file('word and more; wanted') }, (repo) =>
        repo.write('a.txt', file(long)),
      )
      const { page } = await shownOn(stage)
      await facts(page, 'conflict 1 of 1 · 1 open')
      await press(page, '2')
      await facts(page, 'Decided: taken')
      await press(page, '3')
      await page.getByRole('group', { name: 'In which order' }).waitFor()
      await press(page, '2')
      await facts(page, 'Decided: both, incoming first')
      await requeue(page)
      await landed(stage)
      const both = file(`word and more; wanted\n${long}`)
      expect(targetBytes(stage, 'a.txt').equals(Buffer.from(both))).toBe(true)
      expect(stage.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'a file over 16 MiB is decided whole, for the reason it says, and lands byte for byte',
    async () => {
      const make = (edit: Readonly<Record<number, string>>): string =>
        text(edit, 900, `${'.'.repeat(20_000)}\n`)
      const { page, stage: on } = await open(make)
      await facts(page, '1 file · 1 open')
      await page
        .getByRole('note')
        .getByText(
          /^The target’s file \(18,00[0-9],\d{3} bytes\) is over 16 MiB, so a whole side has to be taken\.$/,
        )
        .waitFor()
      expect(await page.locator('[aria-label=Result] .view-line').count()).toBe(0)
      await press(page, '2')
      await facts(page, 'all decided')
      await requeue(page)
      await landed(on)
      expect(targetBytes(on, 'a.txt').equals(Buffer.from(make({ 20: 'wanted', 40: 'wanted alone' })))).toBe(
        true,
      )
      expect(on.complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})
