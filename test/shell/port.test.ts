import { once } from 'node:events'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import * as fc from 'fast-check'
import { implement } from '@orpc/server'
import { afterEach, describe, expect, it } from 'vitest'
import {
  isWellFormed,
  LONGEST_MESSAGE,
  overPort,
  PORT_CHANNEL,
  type MainPort,
} from '../../main/ipc/transports/electron.ts'
import type { Connection } from '../../main/ipc/base.ts'
import type { Session } from '../../main/ipc/session.ts'
import { contract } from '../../schemas/ipc.ts'
import { ports, rest, startLab, type Lab } from './support.ts'

const part = { state: contract.workspace.state, forget: contract.workspace.forget }
const os = implement(part).$context<Connection>()
const router = os.router({
  state: os.state.handler(({ context }) => context.session.state()),
  forget: os.forget.handler(() => []),
})

let lab: Lab | null = null
const opened: { close(): void }[] = []
afterEach(() => {
  for (const port of opened.splice(0)) port.close()
  lab?.remove()
  lab = null
})

/** The shell with one window, whose session answers a piece of the contract. */
async function start() {
  lab = await startLab({ platform: 'darwin' })
  const { electron, sessions } = lab
  const [session] = sessions
  const [window] = electron.BrowserWindow.made
  if (session === undefined || window === undefined) throw new Error('no window')
  session.connect = overPort(router, {
    session: { state: session.state } as Session,
    page: { folder: null },
    writable: () => Promise.resolve(),
  })
  return { lab, electron, window, contents: window.webContents }
}

/** A port with Electron's names for Node's, whose `start` is what lets messages through. */
function electronPort(port: ReturnType<typeof ports>['main']): MainPort & { closed: boolean } {
  const waiting: unknown[] = []
  let deliver: ((event: { data: unknown }) => void) | null = null
  let started = false
  const main = {
    closed: false,
    on(event: 'message' | 'close', listener: (event: { data: unknown }) => void) {
      if (event === 'close') return port.on('close', () => listener({ data: null }))
      deliver = listener
      return port.on('message', (data: unknown) => (started ? listener({ data }) : void waiting.push(data)))
    },
    postMessage: (data: unknown) => port.postMessage(data),
    start() {
      started = true
      for (const data of waiting.splice(0)) deliver?.({ data })
    },
    close() {
      main.closed = true
      port.close()
    },
  }
  opened.push(main)
  return main as MainPort & { closed: boolean }
}

function pair() {
  const { main, page } = ports()
  opened.push(page)
  return { main: electronPort(main), page }
}

const clientOf = (page: ReturnType<typeof ports>['page']): ContractRouterClient<typeof part> => {
  const client: ContractRouterClient<typeof part> = createORPCClient(new RPCLink({ port: page }))
  page.start()
  return client
}

describe('the port of a window', () => {
  it('answers the contract', async () => {
    const { electron, contents } = await start()
    const { main, page } = pair()
    const event = { ports: [main], senderFrame: contents.mainFrame, sender: contents }
    electron.ipcMain.emit(PORT_CHANNEL, event)
    expect(await clientOf(page).state({})).toEqual({ state: 'none' })
  })

  it('refuses input that the contract does not allow', async () => {
    const { electron, contents } = await start()
    const { main, page } = pair()
    electron.ipcMain.emit(PORT_CHANNEL, { ports: [main], senderFrame: contents.mainFrame, sender: contents })
    await expect(clientOf(page).forget({ folder: 7 as unknown as string })).rejects.toThrow(/validation/)
  })

  it.each([
    ['a page of another origin', { url: 'https://example.com/' }],
    ['another host of the scheme', { url: 'app://evil/' }],
    ['a frame inside the page', { frame: { url: 'app://hyperion/' } }],
    ['a frame that is gone', { frame: null }],
    ['contents of no window', { sender: { id: 999_999, mainFrame: { url: 'app://hyperion/' } } }],
  ])('is closed where it comes from %s', async (_name, bent: Record<string, unknown>) => {
    const { electron, contents } = await start()
    const { main, page } = pair()
    const closed = once(page, 'close')
    const sender = (bent['sender'] ?? contents) as typeof contents
    if (typeof bent['url'] === 'string') sender.mainFrame.url = bent['url']
    const senderFrame = 'frame' in bent ? bent['frame'] : sender.mainFrame
    electron.ipcMain.emit(PORT_CHANNEL, { ports: [main], senderFrame, sender })
    await closed
    expect(main.closed).toBe(true)
  })

  it('comes alone', async () => {
    const { electron, contents } = await start()
    const [one, two] = [pair(), pair()]
    const senderFrame = contents.mainFrame
    electron.ipcMain.emit(PORT_CHANNEL, { ports: [one.main, two.main], senderFrame, sender: contents })
    electron.ipcMain.emit(PORT_CHANNEL, { ports: [], senderFrame, sender: contents })
    await rest()
    expect([one.main.closed, two.main.closed]).toEqual([true, true])
  })

  it('is replaced by the next one of the same page', async () => {
    const { electron, contents } = await start()
    const [one, two] = [pair(), pair()]
    for (const { main } of [one, two]) {
      electron.ipcMain.emit(PORT_CHANNEL, {
        ports: [main],
        senderFrame: contents.mainFrame,
        sender: contents,
      })
      await rest()
    }
    expect([one.main.closed, two.main.closed]).toEqual([true, false])
    expect(await clientOf(two.page).state({})).toEqual({ state: 'none' })
  })

  it.each([
    'not json',
    '7',
    'null',
    '{}',
    '{"i":1,"p":{"u":"/state"}}',
    '{"i":"1","p":{"u":7}}',
    '{"i":"1","p":{"u":"no url"}}',
    '{"i":"1","t":2,"p":{"u":"/state"}}',
    '{"i":"1","t":3}',
    '{"i":"1","p":{"u":"/state","h":{"content-type":"multipart/form-data"}}}',
    '{"i":"1","p":{"u":"/state","h":{"content-disposition":"x"}}}',
    '{"i":"1","p":{"u":"/state","h":7}}',
    new Uint8Array([255, 0, 1]),
    { i: '1', p: { u: '/state' } },
  ])('ends at the message %j, and the engine goes on', async (message) => {
    const { lab: from, electron, contents } = await start()
    const { main, page } = pair()
    electron.ipcMain.emit(PORT_CHANNEL, { ports: [main], senderFrame: contents.mainFrame, sender: contents })
    const closed = once(page, 'close')
    page.postMessage(message, [])
    await closed
    expect(from.notes).toContain('The window sent what is no message; its connection was ended.')
    const again = pair()
    electron.ipcMain.emit(PORT_CHANNEL, {
      ports: [again.main],
      senderFrame: contents.mainFrame,
      sender: contents,
    })
    expect(await clientOf(again.page).state({})).toEqual({ state: 'none' })
  })

  it('takes messages up to a length and none above', () => {
    const frame = (length: number): string => {
      const empty = JSON.stringify({ i: '1', p: { u: '/state', b: '' } })
      return empty.replace('"b":""', `"b":"${'a'.repeat(length - empty.length)}"`)
    }
    expect(isWellFormed(frame(LONGEST_MESSAGE))).toBe(true)
    expect(isWellFormed(frame(LONGEST_MESSAGE + 1))).toBe(false)
  })

  it('lets nothing through that the library fails to read', async () => {
    const { electron, contents } = await start()
    const header = fc.oneof(fc.constantFrom('content-type', 'Content-Disposition', 'x'), fc.string())
    const request = fc.record(
      {
        u: fc.oneof(fc.constantFrom('/state', '/forget', '/', '//', 'http://x'), fc.string()),
        m: fc.oneof(fc.constantFrom('GET', 'POST'), fc.string()),
        h: fc.dictionary(
          header,
          fc.oneof(fc.string(), fc.array(fc.string()), fc.constant('text/event-stream')),
        ),
        b: fc.jsonValue(),
      },
      { requiredKeys: ['u'] },
    )
    const message = fc.record(
      {
        i: fc.constantFrom('1', '2', '3'),
        t: fc.constantFrom(undefined, 1, 2, 3, 4),
        p: fc.oneof(request, fc.jsonValue()),
      },
      { requiredKeys: ['i'] },
    )
    // A rejection that nobody catches fails the run.
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (messages) => {
        const { main, page } = pair()
        electron.ipcMain.emit(PORT_CHANNEL, {
          ports: [main],
          senderFrame: contents.mainFrame,
          sender: contents,
        })
        for (const one of messages) page.postMessage(JSON.stringify(one), [])
        await rest()
        page.close()
        await rest()
      }),
      { numRuns: 150 },
    )
    const { main, page } = pair()
    electron.ipcMain.emit(PORT_CHANNEL, { ports: [main], senderFrame: contents.mainFrame, sender: contents })
    expect(await clientOf(page).state({})).toEqual({ state: 'none' })
  })
})
