/** Puts the shell together: the order of what must happen before the app is ready, and what happens then. */
import { app, clipboard, dialog, ipcMain, Menu, powerMonitor, session, shell } from 'electron'
import type { SessionOptions } from '../ipc/session.ts'
import { portDoor, PORT_CHANNEL } from '../ipc/transports/electron.ts'
import { NOTHING, parseArguments, type Asked } from './arguments.ts'
import { checkForUpdates, type Updater } from './updates.ts'
import { commandPlan, installCommand } from './command-line.ts'
import { LINK_SCHEME, parseLink } from './deep-links.ts'
import { menuTemplate } from './menu.ts'
import { isOurs, registerScheme, servePage } from './protocol.ts'
import { openNotices } from './notices.ts'
import { ordinaryQuit } from './quit.ts'
import { secureEveryContents, secureSession } from './security.ts'
import { claimInstance } from './single-instance.ts'
import { openWindowStates } from './window-state.ts'
import { openWindows } from './windows.ts'
import type { Note, OpenSession, ShellClock, ShellPaths } from './types.ts'

/** What ends the process from outside, as Ctrl-C does on the command line. */
const INTERRUPTED = 130

/** A page's drafts reach the disk within this; left to itself the runtime takes several seconds. */
const FLUSH_MS = 1_000

async function keepDrafts(clock: ShellClock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(FLUSH_MS, signal)
    // Costs nothing where nothing was written.
    session.defaultSession.flushStorageData()
  }
}

export interface ShellDeps {
  openSession: OpenSession
  /** The workspace a file lies in, of those that were opened before on this machine. */
  knownWorkspaceOf(file: string): string | null
  /** What looks for a newer version; null where the package names no place to look in. */
  updater: (() => Promise<Updater>) | null
  /** The folder of what is installed beside the archive; null where nothing is. */
  resources: string | null
  sessionOptions: SessionOptions
  clock: ShellClock
  paths: ShellPaths
  /** The command line without the program. */
  args: readonly string[]
  cwd: string
  platform: NodeJS.Platform
  /** Tools for developing Hyperion; never in an installed app. */
  devTools: boolean
  signals: Pick<NodeJS.EventEmitter, 'on'>
  note: Note
}

/** Starts the app, or hands the arguments to the one that runs; resolves once the first window is made. */
export async function startShell(deps: ShellDeps): Promise<void> {
  const { clock, note, platform, devTools } = deps
  const waiting: Asked[] = [parseArguments(deps.args, deps.cwd)]
  let hear = (asked: Asked): void => void waiting.push(asked)

  if (!claimInstance(deps.args, deps.cwd, (asked) => hear(asked))) {
    note('Hyperion runs already; it was told.')
    app.quit()
    return
  }
  registerScheme()
  app.enableSandbox()
  // Notifications of Windows are attributed by it; no other system has it.
  if (platform === 'win32') app.setAppUserModelId('hyperion')
  if (!devTools) app.setAsDefaultProtocolClient(LINK_SCHEME)
  secureEveryContents((address) => void shell.openExternal(address))

  const windows = openWindows({
    clock,
    note,
    devTools,
    preload: deps.paths.preload,
    states: openWindowStates(deps.sessionOptions.dataFolder, note),
    openSession: (openElsewhere) => deps.openSession({ ...deps.sessionOptions, openElsewhere }),
  })
  const life = new AbortController()
  const quit = ordinaryQuit({
    async closeAll() {
      try {
        await windows.closeAll()
      } finally {
        life.abort()
        if (app.isReady()) session.defaultSession.flushStorageData()
      }
    },
    platform,
    note,
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    deps.signals.on(signal, () => void quit.request(INTERRUPTED))
  }
  // macOS hands links and folders over as events, before the app is ready too.
  app.on('open-url', (event, url) => {
    event.preventDefault()
    const path = parseLink(url)
    hear({ ...NOTHING, path, refused: path === null })
  })
  app.on('open-file', (event, file) => {
    event.preventDefault()
    hear(parseArguments([file], deps.cwd))
  })
  app.on('activate', () => hear(NOTHING))
  const door = portDoor({ isOurs, note, servedBy: (id) => windows.sessionOf(id) })
  ipcMain.on(PORT_CHANNEL, (event) => void door(event))
  openNotices({
    isOurs,
    note,
    windowOf: (id) => windows.windowOf(id),
    show: (id, path) => windows.reveal(id, path),
  })

  await app.whenReady()
  if (quit.isEnding()) return
  secureSession(session.defaultSession, devTools)
  servePage(session.defaultSession, deps.paths.renderer)
  void keepDrafts(clock, life.signal)
  powerMonitor.on('shutdown', () => void quit.request(0))
  const openRepository = async (): Promise<void> => {
    const front = windows.front()
    const options = { title: 'Open Repository', properties: ['openDirectory' as const] }
    const { filePaths } = await (front === null
      ? dialog.showOpenDialog(options)
      : dialog.showOpenDialog(front, options))
    const [folder] = filePaths
    if (folder !== undefined) windows.show({ folder, db: null, path: null })
  }
  /** Asks in front of the window in front, if there is one. */
  const ask = async (options: Electron.MessageBoxOptions): Promise<number> => {
    const front = windows.front()
    const { response } = await (front === null
      ? dialog.showMessageBox(options)
      : dialog.showMessageBox(front, options))
    return response
  }
  const { updater } = deps
  const { env, home, version } = deps.sessionOptions
  const plan =
    deps.resources === null ? null : commandPlan({ platform, resources: deps.resources, home, env })
  const acts = {
    newWindow: () => windows.add(),
    openRepository: () => void openRepository(),
    go: (path: string) => windows.go(path),
    checkForUpdates:
      updater === null
        ? null
        : () => void checkForUpdates({ updater, version, ask, leave: () => windows.closeAll() }),
    installCommand: plan === null ? null : () => void installCommand(plan, ask, clipboard),
  }
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate({ platform, devTools }, acts)))

  hear = (asked) => {
    if (asked.refused) note('A link or folder that Hyperion does not understand was refused.')
    if (asked.cast !== null) openCast(asked, asked.cast)
    // A refused link from a web page must not even bring the window to the front.
    else if (!asked.refused || asked.folder !== null) windows.show(asked)
  }
  /** Into the workspace that is named with it, or the one it lies in, where that was opened before; else the one in front. */
  const openCast = (asked: Asked, file: string): void => {
    const folder = asked.folder ?? deps.knownWorkspaceOf(file)
    windows.show({ ...asked, folder, path: null })
    void windows.openCast(file, folder)
  }
  const [first, ...more] = waiting
  if (first?.refused === true) note('A link or folder that Hyperion does not understand was refused.')
  if (first === undefined || first.cast === null) windows.show(first ?? NOTHING)
  else openCast(first, first.cast)
  for (const asked of more) hear(asked)
}
