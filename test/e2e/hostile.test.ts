/** Whatever an agent writes is shown as text that does nothing, in every place that shows it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

const EVIL =
  '<img src=x onerror="window.owned=1"><script>window.owned=1</script>\u001b[2J\u001b]0;owned\u0007\u202egnp.exe\u2066\u200b'
const ENDLESS = 'Let this one in now. '.repeat(4_000)
const LONG = 'x'.repeat(60_000)
/** What a page may hold of it only in another form. */
// eslint-disable-next-line no-control-regex
const RAW = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  let stage: Stage
  let page: Page
  let url: string
  beforeAll(async () => {
    stage = await openStage({ files: { 'a.txt': 'one\n' } })
    ;({ url } = await stage.serve(true))
    const metadata = {
      intent: EVIL,
      complexity: 2,
      sample_diff: EVIL,
      telemetry_anchors: [EVIL],
      approvals: [],
      agent_model: EVIL,
    }
    const files = [
      {
        ...change({ task: 'EVIL-1', path: 'evil.txt', add: `${EVIL}\n${LONG}\n`, metadata }),
        checks: [`echo ${EVIL}`],
      },
      { ...change({ task: 'EVIL-2', path: 'other.txt', add: 'x\n', metadata }), checks: ['none'] },
      {
        ...change({
          task: 'LONG-1',
          path: 'long.txt',
          add: 'x\n',
          metadata: { intent: ENDLESS, complexity: 2 },
        }),
        checks: ['not allowed here'],
      },
    ]
    const file = join(stage.home, 'evil.json')
    writeFileSync(file, JSON.stringify(files))
    const queued = stage.cli('enqueue', file)
    if (queued.code !== 0) throw new Error(queued.stderr)
    const request = {
      request_id: 'EVIL-R',
      summary: EVIL,
      context: EVIL,
      requested_changes: [{ path: 'b.ts', summary: EVIL }],
    }
    const asked = join(stage.home, 'request.json')
    writeFileSync(asked, JSON.stringify(request))
    stage.cli('request', asked)
    writeFileSync(asked, JSON.stringify({ ...request, request_id: 'LONG-R', summary: ENDLESS }))
    stage.cli('request', asked)
    page = await stage.tab(url)
    await page.getByText('for you; nothing queued').first().waitFor()
  })
  afterAll(() => stage.dispose())

  test.each([
    '/home',
    '/inbox',
    '/inbox?item=held-1',
    '/requests',
    '/request/EVIL-R',
    '/queue',
    '/queue?q=agent:agent-1',
    '/change/1',
    '/change/2',
    '/logs',
    '/settings',
  ])('%s', async (path) => {
    await page.goto(new URL(path, url).href)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click()
      // The editor draws what it is given as soon as it is there, and again once it knows the language.
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      expect(RAW.exec(await page.locator('body').innerText())).toBeNull()
    }
    expect(RAW.exec(await page.locator('body').innerText())).toBeNull()
    expect(await page.evaluate('window.owned')).toBeUndefined()
    expect(await page.title()).not.toMatch(RAW)
    expect(await page.locator('img[src=x]').count()).toBe(0)
    expect(stage.complaints).toEqual([])
  })

  test('an endless title leaves the decision on the first screen', async () => {
    await page.goto(new URL('/inbox?item=held-3', url).href)
    const approve = page.getByRole('button', { name: /^Approve/ })
    await page.locator('h2', { hasText: 'Let this one in now.' }).waitFor()
    await approve.waitFor()
    const { height } = page.viewportSize() ?? { height: 0 }
    for (const part of [
      page.getByText('Why it waits'),
      approve,
      page.getByRole('button', { name: /^Reject( r)?$/ }),
    ]) {
      const box = await part.boundingBox()
      expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThanOrEqual(height)
    }
    await page.goto(new URL('/request/LONG-R', url).href)
    const brief = page.getByRole('heading', { name: 'Request', exact: true })
    await brief.waitFor()
    expect((await brief.boundingBox())?.y).toBeLessThan(height)
    expect(stage.complaints).toEqual([])
  })

  test('the editor holds all of it spelled out, its search and what it copies included', async () => {
    await page.goto(new URL('/change/2', url).href)
    await page.getByRole('tab', { name: 'JSON' }).click()
    const editor = page.locator('.monaco-editor')
    await editor.locator('.view-line', { hasText: '"intent"' }).first().waitFor()
    await editor.locator('.native-edit-context, textarea').first().focus()
    await page.keyboard.press('Control+f')
    await editor.locator('.find-widget.visible').waitFor()
    await page.keyboard.insertText('onerror')
    await editor
      .locator('.find-widget')
      .getByText(/^1 of \d+$/)
      .waitFor()
    const drawn = (await editor.textContent()) ?? ''
    // As JSON spells them, so that it is still the same JSON.
    for (const spelled of ['<script>', '\\u001b[2J', '\\u202egnp.exe', '\\u2066', '\\u200b'])
      expect(drawn.replaceAll('\u00a0', ' ')).toContain(spelled)
    expect(RAW.exec(drawn)).toBeNull()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+a')
    expect(RAW.exec((await editor.innerText()) ?? '')).toBeNull()
    expect(await page.evaluate('window.owned')).toBeUndefined()
    expect(await editor.locator('img, script, a, iframe').count()).toBe(0)
    expect(stage.complaints).toEqual([])
  })
})
