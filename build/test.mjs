/**
 * Runs all tests in one go, or those named by vitest's own arguments; the last line says how it went.
 *
 * Usage: node build/test.mjs [--long] [vitest arguments]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap, projectRoot, runToEnd } from './bootstrap.mjs'
import { build } from './build.mjs'
import { installDebianPackages } from './debian-packages.mjs'
import { judge, lineOf } from './verdict.mjs'

/** Debian packages that tests use where they are; without them those tests skip and say so. */
const TEST_PACKAGES = {
  bwrap: ['bubblewrap'],
  chromium: ['chromium', 'fonts-dejavu-core'],
  bsdtar: ['libarchive-tools'],
  'desktop-file-validate': ['desktop-file-utils'],
  fish: ['fish'],
  groff: ['groff-base'],
  mksquashfs: ['squashfs-tools'],
  zsh: ['zsh'],
}

/** Reads what the reporter counted; null when the run ended before it could. */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

function finish(counts) {
  console.log(lineOf(counts))
  process.exitCode = counts.failed === 0 ? 0 : 1
}

await bootstrap()
if (build(projectRoot, { quiet: true })) {
  installDebianPackages(TEST_PACKAGES)
  const args = process.argv.slice(2)
  const scratch = mkdtempSync(join(tmpdir(), 'hyperion-test-run-'))
  const counts = join(scratch, 'counts.json')
  const env = { ...process.env, HYPERION_TEST_COUNTS: counts }
  if (args.includes('--long')) env.HYPERION_LONG = '1'
  const vitest = [join(projectRoot, 'node_modules/vitest/vitest.mjs'), 'run']
  const rest = args.filter((arg) => arg !== '--long')
  const exitCode = await runToEnd(process.execPath, [...vitest, ...rest], { env })
  const { counts: total, remark } = judge(readCounts(counts), exitCode)
  if (remark !== null) console.log(remark)
  finish(total)
  rmSync(scratch, { recursive: true, force: true })
} else {
  finish({ passed: 0, failed: 1, skipped: 0 })
}
