/** What a person does in the cast builder, for the tests of it. */
import type { Page } from 'playwright-core'
import type { Host, Stage } from './support.ts'

export const CAST_FILES: Record<string, string> = {
  'src/list.js': 'one()\ntwo()\n',
  'hyperion.config.json': JSON.stringify({ checks: { allow: { good: 'true' } } }),
}

/** A cast with so many files, none of them on the target. */
export const manyFiles = (count: number) => ({
  request_id: `REQ-${count}`,
  summary: 'Many files',
  requested_changes: Array.from({ length: count }, (_, at) => ({
    path: `src/made/file-${at}.ts`,
    summary: `What happens to ${at}`,
  })),
  metadata: { intent: 'Many', complexity: 5, telemetry_anchors: ['many'] },
})

export interface Built {
  page: Page
  host: Host
}

/** Begins a blank cast. */
export async function beginCast(stage: Stage): Promise<Built> {
  const host = await stage.serve(true)
  const page = await stage.tab(host.url)
  await page.goto(new URL('/cast-builder', host.url).href)
  await page.getByRole('button', { name: 'New cast' }).first().waitFor()
  await page.keyboard.press('n')
  await page.getByRole('textbox', { name: 'Request id' }).waitFor()
  return { page, host }
}

/** Imports a cast from a file's text and waits until its draft is open. */
export async function importCast(stage: Stage, cast: unknown): Promise<Built> {
  const host = await stage.serve(true)
  const page = await stage.tab(host.url)
  await page.goto(new URL('/cast-builder', host.url).href)
  await page.getByRole('button', { name: 'Import' }).first().waitFor()
  const choosing = page.waitForEvent('filechooser')
  // That it is waited for has to be known to the browser before it asks.
  await page.evaluate('0')
  await page.keyboard.press('i')
  const buffer = Buffer.from(JSON.stringify(cast))
  await (await choosing).setFiles({ name: 'from-elsewhere.json', mimeType: 'application/json', buffer })
  await page.getByRole('heading', { name: 'Intent', level: 2 }).waitFor()
  return { page, host }
}

export async function goStep(page: Page, step: 1 | 2 | 3 | 4 | 5): Promise<void> {
  await page.keyboard.press(`Alt+${step}`)
  await page.getByRole('region', { name: new RegExp(`^Step ${step}:`) }).waitFor()
}

export const kept = (page: Page): Promise<void> => page.getByText(/^Saved \d/).waitFor()

export async function fill(page: Page, field: string | RegExp, text: string): Promise<void> {
  await page.getByRole('textbox', { name: field }).focus()
  await page.keyboard.insertText(text)
}

/** Everything but files. */
export async function answerTheRest(page: Page): Promise<void> {
  await goStep(page, 1)
  await fill(page, 'Summary', 'Renumber the list')
  await fill(page, 'Intent', 'So that it is read more easily')
  await goStep(page, 3)
  await fill(page, /^Telemetry anchors/, 'naming')
  await page.getByRole('radio').nth(1).focus()
  await page.keyboard.press('Space')
}

/** Adds a file and leaves the keyboard in what is to happen to it. */
export async function addFile(page: Page, path: string, summary: string): Promise<void> {
  await page.keyboard.press('Alt+a')
  const picker = page.getByRole('combobox', { name: 'Path' })
  await picker.waitFor()
  await page.keyboard.insertText(path)
  await page.keyboard.press('Escape')
  await fill(page, 'What is to happen to it', summary)
}

/** Chooses who makes the edit of the file that is open, by keyboard. */
export async function chooseWay(page: Page, name: string): Promise<void> {
  await page.getByRole('radio', { name }).focus()
  await page.keyboard.press('Space')
}

/** Puts the keyboard into the text of a file. */
export async function enterText(page: Page, path: string): Promise<void> {
  const text = page.getByRole('textbox', { name: `Text of ${path}` }).last()
  await text.waitFor({ state: 'attached' })
  await text.focus()
}

/** Writes what is there and waits for the card that says so. */
export async function finish(page: Page): Promise<void> {
  await goStep(page, 5)
  await kept(page)
  await page.keyboard.press('Control+Enter')
  await page.getByRole('region', { name: 'The written cast' }).waitFor()
}
