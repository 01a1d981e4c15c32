/** The connection: comes back by itself, fails fast while it is away, says when it is not let in. */
import { describe, expect, it } from 'vitest'
import { connect, OfflineError, pauseBefore } from '../../renderer/client.ts'
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
