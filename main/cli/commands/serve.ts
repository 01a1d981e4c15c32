/** `run` starts the app, on the desktop where it can; `serve` starts it for a browser on this machine. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { startProcess, systemClock } from '../../engine/engine.ts'
import { version } from '../../../package.json'
import { integer, type Context } from '../context.ts'

interface ServeFlags {
  port?: number
  open?: boolean
  choose?: boolean
}

/** Returns the repository around a folder, or null where there is none: the page then offers to open one. */
export function repositoryAround(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return null
  }
}

/** Whether this machine has a screen to show a window or a browser on. */
export function hasDisplay(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): boolean {
  return platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
}

/** Returns the program that opens a link, with its arguments. */
export function browserCommand(
  url: string,
  platform: NodeJS.Platform = process.platform,
): [string, string[]] {
  if (platform === 'darwin') return ['open', [url]]
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]]
  return ['xdg-open', [url]]
}

/** The folder this program was built in or installed to. */
function programRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

export interface Desktop {
  command: string
  args: string[]
}

/** Finds how to start the app on the desktop; a sentence says why it cannot be. */
export function findDesktop(root: string, env: NodeJS.ProcessEnv, isRoot: boolean): Desktop | string {
  const entry = join(root, 'out/main/index.js')
  if (!hasDisplay(env)) return 'there is no display here'
  // The runtime refuses to work without its sandbox, which it cannot set up for root.
  if (isRoot) return "the desktop's runtime does not run as root"
  if (process.versions['electron'] !== undefined) return { command: process.execPath, args: [] }
  const electron = join(root, 'node_modules/electron')
  try {
    const command = join(electron, 'dist', readFileSync(join(electron, 'path.txt'), 'utf8').trim())
    if (existsSync(command) && existsSync(entry)) return { command, args: [entry] }
  } catch {
    // Said below.
  }
  return "the desktop's runtime is not installed"
}

/** What the desktop is told of the command line; paths absolute, for an app that runs already stands elsewhere. */
export function desktopArguments(folder: string | null, dbFile: string | undefined): string[] {
  return [
    ...(folder === null ? [] : ['--workspace', folder]),
    ...(dbFile === undefined ? [] : ['--db', resolve(dbFile)]),
  ]
}

/** Starts the app on the desktop and stays until it ends. */
function runDesktop({ command, args }: Desktop, told: readonly string[], context: Context): Promise<void> {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const child = startProcess(command, [...args, ...told], { stdio: 'inherit', env })
  const interrupted = context.interruption()
  interrupted.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      context.exit(code ?? 1)
      resolve()
    })
  })
}

function openBrowser(url: string, context: Context): void {
  const [command, args] = browserCommand(url)
  const failed = (): void =>
    context.out.note(`hyperion: ${command} could not open a browser; open the link yourself`)
  const child = startProcess(command, args, { stdio: 'ignore' })
  child.once('error', failed)
  child.once('exit', (code) => {
    if (code !== 0) failed()
  })
  child.unref()
}

/** Serves the app until the operator ends it. */
async function serveUntilEnded(
  flags: ServeFlags,
  folder: string | null,
  command: Command,
  context: Context,
): Promise<void> {
  const { out } = context
  const interrupted = context.interruption()
  const { serve, dataFolder } = await import('../../serve.ts')
  const { actor, dbFile, configFile, host } = context.engineOptions(command)
  const served = await serve({
    folder,
    port: flags.port ?? null,
    clock: systemClock(),
    env: host.env,
    home: host.home,
    dataFolder: dataFolder(process.env, homedir()),
    version,
    // What is pressed in the app was not typed at a command line.
    actor: actor.replace(/@cli$/, '@app'),
    runWorkers: true,
    ...(dbFile === undefined ? {} : { dbFile }),
    ...(configFile === undefined ? {} : { configFile }),
    note: (line) => (line.startsWith('[progress]') ? out.line(line) : out.note(`hyperion: ${line}`)),
  })
  try {
    out.line(served.url)
    if (!interrupted.aborted && flags.open === true && hasDisplay(process.env))
      openBrowser(served.urlForOnce(), context)
    await new Promise<void>((resolve) => {
      if (interrupted.aborted) resolve()
      else interrupted.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    await served.close()
  }
}

export function registerServe(program: Command, context: Context): void {
  const folderOf = (flags: ServeFlags, command: Command): string | null => {
    const { workspace } = command.optsWithGlobals<{ workspace?: string }>()
    if (workspace !== undefined) return resolve(workspace)
    return flags.choose === true ? null : repositoryAround(process.cwd())
  }
  const choose = 'open no repository; the page offers the sample, a folder and recent ones'
  const port = 'port on 127.0.0.1, 0 for any (default: 7411, or the next that is free)'
  program
    .command('run')
    .description('the app: on the desktop where its runtime is, else in a browser (the default command)')
    .option('--port <n>', port, integer('--port', 0, 65_535))
    .option('--choose', choose)
    .addHelpText('after', '\nWorks the queue, checks included, until its window is closed or Ctrl-C.')
    .action(async (flags: ServeFlags, command: Command) => {
      const folder = folderOf(flags, command)
      const desktop = findDesktop(programRoot(), process.env, process.getuid?.() === 0)
      if (typeof desktop !== 'string') {
        const { dbFile } = context.engineOptions(command)
        return runDesktop(desktop, desktopArguments(folder, dbFile), context)
      }
      context.out.note(`hyperion: ${desktop}; open this link in a browser on this machine`)
      await serveUntilEnded({ ...flags, open: true }, folder, command, context)
    })
  program
    .command('serve')
    .description('the app in a browser on this machine; prints one link that lets it in')
    .option('--port <n>', port, integer('--port', 0, 65_535))
    .option('--open', 'open the link in the default browser, where there is a display')
    .option('--choose', choose)
    .addHelpText(
      'after',
      '\nWorks the queue, checks included, until Ctrl-C, and then ends with exit code 130.',
    )
    .action((flags: ServeFlags, command: Command) =>
      serveUntilEnded(flags, folderOf(flags, command), command, context),
    )
}
