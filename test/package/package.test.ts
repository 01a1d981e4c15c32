/** What an installer holds, and that it works: packed with a stand-in for the runtime, read back, run by a plain Node. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { extractAll } from '@electron/asar'
import { FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserPath, openStage, type Stage } from '../e2e/support.ts'
import {
  archiveOf,
  filesBelow,
  filesIn,
  packedContents,
  plainName,
  type Contents,
  type System,
} from './contents.ts'
import { writeManifest } from './manifest.ts'

const MANIFEST = fileURLToPath(new URL('manifest.txt', import.meta.url))
const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
/** The native module of each system. */
const NATIVE: Record<System, string> = {
  linux: `linux-${process.arch}.node`,
  'mac-arm64': 'darwin-arm64.node',
  'mac-x64': 'darwin-x64.node',
  windows: 'win32-x64.node',
}
const SYSTEMS = Object.keys(NATIVE) as System[]

/** Packages that bring no text of their licence. */
const WITHOUT_TEXT = ['lazy-val', 'react-remove-scroll-bar']
const ARCHIVE_BYTES = 11_700_000

interface Licence {
  name: string
  identifier: string
  text?: string
}

describe.skipIf(process.platform !== 'linux')('the package', () => {
  let made: Contents
  let files: string[]
  /** The archives of the other systems, unpacked. */
  const unpacked = {} as Record<System, string>
  beforeAll(() => {
    made = packedContents()
    for (const system of SYSTEMS) {
      unpacked[system] = system === 'linux' ? made.unpacked : made.scratch(system)
      if (system !== 'linux') extractAll(archiveOf(made.systems[system]), unpacked[system])
    }
    files = filesIn(archiveOf(made.systems.linux), made.unpacked)
  }, 180_000)
  afterAll(() => made.dispose())

  const plain = (path: string): string =>
    plainName(path).replace(`linux-${process.arch}.node`, 'linux-ARCH.node')

  test('holds exactly the files that are listed; `UPDATE_MANIFEST=1 npm test -- test/package` writes the list anew', () => {
    const listed = writeManifest([
      { title: 'The archive, resources/app.asar', paths: files.map(plain) },
      ...SYSTEMS.map((system) => ({
        title: `Beside it, ${system} (of the runtime only what its stand-in has)`,
        paths: filesBelow(made.systems[system].folder)
          // Made with the Debian package, which is listed in a test of its own.
          .filter((path) => !path.endsWith('apparmor-profile'))
          .map(plain),
      })),
    ])
    if (process.env['UPDATE_MANIFEST'] === '1') writeFileSync(MANIFEST, listed)
    expect(listed).toBe(readFileSync(MANIFEST, 'utf8'))
  })

  test('is the same for every system, but for the native module, of which each has its own and no other', () => {
    for (const system of SYSTEMS) {
      const others = filesIn(archiveOf(made.systems[system]), unpacked[system])
      const native = (path: string): boolean => path.endsWith('.node')
      expect(others.filter((path) => !native(path))).toEqual(files.filter((path) => !native(path)))
      expect(others.filter(native).map((path) => basename(path))).toEqual([NATIVE[system]])
      const { folder, resources } = made.systems[system]
      expect(filesBelow(folder).filter(native)).toEqual([
        join(resources, 'app.asar.unpacked/node_modules/better-sqlite3/prebuilds', NATIVE[system]),
      ])
    }
  })

  test('holds nothing of tests, no source map, and no path of the machine it was made on', () => {
    const strange = files
      .filter((path) => !path.startsWith('skills/'))
      .filter((path) => /(?:^|\/)(?:test|tests|__tests__|docs?|examples?)\/|\.(?:test\.\w+|map|ts|tsx|gyp|c|cc|h)$/.test(path)) // prettier-ignore
    expect(strange).toEqual([])
    const own = files.filter((path) => !path.endsWith('.node'))
    expect(own.filter((path) => readFileSync(join(made.unpacked, path)).includes(PROJECT))).toEqual([])
    expect(own.filter((path) => /sourceMappingURL=\S/.test(readFileSync(join(made.unpacked, path), 'utf8').slice(-500)))).toEqual([]) // prettier-ignore
  })

  test('names its entry, and asks for nothing that it does not hold', () => {
    const { main, dependencies, devDependencies, scripts } = JSON.parse(
      readFileSync(join(made.unpacked, 'package.json'), 'utf8'),
    ) as Record<string, unknown>
    expect(files).toContain(main)
    expect([dependencies, devDependencies, scripts]).toEqual([{ 'better-sqlite3': expect.any(String) }, undefined, undefined]) // prettier-ignore
  })

  test('holds the licence of everything that is in it, and its own', () => {
    const licences = ['out/main/licenses.json', 'out/renderer/licenses.json'].flatMap(
      (path) => JSON.parse(readFileSync(join(made.unpacked, path), 'utf8')) as Licence[],
    )
    const named = new Set(licences.map(({ name }) => name))
    for (const name of ['commander', 'zod', 'simple-git', 'react', 'monaco-editor'])
      expect(named).toContain(name)
    expect(licences.filter(({ identifier }) => typeof identifier !== 'string' || identifier === '')).toEqual(
      [],
    )
    // Both under the MIT licence, by their package.json.
    expect(licences.flatMap(({ name, text }) => ((text ?? '') === '' ? [name] : [])).toSorted()).toEqual(
      WITHOUT_TEXT,
    )
    for (const path of [
      'LICENSE',
      'licenses/inter/LICENSE',
      'licenses/jetbrains-mono/LICENSE',
      'node_modules/better-sqlite3/LICENSE',
    ])
      expect(files).toContain(path)
    // On macOS they come out of the runtime's archive, which its stand-in is not.
    for (const system of ['linux', 'windows'] as const)
      expect(filesBelow(made.systems[system].folder)).toEqual(
        expect.arrayContaining(['LICENSE.electron.txt', 'LICENSES.chromium.html']),
      )
  })

  test('has the fuses set on every system: a plain Node for the command line, and nothing from outside', async () => {
    const program: Record<System, string> = {
      linux: 'hyperion',
      'mac-arm64': 'Hyperion.app',
      'mac-x64': 'Hyperion.app',
      windows: 'Hyperion.exe',
    }
    for (const system of SYSTEMS) {
      const { version, ...wire } = await getCurrentFuseWire(
        join(made.systems[system].folder, program[system]),
      )
      expect(version).toBe(FuseVersion.V1)
      const on = Object.entries(wire).flatMap(([fuse, state]) => (state === FuseState.ENABLE ? [FuseV1Options[Number(fuse)]] : [])) // prettier-ignore
      expect(on, system).toEqual([
        'RunAsNode',
        'EnableEmbeddedAsarIntegrityValidation',
        'OnlyLoadAppFromAsar',
      ])
    }
  })

  test('asks nowhere for an update', () => {
    for (const system of SYSTEMS)
      expect(filesBelow(made.systems[system].folder).filter((path) => path.endsWith('app-update.yml'))).toEqual([]) // prettier-ignore
  })

  test('weighs no more than it did', () => {
    const bytes = statSync(archiveOf(made.systems.linux)).size
    // A tenth above what it weighed when this was written: whoever crosses it looks at what came in.
    expect(bytes).toBeLessThan(ARCHIVE_BYTES)
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
