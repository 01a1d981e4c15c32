/** What an installer holds, and that it works: packed with a stand-in for the runtime, read back, run by a plain Node. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserPath, openStage, type Stage } from '../e2e/support.ts'
import { filesBelow, filesIn, packedContents, plainName, type Contents } from './contents.ts'

const MANIFEST = fileURLToPath(new URL('manifest.txt', import.meta.url))
/** Beside the archive the runtime's own files, and libraries, which the system loads from no archive. */
const BESIDE = [
  'LICENSE.electron.txt',
  'LICENSES.chromium.html',
  'hyperion',
  'locales/en-US.pak',
  'resources/app.asar',
  `resources/app.asar.unpacked/node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`,
  'version',
]

interface Licence {
  name: string
  identifier: string
  text?: string
}

describe.skipIf(process.platform !== 'linux')('the package', () => {
  let made: Contents
  let files: string[]
  beforeAll(() => {
    made = packedContents()
    files = filesIn(made.archive, made.unpacked)
  }, 180_000)
  afterAll(() => made.dispose())

  test('holds exactly the files that are listed; `UPDATE_MANIFEST=1 npm test -- test/package` writes the list anew', () => {
    const listed = files
      .map(plainName)
      .map((path) => path.replace(`linux-${process.arch}.node`, 'linux-ARCH.node'))
      .toSorted()
    if (process.env['UPDATE_MANIFEST'] === '1') writeFileSync(MANIFEST, `${listed.join('\n')}\n`)
    expect(listed).toEqual(readFileSync(MANIFEST, 'utf8').trimEnd().split('\n'))
    expect(filesBelow(made.folder)).toEqual(BESIDE.toSorted())
  })

  test('holds nothing of tests, of other systems, and no path of the machine it was made on', () => {
    const strange = files
      .filter((path) => !path.startsWith('skills/'))
      .filter((path) => /(?:^|\/)(?:test|tests|__tests__|docs?|examples?)\/|\.(?:test\.\w+|map|ts|tsx|gyp|c|cc|h)$/.test(path)) // prettier-ignore
    expect(strange).toEqual([])
    expect(files.filter((path) => path.endsWith('.node')).map((path) => basename(path))).toEqual([`linux-${process.arch}.node`]) // prettier-ignore
    const project = fileURLToPath(new URL('../..', import.meta.url))
    const own = files.filter((path) => !path.endsWith('.node'))
    expect(own.filter((path) => readFileSync(join(made.unpacked, path)).includes(project))).toEqual([])
    expect(own.filter((path) => /sourceMappingURL=\S/.test(readFileSync(join(made.unpacked, path), 'utf8').slice(-500)))).toEqual([]) // prettier-ignore
  })

  test('names its entry, and asks for nothing that it does not hold', () => {
    const { main, dependencies, devDependencies, scripts } = JSON.parse(
      readFileSync(join(made.unpacked, 'package.json'), 'utf8'),
    ) as Record<string, unknown>
    expect(files).toContain(main)
    expect([dependencies, devDependencies, scripts]).toEqual([{ 'better-sqlite3': expect.any(String) }, undefined, undefined]) // prettier-ignore
  })

  test('holds the licence of everything that is in it', () => {
    const licences = ['out/main/licenses.json', 'out/renderer/licenses.json'].flatMap(
      (path) => JSON.parse(readFileSync(join(made.unpacked, path), 'utf8')) as Licence[],
    )
    const named = new Set(licences.map(({ name }) => name))
    for (const name of ['commander', 'zod', 'simple-git', 'react', 'monaco-editor'])
      expect(named).toContain(name)
    expect(licences.filter(({ identifier }) => typeof identifier !== 'string' || identifier === '')).toEqual(
      [],
    )
    // Its package brings none; it is of the same maker and under the same one as `react-remove-scroll`.
    expect(licences.flatMap(({ name, text }) => ((text ?? '') === '' ? [name] : []))).toEqual([
      'react-remove-scroll-bar',
    ])
    for (const path of [
      'licenses/inter/LICENSE',
      'licenses/jetbrains-mono/LICENSE',
      'node_modules/better-sqlite3/LICENSE',
    ])
      expect(files).toContain(path)
  })

  test('has the fuses set: a plain Node for the command line, and nothing from outside', async () => {
    const { version, ...wire } = await getCurrentFuseWire(join(made.folder, 'hyperion'))
    expect(version).toBe(FuseVersion.V1)
    const on = Object.entries(wire).flatMap(([fuse, state]) => (state === FuseState.ENABLE ? [FuseV1Options[Number(fuse)]] : [])) // prettier-ignore
    expect(on).toEqual(['RunAsNode', 'EnableEmbeddedAsarIntegrityValidation', 'OnlyLoadAppFromAsar'])
  })

  describe('by a plain Node', () => {
    let stage: Stage
    beforeAll(async () => {
      stage = await openStage({
        files: { 'a.txt': 'one\n' },
        program: join(made.unpacked, 'out/main/cli.js'),
      })
    })
    afterAll(() => stage.dispose())
    const ok = (...args: string[]): string => {
      const { code, stdout, stderr } = stage.cli(...args)
      expect(code, stderr).toBe(0)
      return stdout
    }

    test('its command line takes a request to a commit', () => {
      ok('init')
      const request = {
        request_id: 'REQ-1',
        summary: 'Say so',
        requested_changes: [{ path: 'b.js', summary: 'a line' }],
      }
      const file = join(stage.home, 'request.json')
      writeFileSync(file, JSON.stringify(request))
      expect(ok('request', file)).toContain('enqueued 1 change request(s)')
      ok('worker', '--drain')
      expect(stage.repo.git('show', 'hyperion/main:b.js')).toContain('Orchestrated update for REQ-1-1')
    })

    test('its skills are there, with what goes with them', () => {
      expect(ok('export', '--dest', join(stage.home, 'skills'))).toMatch(/^Exported \d+ files/)
    })

    test.skipIf(browserPath === null)(
      'its browser host shows the page, and lands what is approved there',
      async () => {
        const { url } = await stage.serve(true)
        const page = await stage.tab(url)
        await page.getByText('Live', { exact: true }).waitFor()
        await page.goto(new URL('/request/REQ-1', url).href)
        await page.locator('header').getByText('Done', { exact: true }).waitFor()
        expect(stage.complaints).toEqual([])
      },
    )
  })
})
