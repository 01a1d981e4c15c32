/** What axe holds against a page as it stands. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { THEMES } from './views.ts'

interface Violation {
  id: string
  impact: string | null
  nodes: { target: string[] }[]
}

/** The rules as the binding for Playwright brings them. */
const AXE = readFileSync(
  createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright')).resolve(
    'axe-core/axe.min.js',
  ),
  'utf8',
)

/** When every change of colour or place that ends by itself has ended: halfway a colour is neither the one nor the other. */
const SETTLED = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
  .map(({ finished }) => finished))`

/**
 * Serious and critical findings, each with the element it is about.
 *
 * Asked in the page itself: the binding puts the rules into every page three times, once into a blank one that it opens
 * for each question, and has all that passed sent over as well, which takes twenty times as long as the rules do.
 */
export async function findings(page: Page): Promise<string[]> {
  // The binding would have gone into frames; the app has none, and one that came must not go unseen.
  if (page.frames().length > 1) throw new Error('the page has frames now: let axe look into them as well')
  if (await page.evaluate<boolean>('window.axe === undefined')) await page.evaluate(AXE)
  const violations = await page.evaluate<Violation[]>(
    `${SETTLED}.then(() => axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ target }) => ({ target })) }))))`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`))
}

/** The same in both themes. */
export async function findingsInBothThemes(page: Page): Promise<string[]> {
  const all: string[] = []
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    all.push(...(await findings(page)).map((finding) => `${colorScheme}: ${finding}`))
  }
  return all
}
