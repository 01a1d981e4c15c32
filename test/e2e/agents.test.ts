/** Agents at work, governed from the browser: asked, answered, watched, cancelled, stopped, granted files. */
import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { agentStages, copilot, DEVELOPERS, edit, fenced, go, PATIENCE, runOf as run, submit } from './agents-stage.ts' // prettier-ignore
import { findingsInBothThemes } from './findings.ts'
import { settingRow } from './settings-acts.ts'
import { browserPath, NO_BROWSER } from './support.ts'

/** With what would turn the text around it. */
const THOUGHT = 'I think of <b>zwei</b>\u202e.'

const start = agentStages()

describe.skipIf(browserPath === null || copilot === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 180_000 },
  () => {
    test('a request of two sentences: asked, answered by keyboard, planned, watched, mended, landed', async () => {
      const rest = Promise.withResolvers<void>()
      const questions = [
        { text: 'Arabic or Roman?', blocking: true, assumption: 'Arabic' },
        { text: 'Comments too?', blocking: true, assumption: 'no' },
      ]
      const brief = { intent: 'Digits for words', acceptance_criteria: ['two is a digit'], complexity: 4 }
      const { on, page, url, model } = await start(
        { harness: 'copilot' },
        {
          engineer: (said) => ({
            say: fenced(said.includes('Your questions') ? brief : { ...brief, questions }),
          }),
          orchestrator: () => ({
            say: fenced({ assignments: [{ summary: 'Use a digit for two', file_targets: ['a.js'], acceptance_criteria: ['2() is there'] }] }), // prettier-ignore
          }),
          developer: () => ({
            say: `${THOUGHT}\n\n${edit('a.js', 'zwei()', '2()')}`,
            begin: THOUGHT.length,
            until: rest.promise,
          }),
          mended: () => ({ say: edit('a.js', 'two()', '2()') }),
        },
      )
      await go(page, url, '/requests?new=1')
      await page.getByLabel('Request', { exact: true }).fill('REQ-1')
      await page.getByLabel('What is wanted').fill('Use digits. Everywhere.')
      await page.getByLabel('Path 1', { exact: true }).fill('a.js')
      await page.getByLabel('What happens to path 1').fill('Use digits')
      await page.getByRole('textbox', { name: 'Checks' }).fill('yes')
      await page.getByLabel('Context').focus()
      // A look asks no model.
      await page.getByText(/Agents with a model scope this/).waitFor()
      expect(model?.asked).toEqual([])
      await page.getByRole('button', { name: 'Submit request' }).click()
      await page.getByText('REQ-1: agents are at work on it').waitFor()
      await run(page, 'Engineer').getByText('Handed in', { exact: true }).waitFor(PATIENCE)
      await page.getByRole('group', { name: 'Questions' }).getByText('Arabic or Roman?').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])

      // The question is in the Inbox; from here on by keyboard.
      await page.keyboard.press('Escape')
      await page.locator('main').focus()
      await page.keyboard.press('g')
      await page.keyboard.press('i')
      await page.getByRole('article', { name: 'Decision: answer' }).getByText('Arabic or Roman?').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.keyboard.press('a')
      await page.keyboard.type('Arabic, as everywhere')
      await page.getByText('1 would stay open.').waitFor()
      await page.keyboard.press('Control+Enter')
      await page.getByText('One question is still open').waitFor()
      await page.locator('main').focus()
      await page.keyboard.press('t')
      await page.getByText('REQ-1 goes on').waitFor()
      await page.getByText('Nothing waits for you').waitFor(PATIENCE)

      await go(page, url, '/request/REQ-1')
      const developer = run(page, 'agent-1')
      // Half of a sentence is on screen while the model says no more.
      await developer.getByText('I think of <b>zwei</b>\\u{202e}.', { exact: true }).waitFor(PATIENCE)
      await developer.getByText('At work').waitFor()
      await page.getByText('Being drafted').waitFor()
      await page.getByRole('contentinfo', { name: 'Status' }).getByText('1 agent at work').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      rest.resolve()
      await developer.getByText('Handed in', { exact: true }).waitFor(PATIENCE)
      await developer.getByText('Refused', { exact: true }).waitFor()
      await developer.getByText('search_not_found', { exact: true }).first().waitFor()
      await developer.getByText('repair 1 of 2').waitFor()
      await developer.getByText('Accepted by the guard').waitFor()
      await developer.getByText(/tokens in, .* out · 0\.0\d+ USD/).waitFor()
      await developer.getByText(/^Prompt · /).click()
      await developer.getByText(/You are agent-1, a Developer/).waitFor()
      await page.getByText('Done', { exact: true }).waitFor(PATIENCE)
      expect(on.repo.git('show', 'hyperion/main:a.js')).toBe('one()\n2()')
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByText('Comments too? — taken as assumed: no').waitFor()
      await page.getByText('Arabic or Roman? — Arabic, as everywhere').waitFor()

      await go(page, url, '/home')
      await page
        .getByRole('region', { name: 'Agents' })
        .getByText(/4 runs today/)
        .waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.complaints).toEqual([])
    })

    test('files granted by one key; a run cancelled, its plan edited; a hard stop and its end', async () => {
      const hang = { a: false, b: true }
      const started = await start(DEVELOPERS, {
        developer: (said) => {
          if (said.includes('### b.js') && !said.includes('### a.js'))
            return hang.b ? { hang: 'after-a-word' } : { say: edit('b.js', 'three()', '3()') }
          return said.includes('### b.js')
            ? { say: edit('b.js', 'three()', '3()') }
            : { say: `I need another.\n\n${fenced({ summary: 'Not within a.js', files: [], widen: [{ path: 'b.js', reason: 'three is there' }] })}` } // prettier-ignore
        },
      })
      const { on, page, url } = started
      await submit(started, 'REQ-1', 'a.js')
      await run(page, 'agent-1').getByText('Asks for files').waitFor(PATIENCE)
      await page
        .getByRole('group', { name: 'Files that REQ-1-1 asks for' })
        .getByText('three is there', { exact: true })
        .waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await go(page, url, '/inbox')
      const decision = page.getByRole('article', { name: 'Decision: grant files, do without' })
      await decision.getByText('three is there', { exact: true }).waitFor()
      // What it handed in stands above in words.
      await decision.getByText('I need another.', { exact: true }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.keyboard.press('a')
      await page.getByText('REQ-1-1 may change them now, and goes on').waitFor()
      await page.getByText('Nothing waits for you').waitFor()
      await expect.poll(() => on.repo.git('show', 'hyperion/main:b.js'), PATIENCE).toBe('3()')

      // It says a word and no more.
      await submit(started, 'REQ-2', 'b.js')
      const hanging = run(page, 'agent-1')
      await hanging.getByText('Well', { exact: true }).waitFor(PATIENCE)
      await hanging.getByRole('button', { name: /^Cancel run/ }).click()
      await hanging.getByText('Cancelled', { exact: true }).waitFor(PATIENCE)
      await hanging.getByText('the run was cancelled').waitFor()
      await page.locator('header').getByText('Run cancelled', { exact: true }).waitFor()
      // The button is gone; the keyboard is still at the run.
      expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(
        /^(Hide|Show) what agent-1 did in run/,
      )
      expect(await findingsInBothThemes(page)).toEqual([])

      // Where there is little room its buttons stay together on its first line, and the list shows every column.
      await page.setViewportSize({ width: 900, height: 768 })
      const top = async (at: Locator): Promise<number> => (await at.first().boundingBox())?.y ?? -1
      const edits = await top(page.getByRole('button', { name: /^Edit plan/ }))
      expect(edits).toBe(await top(page.getByRole('button', { name: /^Instructions/ })))
      expect(edits - (await top(page.getByText('REQ-2-1', { exact: true })))).toBeLessThan(12)
      await page.setViewportSize({ width: 1024, height: 768 })
      await go(page, url, '/requests')
      const age = await page.getByRole('columnheader', { name: 'Age' }).boundingBox()
      expect((age?.x ?? Infinity) + (age?.width ?? 0)).toBeLessThanOrEqual(1024)
      await page.getByRole('row', { name: /REQ-2/ }).getByText('Run cancelled', { exact: true }).waitFor()
      await page.setViewportSize({ width: 1280, height: 800 })
      await go(page, url, '/request/REQ-2')

      // Another plan, wrong at first.
      await page.getByRole('button', { name: 'Edit plan of REQ-2-1' }).click()
      const plan = page.getByRole('dialog').getByLabel('Assignment')
      const before = await plan.inputValue()
      await plan.fill(before.replace('"REQ-2-1"', '"REQ-9-1"'))
      await page.getByText('task_id stays REQ-2-1').first().waitFor()
      expect(await plan.getAttribute('aria-invalid')).toBe('true')
      expect(await findingsInBothThemes(page)).toEqual([])
      await plan.fill(before.replace('"Use digits"', '"Use digits in words"').replace(/"summary": ".*"/, '"summary": "Digits, and nothing else"')) // prettier-ignore
      await page.getByRole('button', { name: 'Plan it so' }).click()
      await page.getByText('Digits, and nothing else').first().waitFor()

      // It hangs again, and everything is stopped.
      await run(page, 'agent-1', 1).getByText('Well', { exact: true }).waitFor(PATIENCE)
      await page.keyboard.press('Control+k')
      await page.keyboard.type('stop all agents')
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog')
      await dialog.getByText(/Landing is paused with them/).waitFor()
      await dialog.getByLabel('Reason (optional)').fill('lunch')
      expect(await findingsInBothThemes(page)).toEqual([])
      await dialog.getByRole('button', { name: 'Stop all agents' }).click()
      await page.getByText('All agents are stopped.').waitFor(PATIENCE)
      await run(page, 'agent-1', 1)
        .getByText(/agents are stopped/)
        .waitFor(PATIENCE)
      expect(await findingsInBothThemes(page)).toEqual([])
      hang.b = false
      await page.getByRole('status').filter({ hasText: 'All agents are stopped.' }).getByRole('button', { name: 'Resume' }).click() // prettier-ignore
      await page.getByText('All agents are stopped.').waitFor({ state: 'detached' })
      expect(on.complaints).toEqual([])
    })

    test('Copilot that is not signed in: the run says so with its remedy, and Settings show what is ready', async () => {
      const started = await start(DEVELOPERS, null)
      const { on, host, page, url } = started
      await submit(started, 'REQ-1', 'a.js')
      await run(page, 'agent-1').getByText('Not signed in', { exact: true }).waitFor(PATIENCE)
      await run(page, 'agent-1')
        .getByText(/run \/login/)
        .waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])

      // The engine goes and comes back: the page it is watched on takes up what happens then.
      await host.kill()
      await page.getByText(/^Engine away/).waitFor(PATIENCE)
      await on.serve(true)
      await page.getByText('Live', { exact: true }).waitFor(PATIENCE)
      on.complaints.splice(0)
      await page.getByRole('button', { name: 'Go on' }).click()
      await run(page, 'agent-1', 1).getByText('Not signed in', { exact: true }).waitFor(PATIENCE)
      await page.getByRole('button', { name: 'Withdraw request' }).click()
      await page
        .getByRole('dialog')
        .getByText(/Its name cannot be used again/)
        .waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByRole('dialog').getByRole('button', { name: 'Withdraw request' }).click()
      await page.getByText('REQ-1 is withdrawn').waitFor()
      await page.locator('header').getByText('Cancelled', { exact: true }).waitFor()

      await go(page, url, '/settings?section=agents')
      const ready = page.getByRole('group', { name: 'Readiness of agents' })
      await ready.getByText(/copilot .*version 1\./).waitFor(PATIENCE)
      await ready.getByText('works as Developer').waitFor()
      await ready.getByRole('button', { name: 'Look again' }).waitFor()
      await page.getByRole('button', { name: 'Edit Roles' }).click()
      await page.getByRole('textbox', { name: 'Model of the Engineer' }).fill('gpt-5')
      await page.getByRole('combobox', { name: 'Harness of the Engineer' }).click()
      await page.getByRole('option', { name: 'Copilot' }).click()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByRole('button', { name: 'Propose' }).click()
      await settingRow(page, 'agents', 'Roles')
        .getByText(/proposes$/)
        .waitFor()
      await page.getByRole('button', { name: 'Edit Budget' }).click()
      await page.getByLabel('For each request').fill('two')
      await page.getByText('An amount such as 2.50, or nothing for no limit').first().waitFor()
      await page.getByLabel('For each request').fill('2.50')
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByRole('button', { name: 'Propose' }).click()
      await settingRow(page, 'agents', 'Budget')
        .getByText(/proposes$/)
        .waitFor()
      expect(on.complaints).toEqual([])
    })
  },
)
