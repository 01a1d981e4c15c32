/**
 * Takes a picture of every view, in both themes and two sizes, of the sample as it really runs.
 *
 * Usage: npm run screenshots [-- --readme]   (the second puts the pictures of the README in their place)
 */
import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStage } from './support.ts'
import { THEMES, VIEWS } from './views.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SIZES = [
  [1280, 800],
  [1680, 1050],
] as const
const IN_README = new Set(['/home', '/queue'])

const forReadme = process.argv.includes('--readme')
const folder = join(ROOT, forReadme ? 'resources/screenshots' : 'screenshots')
mkdirSync(folder, { recursive: true })
const stage = await openStage()
try {
  const { url } = await stage.serve(false)
  const page = await stage.tab(url)
  await page.getByRole('button', { name: 'Try the sample' }).click()
  await page.getByText('3 for you; nothing queued').waitFor({ timeout: 60_000 })
  await page.getByRole('button', { name: 'End the tour' }).click()
  for (const [width, height] of forReadme ? SIZES.slice(0, 1) : SIZES) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const path of VIEWS) {
        if (forReadme && !IN_README.has(path)) continue
        await page.goto(new URL(path, url).href)
        await page.getByText('Live', { exact: true }).waitFor()
        // Panes read on their own: each of them has to have come.
        await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
        await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
        await page.evaluate('document.fonts.ready')
        // A picture tells of the program, not of the machine it was taken on.
        await page.evaluate(`{
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
          for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
            text.data = text.data
              .replaceAll(${JSON.stringify(stage.home)}, '~')
              .replaceAll(${JSON.stringify(hostname().slice(0, 40))}, 'desk')
              .replaceAll(/sample-\\d+/g, 'sample')
          }
        }`)
        const name = path.slice(1).replaceAll(/[^a-z0-9]+/gi, '-')
        const file = forReadme ? `${name}-${colorScheme}.png` : `${name}-${colorScheme}-${width}.png`
        await page.screenshot({ path: join(folder, file) })
        console.log(join(folder, file))
      }
    }
  }
} finally {
  await stage.dispose()
}
