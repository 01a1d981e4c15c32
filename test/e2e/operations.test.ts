/** What an operator does around the queue: submit a worktree, bring landed work over, verify, look for what is broken. */
import { chmodSync, existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { findingsInBothThemes } from './findings.ts'
import { changesOf, queueOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

/** A bound for what waits for processes, on a machine that has other things to do. */
const PATIENCE = { timeout: 30_000 }
const CONFIG = JSON.stringify({ checks: { allow: { yes: 'true' } } })

let stage: Stage | null = null
afterEach(async () => {
  await stage?.dispose()
  stage = null
})

async function start(): Promise<{ on: Stage; page: Page; url: string }> {
  const on = await openStage({ files: { 'a.txt': 'one\n', 'hyperion.config.json': CONFIG } })
  stage = on
  on.repo.git('config', 'user.name', 'Ada')
  on.repo.git('config', 'user.email', 'ada@example.invalid')
  const { url } = await on.serve(true)
  return { on, url, page: await on.tab(url) }
}

async function go(page: Page, url: string, path: string): Promise<void> {
  await page.goto(new URL(path, url).href)
  await page.getByText('Live', { exact: true }).waitFor()
}

/** A linked worktree as an agent has one. */
function worktree(on: Stage, branch: string): string {
  const folder = join(on.home, branch)
  on.repo.git('worktree', 'add', '-q', '-b', branch, folder)
  return folder
}

const statesOf = (on: Stage): string[] => changesOf(on).map(({ status }) => status)
async function untilStates(on: Stage, states: readonly string[]): Promise<void> {
  await expect.poll(() => statesOf(on), PATIENCE).toEqual(states)
}

/** Queues one change that adds a file, and waits until it landed. */
async function land(on: Stage, path: string): Promise<void> {
  const file = join(on.home, 'change.json')
  writeFileSync(
    file,
    JSON.stringify({ ...change({ task: `T-${path}`, path, add: 'landed\n' }), checks: ['yes'] }),
  )
  expect(on.cli('enqueue', file).code).toBe(0)
  await expect.poll(() => statesOf(on).at(-1), PATIENCE).toBe('applied')
}

/** What anybody finds in the palette by its name. */
async function fromPalette(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill(name)
  await page.getByRole('option', { name }).first().click()
}

describe.skipIf(browserPath === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 120_000 },
  () => {
    test('submits a dirty linked worktree, and it lands', async () => {
      const { on, page } = await start()
      const folder = worktree(on, 'agent-x')
      writeFileSync(join(folder, 'a.txt'), 'one\ntwo\n')
      writeFileSync(join(folder, 'new.txt'), 'new\n')
      await page.getByText('Live', { exact: true }).waitFor()
      await fromPalette(page, 'Submit a worktree or branch')

      const tree = page.getByRole('radio', { name: /agent-x.*uncommitted work.*no commit ahead/s })
      await page.getByRole('radio', { name: /this workspace.*nothing uncommitted/s }).waitFor()
      await tree.check()
      await page.getByText('2 files').waitFor()
      await page.getByText('has uncommitted work, which is included').waitFor()
      expect(await page.getByLabel('Files and lines').getByRole('listitem').allInnerTexts()).toEqual([
        expect.stringMatching(/Change\s+a\.txt\s+\+1 −0/),
        expect.stringMatching(/Add\s+new\.txt\s+\+1 −0/),
      ])
      expect(await page.getByRole('textbox', { name: 'Agent' }).inputValue()).toBe('Ada')
      expect(await page.getByLabel('Checks').inputValue()).toBe('yes')
      expect(await findingsInBothThemes(page)).toEqual([])

      await page.getByLabel('Task id').fill('not an id')
      await page
        .getByRole('alert')
        .getByText(/^Up to 200 letters/)
        .waitFor()
      await page.getByLabel('Task id').fill('MY-TASK')
      await page.getByRole('button', { name: 'Queue this change' }).click()
      await page.getByText('MY-TASK').waitFor()
      await untilStates(on, ['applied'])
      expect(on.repo.git('show', 'hyperion/main:a.txt')).toBe('one\ntwo')
      expect(on.repo.git('show', 'hyperion/main:new.txt')).toBe('new')
      // Nothing of the worktree was moved.
      expect(on.repo.run(['status', '--porcelain'], { cwd: folder }).toString()).toBe(
        ' M a.txt\n?? new.txt\n',
      )

      // What has landed is nobody's difference any more, unless it is asked against where it began.
      await page.getByRole('button', { name: 'Submit another' }).click()
      await tree.check()
      await page.getByLabel('Task id').fill('MY-TASK')
      await page.getByRole('textbox', { name: 'Agent' }).focus()
      await page.getByText(/has exactly this content already and is applied/).waitFor()
      expect(
        await page.getByRole('button', { name: 'Queue this change' }).getAttribute('aria-disabled'),
      ).toBe('true')
      await page.getByRole('link', { name: 'Change 1' }).click()
      await page.getByRole('region', { name: 'Change 1' }).waitFor()
      expect(on.complaints).toEqual([])
    })

    test('names what no change can carry, and what cannot be submitted at all', async () => {
      const { on, page, url } = await start()
      const folder = worktree(on, 'agent-y')
      symlinkSync('a.txt', join(folder, 'link'))
      await go(page, url, '/requests?submit=1')
      await page.getByRole('radio', { name: /agent-y.*uncommitted/s }).check()
      const alert = page.getByRole('alert')
      await alert.getByText('Nothing can be queued: a path is of a kind that no change can carry').waitFor()
      await alert.getByText('link', { exact: true }).waitFor()
      await alert.getByText('is a symbolic link; links cannot be changed').waitFor()
      const queue = page.getByRole('button', { name: 'Queue this change' })
      expect(await queue.getAttribute('aria-disabled')).toBe('true')
      expect(await findingsInBothThemes(page)).toEqual([])

      // Mended there, and looked at again.
      unlinkSync(join(folder, 'link'))
      writeFileSync(join(folder, 'b.txt'), 'b\n')
      await page.getByRole('button', { name: 'Look again' }).last().click()
      await page.getByText('1 file', { exact: false }).first().waitFor()
      await expect.poll(() => queue.getAttribute('aria-disabled')).toBe(null)

      // A base nobody knows: said at the field that mends it.
      await page.getByLabel('Base (optional)').fill('nothing-here')
      await page.getByLabel('Checks').focus()
      await page.getByText('the base "nothing-here" is no commit of this repository').waitFor()
      await page.getByText(/leave the field “Base” empty/).waitFor()
      expect(await page.getByLabel('Base (optional)').getAttribute('aria-invalid')).toBe('true')

      await page.getByLabel('Something else').fill('no-such-branch')
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByText('"no-such-branch" is no commit, branch, tag or worktree here').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(changesOf(on)).toEqual([])
      expect(on.complaints).toEqual([])
    })

    test('brings landed commits to the branch, refuses by name what is in the way, and then does it', async () => {
      const { on, page, url } = await start()
      await land(on, 'b.txt')
      await go(page, url, '/home')
      const pane = page.getByRole('region', { name: 'Upstream' })
      await pane.getByText('main lacks 1 commit of hyperion/main.').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])

      const bring = async (): Promise<void> => {
        await pane.getByRole('button', { name: 'Bring 1 landed commit to main' }).click()
        const dialog = page.getByRole('dialog')
        await dialog.getByText(`main is checked out at ${on.repo.dir}`).waitFor()
        await dialog.getByRole('button', { name: 'Bring them over' }).click()
      }
      await bring()
      await pane
        .getByRole('status')
        .getByText(/^main moved from .*and with it the files of/)
        .waitFor()
      await pane.getByText('main has everything that landed.').waitFor()
      expect(on.repo.git('rev-parse', 'main')).toBe(on.repo.git('rev-parse', 'hyperion/main'))
      expect(on.repo.read('b.txt').toString()).toBe('landed\n')

      // A file of one's own in the way.
      on.repo.write('c.txt', 'mine\n')
      await land(on, 'c.txt')
      const before = on.repo.git('rev-parse', 'main')
      await bring()
      await pane.getByText('Nothing was moved').waitFor()
      await pane.getByText(/c\.txt is not tracked and would be overwritten/).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.repo.git('rev-parse', 'main')).toBe(before)
      expect(on.repo.read('c.txt').toString()).toBe('mine\n')
      // Remembered: who comes later sees it too.
      await go(page, url, '/home')
      await pane.getByText('What kept it away').waitFor()
      on.repo.remove('c.txt')
      await bring()
      await pane.getByText('main has everything that landed.').waitFor()
      expect(await pane.getByText('What kept it away').count()).toBe(0)
      expect(on.repo.read('c.txt').toString()).toBe('landed\n')
      expect(on.complaints).toEqual([])
    })

    test('verifies the audit, exports it, and names the first row that was changed', async () => {
      const { on, page, url } = await start()
      await land(on, 'b.txt')
      await go(page, url, '/home')
      await page.getByRole('link', { name: /^Audit not verified/ }).click()
      const section = page.getByRole('region', { name: 'Audit' })
      await section.getByText('never: whether anything differs is not known').waitFor()
      await section.getByRole('button', { name: 'Verify now' }).click()
      await section.getByText('Clean: nothing differs').waitFor()
      await page.getByRole('link', { name: /^Audit clean/ }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])

      const file = join(on.home, 'statements.jsonl')
      const write = async (): Promise<void> => {
        await section.getByRole('button', { name: 'Export signed statements…' }).click()
        await page.getByRole('dialog').getByRole('textbox', { name: 'File' }).fill(file)
        await page.getByRole('dialog').getByRole('button', { name: 'Export' }).click()
      }
      await write()
      await section.getByText('1 statement written').waitFor()
      expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1)
      await write()
      const dialog = page.getByRole('dialog')
      await dialog.getByText(/exists already/).waitFor()
      await dialog.getByText(/tick “Replace a file that is there”/).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await dialog.getByLabel('Replace a file that is there').check()
      await dialog.getByRole('button', { name: 'Export' }).click()
      await dialog.waitFor({ state: 'detached' })

      const db = queueOf(on)
      db.exec(`UPDATE change_queue_logs SET message = message || '!' WHERE id = 2`)
      db.close()
      await section.getByRole('button', { name: 'Verify now' }).click()
      await section.getByText('The first thing that does not agree').waitFor()
      await section.getByText('row 2 of the log').waitFor()
      await page.getByRole('link', { name: /^Audit differs/ }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.complaints).toEqual([])
    })

    test('doctor: what is broken stands first, with its remedy, and is reached from the palette', async () => {
      const { on, page } = await start()
      await page.getByText('Live', { exact: true }).waitFor()
      await fromPalette(page, 'Doctor: what the workspace stands on')
      const section = page.getByRole('region', { name: 'Doctor' })
      await section.getByText(/^None of \d+ is broken/).waitFor()
      const database = join(on.repo.dir, '.hyperion/hyperion.db')
      chmodSync(database, 0o644)
      await section.getByRole('button', { name: 'Look again' }).click()
      await section.getByText(/^1 of \d+ is broken/).waitFor()
      const first = section.getByRole('list', { name: 'Findings' }).getByRole('listitem').first()
      expect(await first.getByRole('img', { name: 'Broken' }).count()).toBe(1)
      expect(await first.innerText()).toContain(`run chmod 600 ${database}`)
      expect(await findingsInBothThemes(page)).toEqual([])
      // What was found is not forgotten elsewhere.
      await page.getByRole('link', { name: /^Home/ }).click()
      await page.getByRole('link', { name: 'Doctor found 1 broken' }).click()
      chmodSync(database, 0o600)
      await section.getByRole('button', { name: 'Look again' }).click()
      await section.getByText(/^None of \d+ is broken/).waitFor()
      expect(on.complaints).toEqual([])
    })

    test('doctor is at hand on Home where nothing can land', async () => {
      const { on, page } = await start()
      await page.getByText('Healthy: nothing queued').waitFor()
      on.repo.git('checkout', '--quiet', 'hyperion/main')
      await page.getByText(/^Stopped: /).waitFor(PATIENCE)
      await page.getByRole('link', { name: /^Doctor found \d+ broken/ }).click()
      const section = page.getByRole('region', { name: 'Doctor' })
      await section.getByText(/^\d+ of \d+ (is|are) broken/).waitFor()
      const first = section.getByRole('list', { name: 'Findings' }).getByRole('listitem').first()
      expect(await first.innerText()).toContain('hyperion/main is checked out')
    })

    test('shows changed files as they change, and finds them', async () => {
      const { on, page, url } = await start()
      await go(page, url, '/files')
      await page.getByText('No file has changed').waitFor()
      await page.getByText(/folders? (is|are) watched; what git ignores is left out/).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      on.repo.write('src/new.txt', 'x'.repeat(2048))
      const table = page.getByRole('table', { name: 'File events' })
      await table.getByRole('row', { name: /Added src\/new\.txt 2 KiB/ }).waitFor(PATIENCE)
      on.repo.remove('a.txt')
      await table.getByRole('row', { name: /Removed a\.txt/ }).waitFor(PATIENCE)
      expect(await findingsInBothThemes(page)).toEqual([])
      const field = page.getByRole('combobox', { name: 'Filter file events' })
      await field.fill('kind:removed')
      await field.press('Enter')
      await page.getByText(/^1 shown of/).waitFor()
      expect(await table.getByRole('row', { name: /new\.txt/ }).count()).toBe(0)
      await field.fill('path:nowhere/')
      await field.press('Enter')
      await page.getByText('No event fits').waitFor()
      await page.getByRole('button', { name: 'Clear the filter' }).last().click()
      await table.getByRole('row', { name: /new\.txt/ }).waitFor()
      await go(page, url, '/home')
      await page.getByRole('region', { name: 'File events' }).getByText('src/new.txt').waitFor()
      expect(on.complaints).toEqual([])
    })

    test('allows a command from now on, where a change waits because of it', async () => {
      const { on, page, url } = await start()
      const file = join(on.home, 'held.json')
      writeFileSync(
        file,
        JSON.stringify({ ...change({ task: 'H', path: 'h.txt', add: 'h\n' }), checks: ['test -f h.txt'] }),
      )
      expect(on.cli('enqueue', file).code).toBe(0)
      await untilStates(on, ['held'])
      await go(page, url, '/inbox')
      await page.getByRole('button', { name: 'Allow from now on…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('test -f h.txt').waitFor()
      await dialog.getByLabel('Name of the check').fill('yes')
      await dialog.getByRole('button', { name: 'Queue the change' }).click()
      await dialog.getByText('the check yes runs true').waitFor()
      await dialog.getByLabel('Name of the check').fill('there')
      expect(await findingsInBothThemes(page)).toEqual([])
      await dialog.getByRole('button', { name: 'Queue the change' }).click()
      await untilStates(on, ['held', 'applied'])
      expect(JSON.parse(on.repo.git('show', 'hyperion/main:hyperion.config.json'))).toMatchObject({
        checks: { allow: { there: 'test -f h.txt' } },
      })
      await page.getByText(/Every command it asks for is allowed by now/).waitFor()
      await go(page, url, '/change/1')
      await page.getByText(/Every command it asks for is allowed by now: approve it/).waitFor()
      expect(existsSync(join(on.repo.dir, 'h.txt'))).toBe(false)
      expect(on.complaints).toEqual([])
    })
  },
)
