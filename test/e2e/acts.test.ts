/** The operator acts from the browser: decides, does it to many, takes it back, and is told what could not be done. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../main/engine/store/database.ts'
import { change } from '../support/requests.ts'
import { findingsInBothThemes } from './findings.ts'
import { changesOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, PROGRAM, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

/** A bound for what waits for processes, on a machine that has other things to do. */
const PATIENCE = { timeout: 30_000 }
/** `no` is red on whatever a change makes of its parent, and green on the parent itself. */
const CONFIG = JSON.stringify({ checks: { allow: { no: 'git diff --quiet HEAD^ HEAD', yes: 'true' } } })

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

async function start(config = CONFIG): Promise<{ on: Stage; page: Page; url: string }> {
  const on = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': config } })
  stage = on
  const { url } = await on.serve(true)
  return { on, url, page: await on.tab(url) }
}

/** Queues a change for each of `checks`: an unlisted command is held, `no` fails, `yes` lands. */
function queue(on: Stage, checks: readonly string[], from = 1): void {
  const file = join(on.home, 'changes.json')
  const changes = checks.map((check, n) => ({
    ...change({ task: `T-${from + n}`, path: `f${from + n}.txt`, add: 'x\n' }),
    checks: [check],
  }))
  writeFileSync(file, JSON.stringify(changes))
  expect(on.cli('enqueue', file).code).toBe(0)
}

const statesOf = (on: Stage): string[] => changesOf(on).map(({ status }) => status)
async function untilStates(on: Stage, states: readonly string[]): Promise<void> {
  await expect.poll(() => statesOf(on), PATIENCE).toEqual(states)
}

const button = (page: Page, toolbar: string, name: RegExp): Locator =>
  page.getByRole('toolbar', { name: toolbar }).getByRole('button', { name })
const HERE = 'Acts on this change'
const SELECTED = 'Acts on the selection'

async function go(page: Page, url: string, path: string): Promise<void> {
  await page.goto(new URL(path, url).href)
  await page.getByText('Live', { exact: true }).waitFor()
}

async function selectAll(page: Page, url: string, count: number): Promise<void> {
  await go(page, url, '/queue')
  await page.getByRole('grid').focus()
  await page.keyboard.press('a')
  await page.getByText(`${count} selected`).waitFor()
}

describe.skipIf(browserPath === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 120_000 },
  () => {
    test('approves in the inspector and in the Inbox, and both land', async () => {
      const { on, page, url } = await start()
      queue(on, ['echo', 'echo'])
      await untilStates(on, ['held', 'held'])

      await go(page, url, '/change/1')
      await button(page, HERE, /^Approve/).click()
      const dialog = page.getByRole('dialog')
      // Filled in with the name git knows.
      await dialog.getByLabel('Your name').fill('')
      await dialog.getByRole('button', { name: /^Approve/ }).click()
      await dialog.getByText('Say who decides').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await dialog.getByLabel('Your name').fill('The operator')
      await dialog.getByRole('button', { name: /^Approve/ }).click()
      await page.getByText('1 change approved').waitFor()
      await untilStates(on, ['applied', 'held'])

      await go(page, url, '/inbox?item=held-2')
      // Who decided before is known by now.
      expect(await page.getByLabel('Decided by').inputValue()).toBe('The operator')
      await page.getByRole('button', { name: /^Approve/ }).first().click() // prettier-ignore
      await untilStates(on, ['applied', 'applied'])
      expect(on.repo.git('ls-tree', '--name-only', 'hyperion/main')).toContain('f2.txt')
      expect(on.complaints).toEqual([])
    })

    test('retries many, says how many and what is skipped, and offers no undo that would not restore them', async () => {
      const { on, page, url } = await start()
      queue(on, ['no', 'no', 'yes', 'unlisted'])
      await untilStates(on, ['failed', 'failed', 'applied', 'held'])
      await selectAll(page, url, 4)
      const retry = button(page, SELECTED, /^Retry 2/)
      expect(await retry.getAttribute('title')).toBe(
        '1 applied, 1 held are skipped: retry takes failed, cancelled',
      )
      await retry.click()
      await page.getByText('2 changes put back into the queue').waitFor()
      expect(await page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
      // They were tried again, and failed again.
      await expect
        .poll(
          () =>
            changesOf(on)
              .slice(0, 2)
              .map(({ attempts_made }) => attempts_made),
          PATIENCE,
        )
        .toEqual([2, 2])
      expect(on.complaints).toEqual([])
    })

    test('cancels, and takes that back within ten seconds', async () => {
      const { on, page, url } = await start()
      queue(on, ['unlisted', 'unlisted'])
      await untilStates(on, ['held', 'held'])
      await selectAll(page, url, 2)
      await button(page, SELECTED, /^Cancel 2/).click()
      await page.getByText('2 changes cancelled').waitFor()
      await untilStates(on, ['cancelled', 'cancelled'])
      await page.getByRole('button', { name: 'Undo' }).click()
      await untilStates(on, ['held', 'held'])
      expect(on.complaints).toEqual([])
    })

    test('discards only after the count was typed', async () => {
      const { on, page, url } = await start()
      queue(on, ['no', 'no', 'no'])
      await untilStates(on, ['failed', 'failed', 'failed'])
      expect(on.cli('list-dead-letters', '--format', 'json').stdout.match(/"queue_id"/g)).toHaveLength(3)
      await selectAll(page, url, 3)
      await button(page, SELECTED, /^Discard 3/).click()
      const dialog = page.getByRole('alertdialog').or(page.getByRole('dialog'))
      const confirm = dialog.getByRole('button', { name: 'Discard 3 changes' })
      expect(await confirm.getAttribute('aria-disabled')).toBe('true')
      await dialog.getByRole('textbox').fill('2')
      expect(await confirm.getAttribute('aria-disabled')).toBe('true')
      expect(await findingsInBothThemes(page)).toEqual([])
      await dialog.getByRole('textbox').fill('3')
      await confirm.click()
      await untilStates(on, ['cancelled', 'cancelled', 'cancelled'])
      expect(JSON.parse(on.cli('list-dead-letters', '--format', 'json').stdout)).toEqual([])
      expect(on.complaints).toEqual([])
    })

    test('what cannot be done is there and says why, to everybody', async () => {
      const { on, page, url } = await start()
      queue(on, ['yes'])
      await untilStates(on, ['applied'])
      await selectAll(page, url, 1)
      for (const name of ['Approve', 'Retry', 'Cancel']) {
        const there = button(page, SELECTED, new RegExp(`^${name}`))
        expect(await there.getAttribute('aria-disabled')).toBe('true')
        const told = await there.getAttribute('aria-describedby')
        expect(await page.locator(`[id="${told}"]`).textContent()).toMatch(
          new RegExp(`^${name} takes changes that are .*; this one is applied$`),
        )
      }
      await button(page, SELECTED, /^Retry/).hover()
      await page.getByText(/^Retry takes changes that are failed, cancelled/).last().waitFor() // prettier-ignore
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.complaints).toEqual([])
    })

    test('an act that comes too late says so, with what is there instead, where it was tried', async () => {
      const { on, page, url } = await start()
      queue(on, ['unlisted'])
      await untilStates(on, ['held'])
      await go(page, url, '/change/1')
      await button(page, HERE, /^Approve/).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Your name').fill('The operator')
      expect(on.cli('cancel', '1').code).toBe(0)
      await dialog.getByRole('button', { name: /^Approve/ }).click()
      await page
        .getByRole('alert')
        .getByText(/change 1 is cancelled; approve takes a change that is held/)
        .waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.complaints).toEqual([])
    })

    test('a worker started in a terminal shows up beside those of the app', async () => {
      // A check that ends when it is told to: as long as it runs, its worker has the change.
      const gate = (on: Stage): string => join(on.home, 'go-on')
      const { on, page } = await start()
      const waits = `until [ -e ${gate(on)} ]; do sleep 0.05; done`
      const config = {
        workers: { count: 1 },
        checks: { allow: { waits }, sandbox: 'off' },
      }
      on.repo.write('hyperion.config.json', JSON.stringify(config))
      on.repo.commit('a check that waits')
      let cli: ChildProcess | null = null
      try {
        queue(on, ['waits', 'waits', 'waits'])
        await expect
          .poll(() => statesOf(on).filter((state) => state === 'in_progress').length, PATIENCE)
          .toBe(3)
        const runtime = page.getByRole('region', { name: 'Runtime' })
        await runtime.getByText('T-2').waitFor()
        const args = ['--workspace', on.repo.dir, 'worker', '--run-checks', '--worker-id', 'from-a-terminal']
        cli = spawn(process.execPath, [PROGRAM, ...args], { env: on.env, stdio: 'ignore' })
        await runtime.getByText(/^from-a-terminal/).waitFor()
        expect(statesOf(on)[2]).toBe('in_progress')
      } finally {
        writeFileSync(gate(on), '')
        if (cli !== null) {
          const ended = once(cli, 'close')
          cli.kill('SIGINT')
          await ended
        }
      }
      expect(existsSync(gate(on))).toBe(true)
      expect(on.complaints).toEqual([])
    })

    test('an idle worker in a terminal is shown from its first look until it ends', async () => {
      const { on, page } = await start()
      const runtime = page.getByRole('region', { name: 'Runtime' })
      const args = ['--workspace', on.repo.dir, 'worker', '--workers', '1', '--worker-id', 'idler']
      const idler = runtime.getByText('idler', { exact: true })
      const register = openDatabase(join(on.repo.dir, '.hyperion/hyperion.db'))
      const registered = (): string[] =>
        register
          .sql<{ id: string }>('SELECT id FROM workers')
          .all()
          .map(({ id }) => id)
      let cli: ChildProcess | null = null
      try {
        cli = spawn(process.execPath, [PROGRAM, ...args], { env: on.env, stdio: 'ignore' })
        await expect.poll(registered, { ...PATIENCE, interval: 5 }).toContain('idler')
        // Half a second is asked for and measured by the bench; ten seconds is how often Home reads by itself.
        await idler.waitFor({ timeout: 3_000 })
        cli.kill('SIGINT')
        await once(cli, 'close')
        cli = null
        await idler.waitFor({ state: 'detached', timeout: 3_000 })
        expect(registered()).not.toContain('idler')
      } finally {
        cli?.kill('SIGKILL')
        register.close()
      }
      expect(on.complaints).toEqual([])
    })

    test('with the engine away nothing is shown as live, nor offered', async () => {
      const on = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': CONFIG } })
      stage = on
      const host = await on.serve(true)
      const page = await on.tab(host.url)
      queue(on, ['unlisted', 'unlisted'])
      await page.getByText('2 for you').waitFor()
      const keys = ['h', 'i', 'r', 'q', 'l', 's']
      const visit = async (key: string): Promise<void> => {
        await page.keyboard.press('g')
        await page.keyboard.press(key)
        await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      }
      for (const key of keys) await visit(key)
      expect(on.complaints).toEqual([])
      await host.kill()
      await page.getByText('The engine is away.').waitFor()
      for (const key of keys) {
        await visit(key)
        expect(await page.getByText('Live', { exact: true }).count()).toBe(0)
        expect(await findingsInBothThemes(page)).toEqual([])
      }
      await visit('h')
      // Every pane with figures of the engine says how old they are.
      for (const name of ['Queue', 'Metrics', 'Runtime', 'Guidance', 'Recent requests', 'Worker logs']) {
        const pane = page.getByRole('region', { name, exact: true })
        await pane.getByText(/^as of .* ago$/).waitFor()
      }
      await on.serve(true)
      await page.getByText('Live', { exact: true }).waitFor()
      await page.getByText(/^as of /).waitFor({ state: 'detached' })
    }, 180_000)
  },
)
