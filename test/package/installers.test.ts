/** The installers: made for real where this machine can, installed apart from its own system, and taken off again. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packedContents, type Contents } from './contents.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')
const { version } = JSON.parse(read(PROJECT, 'package.json')) as { version: string }

/** Whether a program may have a file system of its own, over the one of this machine. */
const ownRoot =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

describe.skipIf(process.platform !== 'linux')('the installers', () => {
  let made: Contents
  /** What the stand-in for the runtime needs to run a file of the archive. */
  let env: NodeJS.ProcessEnv
  beforeAll(() => {
    made = packedContents()
    env = { ...process.env, STAND_IN_NODE: process.execPath, STAND_IN_FILES: made.unpacked }
  }, 180_000)
  afterAll(() => made.dispose())

  const run = (program: string, args: string[], more: NodeJS.ProcessEnv = {}) =>
    spawnSync(program, args, { encoding: 'utf8', env: { ...env, ...more } })

  /** The lines of a desktop entry. */
  const entry = (text: string): Record<string, string> =>
    Object.fromEntries(
      text
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )

  describe('the command of the installed app', () => {
    test('is found through links, from any folder, and gives its arguments and its exit code on as they are', () => {
      const folder = made.scratch('links')
      const command = join(made.systems.linux.folder, 'resources/bin/hyperion')
      symlinkSync(command, join(folder, 'absolute'))
      symlinkSync('absolute', join(folder, 'hyperion'))
      const told = run(join(folder, 'hyperion'), ['--version'])
      expect([told.status, told.stdout.trim(), told.stderr]).toEqual([0, version, ''])
      const refused = run(join(folder, 'hyperion'), ['show', 'a b  "c"'])
      expect(refused.status).toBe(2)
      expect(refused.stderr).toContain('a b  "c"')
    })

    test('says so where the app it belongs to is not whole', () => {
      const folder = made.scratch('torn')
      mkdirSync(join(folder, 'bin'))
      writeFileSync(join(folder, 'bin/hyperion'), read(PROJECT, 'resources/bin/hyperion'), { mode: 0o755 })
      const torn = run(join(folder, 'bin/hyperion'), [])
      expect([torn.status, torn.stderr]).toEqual([
        70,
        `hyperion: the app that ${realpathSync(folder)} belongs to is not whole; install it again\n`,
      ])
    })

    test('is laid out on macOS as on Linux, and can be run from there', () => {
      const { folder, resources } = made.systems['mac-arm64']
      const told = run(join(folder, resources, 'bin/hyperion'), ['--version'])
      expect([told.status, told.stdout.trim(), told.stderr]).toEqual([0, version, ''])
    })

    test('of Windows names files that are there', () => {
      const { folder, resources } = made.systems.windows
      const command = read(folder, resources, 'bin/hyperion.cmd')
      expect(command.split('\r\n').length).toBeGreaterThan(3)
      expect(command).toContain(String.raw`"%~dp0..\..\Hyperion.exe" "%~dp0..\app.asar\out\main\cli.js" %*`)
      expect(existsSync(join(folder, 'Hyperion.exe'))).toBe(true)
      // What the installer runs is named from the folder it installs to.
      const installer = read(PROJECT, 'build/package/installer.nsh')
      expect(installer).toContain(String.raw`"$INSTDIR\resources\bin\path.ps1"`)
      expect(existsSync(join(folder, resources, 'bin/path.ps1'))).toBe(true)
    })
  })

  test('on macOS the app has its icon, its link scheme, its casts, and JSON only for those who ask', () => {
    const { folder, resources } = made.systems['mac-x64']
    const plist = read(folder, 'Hyperion.app/Contents/Info.plist')
    const types = plist.slice(plist.indexOf('CFBundleDocumentTypes'), plist.indexOf('CFBundleExecutable'))
    const told = [...types.matchAll(/<string>([^<]+)<\/string>/g)].map(([, value]) => value)
    expect(told).toEqual(['hyperion-cast', 'hyperion.icns', 'Hyperion cast', 'Editor', 'Default', 'json', 'icon.icns', 'JSON', 'Editor', 'Alternate']) // prettier-ignore
    expect(plist).toMatch(/CFBundleURLSchemes<\/key>\s*<array>\s*<string>hyperion<\/string>\s*<\/array>/)
    expect(readFileSync(join(folder, resources, 'icon.icns'))).toEqual(
      readFileSync(join(PROJECT, 'resources/icons/hyperion.icns')),
    )
  })

  describe('for Debian', () => {
    test('holds what the system looks for in its places: command, manual, completions, icons, file type', ({
      skip,
    }) => {
      if (made.deb === null) return skip('dpkg-deb is not installed here')
      const folder = made.scratch('deb')
      execFileSync('dpkg-deb', ['-R', made.deb, folder])
      const fields = read(folder, 'DEBIAN/control')
      expect(fields).toContain('Package: hyperion\n')
      expect(fields).toContain('git (>= 1:2.38)')
      expect(read(folder, 'usr/share/doc/hyperion/copyright')).toContain('MIT License')
      const desktop = join(folder, 'usr/share/applications/hyperion.desktop')
      expect(entry(read(desktop))).toMatchObject({
        Exec: '/opt/Hyperion/hyperion %U',
        Icon: 'hyperion',
        Name: 'Hyperion',
        StartupWMClass: 'hyperion',
        MimeType: 'application/json;application/vnd.hyperion.cast+json;x-scheme-handler/hyperion;',
      })
      const valid = run('desktop-file-validate', [desktop])
      if (valid.error === undefined) expect([valid.status, valid.stdout]).toEqual([0, ''])
      expect(read(folder, 'usr/share/mime/packages/hyperion.xml')).toContain(
        '<glob pattern="*.hyperion-cast"/>',
      )
      for (const size of [16, 24, 32, 48, 64, 128, 256, 512])
        expect(existsSync(join(folder, `usr/share/icons/hicolor/${size}x${size}/apps/hyperion.png`))).toBe(
          true,
        )
    })

    test('is installed, found, upgraded and taken off whole', ({ skip }) => {
      if (made.deb === null) return skip('dpkg-deb is not installed here')
      if (!ownRoot) return skip('no file system of its own can be made here')
      const steps = `
        dpkg --force-depends -i /package.deb
        ls -l /usr/bin/hyperion | grep -q -- '-> /opt/Hyperion/resources/bin/hyperion'
        echo "version: $(hyperion --version)"
        dpkg -S /usr/bin/hyperion /usr/share/man/man1/hyperion.1.gz
        gzip -dc /usr/share/man/man1/hyperion.1.gz | head -c 200 | grep -q HYPERION
        [ -f /usr/share/bash-completion/completions/hyperion ]
        dpkg --force-depends -i /package.deb
        echo "again: $(hyperion --version)"
        dpkg --force-depends -r hyperion
        for left in /usr/bin/hyperion /opt/Hyperion /usr/share/man/man1/hyperion.1.gz /etc/apparmor.d/hyperion; do
          if [ -e "$left" ] || [ -L "$left" ]; then echo "left: $left"; fi
        done`
      const scratch = made.scratch('root')
      const script = `
        mount -t tmpfs none ${scratch} && cd ${scratch} && mkdir up work root
        mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root
        mount --bind /proc root/proc; mount --bind /dev root/dev; mount --rbind ${made.unpacked} root${made.unpacked}
        cp ${made.deb} root/package.deb
        exec chroot root sh -ec '${steps.replaceAll("'", `'\\''`)}'`
      const done = run('unshare', ['-m', 'sh', '-ec', script], { LC_ALL: 'C' })
      expect(done.status, `${done.stdout}\n${done.stderr}`).toBe(0)
      expect(done.stdout).toContain(`version: ${version}\n`)
      expect(done.stdout).toContain('hyperion: /usr/bin/hyperion\n')
      expect(done.stdout).toContain(`again: ${version}\n`)
      expect(done.stdout).not.toContain('left:')
      expect(done.stderr).not.toMatch(/error|not found/i)
    }, 120_000)
  })

  describe('the AppImage', () => {
    let folder: string | null = null
    beforeAll(() => {
      if (made.appImage === null) return
      folder = join(made.scratch('appimage'), 'squashfs-root')
      execFileSync('unsquashfs', ['-q', '-n', '-o', String(made.runtimeBytes), '-d', folder, made.appImage])
    })

    test('holds the app, its icon and its file type, and is started with the sandbox on', ({ skip }) => {
      if (folder === null) return skip('squashfs-tools or desktop-file-utils are not installed here')
      const desktop = join(folder, 'hyperion.desktop')
      expect(entry(read(desktop))).toMatchObject({ Exec: 'AppRun %U', Icon: 'hyperion' })
      expect(run('desktop-file-validate', [desktop])).toMatchObject({ status: 0, stdout: '' })
      expect(read(folder, 'usr/share/mime/packages/hyperion.xml')).toContain('*.hyperion-cast')
      expect(existsSync(join(folder, '.DirIcon'))).toBe(true)
      expect(existsSync(join(folder, 'resources/app.asar'))).toBe(true)
    })

    test('its own starter gives arguments on', ({ skip }) => {
      if (folder === null) return skip('squashfs-tools or desktop-file-utils are not installed here')
      writeFileSync(join(folder, 'hyperion'), '#!/bin/sh\nprintf "%s|" "$@"\n')
      chmodSync(join(folder, 'hyperion'), 0o755)
      const told = run(join(folder, 'AppRun'), ['hyperion://change/1'])
      expect(told.stdout.replace('--no-sandbox|', '')).toBe('hyperion://change/1|')
    })
  })
})
