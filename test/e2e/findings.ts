/** What axe holds against a page as it stands. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { THEMES } from './views.ts'

/** Serious and critical findings, each with the element it is about. */
export async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
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
