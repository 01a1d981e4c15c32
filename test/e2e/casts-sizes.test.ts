/** The cast builder with as much as it takes: 500 files in one cast, 20,000 paths to pick from. */
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { beginCast, CAST_FILES, finish, goStep, importCast, kept } from './cast-acts.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'

const open = stagesInOneBrowser()
let stage: Stage
afterEach(() => stage.dispose())

const PATIENCE_MS = 180_000
/** A person feels it as a stop; one may come with anything on a machine that others use, a row of them may not. */
const STOP_MS = 250

const watchTasks = (page: Page): Promise<void> =>
  page.evaluate(`(() => {
    window.stops = []
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.stops.push(duration)
    }).observe({ type: 'longtask' })
  })()`)
const stops = async (page: Page): Promise<number[]> =>
  (await page.evaluate<number[]>('window.stops')).filter((ms) => ms > STOP_MS)

/** Commits so many files that all hold the same, without a checkout of them. */
function commitMany({ repo }: Stage, count: number): void {
  const blob = repo.run(['hash-object', '-w', '--stdin'], { stdin: 'x\n' }).toString().trim()
  const lines = Array.from({ length: count }, (_, at) => {
    const path = `packages/part-${at % 40}/src/module-${at % 500}/${at % 7 === 0 ? 'größe' : 'file'} ${at}.ts`
    return `100644 ${blob}\t${path}\n`
  })
  repo.run(['update-index', '--index-info'], { stdin: lines.join('') })
  repo.git('commit', '--quiet', '-m', 'many files')
}

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test(
    '500 files: the list is there, each can be opened and written to, all of them are written',
    async () => {
      stage = await open({ files: CAST_FILES })
      const requested_changes = Array.from({ length: 500 }, (_, at) => ({
        path: `src/made/file-${at}.ts`,
        summary: `What happens to ${at}`,
      }))
      const metadata = { intent: 'Many', complexity: 5, telemetry_anchors: ['many'] }
      const { page } = await importCast(stage, {
        request_id: 'REQ-500',
        summary: 'Many files',
        requested_changes,
        metadata,
      })
      await goStep(page, 2)
      await page.getByRole('button', { name: /500 src\/made\/file-499\.ts/ }).waitFor()
      expect(await page.getByRole('button', { name: 'Add a file' }).getAttribute('aria-disabled')).toBe(
        'true',
      )
      await watchTasks(page)
      await page.getByRole('button', { name: /400 src\/made\/file-399\.ts/ }).press('Enter')
      const summary = page.getByRole('textbox', { name: 'What is to happen to it' })
      await summary.focus()
      await page.keyboard.press('Control+A')
      await page.keyboard.type('Typed key by key among five hundred others')
      await kept(page)
      const long = await stops(page)
      console.log(`500 files: tasks over ${STOP_MS} ms while typing: ${JSON.stringify(long.map(Math.round))}`)
      expect(long.length).toBeLessThan(5)
      await page.getByRole('button', { name: 'Remove file 400' }).press('Enter')
      await page.getByRole('button', { name: /400 src\/made\/file-400\.ts/ }).waitFor()
      await page.getByRole('button', { name: 'Undo' }).press('Enter')
      await page.getByRole('button', { name: /400 src\/made\/file-399\.ts Typed key by key/ }).waitFor()
      await page.getByRole('button', { name: /401 src\/made\/file-400\.ts/ }).focus()
      await page.keyboard.press('Alt+Shift+ArrowUp')
      await page.getByRole('button', { name: /400 src\/made\/file-400\.ts/ }).waitFor()
      await finish(page)
      expect(await page.getByRole('region', { name: 'The written cast' }).innerText()).toContain('REQ-500')
      expect(stage.complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    '20,000 paths: what is offered follows each key',
    async () => {
      stage = await open({ files: CAST_FILES })
      commitMany(stage, 20_000)
      const { page } = await beginCast(stage)
      await goStep(page, 2)
      await page.keyboard.press('Alt+a')
      const options = page.getByRole('option')
      await options.first().waitFor()
      await watchTasks(page)
      // From a key to the offers that belong to it, drawn.
      await page.evaluate(`(() => {
        window.keyed = []
        const field = document.activeElement
        let at = null
        field.addEventListener('input', () => { at = performance.now() })
        new MutationObserver(() => {
          if (at === null) return
          const given = at
          at = null
          requestAnimationFrame(() => window.keyed.push(performance.now() - given))
        }).observe(document.querySelector('[role=listbox]'), { childList: true, subtree: true, characterData: true })
      })()`)
      for (const key of 'größe 7777') {
        const before = await page.evaluate<string>("document.querySelector('[role=listbox]').textContent")
        await page.keyboard.insertText(key)
        // Some keys leave the same twelve; what matters is that the nearest holds what was typed.
        await expect
          .poll(async () => {
            const typed = await page.getByRole('combobox', { name: 'Path' }).inputValue()
            const [first = ''] = await options.allInnerTexts()
            return first.includes(typed.trim()) ? '' : before
          })
          .toBe('')
      }
      const times = (await page.evaluate<number[]>('window.keyed')).toSorted((a, b) => a - b)
      const at = (share: number): number => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0)
      console.log(
        `20,000 paths, a key to its offers: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${times.length}`,
      )
      expect(times.length).toBeGreaterThan(3)
      expect((await stops(page)).length).toBeLessThan(3)
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await page.getByRole('combobox', { name: 'Path' }).inputValue()).toBe(
        'packages/part-17/src/module-277/größe 7777.ts',
      )
      // Words in any order, and letters with others between them.
      for (const query of ['7777 part-17', 'prt17mod277größe7777']) {
        await page.getByRole('combobox', { name: 'Path' }).fill(query)
        await page.getByRole('option', { name: /größe 7777\.ts/ }).waitFor()
      }
      expect(stage.complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})
