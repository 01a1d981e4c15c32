/** The connection: comes back by itself, fails fast while it is away, says when it is not let in. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, OfflineError, pauseBefore, socketTransport } from '../../renderer/client.ts'
import { manualClock } from './manual-clock.ts'
import { answering, openState, standInTransport } from './stand-in-client.ts'

const { link } = answering({ 'workspace.state': () => openState })

describe('pauseBefore', () => {
  it('grows up to a limit and is spread', () => {
    const full = [0, 1, 2, 3, 4, 5, 50].map((attempt) => pauseBefore(attempt, 1))
    expect(full).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000])
    expect(pauseBefore(3, 0)).toBe(1000)
  })
})

describe('connect', () => {
  it('makes a call wait for the first attempt', async () => {
    const { transport } = standInTransport(link)
    const connection = connect(transport, manualClock(), () => 1)
    expect(connection.state().state).toBe('connecting')
    expect(await connection.api.workspace.state({})).toEqual(openState)
    expect(connection.state().state).toBe('online')
    connection.close()
  })

  it('fails a call at once while it is away, and comes back after the pause', async () => {
    const clock = manualClock()
    const { transport, attempts } = standInTransport(link, [false, true])
    const connection = connect(transport, clock, () => 1)
    await clock.advance(0)
    expect(connection.state()).toMatchObject({
      state: 'offline',
      since: clock.now(),
      retryAt: clock.now() + 250,
    })
    await expect(connection.api.workspace.state({})).rejects.toBeInstanceOf(OfflineError)
    await clock.advance(249)
    expect(attempts()).toBe(1)
    await clock.advance(1)
    expect(connection.state().state).toBe('online')
    connection.close()
  })

  it('keeps the time it went away over failed attempts, and tries at once when asked', async () => {
    const clock = manualClock()
    const { transport, attempts, breakWire } = standInTransport(link, [true, false, false, true])
    const connection = connect(transport, clock, () => 1)
    await clock.advance(0)
    breakWire()
    await clock.advance(0)
    const since = clock.now()
    await clock.advance(250)
    expect(connection.state()).toMatchObject({ state: 'offline', since })
    expect(attempts()).toBe(2)
    connection.retry()
    await clock.advance(0)
    connection.retry()
    await clock.advance(0)
    expect(connection.state().state).toBe('online')
    connection.close()
  })

  it('says that it is refused where the host answers and does not let the page in', async () => {
    const clock = manualClock()
    const { transport } = standInTransport(link, [false], true)
    const connection = connect(transport, clock, () => 1)
    await clock.advance(250)
    expect(connection.state().state).toBe('refused')
    connection.close()
  })
})

/** A browser's socket that opens at once, and goes when the test says so, in two steps as a killed host makes it. */
class StandInSocket extends EventTarget {
  static readonly OPEN = 1
  static last: StandInSocket
  readyState = 1
  readonly sent: string[] = []
  constructor() {
    super()
    StandInSocket.last = this
    queueMicrotask(() => this.dispatchEvent(new Event('open')))
  }
  send(message: string): void {
    this.sent.push(message)
  }
}

describe('a socket whose host is gone', () => {
  afterEach(() => void vi.unstubAllGlobals())

  async function opened() {
    vi.stubGlobal('WebSocket', StandInSocket)
    const { link: way } = await socketTransport({ protocol: 'http:', host: 'h' } as Location).open()
    const socket = StandInSocket.last
    const call = (signal?: AbortSignal): Promise<unknown> =>
      way.call(['workspace', 'state'], {}, { context: {}, ...(signal === undefined ? {} : { signal }) })
    const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
    return { way, socket, call, tick }
  }

  it('fails a call at once, and again once it is closed', async () => {
    const { socket, call } = await opened()
    for (socket.readyState = 2; socket.readyState <= 3; socket.readyState += 1)
      await expect(call()).rejects.toBeInstanceOf(OfflineError)
    socket.dispatchEvent(new Event('close'))
    await expect(call()).rejects.toBeInstanceOf(OfflineError)
    expect(socket.sent).toEqual([])
  })

  it('lets a call be given up: it ends all the same', async () => {
    const { socket, call, tick } = await opened()
    const life = new AbortController()
    const asked = call(life.signal)
    await tick()
    expect(socket.sent).toHaveLength(1)
    socket.readyState = 3
    life.abort(new Error('given up'))
    await expect(asked).rejects.toThrow('given up')
    expect(socket.sent).toHaveLength(1)
  })

  it('lets a stream be left', async () => {
    const { socket, call, tick } = await opened()
    const asked = call() as Promise<AsyncIterator<unknown>>
    await tick()
    const { i } = JSON.parse(socket.sent[0] ?? '') as { i: string }
    const answer = JSON.stringify({ i, p: { h: { 'content-type': 'text/event-stream' } } })
    socket.dispatchEvent(new MessageEvent('message', { data: answer }))
    const stream = await asked
    socket.readyState = 3
    await expect(stream.return?.()).resolves.toMatchObject({ done: true })
  })

  it('still tells an open host that a call is given up', async () => {
    const { socket, call, tick } = await opened()
    const life = new AbortController()
    const asked = call(life.signal)
    await tick()
    life.abort(new Error('given up'))
    await expect(asked).rejects.toThrow('given up')
    expect(socket.sent.map((text) => (JSON.parse(text) as { t?: number }).t)).toEqual([undefined, 4])
  })
})
