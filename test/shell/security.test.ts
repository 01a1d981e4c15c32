import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { StandInEvent, type StandInContents } from './electron-stand-in.ts'
import { startLab, type Lab, type LabOptions } from './support.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; " +
  "img-src 'self' data:; connect-src 'self'; worker-src 'self' blob:"

let lab: Lab | null = null
afterEach(() => {
  lab?.remove()
  lab = null
})
async function start(options?: LabOptions): Promise<Lab> {
  lab = await startLab(options)
  return lab
}

/** Calls what the shell gave the session for one of its questions. */
function ask(from: Lab, question: string, ...args: unknown[]): unknown {
  const handler = from.electron.session.defaultSession.handlers.get(question)
  if (handler === undefined) throw new Error(`nobody answers ${question}`)
  return (handler as (...all: unknown[]) => unknown)(...args)
}

function emitted(contents: StandInContents, name: string, details: Record<string, unknown>): boolean {
  const event = new StandInEvent(details)
  contents.emit(name, event)
  return event.defaultPrevented
}

const OUTSIDE = [
  'https://example.com/',
  'http://127.0.0.1:7411/',
  'file:///etc/passwd',
  'app://evil/',
  'app://hyperion.evil/',
  'app://user@hyperion/',
  'javascript:alert(1)',
  'data:text/html,x',
  'chrome://gpu',
  '',
]

describe('a window', () => {
  it('has exactly these web preferences', async () => {
    const { electron, root } = await start()
    const [window] = electron.BrowserWindow.made
    expect(window?.options['webPreferences']).toEqual({
      preload: join(root, 'preload.cjs'),
      devTools: false,
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
      spellcheck: false,
    })
    expect(window?.webContents.mainFrame.url).toBe('app://hyperion/')
  })

  it('is sandboxed and its scheme privileged before the app is ready', async () => {
    const { electron } = await start()
    expect(electron.callsOf('enableSandbox')).toHaveLength(1)
    expect(electron.callsOf('registerSchemesAsPrivileged')).toEqual([
      [
        [
          {
            scheme: 'app',
            privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
          },
        ],
      ],
    ])
  })

  it('opens no other and hands nothing to the system', async () => {
    const { electron } = await start()
    const handler = electron.BrowserWindow.made[0]?.webContents.openHandler
    for (const url of [...OUTSIDE, 'app://hyperion/home'])
      expect(handler?.({ url })).toEqual({ action: 'deny' })
    expect(electron.callsOf('openExternal')).toEqual([])
    expect(electron.BrowserWindow.made).toHaveLength(1)
  })

  it('leads nowhere else, in no frame, and attaches no webview', async () => {
    const { electron } = await start()
    const contents = electron.BrowserWindow.made[0]?.webContents
    if (contents === undefined) throw new Error('no window')
    for (const url of OUTSIDE) {
      expect(emitted(contents, 'will-navigate', { url }), url).toBe(true)
      expect(emitted(contents, 'will-frame-navigate', { url, isMainFrame: true }), url).toBe(true)
    }
    const home = 'app://hyperion/home'
    expect(emitted(contents, 'will-navigate', { url: home })).toBe(false)
    expect(emitted(contents, 'will-frame-navigate', { url: home, isMainFrame: true })).toBe(false)
    expect(emitted(contents, 'will-frame-navigate', { url: home, isMainFrame: false })).toBe(true)
    expect(emitted(contents, 'will-redirect', { url: home })).toBe(true)
    expect(emitted(contents, 'will-attach-webview', {})).toBe(true)
  })

  it('puts contents that nobody expected under the same law', async () => {
    const { electron } = await start()
    const contents = new electron.StandInContents()
    electron.app.emit('web-contents-created', new StandInEvent(), contents)
    expect(contents.openHandler?.({ url: 'https://example.com/' })).toEqual({ action: 'deny' })
    expect(emitted(contents, 'will-navigate', { url: 'https://example.com/' })).toBe(true)
  })
})

describe('the session', () => {
  const PERMISSIONS = (
    'clipboard-read display-capture fileSystem fullscreen geolocation hid idle-detection notifications ' +
    'keyboardLock local-fonts media mediaKeySystem midi midiSysex openExternal pointerLock serial speaker-selection ' +
    'storage-access usb window-management unknown'
  ).split(' ')
  const asked = async (from: Lab, permission: string, requestingUrl: string, isMainFrame = true) => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    ask(from, 'permissionRequest', null, permission, resolve, { requestingUrl, isMainFrame })
    return promise
  }
  const checked = (from: Lab, permission: string, origin: string, isMainFrame = true) =>
    ask(from, 'permissionCheck', null, permission, origin, { isMainFrame })

  it('denies every permission, and copying to all but the page itself', async () => {
    const from = await start()
    for (const permission of PERMISSIONS) {
      expect(await asked(from, permission, 'app://hyperion/home'), permission).toBe(false)
      expect(checked(from, permission, 'app://hyperion/'), permission).toBe(false)
    }
    expect(await asked(from, 'clipboard-sanitized-write', 'app://hyperion/home')).toBe(true)
    expect(checked(from, 'clipboard-sanitized-write', 'app://hyperion')).toBe(true)
    expect(await asked(from, 'clipboard-sanitized-write', 'app://hyperion/home', false)).toBe(false)
    expect(await asked(from, 'clipboard-sanitized-write', 'https://evil.example/')).toBe(false)
    for (const url of OUTSIDE) {
      expect(await asked(from, 'clipboard-sanitized-write', url), url).toBe(false)
      expect(checked(from, 'clipboard-sanitized-write', url), url).toBe(false)
    }
  })

  it('gives no device, no screen, no download and no dictionary', async () => {
    const from = await start()
    expect(ask(from, 'devicePermission', {})).toBe(false)
    const streams: unknown[] = []
    ask(from, 'displayMedia', {}, (given: unknown) => streams.push(given))
    expect(streams).toEqual([null])
    const download = new StandInEvent()
    from.electron.session.defaultSession.emit('will-download', download)
    expect(download.defaultPrevented).toBe(true)
    expect(from.electron.callsOf('setSpellCheckerEnabled')).toEqual([[false]])
  })

  it('loads nothing from the network', async () => {
    const from = await start()
    const cancelled = (url: string): unknown => {
      let answer: unknown
      ask(from, 'beforeRequest', { url }, (given: unknown) => (answer = given))
      return answer
    }
    for (const url of OUTSIDE.filter((one) => !one.startsWith('data:'))) {
      expect(cancelled(url), url).toEqual({ cancel: true })
    }
    expect(cancelled('wss://example.com/')).toEqual({ cancel: true })
    expect(cancelled('devtools://devtools/bundled/a.js')).toEqual({ cancel: true })
    for (const url of ['app://hyperion/assets/a.js', 'blob:app://hyperion/1', 'data:font/woff2;base64,']) {
      expect(cancelled(url), url).toEqual({ cancel: false })
    }
  })

  it('puts its policy on every answer, whatever the answer said', async () => {
    const from = await start()
    let answer: unknown
    const responseHeaders = { 'content-security-policy': ["script-src 'unsafe-eval'"], 'X-A': ['1'] }
    ask(
      from,
      'headersReceived',
      { url: 'app://hyperion/', responseHeaders },
      (given: unknown) => (answer = given),
    )
    expect(answer).toEqual({ responseHeaders: { 'X-A': ['1'], 'Content-Security-Policy': [POLICY] } })
  })
})

describe('app://hyperion', () => {
  const fetched = (from: Lab, url: string, init?: RequestInit) =>
    ask(from, 'protocol:app', new Request(url, init)) as Promise<Response>

  it('answers its places with the page and its files with their type', async () => {
    const from = await start()
    writeFileSync(join(from.root, 'page/assets/index-AbCd1234.js'), 'export {}')
    for (const path of ['/', '/home', '/change/87', '/request/REQ-1.2', '/home?x=1']) {
      const answer = await fetched(from, `app://hyperion${path}`)
      expect([answer.status, await answer.text()], path).toEqual([
        200,
        '<!doctype html><title>Hyperion</title>',
      ])
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
    const script = await fetched(from, 'app://hyperion/assets/index-AbCd1234.js')
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('cache-control')).toContain('immutable')
    const head = await fetched(from, 'app://hyperion/home', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('sends its policy and the other headers with every answer, refusals too', async () => {
    const from = await start()
    const answers = [
      await fetched(from, 'app://hyperion/'),
      await fetched(from, 'app://hyperion/assets/none.js'),
      await fetched(from, 'app://hyperion/%00'),
      await fetched(from, 'app://evil/'),
      await fetched(from, 'app://hyperion/', { method: 'POST' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 400, 403, 405])
    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toBe(POLICY)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    }
  })

  it('serves nothing outside the page, however it is asked for', async () => {
    const from = await start()
    writeFileSync(join(from.root, 'secret.txt'), 'secret')
    symlinkSync(join(from.root, 'secret.txt'), join(from.root, 'page/assets/link.txt'))
    mkdirSync(join(from.root, 'page/assets/folder.js'))
    for (const path of [
      '/assets/../../secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/assets/%2e%2e/%2e%2e/secret.txt',
      '/assets/..%5c..%5csecret.txt',
      '/assets/link.txt',
      '/assets/folder.js',
      '/assets/a%00.js',
      '/assets//secret.txt',
      '//secret.txt',
      '/secret.txt',
      '/assets/%zz',
    ]) {
      const answer = await fetched(from, `app://hyperion${path}`)
      expect(await answer.text(), path).not.toContain('secret')
      expect([400, 403, 404], path).toContain(answer.status)
    }
  })
})
