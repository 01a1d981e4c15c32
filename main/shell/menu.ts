/** The menu as data: which commands there are on which platform, under which keys. */
import type { MenuItemConstructorOptions } from 'electron'

export interface MenuActs {
  newWindow(): void
  openRepository(): void
  /** Shows a page of the app in the window in front. */
  go(path: string): void
  /** Null where the package names no place that newer versions come from. */
  checkForUpdates: (() => void) | null
  /** Null where `hyperion` is on PATH by the installer, or nothing is installed. */
  installCommand: (() => void) | null
}

export interface MenuOptions {
  platform: NodeJS.Platform
  /** Tools for developing Hyperion itself. */
  devTools: boolean
}

const SEPARATOR: MenuItemConstructorOptions = { type: 'separator' }

const PLACES: readonly (readonly [label: string, path: string])[] = [
  ['Home', '/home'],
  ['Inbox', '/inbox'],
  ['Requests', '/requests'],
  ['Queue', '/queue'],
  ['Logs', '/logs'],
  ['Files', '/files'],
  ['Cast Builder', '/cast-builder'],
  ['Skills', '/skills'],
]

/** Returns the whole menu; the page's own keys (`g` and a letter, the palette) stay with the page. */
export function menuTemplate(options: MenuOptions, acts: MenuActs): MenuItemConstructorOptions[] {
  const mac = options.platform === 'darwin'
  const settings: MenuItemConstructorOptions = {
    label: mac ? 'Settings…' : 'Settings',
    accelerator: 'CmdOrCtrl+,',
    click: () => acts.go('/settings'),
  }
  const upkeep: MenuItemConstructorOptions[] = [
    ...(acts.checkForUpdates === null ? [] : [{ label: 'Check for Updates…', click: acts.checkForUpdates }]),
    ...(acts.installCommand === null
      ? []
      : [{ label: 'Install the hyperion Command…', click: acts.installCommand }]),
  ]
  const application: MenuItemConstructorOptions = {
    label: 'Hyperion',
    submenu: [
      { role: 'about' },
      ...upkeep,
      SEPARATOR,
      settings,
      SEPARATOR,
      { role: 'services' },
      SEPARATOR,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      SEPARATOR,
      { role: 'quit' },
    ],
  }
  const file: MenuItemConstructorOptions = {
    label: mac ? 'File' : '&File',
    submenu: [
      { label: 'New Window', accelerator: 'CmdOrCtrl+N', click: () => acts.newWindow() },
      { label: 'Open Repository…', accelerator: 'CmdOrCtrl+O', click: () => acts.openRepository() },
      SEPARATOR,
      ...(mac ? [] : [settings, SEPARATOR]),
      { role: 'close', accelerator: 'CmdOrCtrl+W' },
      // Windows has no key for it beside Alt+F4, which the system brings.
      ...(mac
        ? []
        : [
            SEPARATOR,
            options.platform === 'win32'
              ? ({ role: 'quit', label: 'Exit' } as const)
              : ({ role: 'quit', label: 'Quit', accelerator: 'Ctrl+Q' } as const),
          ]),
    ],
  }
  const edit: MenuItemConstructorOptions = {
    label: mac ? 'Edit' : '&Edit',
    submenu: [
      { role: 'undo', accelerator: 'CmdOrCtrl+Z' },
      { role: 'redo', accelerator: options.platform === 'win32' ? 'Ctrl+Y' : 'Shift+CmdOrCtrl+Z' },
      SEPARATOR,
      { role: 'cut', accelerator: 'CmdOrCtrl+X' },
      { role: 'copy', accelerator: 'CmdOrCtrl+C' },
      { role: 'paste', accelerator: 'CmdOrCtrl+V' },
      { role: 'selectAll', accelerator: 'CmdOrCtrl+A' },
    ],
  }
  const view: MenuItemConstructorOptions = {
    label: mac ? 'View' : '&View',
    submenu: [
      { role: 'reload', accelerator: 'CmdOrCtrl+R' },
      ...(options.devTools ? [{ role: 'toggleDevTools' } as const] : []),
      SEPARATOR,
      { role: 'resetZoom', accelerator: 'CmdOrCtrl+0' },
      { role: 'zoomIn', accelerator: 'CmdOrCtrl+Plus' },
      // The same key without Shift, where `+` is above `=`.
      { role: 'zoomIn', accelerator: 'CmdOrCtrl+=', visible: false, acceleratorWorksWhenHidden: true },
      { role: 'zoomOut', accelerator: 'CmdOrCtrl+-' },
      SEPARATOR,
      { role: 'togglefullscreen', accelerator: mac ? 'Ctrl+Cmd+F' : 'F11' },
    ],
  }
  const go: MenuItemConstructorOptions = {
    label: mac ? 'Go' : '&Go',
    submenu: PLACES.map(([label, path]) => ({ label, click: () => acts.go(path) })),
  }
  const window: MenuItemConstructorOptions = mac
    ? { role: 'windowMenu' }
    : { label: '&Window', submenu: [{ role: 'minimize', accelerator: 'Ctrl+M' }] }
  const help: MenuItemConstructorOptions = {
    role: 'help',
    label: mac ? 'Help' : '&Help',
    submenu: [...(mac ? [] : upkeep), { role: 'about' }],
  }
  return [...(mac ? [application] : []), file, edit, view, go, window, ...(mac ? [] : [help])]
}
