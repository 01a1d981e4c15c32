/** A cast from elsewhere, with everything wrong that can be: each is told at its field, and a key leads there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import {
  addFile,
  answerTheRest,
  beginCast,
  CAST_FILES,
  chooseWay,
  fill,
  goStep,
  importCast,
  kept,
} from './cast-acts.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const open = stagesInOneBrowser()
let stage: Stage
afterEach(() => stage.dispose())

const replaced = (path: string, patch_hash: string) => ({
  path,
  operation: 'update',
  replacement: 'x\n',
  patch_hash,
})

const BAD = {
  request_id: 'REQ-9',
  summary: '   ',
  colour: 'blue',
  priority: 'soon',
  requested_changes: [
    { path: '../out.txt', summary: 'Outside' },
    { path: 'src/list.js', summary: 'Wrong hash', change: replaced('src/list.js', 'f'.repeat(64)) },
    { path: 'src/list.js', summary: 'No edit', change: { path: 'src/list.js', operation: 'rename' } },
  ],
  metadata: {
    intent: 'why',
    complexity: 2,
    telemetry_anchors: ['a'],
    approvals: [
      { approver: 'Ada', approved_at: 1_700_000_000, payload_hash: 'a'.repeat(64) },
      { approver: 'Eve', approved_at: 1_700_000_000 },
    ],
  },
}

/** What the field with the keyboard is, and what is said at it. */
const here = (page: Page): Promise<{ field: string; says: string }> =>
  page.evaluate<{ field: string; says: string }>(`(() => {
    const at = document.activeElement
    const ids = (at.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)
    return { field: at.dataset.field ?? '', says: ids.map((id) => document.getElementById(id).textContent).join(' ') }
  })()`)

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('each fault is told at its field, in words that are bound to it; F8 goes from one to the next', async () => {
    stage = await open({ files: CAST_FILES })
    const { page } = await importCast(stage, BAD)
    const imported = page.getByRole('region', { name: 'The imported file' })
    const remarks = await imported.innerText()
    for (const part of [
      'before hyperion.cast/1',
      'colour was left out',
      'priority was left out',
      'requested_changes[2].change was left out',
    ])
      // prettier-ignore
      expect(remarks).toContain(part)
    const seen = new Map<string, string>()
    for (let press = 0; press < 30; press += 1) {
      await page.keyboard.press('F8')
      await expect.poll(async () => (await here(page)).field).not.toBe('')
      const { field, says } = await here(page)
      if (seen.has(field) && press > 10) break
      seen.set(field, says)
    }
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining(['summary', 'items[0].path', 'items[1].change', 'approvals[0]', 'approvals[1]']),
    )
    expect(seen.get('summary')).toContain('This is missing; it takes what is wanted')
    expect(seen.get('items[0].path')).toMatch(/inside the repository/)
    expect(seen.get('items[1].change')).toMatch(/is not the SHA-256 of/)
    await goStep(page, 4)
    const approvals = page.getByRole('list', { name: 'Approvals' })
    expect(await approvals.innerText()).toMatch(/Ada\s+void: content changed[\s\S]*Eve\s+a claim of the file/)
    // A remark leads to what was left out of its field.
    await goStep(page, 1)
    await imported.getByText('requested_changes[2].change').locator('..').getByRole('button').press('Enter')
    await expect.poll(async () => (await here(page)).field).toMatch(/^items\[2\]/)
    expect(stage.complaints).toEqual([])
  })

  test('an approval counts for what was approved: edited it is void, and withdrawn it is gone', async () => {
    stage = await open({
      files: {
        ...CAST_FILES,
        'hyperion.config.json': JSON.stringify({
          checks: { allow: { good: 'true' } },
          approvals: { required: 1 },
        }),
      },
    })
    const { page } = await importCast(stage, {
      ...BAD,
      summary: 'Fine',
      requested_changes: [{ path: 'src/list.js', summary: 'Digits' }],
      metadata: { ...BAD.metadata, approvals: [] },
    })
    await goStep(page, 4)
    await page.getByText(/it will wait for an approval until one is recorded/).waitFor()
    await page.getByRole('textbox', { name: 'Name' }).fill('Ada Lovelace')
    await page.getByRole('textbox', { name: 'Role (optional)' }).fill('owner')
    await page.keyboard.press('Enter')
    const approvals = page.getByRole('list', { name: 'Approvals' })
    await approvals.getByText('recorded for this content').waitFor()
    await page.getByText('asks for no further approval').waitFor()
    await goStep(page, 1)
    await fill(page, 'Context (optional)', 'other content')
    await kept(page)
    await goStep(page, 4)
    await approvals.getByText('void: content changed').waitFor()
    // The name and the role are remembered.
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('Ada Lovelace')
    expect(await page.getByRole('textbox', { name: 'Role (optional)' }).inputValue()).toBe('owner')
    await approvals.getByRole('button', { name: 'Withdraw' }).press('Enter')
    await approvals.waitFor({ state: 'detached' })
    await page.getByText(/it will wait for an approval until one is recorded/).waitFor()
    expect(stage.complaints).toEqual([])
  })

  test('a patch that does not fit stays where it was pasted, is in no cast, and keeps it from being written', async () => {
    stage = await open({ files: CAST_FILES })
    const { page } = await beginCast(stage)
    await answerTheRest(page)
    await goStep(page, 2)
    await addFile(page, 'src/list.js', 'Digits')
    await chooseWay(page, 'Paste a patch')
    const patch = (from: string): string => `@@ -1,2 +1,2 @@\n-${from}()\n+digits()\n two()\n`
    const box = page.getByRole('textbox', { name: 'Patch' })
    const refused = page.getByText(/^Not in the cast: the patch does not fit/)
    await box.fill(patch('one'))
    await page.getByText('+1 −1').first().waitFor()
    await box.fill(patch('nope'))
    await refused.waitFor()
    await goStep(page, 5)
    await page.getByText(/the patch is not in the cast: the patch does not fit/).waitFor()
    await page.getByRole('button', { name: /^Finish: write the file/ }).and(page.locator('[aria-disabled=true]')).waitFor() // prettier-ignore
    await kept(page)
    // It is there again after a reload, with the reason, and a key leads to it.
    await page.reload()
    await page.getByRole('heading', { name: 'Review', level: 2 }).waitFor()
    await page.keyboard.press('F8')
    await refused.waitFor()
    expect(await box.inputValue()).toBe(patch('nope'))
    await box.fill('')
    await refused.waitFor({ state: 'detached' })
    await box.fill(patch('one'))
    await page.getByText('+1 −1').first().waitFor()
    await goStep(page, 5)
    await page.getByText('Nothing is wrong with it').waitFor()
    await page.keyboard.press('Control+Enter')
    await page.getByRole('region', { name: 'The written cast' }).waitFor()
    const written = JSON.parse(readFileSync(join(stage.repo.dir, 'taskjson/REQ-1.json'), 'utf8')) as object
    expect(written).toMatchObject({ requested_changes: [{ change: { patch: patch('one') } }] })
    expect(stage.complaints).toEqual([])
  })

  test('what is no cast at all is refused where it was dropped, and a draft that is not there is said', async () => {
    stage = await open({ files: CAST_FILES })
    const host = await stage.serve(true)
    const page = await stage.tab(host.url)
    await page.goto(new URL('/cast-builder', host.url).href)
    await page.getByText('No cast yet').waitFor()
    const choose = (buffer: Buffer): Promise<void> =>
      page.getByLabel('Choose a cast').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer })
    await choose(Buffer.from('[1, 2'))
    await page
      .getByRole('alert')
      .getByText(/x\.json/)
      .waitFor()
    await choose(Buffer.from(JSON.stringify({ schema: 'hyperion.cast/9' })))
    await page.getByText(/which this version does not know/).waitFor()
    await choose(Buffer.from([0x7b, 0xff, 0x7d]))
    await page.getByText(/is not valid UTF-8/).waitFor()
    await page.goto(new URL('/cast-builder/nobody?step=files', host.url).href)
    await page.getByText('This draft cannot be shown').waitFor()
    await page.getByRole('link', { name: 'All drafts and casts' }).press('Enter')
    await page.getByText('No cast yet').waitFor()
    expect(stage.complaints).toEqual([])
  })
})
