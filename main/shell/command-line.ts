/** Puts `hyperion` on PATH from an app that no installer put there: a disk image of macOS, an AppImage. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Clipboard, MessageBoxOptions } from 'electron'

export interface CommandPlan {
  /** The file to make. */
  file: string
  /** What it is: a link to the command of the app, or a script. */
  link?: string
  script?: string
  /** Whether terminals look in its folder. */
  onPath: boolean
  /** The line that does the same by hand, where this app may not. */
  byHand: string
}

export interface Surroundings {
  platform: NodeJS.Platform
  /** The folder of what is installed beside the archive. */
  resources: string
  home: string | null
  env: NodeJS.ProcessEnv
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** By this a script of ours is known again. */
const OURS = '# Starts the command line that is inside the AppImage of Hyperion.'

/**
 * The AppImage's own starter may put `--no-sandbox` in front of what it is given, which a plain Node does not take; it
 * does not where that stands at the end already, and there it is taken off again. Where the files are is known only
 * once the AppImage is mounted: beside the program that runs.
 */
const ENTRY = `const { dirname, join } = require('node:path')
process.argv.splice(1, 0, join(dirname(process.execPath), 'resources/app.asar/out/main/cli.js'))
process.argv.pop()
import(require('node:url').pathToFileURL(process.argv[1]).href)`

const appImageScript = (appImage: string): string =>
  `#!/bin/sh
${OURS}
ELECTRON_RUN_AS_NODE=1 exec ${quote(appImage)} -e ${quote(ENTRY)} -- "$@" --no-sandbox
`

/** Returns how `hyperion` is put on PATH here; null where the installer did, or the platform has no place for it. */
export function commandPlan({ platform, resources, home, env }: Surroundings): CommandPlan | null {
  const onPath = (folder: string): boolean => (env['PATH'] ?? '').split(delimiter).includes(folder)
  if (platform === 'darwin') {
    const file = '/usr/local/bin/hyperion'
    const link = join(resources, 'bin/hyperion')
    // A terminal has this folder whatever an app that was started by a click is told of PATH.
    return {
      file,
      link,
      onPath: true,
      byHand: `sudo mkdir -p /usr/local/bin && sudo ln -sf ${quote(link)} ${file}`,
    }
  }
  const appImage = env['APPIMAGE']
  if (platform !== 'linux' || appImage === undefined || appImage === '' || home === null) return null
  const folder = join(home, '.local/bin')
  const file = join(folder, 'hyperion')
  const script = appImageScript(appImage)
  return {
    file,
    script,
    onPath: onPath(folder),
    byHand: `mkdir -p ${quote(folder)} && printf '%s' ${quote(script)} > ${quote(file)} && chmod +x ${quote(file)}`,
  }
}

/** Whether what is there may be replaced: nothing, or what an app of ours put there. */
function mayReplace(file: string): boolean {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return true
  if (stat.isSymbolicLink())
    return readlinkSync(file).endsWith('Hyperion.app/Contents/Resources/bin/hyperion')
  return stat.isFile() && readFileSync(file, 'utf8').includes(OURS)
}

/** Makes the file; throws where that is not allowed or another program has the name. */
export function putCommand({ file, link, script }: CommandPlan): void {
  if (!mayReplace(file)) throw new Error(`${file} is there already and is another program's`)
  if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true })
  rmSync(file, { force: true })
  if (link !== undefined) symlinkSync(link, file)
  else writeFileSync(file, script ?? '', { mode: 0o755 })
}

/** Never throws: what fails is said, with the line that does it by hand. */
export async function installCommand(
  plan: CommandPlan,
  ask: (options: MessageBoxOptions) => Promise<number>,
  clipboard: Pick<Clipboard, 'writeText'>,
): Promise<void> {
  try {
    putCommand(plan)
    const { file, onPath } = plan
    const detail = onPath
      ? `It is ${file}. Open a new terminal and type: hyperion --help`
      : `It is ${file}, in a folder that is not on your PATH. Add it there, in the file your shell reads when it starts: export PATH="${dirname(file)}:$PATH"`
    await ask({
      type: 'info',
      title: 'Hyperion',
      message: 'The command hyperion is installed.',
      detail,
      buttons: ['OK'],
    })
  } catch (error) {
    const chosen = await ask({
      type: 'error',
      title: 'Hyperion',
      message: 'The command hyperion was not installed.',
      detail: `${error instanceof Error ? error.message : 'The reason is unknown'}\n\nIn a terminal this does the same:\n${plan.byHand}`,
      buttons: ['Copy the Line', 'Cancel'],
      defaultId: 0,
      cancelId: 1,
    })
    if (chosen === 0) await clipboard.writeText(plan.byHand)
  }
}
