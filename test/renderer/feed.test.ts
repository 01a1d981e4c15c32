/** The live feed: nothing missed over a break, painted four times a second, nothing kept of another workspace. */
import { describe, expect, it } from 'vitest'
import { connect } from '../../renderer/client.ts'
import { createApp } from '../../renderer/state/app.ts'
import { joinTurns, pacer } from '../../renderer/state/turns.ts'
import type { Live } from '../../schemas/view.ts'
import { manualClock } from './manual-clock.ts'
import {
  answering,
  change,
  channel,
  log,
  noCounts,
  openState,
  preferences,
  standInTransport,
  turn,
} from './stand-in-client.ts'

describe('joinTurns', () => {
  it('keeps the later state of a change and every log row', () => {
    const first = turn(1, { logs: [log(1)], changes: [change(1), change(2)], counts: noCounts, inbox: 3 })
    const second = turn(2, { logs: [log(2)], changes: [change(1, { status: 'applied' })], gone: [2] })
    const joined = joinTurns(first, second)
    expect(joined.changes).toEqual([change(1, { status: 'applied' })])
    expect(joined).toMatchObject({ seq: 2, gone: [2], counts: noCounts, inbox: 3, logs: [log(1), log(2)] })
  })

  it('lets a reset take the place of what was before, and keeps it over what follows', () => {
    const reset = turn(9, { reset: true })
    expect(joinTurns(turn(8, { logs: [log(8)] }), reset)).toEqual(reset)
    expect(joinTurns(reset, turn(10, { logs: [log(10)] }))).toMatchObject({
      reset: true,
      seq: 10,
      logs: [log(10)],
    })
  })
})

describe('pacer', () => {
  it('hands the first on at once and then joins, four times a second', async () => {
    const clock = manualClock()
    const handed: number[] = []
    const take = pacer(clock, ({ seq }) => void handed.push(seq))
    for (let seq = 1; seq <= 10; seq++) take(turn(seq))
    expect(handed).toEqual([1])
    await clock.advance(250)
    expect(handed).toEqual([1, 10])
    await clock.advance(1000)
    take(turn(11))
    expect(handed).toEqual([1, 10, 11])
  })
})

describe('the feed of the window', () => {
  function start(states = [openState]) {
    const clock = manualClock()
    const feeds: ReturnType<typeof channel<Live>>[] = []
    let asked = 0
    const { link, calls } = answering({
      'workspace.state': () => states[Math.min(asked++, states.length - 1)],
      'preferences.read': () => preferences,
      live: () => {
        const feed = channel<Live>()
        feeds.push(feed)
        return feed.values
      },
    })
    const wire = standInTransport(link)
    const app = createApp(
      connect(wire.transport, clock, () => 1),
      clock,
    )
    const lives = (): unknown[] => calls.filter(([name]) => name === 'live').map(([, input]) => input)
    return { app, clock, feeds, wire, lives }
  }

  it('goes on after a break with the last row it took in', async () => {
    const { app, clock, feeds, lives } = start()
    await clock.advance(0)
    feeds[0]?.push(turn(5, { reset: true, counts: noCounts, inbox: 0 }))
    await clock.advance(250)
    feeds[0]?.push(turn(7, { logs: [log(6), log(7)] }))
    await clock.advance(250)
    feeds[0]?.end()
    await clock.advance(2000)
    expect(lives()).toEqual([{ after: 3 }, { after: 7 }])
    expect(app.store.getState().logs.map(({ id }) => id)).toEqual([6, 7])
    app.close()
  })

  it('asks again for a turn that was still held back when it broke', async () => {
    const { app, clock, feeds, lives } = start()
    await clock.advance(0)
    feeds[0]?.push(turn(5, { reset: true }))
    await clock.advance(0)
    feeds[0]?.push(turn(6, { logs: [log(6)] }))
    feeds[0]?.end()
    await clock.advance(2000)
    expect(lives().at(-1)).toEqual({ after: 5 })
    app.close()
  })

  it('gives up a wire on which nothing is heard', async () => {
    const { app, clock, feeds, wire, lives } = start()
    await clock.advance(0)
    feeds[0]?.push(turn(1))
    await clock.advance(15_000)
    expect(wire.attempts()).toBe(1)
    await clock.advance(20_000)
    expect(wire.attempts()).toBeGreaterThan(1)
    // On the new one it goes on, though the old one never said that it ended.
    expect(lives().length).toBeGreaterThan(1)
    app.close()
  })

  it('forgets figures, rows and numbers of another workspace', async () => {
    const other = {
      state: 'open',
      folder: '/other',
      name: 'other',
      sample: false,
      operator: null,
      terminal: { hyperion: 'hyperion', git: 'git' },
      seq: 90,
    } as const
    const { app, clock, feeds, lives } = start([openState, other])
    await clock.advance(0)
    feeds[0]?.push(turn(5, { counts: { ...noCounts, applied: 4 }, changes: [change(1)] }))
    await clock.advance(250)
    expect(app.store.getState().counts?.applied).toBe(4)
    feeds[0]?.end()
    await clock.advance(2000)
    expect(app.store.getState()).toMatchObject({ counts: null, seq: 90 })
    expect(app.store.getState().changes.size).toBe(0)
    expect(lives().at(-1)).toEqual({ after: 90 })
    app.close()
  })
})
