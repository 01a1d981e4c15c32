/** A cast in one window and in two: how old what is kept may be, what a broken wire costs, and whose work stands. */
import { afterEach, describe, expect, test } from 'vitest'
import { openCast, RETRY_MS, SAVE_MS, type CastSession } from '../../../renderer/cast/session.ts'
import type { Work } from '../../../renderer/cast/work.ts'
import { manualClock } from '../manual-clock.ts'
import { standInCasts, type StandInCasts } from './stand-in-casts.ts'

const clock = manualClock()
const sessions: CastSession[] = []
afterEach(() => {
  for (const session of sessions.splice(0)) session.close()
})

/** Lets everything that is under way come to rest; nothing here waits for time. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

async function opened(engine: StandInCasts, tab = 'one'): Promise<CastSession> {
  const session = openCast({ api: engine.api, clock, id: 'd1', tab })
  sessions.push(session)
  await session.open()
  await rest()
  return session
}

const workOf = (session: CastSession): Work => {
  const { work } = session.store.getState()
  if (work === null) throw new Error('not read')
  return work
}
const set = (session: CastSession, change: Partial<Work>): void =>
  session.change((work) => ({ ...work, ...change }))
const pass = async (ms: number): Promise<void> => {
  await clock.advance(ms)
  await rest()
}
const item = (session: CastSession, path: string, summary = ''): Work['items'][number] => ({
  key: session.newKey(),
  path,
  summary,
  change: null,
})

describe('one window', () => {
  test('nothing that is kept is older than a second, however fast one types', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    const typedAt: number[] = []
    let oldest = 0
    for (let key = 1; key <= 60; key += 1) {
      set(session, { summary: 'x'.repeat(key) })
      typedAt.push(clock.now())
      await pass(70)
      const kept = engine.draft().answers.summary.length
      const first = typedAt[kept]
      if (first !== undefined) oldest = Math.max(oldest, clock.now() - first)
    }
    expect(oldest).toBeGreaterThan(0)
    expect(oldest).toBeLessThanOrEqual(1_000)
    // And one that stops is kept whole, not once a key.
    await pass(SAVE_MS)
    expect(engine.draft().answers.summary).toHaveLength(60)
    expect(engine.stores.length).toBeLessThan(15)
  })

  test('says that it is saving, then when it was saved', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    set(session, { summary: 'a' })
    expect(session.store.getState().saved.state).toBe('saving')
    await pass(SAVE_MS - 1)
    expect(session.store.getState().saved.state).toBe('saving')
    await pass(1)
    expect(session.store.getState().saved).toEqual({ state: 'saved', at: engine.draft().updated_at * 1000 })
  })

  test('what cannot be kept is said, with the reason, and tried again until it is', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    engine.wire = 'down'
    set(session, { summary: 'a' })
    await pass(SAVE_MS)
    expect(session.store.getState().saved).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('cannot be reached'),
      again: true,
    })
    engine.wire = 'up'
    await pass(RETRY_MS)
    expect([session.store.getState().saved.state, engine.draft().answers.summary]).toEqual(['saved', 'a'])
  })

  test('an answer that was lost on its way back is not taken for the work of somebody else', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    engine.wire = 'lost'
    set(session, { summary: 'first' })
    await pass(SAVE_MS)
    engine.wire = 'up'
    set(session, { summary: 'first and second' })
    await pass(RETRY_MS)
    await pass(SAVE_MS)
    expect(engine.draft().answers.summary).toBe('first and second')
    expect(session.store.getState().remarks).toEqual([])
  })

  test('what is typed while a write is on its way is kept by the next, and not lost by its answer', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    let open = (): void => undefined
    engine.gate = new Promise((resolve) => {
      open = resolve
    })
    set(session, { summary: 'one' })
    await pass(SAVE_MS)
    set(session, { summary: 'one two' })
    open()
    await rest()
    expect(workOf(session).summary).toBe('one two')
    expect(session.store.getState().saved.state).toBe('saving')
    await pass(SAVE_MS)
    expect(engine.stores.map(({ summary }) => summary)).toEqual(['one', 'one two'])
  })

  test('what was typed last is sent when it closes, also where the engine is away just then', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    engine.wire = 'down'
    set(session, { summary: 'last' })
    session.close()
    await rest()
    expect(engine.draft().answers.summary).toBe('')
    engine.wire = 'up'
    await pass(RETRY_MS)
    expect(engine.draft().answers.summary).toBe('last')
  })

  test('what is under way is waited for before anything is kept for good', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    const release = session.hold(() => {
      set(session, { intent: 'made meanwhile' })
      return Promise.resolve()
    })
    expect(await session.settle()).toBe(true)
    release()
    expect(engine.draft().answers.intent).toBe('made meanwhile')
    engine.wire = 'down'
    set(session, { intent: 'not kept' })
    expect(await session.settle()).toBe(false)
    engine.wire = 'up'
  })

  test('an act stands on everything written before it, and what is typed meanwhile stays', async () => {
    const engine = standInCasts()
    const session = await opened(engine)
    set(session, { summary: 'to be approved' })
    await session.act(async ({ revision, tab }) => {
      expect(engine.draft().answers.summary).toBe('to be approved')
      set(session, { context: 'typed meanwhile' })
      return engine.api.casts.approve({ id: 'd1', revision, tab, by: 'Ada', role: null, note: null })
    })
    expect(workOf(session)).toMatchObject({ context: 'typed meanwhile', approvals: [{ approver: 'Ada' }] })
    await pass(SAVE_MS)
    expect(engine.draft().answers).toMatchObject({
      context: 'typed meanwhile',
      approvals: [{ approver: 'Ada' }],
    })
  })
})

describe('two windows', () => {
  test('what one writes the other shows, without a word', async () => {
    const engine = standInCasts()
    const [one, two] = [await opened(engine), await opened(engine, 'two')]
    set(one, { summary: 'from one', telemetry_anchors: ['a'] })
    await pass(SAVE_MS)
    expect(workOf(two)).toMatchObject({ summary: 'from one', telemetry_anchors: ['a'] })
    expect(two.store.getState().remarks).toEqual([])
    // Nothing is written back for it.
    expect(engine.stores).toHaveLength(1)
  })

  test('fields that only one of them wrote come together', async () => {
    const engine = standInCasts({ telemetry_anchors: ['old', 'kept'] })
    const [one, two] = [await opened(engine), await opened(engine, 'two')]
    set(one, { summary: 'one', telemetry_anchors: ['old', 'kept', 'by one'] })
    set(two, { intent: 'two', telemetry_anchors: ['kept', 'by two'] })
    await pass(SAVE_MS)
    await pass(SAVE_MS)
    const { summary, intent, telemetry_anchors } = engine.draft().answers
    expect({ summary, intent }).toEqual({ summary: 'one', intent: 'two' })
    expect(telemetry_anchors.toSorted()).toEqual(['by one', 'by two', 'kept'])
    expect(workOf(one)).toMatchObject({ summary, intent, telemetry_anchors })
    expect([one, two].flatMap((session) => session.store.getState().remarks)).toEqual([])
  })

  test('a field that both wrote stays as it is here, and what the other wrote is shown', async () => {
    const engine = standInCasts()
    const [one, two] = [await opened(engine), await opened(engine, 'two')]
    set(one, { summary: 'first' })
    set(two, { summary: 'second' })
    await pass(SAVE_MS)
    expect(workOf(two).summary).toBe('second')
    expect(two.store.getState().remarks).toMatchObject([{ field: 'summary', kept: 'first' }])
    await pass(SAVE_MS)
    expect(engine.draft().answers.summary).toBe('second')
    expect(workOf(one).summary).toBe('second')
  })

  test('items: renamed by one and told by the other, added by both, removed by one while the other writes to it', async () => {
    const engine = standInCasts({
      items: [
        { path: 'a.ts', summary: 'a', change: null },
        { path: 'b.ts', summary: 'b', change: null },
        { path: 'c.ts', summary: 'c', change: null },
      ],
    })
    const [one, two] = [await opened(engine), await opened(engine, 'two')]
    const edit = (session: CastSession, index: number, change: object): void =>
      session.change((work) => ({
        ...work,
        items: work.items.map((each, at) => (at === index ? { ...each, ...change } : each)),
      }))
    edit(one, 0, { path: 'renamed.ts' })
    one.change((work) => ({
      ...work,
      items: work.items.filter(({ path }) => path !== 'b.ts' && path !== 'c.ts'),
    }))
    one.change((work) => ({
      ...work,
      items: [...work.items, item(one, 'one.ts'), item(one, 'both.ts', 'by one')],
    }))
    edit(two, 0, { summary: 'a, told' })
    edit(two, 1, { summary: 'b, told' })
    two.change((work) => ({ ...work, items: [...work.items, item(two, 'two.ts'), item(two, 'both.ts')] }))
    await pass(SAVE_MS)
    await pass(SAVE_MS)
    expect(
      engine
        .draft()
        .answers.items.map(({ path, summary }) => `${path}: ${summary}`)
        .toSorted(),
    ).toEqual(['b.ts: b, told', 'both.ts: by one', 'one.ts: ', 'renamed.ts: a, told', 'two.ts: '])
    expect(workOf(one).items.map(({ path }) => path)).toEqual(workOf(two).items.map(({ path }) => path))
    expect(two.store.getState().remarks).toMatchObject([{ text: expect.stringContaining('b.ts') }])
  })

  test('an order that one of them made stays', async () => {
    const items = ['a', 'b', 'c'].map((path) => ({ path, summary: path, change: null }))
    const engine = standInCasts({ items })
    const [one, two] = [await opened(engine), await opened(engine, 'two')]
    one.change((work) => ({ ...work, items: work.items.toReversed() }))
    set(two, { summary: 'meanwhile' })
    await pass(SAVE_MS)
    await pass(SAVE_MS)
    expect(engine.draft().answers.items.map(({ path }) => path)).toEqual(['c', 'b', 'a'])
    expect(engine.draft().answers.summary).toBe('meanwhile')
  })
})
