import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
// @ts-expect-error -- plain JavaScript without types, because it starts before anything is installed
import { build as untyped } from '../../build/build.mjs'

const build = untyped as (root: string, options: { quiet: boolean }) => boolean
const project = fileURLToPath(new URL('../..', import.meta.url))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'build-'))
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'))
  mkdirSync(join(root, 'main'))
  put('package.json', '{"name":"x","type":"module","main":"out/main/cli.js"}')
  put(
    'electron.vite.config.ts',
    `export default { main: { build: { rolldownOptions: { input: { cli: 'main/cli.ts' }, output: { format: 'es', chunkFileNames: 'chunks/[name]-[hash].js' } } } } }`,
  )
  put('main/cli.ts', "const { word } = await import('./late.ts')\nconsole.log(word)\n")
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const put = (path: string, text: string): void => writeFileSync(join(root, path), text)
const says = (word: string): void => put('main/late.ts', `export const word = '${word}'\n`)
const chunks = (): string[] => readdirSync(join(root, 'out/main/chunks'))
const output = (): string =>
  spawnSync(process.execPath, [join(root, 'out/main/cli.js')], { encoding: 'utf8' }).stdout

describe('the build', () => {
  it('builds once, and again only when a source changes', () => {
    says('one')
    expect(build(root, { quiet: true })).toBe(true)
    expect(output()).toBe('one\n')
    const built = statSync(join(root, 'out/main/cli.js')).ino
    expect(build(root, { quiet: true })).toBe(true)
    expect(statSync(join(root, 'out/main/cli.js')).ino).toBe(built)
    says('two')
    expect(build(root, { quiet: true })).toBe(true)
    expect(output()).toBe('two\n')
  })

  it('builds again what was deleted from out/', () => {
    says('one')
    build(root, { quiet: true })
    rmSync(join(root, 'out/main/chunks'), { recursive: true })
    expect(build(root, { quiet: true })).toBe(true)
    expect(output()).toBe('one\n')
  })

  it('keeps what a running program may still load, for one build', () => {
    says('one')
    build(root, { quiet: true })
    const [first = ''] = chunks()
    says('two')
    build(root, { quiet: true })
    expect(chunks()).toHaveLength(2)
    expect(chunks()).toContain(first)
    says('three')
    mkdirSync(join(root, 'out/.next-99999999/main'), { recursive: true })
    build(root, { quiet: true })
    expect(chunks()).toHaveLength(2)
    expect(chunks()).not.toContain(first)
    expect(readdirSync(join(root, 'out')).sort()).toEqual(['build.json', 'main'])
  })

  it('leaves out/ as it was when it fails', () => {
    says('one')
    build(root, { quiet: true })
    const manifest = readFileSync(join(root, 'out/build.json'), 'utf8')
    put('main/late.ts', 'export const word = (\n')
    // In a process of its own, because it says loudly what went wrong.
    const script = `import { build } from ${JSON.stringify(pathToFileURL(join(project, 'build/build.mjs')).href)}
      process.exit(build(${JSON.stringify(root)}) ? 0 : 1)`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining('out/ is as it was.')])
    expect(run.stderr).toContain('main/late.ts')
    expect(output()).toBe('one\n')
    expect(readFileSync(join(root, 'out/build.json'), 'utf8')).toBe(manifest)
    expect(readdirSync(join(root, 'out')).sort()).toEqual(['build.json', 'main'])
  })
})
