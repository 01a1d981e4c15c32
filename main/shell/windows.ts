/** The windows: one for each workspace, with its session behind it and its place remembered. */
import { realpathSync } from 'node:fs'
import { BrowserWindow, dialog, nativeTheme, screen } from 'electron'
import { GO_CHANNEL } from '../ipc/transports/electron.ts'
import { recoverFromCrashes } from './crash.ts'
import { ORIGIN } from './protocol.ts'
import { webPreferences } from './security.ts'
import { closeGently, guardUnload } from './unload.ts'
import { fitBounds, SMALLEST, type WindowStates } from './window-state.ts'
import type { Note, ShellClock, ShellSession } from './types.ts'

export interface WindowsDeps {
  clock: ShellClock
  states: WindowStates
  preload: string
  devTools: boolean
  note: Note
  /** A fresh session with no workspace yet. */
  openSession(): Promise<ShellSession>
}

interface Entry {
  window: BrowserWindow
  session: Promise<ShellSession>
  /** The session once it is there. */
  opened: ShellSession | null
  /** The folder this window was made for, until the session knows better. */
  wanted: string | null
}

export interface Windows {
  /** Shows a workspace, a page, both or the app, in the window that fits or in a new one. */
  show(asked: { folder: string | null; path: string | null }): void
  /** A window more, for a workspace to choose. */
  add(): void
  /** Shows a page in the window in front. */
  go(path: string): void
  front(): BrowserWindow | null
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

  /** Opens the workspace; a window that turns out to be the second of one gives way to the first. */
  async function openWorkspace(entry: Entry, folder: string): Promise<void> {
    entry.wanted = folder
    const session = await entry.session
    await session.open(folder)
    const same = entries.find((one) => one !== entry && folderOf(one) === folderOf(entry))
    entry.wanted = null
    if (same === undefined || entry.window.isDestroyed()) return
    bringToFront(same)
    await closeGently(entry.window, clock)
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

  function create(folder: string | null, path: string | null): void {
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
    const entry: Entry = { window, session: deps.openSession(), opened: null, wanted: folder }
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
      openWorkspace(entry, folder).catch(() => undefined)
    }
    window.loadURL(`${ORIGIN}${path ?? '/'}`).catch((error: unknown) => {
      note(`The page could not be loaded: ${reasonOf(error)}`)
      if (!window.isDestroyed()) window.show()
    })
  }

  function showFolder(folder: string, path: string | null): void {
    const real = realFolder(folder)
    const has = entries.find((entry) => folderOf(entry) === real)
    const free = entries.find((entry) => entry.opened !== null && folderOf(entry) === null)
    const entry = has ?? free
    if (entry === undefined) return create(real, path)
    if (has === undefined) openWorkspace(entry, real).catch(() => undefined)
    bringToFront(entry)
    if (path !== null) send(entry, path)
  }

  function show({ folder, path }: { folder: string | null; path: string | null }): void {
    if (ended) return
    if (folder !== null) return showFolder(folder, path)
    const [front] = entries
    if (front === undefined) return create(null, path)
    bringToFront(front)
    if (path !== null) send(front, path)
  }

  return {
    show,
    add: () => create(null, null),
    go: (path) => show({ folder: null, path }),
    front: () => entries[0]?.window ?? null,
    async sessionOf(contentsId) {
      const entry = entries.find(({ window }) => window.webContents.id === contentsId)
      return entry === undefined ? null : entry.session
    },
    async closeAll() {
      ended = true
      await Promise.all(entries.map(({ window }) => closeGently(window, clock)))
      await Promise.all(endings)
    },
  }
}
