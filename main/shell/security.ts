/** What a window may do: show the app's own page and talk over its one port; nothing else, whoever asks. */
import { app, type Session, type WebContents, type WebPreferences } from 'electron'
import { CONTENT_SECURITY_POLICY } from '../ipc/transports/page-headers.ts'
import { isOurs } from './protocol.ts'

/** All the page may ask for: to put text on the clipboard. What waits for a person it tells main, which notifies. */
const GRANTED: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])

/** Addresses that may be opened in the operator's browser: none so far. */
const EXTERNAL: ReadonlySet<string> = new Set()

export function webPreferences(preload: string, devTools: boolean): WebPreferences {
  return {
    preload,
    devTools,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    // Its dictionaries would come from the network.
    spellcheck: false,
  }
}

/** Whether a page may ask the operating system's browser to open an address. */
export const mayOpenOutside = (address: string): boolean =>
  address.startsWith('https://') && EXTERNAL.has(address)

/** Whether the page may load something: its own files and what it made itself, never the network. */
export function mayLoad(address: string, devTools: boolean): boolean {
  if (/^(?:data|blob):/.test(address)) return true
  return isOurs(address) || (devTools && address.startsWith('devtools://'))
}

const grants = (permission: string, address: string, isMainFrame: boolean): boolean =>
  GRANTED.has(permission) && isMainFrame && isOurs(address)

export function secureSession(session: Session, devTools: boolean): void {
  session.setPermissionRequestHandler((_contents, permission, callback, details) =>
    callback(grants(permission, details.requestingUrl, details.isMainFrame)),
  )
  session.setPermissionCheckHandler((_contents, permission, origin, details) =>
    grants(permission, origin, details.isMainFrame),
  )
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, callback) => callback(null))
  session.setSpellCheckerEnabled(false)
  session.on('will-download', (event) => event.preventDefault())
  session.webRequest.onBeforeRequest((details, callback) =>
    callback({ cancel: !mayLoad(details.url, devTools) }),
  )
  session.webRequest.onHeadersReceived((details, callback) => {
    if (devTools && details.url.startsWith('devtools://')) return callback({})
    const kept = Object.entries(details.responseHeaders ?? {}).filter(
      ([name]) => name.toLowerCase() !== 'content-security-policy',
    )
    callback({
      responseHeaders: { ...Object.fromEntries(kept), 'Content-Security-Policy': [CONTENT_SECURITY_POLICY] },
    })
  })
}

export function secureContents(contents: WebContents, openOutside: (address: string) => void): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (mayOpenOutside(url)) openOutside(url)
    return { action: 'deny' }
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.on('will-navigate', (event) => {
    if (!isOurs(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !isOurs(event.url)) event.preventDefault()
  })
}

/** Puts every web contents there will ever be under the same law. */
export function secureEveryContents(openOutside: (address: string) => void): void {
  app.on('web-contents-created', (_event, contents) => secureContents(contents, openOutside))
}
