/** What agents' work waits for, seen in the browser: answers, until when, and agents that are not there. */
import { describe, expect, test } from 'vitest'
import {
  agentStages,
  copilot,
  DEVELOPERS,
  fenced,
  go,
  PATIENCE,
  requestFile,
  runOf,
  submit,
} from './agents-stage.ts'
import { findingsInBothThemes } from './findings.ts'
import { queueOf } from './stages.ts'
import { browserPath, NO_BROWSER } from './support.ts'

const start = agentStages()
/** Plans and drafts are the stubs' own: what is looked at is what the Engineer does. */
const ENGINEER = { harness: 'stub', roles: { engineer: { harness: 'copilot' } } }

const brief = { intent: 'Digits for words', acceptance_criteria: ['two is a digit'], complexity: 4 }
const questions = [
  { text: 'Arabic or Roman?', blocking: true, assumption: 'Arabic' },
  { text: 'Comments too?', blocking: false, assumption: 'no' },
]

describe.skipIf(browserPath === null || copilot === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 180_000 },
  () => {
    test('an answer that comes: the Engineer is at it, and nothing says that it waits', async () => {
      const rest = Promise.withResolvers<void>()
      const started = await start(ENGINEER, {
        engineer: (said) =>
          said.includes('Your questions')
            ? { say: fenced(brief), begin: 1, until: rest.promise }
            : { say: fenced({ ...brief, questions }) },
      })
      const { on, page, url } = started
      await submit(started, 'REQ-1', 'a.js')
      await page.getByLabel('Answer to question 1').fill('Roman')
      await go(page, url, '/requests')
      const listed = page.getByRole('row', { name: /REQ-1/ })
      await listed.getByText('Needs an answer', { exact: true }).waitFor()
      await go(page, url, '/request/REQ-1')
      await page.getByRole('button', { name: /^Answer/ }).click()
      await page.getByText('REQ-1 goes on').waitFor()
      await page.locator('header').getByText('Briefing', { exact: true }).waitFor()
      await runOf(page, 'Engineer', 1).getByText('At work').waitFor(PATIENCE)
      await page.getByText('Arabic or Roman? — Roman').waitFor()
      expect(await page.getByRole('group', { name: 'Questions' }).count()).toBe(0)
      expect(await findingsInBothThemes(page)).toEqual([])
      await go(page, url, '/requests')
      await listed.getByText('Briefing', { exact: true }).waitFor()
      await go(page, url, '/home')
      await page.getByRole('table', { name: 'Recent requests' }).getByText('Briefing', { exact: true }).waitFor() // prettier-ignore
      await go(page, url, '/inbox')
      await page.getByText('Nothing waits for you').waitFor()
      rest.resolve()
      await go(page, url, '/request/REQ-1')
      await page.getByText('Done', { exact: true }).waitFor(PATIENCE)
      // It blocked nothing, and was never waited for.
      await page.getByText('Comments too? — nobody answered, taken as assumed: no').waitFor()
      expect(on.complaints).toEqual([])
    })

    test('an answer that does not come: until when it is waited for, and that it went on without', async () => {
      const started = await start(
        { ...ENGINEER, answerSeconds: 3_600 },
        { engineer: () => ({ say: fenced({ ...brief, questions }) }) },
      )
      const { on, page, url, model } = started
      await submit(started, 'REQ-1', 'a.js')
      const form = page.getByRole('group', { name: 'Questions' })
      await form.getByText(/^Goes on as assumed at /).waitFor(PATIENCE)
      await form.getByText('Assumed otherwise:').first().waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await go(page, url, '/inbox')
      await page.getByRole('article', { name: 'Decision: answer' }).getByText(/^Goes on as assumed at /).waitFor() // prettier-ignore

      // The hour is over.
      await go(page, url, '/request/REQ-1')
      const queue = queueOf(on)
      queue.write(() => queue.sql('UPDATE task_requests SET answer_by = answer_by - 3600').run())
      queue.close()
      await page.getByText('Arabic or Roman? — nobody answered in time, taken as assumed: Arabic').waitFor(PATIENCE) // prettier-ignore
      await form.waitFor({ state: 'detached' })
      await page.getByText('Done', { exact: true }).waitFor(PATIENCE)
      // The assumption is in the brief already: nobody is asked once more.
      expect(model?.asked).toHaveLength(1)
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.complaints).toEqual([])
    })

    test('agents that are not installed: the request is refused with the remedy, the settings say it, no stub steps in', async () => {
      // Neither named nor on PATH.
      const env = { HYPERION_COPILOT: '', PATH: '/usr/bin:/bin' }
      const { on, page, url } = await start(DEVELOPERS, null, { env })
      const remedy = 'npm install -g @github/copilot, start `copilot` once and run /login; or use stub'
      await go(page, url, '/requests')
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles(requestFile(on, 'REQ-1', 'a.js'))
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Submit request' }).click()
      await dialog.getByText('copilot is not installed: it is not on PATH', { exact: true }).waitFor(PATIENCE)
      await dialog.getByText(remedy, { exact: true }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByText('No requests yet').waitFor()

      await go(page, url, '/settings?section=agents')
      const ready = page.getByRole('group', { name: 'Readiness of agents' })
      await ready.getByText('Agents that are to work are not ready').waitFor(PATIENCE)
      await ready.getByText('copilot is not installed: it is not on PATH', { exact: true }).waitFor()
      await ready.getByText(remedy, { exact: true }).waitFor()
      await ready.getByText('works as Developer').waitFor()
      // Each of the others names its own as well.
      for (const [name, how] of [
        ['claude', /npm install -g .*claude/],
        ['codex', /npm install -g .*codex/],
        ['gemini', /npm install -g .*gemini/],
        ['opencode', /npm install -g opencode/],
      ] as const) {
        // prettier-ignore
        await ready.getByText(new RegExp(`^${name} is not installed`)).waitFor()
        await ready.getByText(how).waitFor()
      }
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.complaints).toEqual([])
    })
  },
)
