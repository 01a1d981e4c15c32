import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
// @ts-expect-error -- plain JavaScript without types, because it starts before anything is installed
import * as bootstrap from '../../build/bootstrap.mjs'
// @ts-expect-error -- as above
import * as verdict from '../../build/verdict.mjs'

const project = fileURLToPath(new URL('../..', import.meta.url))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'scripts-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('whether packages are to be installed', () => {
  const a = { version: '1.0.0', integrity: 'sha512-a' }
  const optional = { version: '1.0.0', integrity: 'sha512-o', optional: true }
  const lock = (packages: object): string => JSON.stringify({ packages })
  const whyInstall = bootstrap.whyInstall as (root: string) => string | null

  it.each([
    ['nothing to do', { 'node_modules/a': a, 'node_modules/o': optional }, null],
    ['an optional package of another system', { 'node_modules/a': a }, null],
    ['a missing package', { 'node_modules/o': optional }, 'node_modules/a is missing'],
    ['another version', { 'node_modules/a': { ...a, version: '2.0.0' } }, 'node_modules/a is outdated'],
    ['other contents', { 'node_modules/a': { ...a, integrity: 'sha512-b' } }, 'node_modules/a is outdated'],
    [
      'a package too many',
      { 'node_modules/a': a, 'node_modules/b': a },
      'node_modules/b is no longer needed',
    ],
  ])('%s', (_, installed, why) => {
    put('package-lock.json', lock({ '': {}, 'node_modules/a': a, 'node_modules/o': optional }))
    put('node_modules/.package-lock.json', lock(installed))
    expect(whyInstall(root)).toBe(why)
  })

  it('says so when there is nothing, or nothing that npm has finished', () => {
    put('package-lock.json', lock({}))
    expect(whyInstall(root)).toBe('node_modules is missing')
    mkdirSync(join(root, 'node_modules'))
    expect(whyInstall(root)).toBe('node_modules has no record of what is installed')
  })

  it('never installs into a folder that belongs to another checkout', () => {
    put('package-lock.json', lock({ 'node_modules/a': a }))
    put('elsewhere/precious.txt', 'x')
    symlinkSync(join(root, 'elsewhere'), join(root, 'node_modules'))
    const script = `import { install } from ${JSON.stringify(pathToFileURL(join(project, 'build/bootstrap.mjs')).href)}
      install(${JSON.stringify(root)})`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('is a link to another checkout')])
  })
})

describe('the Node a script runs on', () => {
  it.each([
    ['20.20.2', false],
    ['22.13.9', false],
    ['22.14.0', true],
    ['24.0.0', true],
  ])('%s is new enough: %s', (version, enough) => {
    expect((bootstrap.isNewEnough as (version: string) => boolean)(version)).toBe(enough)
  })
})

describe('a program that takes the place of another', () => {
  const becoming = (code: string) => {
    const script = `import { become } from ${JSON.stringify(pathToFileURL(join(project, 'build/bootstrap.mjs')).href)}
      become(process.execPath, ['-e', ${JSON.stringify(code)}])`
    return spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  it('hands on its exit code', async () => {
    const child = becoming('process.exit(3)')
    expect(await once(child, 'exit')).toEqual([3, null])
  })

  it('passes signals on, and ends as the other ends', async () => {
    const child = becoming(
      "process.once('SIGTERM', () => { console.log('told'); process.exit(5) }); console.log('ready'); setInterval(() => {}, 1000)",
    )
    let output = ''
    const exited = once(child, 'exit')
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output === 'ready\n') child.kill('SIGTERM')
    })
    expect(await exited).toEqual([5, null])
    expect(output).toBe('ready\ntold\n')
  })

  it('ends by the signal that ended the other', async () => {
    const child = becoming("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)")
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
  })
})

describe('bin/hyperion.mjs', () => {
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'bin/hyperion.mjs'), ...args], { encoding: 'utf8' })
  beforeEach(() => {
    for (const path of ['bin/hyperion.mjs', 'build/bootstrap.mjs'])
      cpSync(join(project, path), join(root, path))
    put('package.json', '{"type":"module"}')
  })

  it('names the remedy when nothing is built', () => {
    const run = start('list')
    expect([run.status, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toBe('Hyperion is not built yet: run `npm run build` in its folder first.\n')
  })

  it('runs the built command line in its own process, with its arguments and exit code', () => {
    put('out/main/cli.js', 'console.log(process.ppid, ...process.argv.slice(2)); process.exitCode = 3\n')
    const run = start('list', '--format', 'json')
    expect([run.status, run.stdout]).toEqual([3, `${process.pid} list --format json\n`])
  })
})

describe('the last line of a test run', () => {
  type Counts = { passed: number; failed: number; skipped: number }
  const line = (counts: Counts | null, exitCode: number): string =>
    verdict.lineOf(verdict.judge(counts, exitCode).counts) as string

  it.each([
    [{ passed: 7, failed: 0, skipped: 0 }, 0, '7 passed, 0 failed'],
    [{ passed: 7, failed: 2, skipped: 1 }, 1, '7 passed, 2 failed, 1 skipped'],
    [{ passed: 7, failed: 0, skipped: 0 }, 1, '7 passed, 1 failed'],
    [{ passed: 0, failed: 0, skipped: 0 }, 0, '0 passed, 1 failed'],
    [null, 137, '0 passed, 1 failed'],
  ])('of %o with exit code %i is %s', (counts, exitCode, expected) => {
    expect(line(counts, exitCode)).toBe(expected)
  })
})
