/** Rarer moments of a Developer, seen in the browser: a budget crossed, a tool denied, a service that says "later", a change sent back. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ScriptedModel } from '../support/scripted-model.ts'
import { agentStages, copilot, DEVELOPERS, edit, go, PATIENCE, runOf, submit } from './agents-stage.ts'
import { findingsInBothThemes } from './findings.ts'
import { browserPath, NO_BROWSER } from './support.ts'

const start = agentStages()

/** To four figures that count, by the prices of the stage. */
const money = (amount: number): string => `${Number(amount.toPrecision(4))} USD`
const usd = (input: number, output: number): string => money((input + output * 2) / 1e6)
const tokens = (input: number, output: number): string =>
  `${input.toLocaleString('en')} tokens in, ${output.toLocaleString('en')} out`
/** What a run or a request says it used up, where the model counted these. */
function figures(model: ScriptedModel | null): {
  input: number
  output: number
  tokens: string
  cost: string
} {
  const { inputTokens: input, outputTokens: output } = model?.usage ?? { inputTokens: 0, outputTokens: 0 }
  return { input, output, tokens: tokens(input, output), cost: usd(input, output) }
}

describe.skipIf(browserPath === null || copilot === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 180_000 },
  () => {
    test('a budget crossed while an agent speaks: its end, by how much, and what to do', async () => {
      // What is set aside for a turn is within the budget; what is said in it is beyond.
      const words = 'digits and digits '.repeat(6_000)
      const started = await start(
        { ...DEVELOPERS, budget: { perRequest: 0.03 } },
        { developer: () => ({ say: `${words}.`, begin: words.length, until: new Promise(() => undefined) }) },
      )
      const { on, page, url } = started
      await submit(started, 'REQ-1', 'a.js')
      const agent = runOf(page, 'agent-1')
      await agent.getByText('Out of budget', { exact: true }).waitFor(PATIENCE)
      // It never told what it counted: four characters are taken for a token, and that is said.
      const prompt = await agent.getByText(/^Prompt · /).innerText()
      const input = Math.ceil(Number(/[\d,]+/.exec(prompt)?.[0].replace(',', '')) / 4)
      const output = words.length / 4
      const over = money((input + output * 2) / 1e6 - 0.03)
      await agent.getByText(`about ${tokens(input, output)} · about ${usd(input, output)}`).waitFor()
      const said = `agents.budget.perRequest of 0.03 USD is used up, ${over} beyond it; raise agents.budget.perRequest, then Go on`
      await agent.getByText(said, { exact: true }).waitFor()
      const cost = page.getByRole('group', { name: 'Cost so far' })
      await cost.getByText(`about ${usd(input, output)} · about ${tokens(input, output)} · about ${over} beyond the budget of 0.03 USD`).waitFor() // prettier-ignore
      await page.locator('header').getByText('Failed', { exact: true }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])

      // There is nothing left to begin with: that is said before any model is asked.
      const asked = started.model?.asked.length
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.getByText(/agents\.budget\.perRequest \(0\.03 USD\) leaves 0\.00 USD/).waitFor(PATIENCE)
      expect(started.model?.asked.length).toBe(asked)
      await go(page, url, '/requests')
      await page.getByRole('row', { name: /REQ-1/ }).getByText('Failed', { exact: true }).waitFor()
      await go(page, url, '/request/REQ-1')
      await runOf(page, 'agent-1').getByRole('link', { name: 'Budget in Settings' }).click()
      await page.getByRole('button', { name: 'Edit Budget' }).waitFor()
      expect(on.complaints).toEqual([])
    })

    test('a tool that no agent has: denied with its reason, and nothing was done', async () => {
      const started = await start(DEVELOPERS, {
        developer: (_, { messages }) =>
          messages.at(-1)?.role === 'tool'
            ? { say: edit('a.js', 'two()', '2()') }
            : {
                call: 'bash',
                args: { command: 'touch was-here && rm -rf .git', description: 'Cleans up' },
                and: [{ call: 'create', args: { path: 'b.js', file_text: 'mine' } }],
              },
      })
      const { on, page, model } = started
      await submit(started, 'REQ-1', 'a.js')
      const agent = runOf(page, 'agent-1')
      await agent.getByText('Handed in', { exact: true }).waitFor(PATIENCE)
      await agent.getByText('2 denied', { exact: true }).waitFor()
      for (const tool of ['bash', 'create'])
        expect(await agent.locator('div').filter({ hasText: /^Denied/ }).filter({ hasText: tool }).innerText()).toMatch(/gives its agents no such tool; use those you have\.$/) // prettier-ignore
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByText('Done', { exact: true }).waitFor(PATIENCE)
      expect(existsSync(join(on.repo.dir, 'was-here'))).toBe(false)
      expect(on.repo.git('show', 'hyperion/main:b.js')).toBe('three()')
      expect(on.repo.git('show', 'hyperion/main:a.js')).toBe('one()\n2()')
      // Both answers count: the one that asked for the tools as well.
      expect(model?.asked).toHaveLength(2)
      const told = figures(model)
      await agent.getByText(`${told.tokens} · ${told.cost}`, { exact: true }).waitFor()
      await page.getByRole('group', { name: 'Cost so far' }).getByText(`${told.cost} · ${told.tokens}`).waitFor() // prettier-ignore
      expect(on.complaints).toEqual([])
    })

    test('a service that says "later": waited for in sight, asked again, and only its answer counts', async () => {
      let busy = true
      const started = await start(DEVELOPERS, {
        developer: () => (busy ? { status: 429, headers: { 'retry-after': '1' }, message: 'Slow down' } : { say: edit('a.js', 'two()', '2()') }), // prettier-ignore
      })
      const { on, page, model } = started
      await submit(started, 'REQ-1', 'a.js')
      const agent = runOf(page, 'agent-1')
      // All at one time: a while of five seconds may be over between two looks.
      const waits = /Waits\s*asks again (?:in [1-5] s|now).*Asked again \d+ times.*Asks again after 5\.0 s/s
      await agent.filter({ hasText: waits }).waitFor(PATIENCE)
      busy = false
      await agent.getByText('Handed in', { exact: true }).waitFor(PATIENCE)
      await agent.getByText('Asked again after 5.0 s', { exact: true }).waitFor()
      await agent.getByText('Waits', { exact: true }).waitFor({ state: 'detached' })
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByText('Done', { exact: true }).waitFor(PATIENCE)
      expect(model?.asked.filter(({ usage }) => usage !== null)).toHaveLength(1)
      const told = figures(model)
      await agent.getByText(`${told.tokens} · ${told.cost}`, { exact: true }).waitFor()
      expect(on.complaints).toEqual([])
    })

    test('a change sent back with a reason: the same session, the reason in sight, and it lands mended', async () => {
      const started = await start(
        DEVELOPERS,
        {
          developer: (said) =>
            said.includes('sent an earlier change back')
              ? { say: edit('a.js', 'two()', '2()') }
              : { say: edit('a.js', 'two()', 'zwei()') },
        },
        { config: { approvals: { required: 1 } } },
      )
      const { on, page, url, model } = started
      await submit(started, 'REQ-1', 'a.js')
      await runOf(page, 'agent-1').getByText('Handed in', { exact: true }).waitFor(PATIENCE)
      const first = figures(model)
      await page.getByText('1 needs you', { exact: true }).waitFor(PATIENCE)
      await page.getByRole('link', { name: 'Decide in the Inbox' }).click()
      await page.getByText('needs 1 approval, has 0').first().waitFor()
      await page.getByLabel(/the reason, to reject/).fill('Digits, not German')
      await page.getByRole('button', { name: 'Reject' }).click()

      await go(page, url, '/request/REQ-1')
      const again = runOf(page, 'agent-1', 1)
      await again.getByText('Handed in', { exact: true }).waitFor(PATIENCE)
      await again.getByText('same session', { exact: true }).waitFor()
      await page.getByRole('group', { name: 'Why it was sent back' }).getByText(/Digits, not German/).waitFor() // prettier-ignore
      // The one that was sent back waits for nobody any more.
      await page.getByText('1 needs you', { exact: true }).waitFor(PATIENCE)
      await page.getByRole('link', { name: 'change 2' }).waitFor()
      const all = figures(model)
      const second = [all.input - first.input, all.output - first.output] as const
      await runOf(page, 'agent-1').getByText(`${first.tokens} · ${first.cost}`, { exact: true }).waitFor()
      await again.getByText(`${tokens(...second)} · ${usd(...second)}`, { exact: true }).waitFor()
      await page.getByRole('group', { name: 'Cost so far' }).getByText(`${all.cost} · ${all.tokens}`).waitFor() // prettier-ignore
      // What was said to it before is in its session, the reason in what is said now.
      const said = model?.asked.at(-1)?.messages.map(({ content }) => content) ?? []
      expect(said.filter((text) => text.includes('zwei()'))).not.toEqual([])
      expect(said.at(-1)).toContain('Digits, not German')
      expect(await findingsInBothThemes(page)).toEqual([])

      await page.getByRole('link', { name: 'Decide in the Inbox' }).click()
      await page.getByText('1 waiting', { exact: true }).waitFor()
      await page.getByRole('button', { name: /^Approve/ }).click()
      await go(page, url, '/request/REQ-1')
      await page.getByText('Done', { exact: true }).waitFor(PATIENCE)
      expect(on.repo.git('show', 'hyperion/main:a.js')).toBe('one()\n2()')
      expect(on.complaints).toEqual([])
    })
  },
)
