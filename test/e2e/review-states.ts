/** The conflict reviewer in each state that it has, one after the other, for whatever looks at all of them. */
import type { Page } from 'playwright-core'
import { facts, filesOf, press, shownOn, text, type Reviewed } from './review-acts.ts'
import { byHand, makeConflict, type Conflicted } from './review-stage.ts'
import type { Stage } from './support.ts'

const sides = (name: string) => ({
  'src/limits/rate.txt': text({ 10: `limit ${name}`, 30: `line 30\nadded by ${name}`, 50: `fifty ${name}` }),
})

/** A text with three conflicts, one of them about lines that both added, and a file that was deleted. */
export const STATES_CONFLICT: Conflicted = {
  before: { 'src/limits/rate.txt': text(), 'src/old.txt': 'one\ntwo\nthree\n' },
  landed: { ...sides('landed'), 'src/old.txt': null },
  wanted: { ...sides('wanted'), 'src/old.txt': 'one\nwanted\nthree\n' },
}

export const STATES_FILES = filesOf(STATES_CONFLICT.before)

export async function openStates(stage: Stage): Promise<Reviewed> {
  makeConflict(stage, STATES_CONFLICT)
  const made = await shownOn(stage)
  await facts(made.page, 'conflict 1 of 4 · 4 open')
  await made.page.getByRole('region', { name: 'Why' }).getByText('REQ-131-2').first().waitFor()
  return made
}

export interface ReviewStep {
  name: string
  /** Goes there from the one before. */
  go(page: Page, stage: Stage): Promise<void>
}

const order = (page: Page) => page.getByRole('group', { name: 'In which order' })

export const REVIEW_STEPS: readonly ReviewStep[] = [
  { name: 'focus', go: () => Promise.resolve() },
  {
    name: 'with the base',
    async go(page) {
      await press(page, 'b')
      await page.getByRole('region', { name: 'Base: before both' }).waitFor()
    },
  },
  {
    name: 'in which order',
    async go(page) {
      await press(page, 'b', '3')
      await order(page).waitFor()
    },
  },
  {
    name: 'inline',
    async go(page) {
      await press(page, 'Escape', 'v')
      await page.getByRole('button', { name: 'Layout: Inline' }).waitFor()
      await order(page).waitFor({ state: 'detached' })
    },
  },
  {
    name: 'three panes',
    async go(page) {
      await press(page, 'v')
      await page.getByRole('region', { name: 'Incoming: REQ-142-3' }).locator('.view-line').first().waitFor()
    },
  },
  {
    name: 'what is in the way',
    async go(page) {
      await press(page, 'v', 'Control+Shift+Enter')
      await page.getByRole('dialog').getByText('src/limits/rate.txt: 3 conflicts are open').waitFor()
    },
  },
  {
    name: 'a whole path',
    async go(page) {
      await press(page, 'Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await press(page, ']')
      await facts(page, 'Is it still wanted, though it was deleted?')
      await page.getByText('The file that is left').waitFor()
    },
  },
  {
    name: 'a whole path, edited',
    async go(page) {
      await press(page, 'e')
      await page.locator('[aria-label=Result] .monaco-editor.focused').waitFor()
      await facts(page, '3 open')
    },
  },
  {
    name: 'all decided, to be requeued',
    async go(page) {
      await press(page, 'Escape', '[', '1')
      await facts(page, '2 open')
      await press(page, '2')
      await facts(page, '1 open')
      await press(page, '1')
      await facts(page, 'all decided')
      await press(page, 'Control+Shift+Enter')
      await page.getByLabel('Decided by').waitFor()
    },
  },
  {
    name: 'remarks',
    async go(page, stage) {
      await press(page, 'Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      byHand(stage, (repo) =>
        repo.write(
          'src/limits/rate.txt',
          (sides('landed')['src/limits/rate.txt'] ?? '').replace('limit landed', 'limit moved'),
        ),
      )
      await facts(page, /hyperion\/main moved.*: 2 of 3 decisions kept/)
      await facts(page, '1 open')
    },
  },
]
