/**
 * Draws the app's icons of every system from two drawings, into resources/icons.
 *
 * Usage: node build/icons.mjs
 *
 * Needs Chromium, and is run when a drawing changes: the icons are checked in.
 */
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { projectRoot } from './bootstrap.mjs'
import { icns, ico } from './package/icon-files.mjs'

const FOLDER = join(projectRoot, 'resources/icons')
const DRAWINGS = {
  large: readFileSync(join(FOLDER, 'hyperion.svg')),
  // The same mark without what is too fine to be seen.
  small: readFileSync(join(projectRoot, 'renderer/public/icon.svg')),
}
const SMALL = 32

/** Renders at a size in pixels; `margin` is the share of the side that stays empty around the drawing. */
async function draw(page, size, margin) {
  const inner = Math.round(size * (1 - 2 * margin))
  const svg = DRAWINGS[inner <= SMALL ? 'small' : 'large']
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<body style="margin:0;display:grid;place-items:center;height:100vh;background:transparent">
       <img width="${inner}" height="${inner}" src="data:image/svg+xml;base64,${svg.toString('base64')}"></body>`,
    { waitUntil: 'load' },
  )
  return page.screenshot({ omitBackground: true })
}

const all = async (page, sizes, margin = 0) => {
  const images = new Map()
  for (const size of sizes) images.set(size, await draw(page, size, margin))
  return images
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
try {
  const page = await browser.newPage()
  const linux = await all(page, [16, 24, 32, 48, 64, 128, 256, 512])
  mkdirSync(join(FOLDER, 'png'), { recursive: true })
  for (const [size, image] of linux) writeFileSync(join(FOLDER, `png/${size}x${size}.png`), image)
  writeFileSync(join(FOLDER, 'hyperion.ico'), ico(await all(page, [16, 24, 32, 48, 64, 128, 256])))
  // On macOS an icon leaves a tenth of its side free (the system's own grid: 824 of 1024).
  writeFileSync(
    join(FOLDER, 'hyperion.icns'),
    icns(await all(page, [16, 32, 64, 128, 256, 512, 1024], 0.0977)),
  )
} finally {
  await browser.close()
}
