/** Runs led by the supervisor: time, money, back-off, cancellation, the record; under a clock that the test moves. */
import { afterEach, describe, expect, test } from 'vitest'
import { openGate } from '../../main/engine/agents/gate.ts'
import type { Outcome } from '../../main/engine/agents/harness.ts'
import { isAlive } from '../../main/engine/base/process.ts'
import { manualClock, type ManualClock } from '../support/manual-clock.ts'
import { scriptedAgents, type Turn } from '../support/scripted-agent.ts'
import { openLed, plainTask, steppedClock, type Led, type LedOptions } from './led.ts'

const PRICES = { 'gpt-5-mini': { input: 1, output: 10 } }
const forever = new Promise<never>(() => undefined)
const open: Led[] = []
afterEach(() => open.splice(0).forEach((led) => led.close()))

function lab(script: (turn: number) => Turn, options: LedOptions = {}) {
  const clock = steppedClock()
  const agents = scriptedAgents((_, turn) => script(turn))
  const led = openLed({ clock, ...options })
  open.push(led)
  return {
    clock,
    agents,
    led,
    run: (more = {}, signal?: AbortSignal) => led.run(agents.harness, plainTask(more), signal),
  }
}
const runs = (led: Led) => led.store.runs.list({})

/** Lets everything that is ready happen, then moves the clock a little, until a run has ended; how long that took on it. */
async function until(clock: ManualClock, outcome: Promise<Outcome>, step = 50) {
  const ended: Outcome[] = []
  void outcome.then((one) => ended.push(one))
  const from = clock.monotonicMs()
  for (;;) {
    for (let n = 0; n < 20 && ended.length === 0; n += 1)
      await new Promise((resolve) => setImmediate(resolve))
    const [one] = ended
    if (one !== undefined) return { outcome: one, took: clock.monotonicMs() - from }
    clock.advance(step)
  }
}

describe('time', () => {
  test('the deadline ends a run, at it and not before', async () => {
    const { clock, run, led } = lab(() => ({ until: forever }), {
      idleMs: 1e9,
      agents: { timeoutSeconds: 30 },
    })
    const { outcome, took } = await until(clock, run())
    expect(outcome).toMatchObject({ code: 'timeout', detail: expect.stringContaining('30 s') })
    expect(took).toBeGreaterThanOrEqual(30_000)
    expect(took).toBeLessThan(31_000)
    expect(runs(led)).toMatchObject([{ status: 'failed', code: 'timeout' }])
  })

  test('silence ends one that says nothing, and not one that goes on saying something', async () => {
    const { clock, run } = lab(() => ({ until: forever }), { idleMs: 5_000 })
    const { outcome, took } = await until(clock, run())
    expect(outcome).toMatchObject({ code: 'timeout', detail: 'it said nothing for 5 s' })
    expect(took).toBeLessThan(6_000)
  })

  test('who cancels is obeyed within a look, from whichever program', async () => {
    const { clock, run, led } = lab(() => ({ until: forever }))
    const going = run()
    await expect.poll(() => runs(led).length).toBe(1)
    led.store.runs.requestCancel({ id: runs(led)[0]?.id ?? 0 }, 'ada')
    const { outcome, took } = await until(clock, going)
    expect(outcome).toMatchObject({ code: 'cancelled' })
    expect(took).toBeLessThanOrEqual(1_000)
  })
})

describe('a service that is asked too often', () => {
  const rate = (retryAfterMs?: number): Turn => ({
    failure: { code: 'rate', detail: 'too many', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  })

  test('is asked again after what it says, by nobody before, and then answers', async () => {
    let asked = 0
    const { clock, run, led, agents } = lab(() => ((asked += 1) === 1 ? rate(20_000) : { say: 'Well' }))
    const first = run()
    await expect.poll(() => led.heard.some(({ kind }) => kind === 'retry')).toBe(true)
    const second = run()
    const { outcome, took } = await until(clock, first)
    expect(outcome).toMatchObject({ kind: 'answered', text: 'Well' })
    expect(took).toBeGreaterThanOrEqual(20_000)
    expect((await until(clock, second)).outcome).toMatchObject({ kind: 'answered' })
    // Two for the first run; the second one waited and needed one.
    expect(agents.told).toHaveLength(3)
    expect(led.heard.find(({ kind }) => kind === 'retry')).toMatchObject({
      reason: 'too many',
      delayMs: 20_000,
    })
  })

  test('three times more at most, each after a longer while; then it is told', async () => {
    const { clock, run, agents } = lab(() => rate())
    const { outcome, took } = await until(clock, run())
    expect(outcome).toMatchObject({ kind: 'failed', code: 'rate' })
    expect(agents.told).toHaveLength(4)
    expect(took).toBeGreaterThanOrEqual(35_000)
  })

  test('is not waited for beyond the deadline', async () => {
    const { clock, run, agents, led } = lab(() => rate(3_600_000))
    const { outcome, took } = await until(clock, run())
    const detail = 'too many; its service asked to wait 3600 s'
    expect(outcome).toMatchObject({ code: 'rate', detail })
    expect(runs(led)).toMatchObject([{ detail }])
    expect(took).toBeLessThan(1_000)
    expect(agents.told).toHaveLength(1)
  })
})

test('a runtime that goes down is started anew once; what both tries used up counts', async () => {
  let asked = 0
  const usage = { inputTokens: 100, outputTokens: 10 }
  const { clock, run, led } = lab(() =>
    (asked += 1) === 1
      ? { failure: { code: 'unavailable', reason: 'runtime_ended', detail: 'it ended' }, usage }
      : { say: 'Well', usage },
  )
  const { outcome } = await until(clock, run())
  expect(outcome).toMatchObject({
    kind: 'answered',
    usage: { source: 'reported', inputTokens: 200, outputTokens: 20 },
  })
  expect(runs(led)).toMatchObject([{ input_tokens: 200, output_tokens: 20, status: 'answered' }])
})

test('what a service says in lines is kept as one', async () => {
  const { clock, run, led } = lab(() => ({
    failure: { code: 'auth', detail: '401: bad key\n\n  see there\n' },
  }))
  await until(clock, run())
  expect(runs(led)).toMatchObject([{ code: 'auth', detail: '401: bad key see there' }])
})

describe('money', () => {
  const budget = (perRequest: number | null, perDay: number | null = null) => ({
    budget: { perRequest, perDay, currency: 'USD' },
    prices: PRICES,
  })

  test('what a run costs is its tokens by their price; without a price it is unknown, not nothing', async () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 100_000 }
    const { clock, run, led } = lab(() => ({ say: 'x', usage }), { agents: { prices: PRICES } })
    await until(clock, run())
    await until(clock, run({ model: 'other' }))
    expect(runs(led)).toMatchObject([
      { cost_nano: 2_000_000_000, usage_source: 'reported', input_tokens: 1_000_000 },
      { cost_nano: null, usage_source: 'reported', input_tokens: 1_000_000 },
    ])
    expect(led.store.runs.spent({ requestId: 'REQ-1' })).toMatchObject({
      cost: 2_000_000_000,
      unknown: 1,
      runs: 2,
    })
  })

  test('nothing begins that could cross a budget: an answer’s worth is set aside first', async () => {
    // 4,096 tokens of answer at 10 a million.
    const { clock, run, led, agents } = lab(() => ({ say: 'x' }), { agents: budget(0.04) })
    const { outcome } = await until(clock, run())
    expect(outcome).toMatchObject({ code: 'budget', reason: 'budget_left', detail: expect.stringMatching(/^agents\.budget\.perRequest \(0\.04 USD\) leaves .* aside; raise agents\.budget\.perRequest, then `hyperion continue REQ-1`$/) }) // prettier-ignore
    expect(agents.told).toEqual([])
    expect(runs(led)).toEqual([])
  })

  test('what is set aside for one is not there for the next, which waits for what comes back', async () => {
    let finish = (): void => undefined
    const ready = new Promise<void>((resolve) => (finish = resolve))
    const usage = { inputTokens: 10, outputTokens: 10 }
    const { clock, run, agents } = lab(() => ({ say: 'x', until: ready, usage }), { agents: budget(0.06) })
    const first = run()
    await new Promise((resolve) => setImmediate(resolve))
    const second = run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(agents.told).toHaveLength(1)
    finish()
    await until(clock, first)
    expect((await until(clock, second)).outcome).toMatchObject({ kind: 'answered' })
  })

  test('what is spent does not come back: it is refused at once', async () => {
    const usage = { inputTokens: 1_000, outputTokens: 5_000 }
    const { clock, run } = lab(() => ({ say: 'x', usage }), { agents: budget(0.06) })
    await until(clock, run())
    const { outcome, took } = await until(clock, run())
    expect(outcome).toMatchObject({ code: 'budget', reason: 'budget_left' })
    expect(took).toBeLessThan(1_000)
  })

  test('nobody waits for money who was called off meanwhile', async () => {
    const { clock, run, agents } = lab(() => ({ say: 'x', until: forever }), { agents: budget(0.06) })
    const stop = new AbortController()
    const first = run({}, stop.signal)
    const off = new AbortController()
    const second = run({}, off.signal)
    await new Promise((resolve) => setImmediate(resolve))
    off.abort('operator')
    expect((await until(clock, second)).outcome).toMatchObject({ code: 'cancelled' })
    expect(agents.told).toHaveLength(1)
    stop.abort('operator')
    await until(clock, first)
  })

  test('a run that crosses it is ended within a second, and the overshoot is told', async () => {
    // Half a million characters are 125,000 tokens, for 1.25 USD.
    const words = 'word '.repeat(100_000)
    const { clock, run, led } = lab(() => ({ say: words, until: forever }), { agents: budget(1) })
    const { outcome, took } = await until(clock, run())
    expect(outcome).toMatchObject({ code: 'budget', detail: expect.stringMatching(/perRequest of 1 USD is used up, 0\.25\d* USD beyond it; raise agents\.budget\.perRequest, then `hyperion continue REQ-1`$/) }) // prettier-ignore
    expect(took).toBeLessThanOrEqual(1_000)
    // Nobody counted: it is an estimate and called one.
    expect(runs(led)).toMatchObject([{ usage_source: 'estimated', output_tokens: 125_000 }])
    expect(led.store.runs.spent({ requestId: 'REQ-1' }).estimated).toBe(1)
    expect(runs(led)[0]?.cost_nano).toBeGreaterThanOrEqual(1_250_000_000)
  })

  test.each([
    [
      'zero',
      budget(0),
      'gpt-5-mini',
      'budget_zero',
      /agents\.budget\.perRequest is 0, .*; raise it, .* or use stub agents, then `hyperion continue REQ-1`$/,
    ],
    ['zero a day', budget(null, 0), 'gpt-5-mini', 'budget_zero', /agents\.budget\.perDay is 0/],
    [
      'that no price can be held against',
      budget(1),
      'other',
      'price_unknown',
      /no price for other; add one to agents\.prices, then `hyperion continue REQ-1`$/,
    ],
  ])('a budget %s is refused by name, with the remedy', async (_, agents, model, reason, said) => {
    const { clock, run, agents: crew } = lab(() => ({ say: 'x' }), { agents })
    const { outcome } = await until(clock, run({ model }))
    expect(outcome).toMatchObject({ code: 'budget', reason, detail: expect.stringMatching(said) })
    expect(crew.told).toEqual([])
  })

  test('a day begins anew at midnight, UTC', async () => {
    const usage = { inputTokens: 0, outputTokens: 9_000 }
    const { clock, run } = lab(() => ({ say: 'x', usage }), { agents: budget(null, 0.1) })
    await until(clock, run())
    expect((await until(clock, run())).outcome).toMatchObject({ code: 'budget', reason: 'budget_left' })
    clock.advance(86_400_000)
    expect((await until(clock, run())).outcome).toMatchObject({ kind: 'answered' })
  })

  test('stubs cost nothing, and no budget holds them up', async () => {
    const clock = steppedClock()
    const led = openLed({ clock, agents: budget(0, 0) })
    open.push(led)
    const { harness } = scriptedAgents(() => ({ say: 'x' }), 'stub')
    expect((await until(clock, led.run(harness, plainTask()))).outcome).toMatchObject({ kind: 'answered' })
  })
})

test('words are kept in the order they came, gathered, beside everything else that happened', async () => {
  const { clock, run, led } = lab(() => ({ say: 'Well, yes', usage: { inputTokens: 1, outputTokens: 1 } }))
  await until(clock, run())
  const [row] = runs(led)
  const events = led.store.runs.events(row?.id ?? 0, 0, 100)
  expect(events.map(({ kind, body }) => [kind, body])).toEqual([
    ['prompt', { text: 'Say something.', length: 14 }],
    ['text', { text: 'Well, yes' }],
  ])
})

test('runs of a program that is gone are ended; those of a living one go on', () => {
  const { led } = lab(() => ({}))
  const { runs: store } = led.store
  const fresh = { requestId: null, taskId: null, role: 'prompt', agent: 'a', harness: 'h', model: 'm', currency: 'USD', reserve: 0 } as const // prettier-ignore
  const none = { request: null, day: null }
  store.begin(fresh, none)
  store.begin(fresh, none)
  led.store.db.sql('UPDATE agent_runs SET pid = 2147483000 WHERE id = 1').run()
  expect(store.sweep(isAlive)).toBe(1)
  expect(runs(led)).toMatchObject([{ status: 'failed', code: 'interrupted' }, { status: 'running' }])
})

test('what cannot be written down of a run ends that run at most: it has its end, and nobody else has one', async () => {
  const clock = steppedClock()
  const { run, led } = lab(() => ({ say: 'half \ud83d', until: clock.sleep(1_000) }), { clock })
  led.store.db.exec('DROP TABLE agent_run_events')
  await until(clock, run())
  expect(runs(led)).toMatchObject([{ ended_at: expect.any(Number) }])
})

describe('the gate', () => {
  test('lets in as many as there may be, in the order of asking, and who gives up does not keep a place', async () => {
    const gate = openGate(manualClock(), () => 2)
    const order: number[] = []
    const stop = new AbortController()
    const enter = async (n: number, signal = new AbortController().signal) => {
      const leave = await gate.enter(signal)
      order.push(leave === null ? -n : n)
      return leave
    }
    const [first, second] = await Promise.all([enter(1), enter(2)])
    const third = enter(3, stop.signal)
    const fourth = enter(4)
    stop.abort()
    await third
    first?.()
    first?.()
    await fourth
    expect(order).toEqual([1, 2, -3, 4])
    expect(gate.inside).toBe(2)
    second?.()
    ;(await fourth)?.()
    expect(gate.inside).toBe(0)
  })
})
