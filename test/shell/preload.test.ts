import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GO_CHANNEL, OUTSIDE_CHANNEL, PORT_CHANNEL } from '../../main/ipc/transports/electron.ts'
import { freshElectron, type Electron } from './support.ts'

const ORIGIN = 'app://hyperion'

/** As much of a window as preload sees. */
class Page extends EventTarget {
  readonly went: string[] = []
  readonly location = { origin: ORIGIN, assign: (path: string) => void this.went.push(path) }
}

let electron: Electron
let page: Page
beforeEach(async () => {
  electron = await freshElectron()
  page = new Page()
  vi.stubGlobal('window', page)
  await import('../../preload/index.ts')
})
afterEach(() => vi.unstubAllGlobals())

function post(data: unknown, more: Record<string, unknown> = {}): unknown[] {
  const event = Object.assign(new Event('message'), {
    data,
    origin: ORIGIN,
    source: page,
    ports: ['port'],
    ...more,
  })
  page.dispatchEvent(event)
  return electron.callsOf('postMessage').splice(0)
}

describe('preload', () => {
  it('passes on one port that the page posts to itself, and nothing of what is said with it', () => {
    expect(post({ hyperion: 'port', more: 'x' })).toEqual([[PORT_CHANNEL, null, ['port']]])
  })

  it.each([
    ['another frame', { hyperion: 'port' }, { source: {} }],
    ['another origin', { hyperion: 'port' }, { origin: 'https://example.com' }],
    ['no port', { hyperion: 'port' }, { ports: [] }],
    ['two ports', { hyperion: 'port' }, { ports: ['a', 'b'] }],
    ['other words', { hyperion: 'other' }, {}],
    ['a text', 'port', {}],
    ['nothing', null, {}],
  ])('passes nothing on from %s', (_name, data, more) => expect(post(data, more)).toEqual([]))

  it('passes on what is to be said outside the window, and nothing else with it', () => {
    const said = { say: 'count', count: 3 }
    expect(post({ hyperion: 'outside', said, more: 1 }, { ports: [] })).toEqual([])
    expect(electron.callsOf('send')).toEqual([[OUTSIDE_CHANNEL, said]])
    for (const more of [
      { ports: ['a'] },
      { ports: [], source: {} },
      { ports: [], origin: 'https://x.example' },
    ]) {
      post({ hyperion: 'outside', said }, more)
    }
    post({ hyperion: 'outside' }, { ports: [] })
    expect(electron.callsOf('send')).toHaveLength(1)
  })

  it('says to the page where to go, and loads the place where the page does not listen', () => {
    electron.ipcRenderer.emit(GO_CHANNEL, {}, '/change/87')
    expect(page.went).toEqual(['/change/87'])
    const heard: unknown[] = []
    page.addEventListener('hyperion:go', (event) => {
      event.preventDefault()
      heard.push((event as CustomEvent<unknown>).detail)
    })
    electron.ipcRenderer.emit(GO_CHANNEL, {}, '/request/REQ-1')
    electron.ipcRenderer.emit(GO_CHANNEL, {}, '/inbox?item=held-12')
    expect([heard, page.went]).toEqual([['/request/REQ-1', '/inbox?item=held-12'], ['/change/87']])
  })

  it.each(['https://example.com', '//example.com', 'javascript:alert(1)', '/a?b', '/\\evil', 7, null])(
    'goes nowhere when it is told %j',
    (path) => {
      electron.ipcRenderer.emit(GO_CHANNEL, {}, path)
      expect(page.went).toEqual([])
    },
  )

  it('puts nothing into the page', () => expect(Object.keys(page).sort()).toEqual(['location', 'went']))
})
