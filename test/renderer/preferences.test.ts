/** Personal settings in one window: in force at once, and what another tab sets arrives without undoing what is on its way. */
import { describe, expect, it } from 'vitest'
import { connect } from '../../renderer/client.ts'
import { createApp } from '../../renderer/state/app.ts'
import type { Personal, Preferences } from '../../schemas/view.ts'
import { manualClock, settled } from './manual-clock.ts'
import { answering, channel, preferences, standInTransport } from './stand-in-client.ts'

function start() {
  const clock = manualClock()
  const feeds: ReturnType<typeof channel<Personal>>[] = []
  const writes: { input: unknown; answer: PromiseWithResolvers<Preferences> }[] = []
  const { link } = answering({
    'workspace.state': () => ({ state: 'none' }),
    'preferences.read': () => preferences,
    'preferences.watch': () => {
      const feed = channel<Personal>()
      feeds.push(feed)
      return feed.values
    },
    'preferences.write': (input) => {
      const answer = Promise.withResolvers<Preferences>()
      writes.push({ input, answer })
      return answer.promise
    },
  })
  const wire = standInTransport(link)
  const connection = connect(wire.transport, clock, () => 1)
  const app = createApp(connection, clock)
  const say = async (change: Partial<Preferences>): Promise<void> => {
    feeds.at(-1)?.push({ preferences: { ...preferences, ...change }, recent: [] })
    await settled()
  }
  const now = (): Preferences => app.store.getState().preferences
  return { app, clock, feeds, writes, wire, say, now }
}

describe('preferences of another tab', () => {
  it('arrive', async () => {
    const { app, clock, say, now } = start()
    await clock.advance(0)
    await say({ theme: 'dark' })
    expect(now()).toEqual({ ...preferences, theme: 'dark' })
    app.close()
  })

  it('do not undo what was set here and is on its way; the later of two writers of a field wins', async () => {
    const { app, clock, writes, say, now } = start()
    await clock.advance(0)
    app.prefer({ theme: 'dark', layout: { home: 1 } })
    await say({ density: 'comfortable', layout: { queue: 2 } })
    expect(now()).toMatchObject({ theme: 'dark', density: 'comfortable', layout: { home: 1, queue: 2 } })
    expect(writes.map(({ input }) => input)).toEqual([{ theme: 'dark', layout: { home: 1 } }])
    writes[0]?.answer.resolve({ ...preferences, theme: 'dark', density: 'comfortable' })
    await settled()
    await say({ theme: 'light' })
    expect(now().theme).toBe('light')
    app.close()
  })

  it('hold where what was set here is not kept', async () => {
    const { app, clock, writes, say, now } = start()
    await clock.advance(0)
    app.prefer({ theme: 'dark' })
    await say({ theme: 'light' })
    writes[0]?.answer.reject(new Error('disk full'))
    await settled()
    expect(now().theme).toBe('light')
    app.close()
  })

  it('are heard again after the wire broke', async () => {
    const { app, clock, feeds, wire, say, now } = start()
    await clock.advance(0)
    expect(feeds).toHaveLength(1)
    wire.breakWire()
    await clock.advance(2_000)
    expect(feeds).toHaveLength(2)
    await say({ name: 'Ada' })
    expect(now().name).toBe('Ada')
    app.close()
  })
})
