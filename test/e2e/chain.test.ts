/** The chain, the pause, revert and priorities in the browser, against the real engine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from '../support/requests.ts'
import { findingsInBothThemes } from './findings.ts'
import { changesOf, queueOf, stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const openStage = stagesInOneBrowser()

/** A bound for what waits for processes, on a machine that has other things to do. */
const PATIENCE = { timeout: 30_000 }
const GATES = ['1', '2', '3', '4'] as const

/** Check `gN` ends as soon as the test says how: it waits for a file, and is red with the change where that says no. */
function configFor(gates: string): string {
  const gate = (n: string): [string, string] => [
    `g${n}`,
    `while ! test -e ${gates}/g${n}; do sleep 0.05; done; ! { grep -q no ${gates}/g${n} && test -e f${n}.txt; }`,
  ]
  return JSON.stringify({
    workers: { count: 3, pollIntervalMs: 50 },
    checks: { allow: { ...Object.fromEntries(GATES.map(gate)), yes: 'true' }, sandbox: 'off', retryFlaky: 0 },
  })
}

let stage: Stage | null = null
afterEach(async () => {
  if (stage !== null) for (const n of GATES) writeFileSync(join(stage.home, `g${n}`), 'yes')
  await stage?.dispose()
  stage = null
})

async function start(): Promise<{ on: Stage; page: Page; url: string }> {
  const on = await openStage({ files: { 'a.txt': 'one\n' } })
  stage = on
  on.repo.write('hyperion.config.json', configFor(on.home))
  on.repo.commit('checks')
  const { url } = await on.serve(true)
  return { on, url, page: await on.tab(url) }
}

const open = (on: Stage, n: string, how: 'yes' | 'no'): void => writeFileSync(join(on.home, `g${n}`), how)

/** Queues a change for each check, T-1 on; each adds a file of its own. */
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
async function untilStates(on: Stage, ...states: readonly string[]): Promise<void> {
  await expect.poll(() => statesOf(on), PATIENCE).toEqual(states)
}
const filesOf = (on: Stage): string[] =>
  on.repo.git('ls-tree', '--name-only', 'hyperion/main').trim().split('\n')

async function go(page: Page, url: string, path: string): Promise<void> {
  await page.goto(new URL(path, url).href)
  await page.getByText('Live', { exact: true }).waitFor()
}

const chainOf = (page: Page): Locator => page.getByRole('list', { name: /^The chain/ })
const inChain = (page: Page, sentence: RegExp): Locator => chainOf(page).getByRole('link', { name: sentence })
const recentOf = (page: Page): Locator => page.getByRole('list', { name: 'Landed or left last' })
const status = (page: Page): Locator => page.getByRole('contentinfo', { name: 'Status' })

describe.skipIf(browserPath === null)(
  `in Chromium (${browserPath ?? NO_BROWSER})`,
  { timeout: 120_000 },
  () => {
    test('shows what is built on what, what passed and what is set aside, and what landed or left', async () => {
      const { on, page, url } = await start()
      await go(page, url, '/queue')
      await page.getByText('Nothing is being checked.').waitFor()
      queue(on, ['g1', 'g2', 'g3', 'g4'])
      await inChain(page, /^1 of 4: change 1, T-1 .* is being checked by .*, on hyperion\/main/).waitFor()
      await inChain(page, /^2 of 4: change 2, .* is being checked by .*, on change 1, .* lands once they pass and change 1 landed/).waitFor() // prettier-ignore
      await inChain(page, /^4 of 4: change 4, .* is built, on change 3, .* waits for a worker/).waitFor()

      open(on, '3', 'yes')
      await inChain(page, /^3 of 4: change 3, .* passed its checks, on change 2, .* lands once 2 changes before it landed/).waitFor() // prettier-ignore
      open(on, '2', 'no')
      await inChain(page, /^2 of 4: change 2, .* failed its checks and is set aside/).waitFor()
      // Those behind stand on the one before it now, and what passed on the other tree is checked again.
      await inChain(page, /^3 of 4: change 3, .*, on change 1/).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      // The row says the same, without being asked about.
      await page.getByRole('row', { name: /T-2/ }).getByText(/^Failed, set aside/).waitFor() // prettier-ignore

      // Arrows walk along, Enter opens.
      await inChain(page, /^1 of 4/).focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('Enter')
      await page.getByRole('region', { name: 'Change 2' }).waitFor()
      await page.getByText(/waits for change 1 to land: its own checks failed/).waitFor()

      for (const n of ['1', '4'] as const) open(on, n, 'yes')
      await untilStates(on, 'applied', 'failed', 'applied', 'applied')
      await page.getByText('Nothing is being checked.').waitFor()
      const recent = recentOf(page)
      await recent.getByRole('listitem').filter({ hasText: /Landed.*T-4/ }).waitFor() // prettier-ignore
      await recent.getByRole('listitem').filter({ hasText: /Ejected.*T-2/ }).waitFor() // prettier-ignore
      expect(filesOf(on)).toEqual(['a.txt', 'f1.txt', 'f3.txt', 'f4.txt', 'hyperion.config.json'])
      expect(await findingsInBothThemes(page)).toEqual([])

      // Folded, and still so after it is loaded again; Home has it as well.
      await page.getByRole('button', { name: 'Collapse Chain' }).click()
      await expect.poll(() => recent.count(), PATIENCE).toBe(0)
      await go(page, url, '/queue')
      await page.getByRole('button', { name: 'Expand Chain' }).waitFor()
      await go(page, url, '/home')
      await recentOf(page).getByRole('link', { name: /T-4/ }).waitFor() // prettier-ignore
      expect(on.complaints).toEqual([])
    })

    test('pauses in one tab and tells it in another; nothing lands until it is resumed there', async () => {
      const { on, page, url } = await start()
      await go(page, url, '/queue')
      const other = await on.tab(url)
      await go(other, url, '/logs')
      await status(page).getByRole('button', { name: 'Pause with a reason' }).click()
      await page.getByRole('dialog').getByLabel('Reason (optional)').fill('release day')
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click()
      const paused = status(other).getByRole('button', { name: /^Paused .*: release day/ })
      await paused.waitFor()
      queue(on, ['yes'])
      await go(other, url, '/change/1')
      await other.getByText(/waits for the queue to be resumed: paused .*: release day/).waitFor()
      await other.getByText('Landing is paused, so nothing is taken in.').waitFor()
      await paused.click()
      await other.getByRole('dialog').getByText('release day').waitFor()
      expect(await findingsInBothThemes(other)).toEqual([])
      expect(statesOf(on)).toEqual(['pending'])
      await other.getByRole('dialog').getByRole('button', { name: 'Resume', exact: true }).click()
      await untilStates(on, 'applied')
      // Both tabs offer to pause again, and one press is enough.
      await status(page).getByRole('button', { name: 'Pause', exact: true }).click()
      await status(other)
        .getByRole('button', { name: /^Paused/ })
        .waitFor()
      expect(on.cli('resume').code).toBe(0)
      await status(page).getByRole('button', { name: 'Pause', exact: true }).waitFor()
      expect(on.complaints).toEqual([])
    })

    test('a stop of Hyperion’s own says what to do first, and ends only where that is accepted', async () => {
      const { on, page, url } = await start()
      await go(page, url, '/home')
      const db = queueOf(on)
      const reason = 'hyperion/main lost 1 landed change'
      const pause = {
        by: 'hyperion',
        at: 1_700_000_000,
        reason,
        code: 'target_rewound',
        remedy: 'put it back',
      }
      db.write(() => {
        db.sql("INSERT INTO workspace (key, value) VALUES ('paused', ?)").run(JSON.stringify(pause))
      })
      db.close()
      await page.reload()
      const bar = status(page)
      await bar.getByRole('button', { name: /^Paused by hyperion .*lost 1 landed change/ }).waitFor()
      await bar.getByRole('button', { name: 'Resume' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('put it back').waitFor()
      await dialog.getByText('Resuming accepts “target_rewound”', { exact: false }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      expect(on.cli('pause').stdout + on.cli('pause').stderr).toMatch(/paused/)
      await dialog.getByRole('button', { name: 'Accept target_rewound and resume' }).click()
      await bar.getByRole('button', { name: 'Pause', exact: true }).waitFor()
      expect(on.complaints).toEqual([])
    })

    test('reverts what landed, says what will be queued, leads to it, and it lands', async () => {
      const { on, page, url } = await start()
      queue(on, ['yes'])
      await untilStates(on, 'applied')
      expect(filesOf(on)).toContain('f1.txt')
      await go(page, url, '/change/1')
      const acts = page.getByRole('toolbar', { name: 'Acts on this change' })
      await acts.getByRole('button', { name: 'Revert' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('f1.txt').waitFor()
      await dialog.getByText('hyperion revert 1').waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await dialog.getByRole('button', { name: 'Queue the revert' }).click()
      await page.getByRole('button', { name: 'Open change 2' }).click()
      const inspector = page.getByRole('region', { name: 'Change 2' })
      await inspector.getByRole('link', { name: 'change 1' }).waitFor()
      await untilStates(on, 'applied', 'applied')
      expect(filesOf(on)).not.toContain('f1.txt')
      // The first one tells of it, and another revert of it is refused with the reason.
      await inspector.getByRole('link', { name: 'change 1' }).click()
      await page.getByRole('region', { name: 'Change 1' }).getByRole('link', { name: 'change 2' }).waitFor()
      await acts.getByRole('button', { name: 'Revert' }).click()
      await dialog.getByRole('button', { name: 'Queue the revert' }).click()
      await dialog.getByText(/is reverted by change 2/).waitFor()
      await dialog.getByRole('button', { name: 'Back' }).click()
      expect(on.complaints).toEqual([])
    })

    test('gives many another priority, which changes who is next, and takes it back', async () => {
      const { on, page, url } = await start()
      expect(on.cli('pause').code).toBe(0)
      queue(on, ['yes', 'yes', 'yes'])
      await go(page, url, '/change/3')
      await page.getByText(/^Place 3 · /).first().waitFor() // prettier-ignore
      await page.keyboard.press('p')
      await page.getByRole('menuitemradio', { name: 'Normal', checked: true }).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await page.getByRole('menuitemradio', { name: 'Urgent' }).click()
      await page.getByText('1 change given urgent priority').waitFor()
      const inspector = page.getByRole('region', { name: 'Change 3' })
      await inspector.getByText(/^Place 1 · /).waitFor()

      await page.keyboard.press('Escape')
      await page.getByRole('grid').focus()
      await page.keyboard.press('a')
      const acts = page.getByRole('toolbar', { name: 'Acts on the selection' })
      await acts.getByRole('button', { name: 'Priority 3' }).click()
      await page.getByRole('menuitemradio', { name: 'Low' }).click()
      await page.getByText('3 changes given low priority').waitFor()
      const priorities = (): unknown[] => {
        const db = queueOf(on)
        const rows = db.sql<{ priority: string }>('SELECT priority FROM change_queue ORDER BY id').all()
        db.close()
        return rows.map(({ priority }) => priority)
      }
      expect(priorities()).toEqual(['low', 'low', 'low'])
      expect(on.complaints).toEqual([])
    })

    test('warns of an open change that edits the same lines, with the way to it', async () => {
      const { on, page, url } = await start()
      expect(on.cli('pause').code).toBe(0)
      const file = join(on.home, 'changes.json')
      const edit = (task: string, text: string) => ({
        ...change({ task, path: 'a.txt', patch: `@@ -1 +1 @@\n-one\n+${text}\n` }),
        base_commit: on.repo.git('rev-parse', 'HEAD').trim(),
        checks: ['yes'],
      })
      writeFileSync(file, JSON.stringify([edit('T-1', 'two'), edit('T-2', 'three')]))
      expect(on.cli('enqueue', file).code).toBe(0)
      await go(page, url, '/change/2')
      const warning = page.getByRole('region', { name: 'Who else edits the same lines' })
      await warning.getByText(/T-1 of .*: line 1 of a\.txt/).waitFor()
      expect(await findingsInBothThemes(page)).toEqual([])
      await warning.getByRole('link', { name: 'change 1' }).click()
      await page.getByRole('region', { name: 'Change 1' }).waitFor()
      expect(on.complaints).toEqual([])
    })
  },
)
