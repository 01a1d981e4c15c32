/** The window of skills: read, exported and bundled by keyboard; nothing is replaced that was not shown before. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { findings } from './findings.ts'
import { stagesInOneBrowser } from './stages.ts'
import { browserPath, NO_BROWSER, type Stage } from './support.ts'
import { THEMES } from './views.ts'

const open = stagesInOneBrowser()
let stage: Stage
afterEach(() => stage.dispose())

async function skills(): Promise<Page> {
  stage = await open({ files: { 'a.txt': 'one\n' } })
  const host = await stage.serve(true)
  const page = await stage.tab(host.url)
  await page.goto(new URL('/skills', host.url).href)
  await page.getByRole('region', { name: 'The skill cast-builder' }).waitFor()
  return page
}

/** A folder beside the repository, so that everything of the test is in one place. */
const beside = (name: string): string => join(dirname(stage.repo.dir), name)

async function axeIn(page: Page): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await findings(page)).toEqual([])
  }
}

/** In a small window, and in this one at 200 %, everything of a dialog can be reached. */
async function fits(page: Page, button: string): Promise<void> {
  for (const [width, height] of [
    [1024, 700],
    [640, 400],
  ] as const) {
    await page.setViewportSize({ width, height })
    const box = await page.getByRole('dialog').getByRole('button', { name: button }).boundingBox()
    expect(box !== null && box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height).toBe(
      true,
    )
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

async function typeInto(page: Page, name: string, text: string): Promise<void> {
  await page.getByRole('combobox', { name }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}

const changes = (page: Page) => page.getByRole('list', { name: 'What would change' })

describe.skipIf(browserPath === null)(`in Chromium (${browserPath ?? NO_BROWSER})`, () => {
  test('each skill is a text with headings, tables and code, chosen by keyboard', async () => {
    const page = await skills()
    for (const [name, title, cell] of [
      ['cast-builder', 'Compose a cast', 'telemetry_anchors'],
      ['change-request', 'Write a change request', ''],
      ['hyperion-ops', 'Look after a workspace', 'sandbox'],
    ] as const) {
      await page.getByRole('navigation', { name: 'Skills' }).getByRole('button', { name: new RegExp(`^${name}`) }).press('Enter') // prettier-ignore
      const text = page.getByRole('region', { name: `The skill ${name}` })
      await text.getByRole('heading', { name: title, level: 2 }).waitFor()
      await text.getByRole('heading', { level: 3 }).first().waitFor()
      expect(await text.innerText()).not.toMatch(/^(#+ |```|\| ---)/m)
      if (cell !== '') await text.getByRole('cell', { name: cell, exact: true }).waitFor()
      await axeIn(page)
    }
    expect(stage.complaints).toEqual([])
  })

  test('exported in a few keys into a folder that is picked by them, which is remembered; what others have there stays', async () => {
    const page = await skills()
    const dest = beside('another project')
    mkdirSync(dest)
    writeFileSync(join(dest, 'mine.txt'), 'mine\n')
    await page.keyboard.press('x')
    await axeIn(page)
    await typeInto(page, 'Folder', dest.slice(0, -3))
    await page.getByRole('option', { name: `${dest}/` }).waitFor()
    await axeIn(page)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('combobox', { name: 'Folder' }).inputValue()).toBe(`${dest}/`)
    await page.keyboard.press('Enter')
    await changes(page).waitFor()
    expect(await changes(page).innerText()).toMatch(/skills\/cast-builder\/SKILL\.md\s+new, [\d,]+ bytes/)
    await axeIn(page)
    await fits(page, 'Export')
    expect(existsSync(join(dest, 'skills'))).toBe(false)
    await page.keyboard.press('Enter')
    const card = page.getByRole('status', { name: 'Exported, and read back' })
    await card.waitFor()
    expect(await card.innerText()).toMatch(
      /another project[\s\S]*20 files, 20 of them written[\s\S]*SHA-256 [0-9a-f]{64}/,
    )
    expect(readFileSync(join(dest, 'mine.txt'), 'utf8')).toBe('mine\n')
    expect(readFileSync(join(dest, 'EXPORT_GUIDE.md'), 'utf8')).toContain('another project')
    await axeIn(page)
    await page.reload()
    await page.getByRole('region', { name: 'The skill cast-builder' }).waitFor()
    await page.keyboard.press('x')
    await expect.poll(() => page.getByRole('combobox', { name: 'Folder' }).inputValue()).toBe(dest)
    await page.keyboard.press('Enter')
    await page.getByText('Every file is there already').waitFor()
    expect(stage.complaints).toEqual([])
  })

  test('a file that is another one is shown before it is replaced; one that changed meanwhile is not replaced unseen', async () => {
    const page = await skills()
    const dest = beside('target')
    mkdirSync(join(dest, 'scripts'), { recursive: true })
    const launcher = join(dest, 'scripts/cast_builder.sh')
    writeFileSync(launcher, 'one\ntwo\n')
    await page.keyboard.press('x')
    await typeInto(page, 'Folder', dest)
    await page.keyboard.press('Enter')
    await changes(page).waitFor()
    expect(await changes(page).innerText()).toMatch(/scripts\/cast_builder\.sh\s+would be replaced, \+\d+ −2/)
    const dialog = page.getByRole('dialog', { name: 'Export the skills' })
    await dialog.getByRole('button', { name: 'Export, and replace the file' }).waitFor()
    await axeIn(page)
    // Somebody writes another of its files meanwhile.
    writeFileSync(join(dest, 'EXPORT_GUIDE.md'), 'theirs\n')
    await page.keyboard.press('Enter')
    await dialog.getByText(/1 file in .* would change: EXPORT_GUIDE\.md/).waitFor()
    await axeIn(page)
    expect(readFileSync(launcher, 'utf8')).toBe('one\ntwo\n')
    expect(readFileSync(join(dest, 'EXPORT_GUIDE.md'), 'utf8')).toBe('theirs\n')
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Export, and replace 2 files' }).press('Enter')
    await page.getByRole('status', { name: 'Exported, and read back' }).waitFor()
    expect(readFileSync(launcher, 'utf8')).toContain('hyperion')
    expect(stage.complaints).toEqual([])
  })

  test('where nothing can be written it is said what and where, and Escape leads back', async () => {
    const page = await skills()
    const file = beside('a file')
    writeFileSync(file, 'x\n')
    await page.keyboard.press('x')
    const dialog = page.getByRole('dialog', { name: 'Export the skills' })
    for (const [dest, said] of [
      ['not/from/the/root', /not\/from\/the\/root is no whole path/],
      [file, /a file is not a folder/],
      [join(beside('missing'), 'deeper'), /missing.* is not there/],
    ] as const) {
      await typeInto(page, 'Folder', dest)
      await page.keyboard.press('Enter')
      await dialog.getByRole('alert').getByText(said).waitFor()
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    // The first Escape is for the offers, the second for the dialog.
    await page.keyboard.press('x')
    await typeInto(page, 'Folder', stage.repo.dir.slice(0, -1))
    await page.getByRole('option').first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('option').first().waitFor({ state: 'detached' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(stage.complaints).toEqual([])
  })

  test('the bundle is made with its checksum, made again it is the same, and replaces nothing unasked', async () => {
    const page = await skills()
    const file = beside('cast-builder.tar.gz')
    await page.keyboard.press('b')
    await typeInto(page, 'File', file)
    await axeIn(page)
    await fits(page, 'Make the bundle')
    await page.keyboard.press('Enter')
    const card = page.getByRole('status', { name: 'The bundle is made' })
    await card.waitFor()
    const checked = spawnSync('sha256sum', ['-c', `${file}.sha256`], { cwd: dirname(file), encoding: 'utf8' })
    expect(checked.stdout).toBe('cast-builder.tar.gz: OK\n')
    expect(await card.innerText()).toContain(readFileSync(`${file}.sha256`, 'utf8').slice(0, 64))
    const first = readFileSync(file)
    // Remembered, so that once more is two keys.
    await page.keyboard.press('b')
    await page.getByRole('combobox', { name: 'File' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('status', { name: 'Exactly this bundle was there already' }).waitFor()
    rmSync(`${file}.sha256`)
    writeFileSync(file, 'of somebody else\n')
    await page.keyboard.press('b')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Make the cast-builder bundle' })
    await dialog
      .getByRole('alert')
      .getByText(/would be replaced/)
      .waitFor()
    await axeIn(page)
    expect(readFileSync(file, 'utf8')).toBe('of somebody else\n')
    await dialog.getByRole('checkbox', { name: 'Replace files that are there' }).press('Space')
    await dialog.getByRole('button', { name: 'Make the bundle' }).press('Enter')
    await page.getByRole('status', { name: 'The bundle is made' }).waitFor()
    expect(readFileSync(file).equals(first)).toBe(true)
    expect(stage.complaints).toEqual([])
  })
})
