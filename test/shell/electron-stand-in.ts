/**
 * Stands in for Electron's main-process module where its runtime cannot be had: it does what the shell relies on and
 * records the rest. A test takes a fresh one with `vi.resetModules()`.
 */
import { EventEmitter } from 'node:events'

/** What listeners may prevent, as Electron's own events. */
export class StandInEvent {
  defaultPrevented = false
  readonly details: Readonly<Record<string, unknown>>
  constructor(details: Readonly<Record<string, unknown>> = {}) {
    this.details = details
    Object.assign(this, details)
  }
  preventDefault(): void {
    this.defaultPrevented = true
  }
}

export interface Frame {
  url: string
}

/** Every call worth knowing, in order. */
export const calls: { name: string; args: readonly unknown[] }[] = []
const record = (name: string, ...args: readonly unknown[]): void => void calls.push({ name, args })
export const callsOf = (name: string): (readonly unknown[])[] =>
  calls.filter((call) => call.name === name).map(({ args }) => args)

class StandInApp extends EventEmitter {
  isPackaged = false
  hasLock = true
  readonly exits: number[] = []
  private readyNow = Promise.withResolvers<void>()
  requestSingleInstanceLock(data: unknown): boolean {
    record('requestSingleInstanceLock', data)
    return this.hasLock
  }
  becomeReady(): void {
    record('ready')
    this.ready = true
    this.readyNow.resolve()
  }
  private ready = false
  isReady = (): boolean => this.ready
  whenReady(): Promise<void> {
    return this.readyNow.promise
  }
  quit(): void {
    record('quit')
    const event = new StandInEvent()
    this.emit('before-quit', event)
    if (!event.defaultPrevented) this.exits.push(0)
  }
  exit(code: number): void {
    record('exit', code)
    this.exits.push(code)
  }
  enableSandbox = (): void => record('enableSandbox')
  setName = (name: string): void => record('setName', name)
  setPath = (name: string, path: string): void => record('setPath', name, path)
  setAsDefaultProtocolClient = (scheme: string): void => record('setAsDefaultProtocolClient', scheme)
  setBadgeCount = (count: number): boolean => {
    record('setBadgeCount', count)
    return true
  }
  setAppUserModelId = (id: string): void => record('setAppUserModelId', id)
}
export const app = new StandInApp()

type OpenHandler = (details: { url: string }) => { action: string }

export class StandInContents extends EventEmitter {
  private static next = 1
  readonly id = StandInContents.next++
  readonly mainFrame: Frame = { url: '' }
  readonly sent: { channel: string; args: unknown[] }[] = []
  /** Whether the page holds on to unsaved work. */
  unsaved = false
  reloads = 0
  openHandler: OpenHandler | null = null
  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler
  }
  send(channel: string, ...args: unknown[]): void {
    this.sent.push({ channel, args })
  }
  forcefullyCrashRenderer(): void {
    record('forcefullyCrashRenderer', this.id)
    this.emit('render-process-gone', new StandInEvent(), { reason: 'killed', exitCode: 9 })
  }
  reload(): void {
    if (this.mayUnload()) this.reloads += 1
  }
  /** The page is asked; a shell that prevents the prevention leaves it. */
  mayUnload(): boolean {
    if (!this.unsaved) return true
    const event = new StandInEvent()
    this.emit('will-prevent-unload', event)
    return event.defaultPrevented
  }
}

interface Bounds {
  x: number
  y: number
  width: number
  height: number
}

export class BrowserWindow extends EventEmitter {
  static readonly made: BrowserWindow[] = []
  static alive(): BrowserWindow[] {
    return BrowserWindow.made.filter((window) => !window.isDestroyed())
  }
  readonly options: Readonly<Record<string, unknown>>
  readonly webContents = new StandInContents()
  bounds: Bounds
  shown = false
  focused = 0
  minimized = false
  maximized = false
  private destroyed = false
  constructor(options: Readonly<Record<string, unknown>> & Bounds) {
    super()
    this.options = options
    const { x, y, width, height } = options
    this.bounds = { x, y, width, height }
    BrowserWindow.made.push(this)
    app.emit('web-contents-created', new StandInEvent(), this.webContents)
  }
  async loadURL(url: string): Promise<void> {
    this.webContents.mainFrame.url = url
    this.emit('ready-to-show')
  }
  close(): void {
    if (this.destroyed) return
    this.emit('close', new StandInEvent())
    if (this.webContents.mayUnload()) this.destroy()
  }
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('closed')
    if (BrowserWindow.alive().length === 0) app.emit('window-all-closed')
  }
  /** Whether it is in front. */
  inFront = false
  focus(): void {
    this.focused += 1
    this.inFront = true
    this.emit('focus')
  }
  isFocused = (): boolean => this.inFront
  show(): void {
    this.shown = true
  }
  isDestroyed = (): boolean => this.destroyed
  isMinimized = (): boolean => this.minimized
  isMaximized = (): boolean => this.maximized
  restore(): void {
    this.minimized = false
  }
  maximize(): void {
    this.maximized = true
  }
  getNormalBounds = (): Bounds => this.bounds
}

type Handler = (...args: never[]) => unknown

class StandInSession extends EventEmitter {
  readonly handlers = new Map<string, Handler>()
  private readonly keep = (name: string) => (handler: Handler) => void this.handlers.set(name, handler)
  setPermissionRequestHandler = this.keep('permissionRequest')
  setPermissionCheckHandler = this.keep('permissionCheck')
  setDevicePermissionHandler = this.keep('devicePermission')
  setDisplayMediaRequestHandler = this.keep('displayMedia')
  flushStorageData = (): void => record('flushStorageData')
  setSpellCheckerEnabled = (enabled: boolean): void => record('setSpellCheckerEnabled', enabled)
  webRequest = {
    onBeforeRequest: this.keep('beforeRequest'),
    onHeadersReceived: this.keep('headersReceived'),
  }
  protocol = { handle: (scheme: string, handler: Handler): void => this.keep(`protocol:${scheme}`)(handler) }
}
export const session = { defaultSession: new StandInSession() }

export const protocol = {
  registerSchemesAsPrivileged: (schemes: unknown): void => record('registerSchemesAsPrivileged', schemes),
}

/** What dialogs answer; a test changes it. */
export const answers = {
  response: 0,
  filePaths: [] as string[],
  /** Whether a message stays until it is answered here, or taken away. */
  wait: null as Promise<unknown> | null,
}

export const dialog = {
  async showMessageBox(...args: unknown[]) {
    record('showMessageBox', ...args)
    const { signal } = (args.at(-1) ?? {}) as { signal?: AbortSignal }
    const takenAway = new Promise((resolve) => signal?.addEventListener('abort', resolve))
    if (answers.wait !== null) await Promise.race([answers.wait, takenAway])
    return { response: answers.response, checkboxChecked: false }
  },
  async showOpenDialog(...args: unknown[]) {
    record('showOpenDialog', ...args)
    return { canceled: answers.filePaths.length === 0, filePaths: answers.filePaths }
  },
}

export const clipboard = {
  async writeText(text: string): Promise<void> {
    record('writeText', text)
  },
}

export const Menu = {
  buildFromTemplate: (template: unknown): unknown => template,
  setApplicationMenu: (menu: unknown): void => record('setApplicationMenu', menu),
}

export class Notification extends EventEmitter {
  static readonly made: Notification[] = []
  static supported = true
  static isSupported = (): boolean => Notification.supported
  readonly options: { title: string; body: string }
  state: 'new' | 'shown' | 'closed' = 'new'
  constructor(options: { title: string; body: string }) {
    super()
    this.options = options
    Notification.made.push(this)
  }
  show(): void {
    this.state = 'shown'
  }
  close(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.emit('close')
  }
}

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } }
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] }
export const nativeTheme = { shouldUseDarkColors: false }
export const powerMonitor = new EventEmitter()
export const ipcMain = new EventEmitter()
export const shell = {
  async openExternal(url: string): Promise<void> {
    record('openExternal', url)
  },
}

class StandInRenderer extends EventEmitter {
  postMessage(channel: string, message: unknown, transfer: unknown[]): void {
    record('postMessage', channel, message, transfer)
  }
  send(channel: string, ...args: unknown[]): void {
    record('send', channel, ...args)
  }
}
/** The other side, for preload. */
export const ipcRenderer = new StandInRenderer()
