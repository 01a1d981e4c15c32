/** What probes found out about a change's acceptance criteria, beside its checks. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { findingsInBothThemes } from './findings.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()
const ALLOW = { marked: 'grep -q Orchestrated a.js', there: 'test -f a.js' }

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

test.skipIf(browserPath === null)('proven, not proven and not allowed are told apart, in words', async () => {
  const on = await openStage({
    files: { 'a.js': 'one()\n', 'hyperion.config.json': JSON.stringify({ checks: { allow: ALLOW } }) },
  })
  stage = on
  const { url } = await on.serve(true)
  const file = join(on.home, 'request.json')
  const request = {
    request_id: 'REQ-1',
    summary: 'Mark it',
    requested_changes: [{ path: 'a.js', summary: 'mark it' }],
    acceptance_criteria: [
      'It is marked (probe: `marked`)',
      'It is there (probe: `there`)',
      'It is nice (probe: `nice`)',
    ],
    checks: ['there'],
  }
  writeFileSync(file, JSON.stringify(request))
  expect(on.cli('request', file).code).toBe(0)
  await expect.poll(() => changesOf(on).map(({ status }) => status), { timeout: 30_000 }).toEqual(['applied'])
  const page = await on.tab(url)
  await page.goto(new URL('/change/1', url).href)
  await page.getByRole('tab', { name: /^Checks/ }).click()
  const criteria = page.getByRole('region', { name: 'Acceptance criteria' })
  await criteria.waitFor()
  expect((await criteria.locator('summary').allInnerTexts()).map((text) => text.split('\n')[0])).toEqual([
    'Proven',
    'Not proven by this probe',
    'Unknown',
  ])
  await criteria.locator('summary').nth(1).click()
  await page.getByText('The probe passes before the change as well.').waitFor()
  expect(await findingsInBothThemes(page)).toEqual([])
  await page.screenshot({ path: process.env['SHOT'] ?? join(on.home, 'criteria.png') })
})
