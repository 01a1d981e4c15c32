/** The windows: one for each workspace, with its session behind it and its place remembered. */
import { realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { BrowserWindow, dialog, nativeTheme, screen } from 'electron'
import { GO_CHANNEL } from '../ipc/transports/electron.ts'
import { recoverFromCrashes } from './crash.ts'
import { ORIGIN } from './protocol.ts'
import { webPreferences } from './security.ts'
import { closeGently, guardUnload } from './unload.ts'
import { fitBounds, SMALLEST, type WindowStates } from './window-state.ts'
import type { Note, ShellClock, ShellSession, Wanted } from './types.ts'

export interface WindowsDeps {
  clock: ShellClock
  states: WindowStates
  preload: string
  devTools: boolean
  note: Note
  /** A fresh session with no workspace yet; it asks before its page opens a folder. */
  openSession(openElsewhere: (folder: string) => boolean): Promise<ShellSession>
}

interface Entry {
  window: BrowserWindow
  /** The page is there, or could not be had. */
  loaded: Promise<void>
  session: Promise<ShellSession>
  /** The session once it is there. */
  opened: ShellSession | null
  /** The folder this window was made for, until the session knows better. */
  wanted: string | null
  /** The file of its queue, where it is not the one in the folder. */
  db: string | null
}

export interface Windows {
  /** Shows a workspace, a page, both or the app, in the window that fits or in a new one. */
  show(wanted: Wanted): void
  /** A window more, for a workspace to choose. */
  add(): void
  /** Begins a draft from a cast's file in the window of a folder, or in the one in front, and shows it there. */
  openCast(file: string, folder: string | null): Promise<void>
  /** Shows a page in the window in front. */
  go(path: string): void
  front(): BrowserWindow | null
  windowOf(contentsId: number): BrowserWindow | null
  /** Brings one window to the front, at a page. */
  reveal(contentsId: number, path: string): void
  sessionOf(contentsId: number): Promise<ShellSession | null>
  closeAll(): Promise<void>
}

const BACKGROUND = { light: '#FBFBFA', dark: '#121314' }

/** Folders are compared as the file system names them; one that is not there keeps its name. */
function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder)
  } catch {
    return folder
  }
}

/** One file is one queue, however it is named; null for the usual one. */
function ownQueue(folder: string, db: string | null): string | null {
  if (db === null) return null
  const real = realFolder(db)
  return real === join(folder, '.hyperion', 'hyperion.db') ? null : real
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'for an unknown reason'

export function openWindows(deps: WindowsDeps): Windows {
  const { clock, states, note } = deps
  /** The one in front first. */
  let entries: Entry[] = []
  const endings = new Set<Promise<void>>()
  let ended = false

  function folderOf({ opened, wanted }: Entry): string | null {
    const state = opened?.state()
    return state === undefined || state.state === 'none' ? wanted : realFolder(state.folder)
  }

  function bounds(folder: string | null) {
    const primary = screen.getPrimaryDisplay()
    const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id)
    return fitBounds(
      states.of(folder),
      [primary, ...others].map(({ workArea }) => workArea),
    )
  }

  function bringToFront({ window }: Entry): void {
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  function send({ window }: Entry, path: string): void {
    window.webContents.send(GO_CHANNEL, path)
  }

  async function endSession(entry: Entry): Promise<void> {
    let session: ShellSession
    try {
      session = await entry.session
    } catch {
      // It never began, which was told then.
      return
    }
    await session.close()
  }

  function onClosed(entry: Entry): void {
    entries = entries.filter((one) => one !== entry)
    const ending = endSession(entry)
    endings.add(ending)
    ending.then(
      () => endings.delete(ending),
      // Kept, so that whoever quits hears of it.
      (error: unknown) => note(`A workspace could not be closed properly: ${reasonOf(error)}`),
    )
  }

  /** The window that has a workspace already, with this queue. */
  const holderOf = (folder: string, db: string | null, but: Entry | null = null): Entry | undefined =>
    entries.find((one) => one !== but && folderOf(one) === folder && one.db === db)

  /** Opens the workspace; a window that turns out to be the second of one gives way to the first. */
  async function openWorkspace(entry: Entry, folder: string, db: string | null): Promise<void> {
    entry.wanted = folder
    entry.db = db
    const session = await entry.session
    await (db === null ? session.open(folder) : session.open(folder, db))
    const opened = folderOf(entry)
    const same = opened === null ? undefined : holderOf(opened, db, entry)
    entry.wanted = null
    if (same === undefined || entry.window.isDestroyed()) return
    bringToFront(same)
    await closeGently(entry.window, clock)
  }

  /** A page opens a folder: where another window has it, that one is shown, and an empty one goes. */
  function joinOther(entry: Entry, folder: string): boolean {
    const real = realFolder(folder)
    const own = folderOf(entry)
    // A window that opens its own folder again (after a failure) is nobody's second; any other has the usual queue.
    if (own === real) return false
    const same = holderOf(real, null, entry)
    if (same === undefined) {
      entry.db = null
      return false
    }
    bringToFront(same)
    if (own === null) void closeGently(entry.window, clock)
    return true
  }

  async function begin(entry: Entry): Promise<void> {
    try {
      entry.opened = await entry.session
    } catch (error) {
      await failed(entry, error)
    }
  }

  async function failed(entry: Entry, error: unknown): Promise<void> {
    note(`A workspace could not be opened: ${reasonOf(error)}`)
    if (entry.window.isDestroyed()) return
    await dialog.showMessageBox(entry.window, {
      type: 'error',
      title: 'Hyperion',
      message: 'The engine could not be started.',
      detail: reasonOf(error),
      buttons: ['Close window'],
    })
    if (!entry.window.isDestroyed()) entry.window.destroy()
  }

  function create({ folder, db, path }: Wanted): void {
    if (ended) return
    const remembered = states.of(folder)
    const window = new BrowserWindow({
      ...bounds(folder),
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      title: 'Hyperion',
      show: false,
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      webPreferences: webPreferences(deps.preload, deps.devTools),
    })
    const session = deps.openSession((asked) => joinOther(entry, asked))
    const entry: Entry = { window, loaded: Promise.resolve(), session, opened: null, wanted: folder, db }
    entries = [entry, ...entries]
    void begin(entry)
    guardUnload(window, clock)
    recoverFromCrashes(window, clock, note)
    window.once('ready-to-show', () => {
      if (remembered?.maximized === true) window.maximize()
      window.show()
    })
    window.on('focus', () => {
      entries = [entry, ...entries.filter((one) => one !== entry)]
    })
    window.on('close', () => {
      states.remember(folderOf(entry), { ...window.getNormalBounds(), maximized: window.isMaximized() })
    })
    window.on('closed', () => onClosed(entry))
    if (folder !== null) {
      // A session that cannot be had is told of above; opening a folder does not fail, its state says what is wrong.
      openWorkspace(entry, folder, db).catch(() => undefined)
    }
    entry.loaded = window.loadURL(`${ORIGIN}${path ?? '/'}`).catch((error: unknown) => {
      note(`The page could not be loaded: ${reasonOf(error)}`)
      if (!window.isDestroyed()) window.show()
    })
  }

  function showFolder(folder: string, wanted: Wanted): void {
    const real = realFolder(folder)
    const db = ownQueue(real, wanted.db)
    const has = holderOf(real, db)
    const free = entries.find((entry) => entry.opened !== null && folderOf(entry) === null)
    const entry = has ?? free
    if (entry === undefined) return create({ folder: real, db, path: wanted.path })
    if (has === undefined) openWorkspace(entry, real, db).catch(() => undefined)
    bringToFront(entry)
    if (wanted.path !== null) send(entry, wanted.path)
  }

  function show(wanted: Wanted): void {
    if (ended) return
    if (wanted.folder !== null) return showFolder(wanted.folder, wanted)
    // A queue of its own belongs to a workspace that is named with it.
    if (wanted.db !== null) note('--db was left out: it needs --workspace with it.')
    const [front] = entries
    if (front === undefined) return create({ folder: null, db: null, path: wanted.path })
    bringToFront(front)
    if (wanted.path !== null) send(front, wanted.path)
  }

  async function openCast(file: string, folder: string | null): Promise<void> {
    const real = folder === null ? null : realFolder(folder)
    const entry = entries.find((one) => real === null || folderOf(one) === real) ?? entries[0]
    if (entry === undefined) return
    try {
      const session = await entry.session
      const path = await session.beginCast(file)
      await entry.loaded
      if (!entry.window.isDestroyed()) send(entry, path)
    } catch (error) {
      note(`${file} could not be opened: ${reasonOf(error)}`)
      if (entry.window.isDestroyed()) return
      await dialog.showMessageBox(entry.window, {
        type: 'error',
        title: 'Hyperion',
        message: `${basename(file)} was not opened.`,
        detail: reasonOf(error),
        buttons: ['OK'],
      })
    }
  }

  const entryOf = (contentsId: number): Entry | undefined =>
    entries.find(({ window }) => window.webContents.id === contentsId)

  return {
    show,
    openCast,
    add: () => create({ folder: null, db: null, path: null }),
    go: (path) => show({ folder: null, db: null, path }),
    front: () => entries[0]?.window ?? null,
    windowOf: (contentsId) => entryOf(contentsId)?.window ?? null,
    reveal(contentsId, path) {
      const entry = entryOf(contentsId)
      if (entry === undefined) return
      bringToFront(entry)
      send(entry, path)
    },
    sessionOf: async (contentsId) => entryOf(contentsId)?.session ?? null,
    async closeAll() {
      ended = true
      await Promise.all(entries.map(({ window }) => closeGently(window, clock)))
      await Promise.all(endings)
    },
  }
}
