/** How a person calls this program and git on the open workspace, from any folder of any terminal. */
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkspaceState } from '../../schemas/view.ts'

export type Terminal = Extract<WorkspaceState, { state: 'open' }>['terminal']

export interface TerminalOptions {
  folder: string
  /** The queue, where it is not the one in the folder. */
  dbFile: string | undefined
  env: NodeJS.ProcessEnv
  platform?: NodeJS.Platform
  /** The launcher of this program; default: the one it was built with. */
  launcher?: string
}

/** Quotes one word for the terminal's shell; on Windows for both of its shells, where a path holds no quote. */
export function quoted(word: string, platform: NodeJS.Platform): string {
  if (platform === 'win32') return `"${word}"`
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function ownLauncher(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return join(folder, 'bin', 'hyperion.mjs')
}

/** Whether `hyperion` in a terminal is this program, not another package or clone of that name. */
function isOnPath(launcher: string, env: NodeJS.ProcessEnv): boolean {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    // npm and npx put these there for what they start; no terminal has them.
    if (folder === '' || /[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder)) continue
    const found = join(folder, 'hyperion')
    // The first of that name is the one that is called.
    if (existsSync(found)) return realpathSync(found) === realpathSync(launcher)
  }
  return false
}

export function terminalOf(options: TerminalOptions): Terminal {
  const { folder, dbFile, env, platform = process.platform, launcher = ownLauncher() } = options
  const quote = (word: string): string => quoted(word, platform)
  // Without a launcher beside it the program was installed in a way of its own, and has its name there.
  const named = !existsSync(launcher) || isOnPath(launcher, env)
  const program = named ? 'hyperion' : `node ${quote(launcher)}`
  const queue = dbFile === undefined ? '' : ` --db ${quote(dbFile)}`
  return { hyperion: `${program} --workspace ${quote(folder)}${queue}`, git: `git -C ${quote(folder)}` }
}
