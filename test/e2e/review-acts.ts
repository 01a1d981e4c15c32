/** What a person does and sees in the conflict reviewer, for the tests of it. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { changesOf } from './stages.ts'
import { filesOf, makeConflict, openReview, type Conflicted } from './review-stage.ts'
import type { Host, Stage, TabOptions } from './support.ts'

/** Numbered lines of a file, some of them others. */
export const text = (edit: Readonly<Record<number, string>> = {}, count = 60, end = '\n'): string =>
  Array.from({ length: count }, (_, at) => `${edit[at + 1] ?? `line ${at + 1}`}${end}`).join('')

export interface Reviewed {
  stage: Stage
  host: Host
  page: Page
}

/** Makes a conflict on a stage whose repository holds its beginning, and shows it. */
export async function reviewed(
  stage: Stage,
  conflict: Conflicted,
  options: TabOptions = {},
): Promise<Reviewed> {
  makeConflict(stage, conflict)
  return shownOn(stage, options)
}

/** Shows change 2, which is in conflict already. */
export async function shownOn(stage: Stage, options: TabOptions = {}): Promise<Reviewed> {
  const host = await stage.serve(true)
  const page = await stage.tab(host.url, options)
  await openReview(page, host.url)
  return { stage, host, page }
}

export { filesOf }

export const facts = (page: Page, what: string | RegExp): Promise<void> =>
  page.getByText(what).first().waitFor()

export async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

/** Goes on with what is decided, and waits until it has landed. */
export async function requeue(page: Page): Promise<void> {
  await press(page, 'Control+Shift+Enter')
  await page.getByLabel('Decided by').fill('Operator')
  await press(page, 'Enter')
  await page.getByText('Resolved: change 2 is tried again').waitFor()
}

export async function landed(stage: Stage): Promise<void> {
  await expect.poll(() => changesOf(stage)[1]?.status, { timeout: 60_000 }).toBe('applied')
}
