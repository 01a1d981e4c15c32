/** Entry of the desktop app: says what this machine is and starts the shell. */
import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { app } from 'electron'
import { version } from '../package.json'
import { systemClock } from './engine/engine.ts'
import { workspaceAround } from './ipc/cast-file.ts'
import { dataFolder } from './ipc/data-folder.ts'
import { openPreferences } from './ipc/preferences.ts'
import { overPort } from './ipc/transports/electron.ts'
import { startShell } from './shell/shell.ts'
import type { OpenSession } from './shell/types.ts'

/** The engine is loaded with the first window, so that a second start hands over and ends at once. */
const openSession: OpenSession = async (options) => {
  const [sessions, { connectionTo }, { router }] = await Promise.all([
    import('./ipc/session.ts'),
    import('./ipc/base.ts'),
    import('./ipc/router.ts'),
  ])
  const session = sessions.openSession(options)
  return {
    state: () => session.state(),
    open: (folder, dbFile) => session.open(folder, dbFile),
    close: () => session.close(),
    beginCast: (file) => session.beginCast(file),
    // A port holds nothing back: whoever sends is never ahead of the page for long.
    connect: overPort(
      router,
      connectionTo(session, () => Promise.resolve()),
    ),
  }
}

function note(line: string): void {
  const stream = line.startsWith('[progress]') ? process.stdout : process.stderr
  stream.write(`${line}\n`)
}
// The terminal may be closed while the app runs on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

app.setName('Hyperion')
const folder = dataFolder(process.env, homedir())
// The browser's own files stay apart from what Hyperion keeps.
app.setPath('userData', join(folder, 'window'))

const clock = systemClock()
/** Where the packager names the place that newer versions come from, if there is one. */
const feed = app.isPackaged ? join(process.resourcesPath, 'app-update.yml') : null
const configFile = process.env['HYPERION_CONFIG']
startShell({
  openSession,
  knownWorkspaceOf: (file) => workspaceAround(file, openPreferences(folder, clock).recent()),
  // Loaded when somebody asks.
  updater:
    feed !== null && existsSync(feed) ? async () => (await import('electron-updater')).autoUpdater : null,
  resources: app.isPackaged ? process.resourcesPath : null,
  clock,
  note,
  sessionOptions: {
    clock,
    note,
    dataFolder: folder,
    version,
    env: process.env,
    home: homedir(),
    actor: `${userInfo().username}@app`,
    runWorkers: true,
    configFile: configFile === undefined || configFile === '' ? null : configFile,
  },
  paths: {
    preload: join(import.meta.dirname, '../preload/index.cjs'),
    renderer: join(import.meta.dirname, '../renderer'),
  },
  args: process.argv.slice(app.isPackaged ? 1 : 2),
  cwd: process.cwd(),
  platform: process.platform,
  devTools: !app.isPackaged,
  signals: process,
}).catch((error: unknown) => {
  note(
    `hyperion: ${error instanceof Error ? (error.stack ?? error.message) : 'the app could not be started'}`,
  )
  app.exit(70)
})
