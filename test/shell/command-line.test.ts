/** The command on PATH, from an app that no installer put there. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandPlan, installCommand, putCommand, type CommandPlan } from '../../main/shell/command-line.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "command's-"))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const appImage = (env: NodeJS.ProcessEnv = {}): CommandPlan | null =>
  commandPlan({
    platform: 'linux',
    resources: '/x',
    home,
    env: { APPIMAGE: join(home, 'H y.AppImage'), ...env },
  })

const clipboardOf = (copied: string[]) => ({
  async writeText(text: string): Promise<void> {
    copied.push(text)
  },
})

describe('the command', () => {
  it('is for an app that no installer put on PATH', () => {
    const plan = (platform: NodeJS.Platform, env = {}): CommandPlan | null =>
      commandPlan({ platform, resources: '/opt/Hyperion/resources', home, env })
    expect(plan('linux')).toBeNull()
    expect(plan('win32', { APPIMAGE: '/x' })).toBeNull()
    expect(plan('darwin')).toMatchObject({
      file: '/usr/local/bin/hyperion',
      link: '/opt/Hyperion/resources/bin/hyperion',
    })
    expect(
      commandPlan({ platform: 'linux', resources: '/x', home: null, env: { APPIMAGE: '/a' } }),
    ).toBeNull()
  })

  it('of an AppImage gives its arguments on as they are, and its starter’s own are none of them', () => {
    const plan = appImage() as CommandPlan
    putCommand(plan)
    // The starter of an AppImage as it is: adds a switch unless it stands there already; then the program in the mount.
    const mount = join(home, 'mount')
    mkdirSync(join(mount, 'resources/app.asar/out/main'), { recursive: true })
    copyFileSync(process.execPath, join(mount, 'hyperion'))
    writeFileSync(
      join(mount, 'resources/app.asar/out/main/cli.js'),
      'console.log(JSON.stringify([process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE]))',
    )
    writeFileSync(join(mount, 'package.json'), '{"type":"module"}')
    writeFileSync(
      join(home, 'H y.AppImage'),
      `#!/bin/bash
args=("$@"); extra=(--no-sandbox)
for arg in "\${args[@]}"; do [ "$arg" = --no-sandbox ] && extra=(); done
exec "$(dirname "$0")/mount/hyperion" "\${extra[@]}" "\${args[@]}"
`,
      { mode: 0o755 },
    )
    const said = execFileSync(plan.file, ['show', 'a  b', '--help', "it's"], { encoding: 'utf8' })
    expect(JSON.parse(said)).toEqual([['show', 'a  b', '--help', "it's"], '1'])
  })

  it('replaces its own, and nothing that is another program’s', () => {
    const plan = appImage() as CommandPlan
    putCommand(plan)
    putCommand({ ...plan, script: `${plan.script}# newer\n` })
    expect(readFileSync(plan.file, 'utf8')).toContain('# newer')
    writeFileSync(plan.file, '#!/bin/sh\n# mine\n')
    expect(() => putCommand(plan)).toThrow(`${plan.file} is there already and is another program's`)
    expect(readFileSync(plan.file, 'utf8')).toBe('#!/bin/sh\n# mine\n')
    rmSync(plan.file)
    symlinkSync('/usr/bin/env', plan.file)
    expect(() => putCommand(plan)).toThrow('another program')
    expect(readlinkSync(plan.file)).toBe('/usr/bin/env')
    const mac: CommandPlan = { file: plan.file, link: '/new/Hyperion.app/Contents/Resources/bin/hyperion', onPath: true, byHand: '' } // prettier-ignore
    rmSync(plan.file)
    symlinkSync('/old/Hyperion.app/Contents/Resources/bin/hyperion', plan.file)
    putCommand(mac)
    expect(readlinkSync(plan.file)).toBe(mac.link)
  })

  it('says where it is and whether terminals find it there', async () => {
    const told: string[] = []
    const ask = async ({ detail }: { detail?: string }): Promise<number> => {
      told.push(detail ?? '')
      return 0
    }
    const copied: string[] = []
    const clipboard = clipboardOf(copied)
    await installCommand(appImage() as CommandPlan, ask, clipboard)
    await installCommand(
      appImage({ PATH: `/usr/bin:${join(home, '.local/bin')}` }) as CommandPlan,
      ask,
      clipboard,
    )
    expect(told[0]).toContain('not on your PATH')
    expect(told[1]).not.toContain('not on your PATH')
    expect(copied).toEqual([])
  })

  it('where it may not be made, gives the line that makes it by hand, and that line works', async () => {
    const plan = appImage() as CommandPlan
    // A file in place of the folder: nobody may make one below it, not even root.
    writeFileSync(join(home, '.local'), '')
    const copied: string[] = []
    await installCommand(plan, async () => 0, clipboardOf(copied))
    expect(copied).toEqual([plan.byHand])
    rmSync(join(home, '.local'))
    execFileSync('sh', ['-c', plan.byHand])
    expect(readFileSync(plan.file, 'utf8')).toBe(plan.script)
    expect(existsSync(plan.file)).toBe(true)
    chmodSync(plan.file, 0o755)
  })
})
