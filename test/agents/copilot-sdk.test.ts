/** Copilot over the protocol of its SDK: what every way to it has to show, and what one runtime for all runs means. */
import { EventEmitter, once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copilotSdk } from '../../main/engine/agents/adapters/copilot/sdk.ts'
import type { AgentTree, RunEvent } from '../../main/engine/agents/harness.ts'
import type { Clock } from '../../main/engine/base/clock.ts'
import { userError } from '../../main/engine/base/errors.ts'
import { isGone, until } from '../support/processes.ts'
import { byCall, change, conformance, FILES, inText, TASK } from './conformance.ts'
import { copilots, openWorld, program, taskOf, type Kind, type World } from './copilot-world.ts'
import { openLed, plainTask } from './led.ts'
import { through } from './support.ts'

const kind: Kind = { name: 'Copilot over the protocol of its SDK', byTool: true, open: copilotSdk }
const never = new AbortController().signal

conformance(kind)

describe.skipIf(program === null)('one runtime', () => {
  let w: World
  beforeEach(async () => void (w = await openWorld(kind)))
  afterEach(() => w.close())

  test('does ten tasks at once; each gets its own result, and its own tokens are counted', async () => {
    let most = 0
    const numbers = Array.from({ length: 10 }, (_, n) => n)
    const results = await Promise.all(
      numbers.map(async (n) => {
        const done = byCall(change([{ search: 'one()', replace: `result${n}()` }]))
        const model = w.script((_, asked) => {
          most = Math.max(most, copilots().length)
          return asked === 0 ? { call: 'read_file', args: { path: `f${n}` } } : done
        })
        const files = { ...FILES, [`f${n}`]: `${'word '.repeat(n * 50)}\n` }
        const { results: ran, final } = await through(TASK, files, { harness: w.harness, model })
        return { outcome: ran[0], final: await final('src/list.js'), usage: w.usage(model) }
      }),
    )
    for (const [n, { outcome, final, usage }] of results.entries()) {
      expect(outcome).toMatchObject({ ok: true, outcome: { via: 'tool', usage } })
      expect(final).toBe(`result${n}()\ntwo()\n`)
    }
    expect(new Set(results.map(({ usage }) => usage.inputTokens)).size).toBe(10)
    expect(most).toBe(1)
  })

  test('that is killed takes its runs with it; asked again they are done by a new one', async () => {
    const hung = w.says({ hang: 'after-a-word' })
    const plain = w.harness.start(plainTask({ model: hung }), never)
    for await (const event of plain.events) if (event.kind === 'text') break
    const led = openLed()
    const model = w.script((_, n) => {
      if (n > 0) return byCall(change([{ search: 'one()', replace: '1()' }]))
      for (const pid of copilots()) process.kill(pid, 'SIGKILL')
      return { hang: 'at-once' }
    })
    const { results } = await through(TASK, FILES, { model, run: (task) => led.run(w.harness, task) })
    expect(results).toMatchObject([{ ok: true, outcome: { via: 'tool' } }])
    expect(led.heard).toContainEqual({
      kind: 'retry',
      reason: expect.stringContaining('ended with'),
      delayMs: 0,
    })
    expect(await plain.outcome).toMatchObject({ code: 'unavailable', reason: 'runtime_ended' })
    await until('one runtime is left', () => copilots().length === 1)
    led.close()
  })

  test('a run that is called off while it begins leaves the others alone', async () => {
    const model = w.says({ say: 'Here.' })
    const off = w.harness.start(plainTask({ model }), never)
    const on = w.harness.start(plainTask({ model }), never)
    await off.cancel('operator')
    expect(await off.outcome).toMatchObject({ code: 'cancelled' })
    expect(await on.outcome).toMatchObject({ kind: 'answered', text: 'Here.' })
  })

  test('one that answers nothing any more is ended, and the next run has a new one', async () => {
    const run = w.harness.start(plainTask({ model: w.says({ hang: 'after-a-word' }) }), never)
    for await (const event of run.events) if (event.kind === 'text') break
    const [pid = 0] = copilots()
    process.kill(pid, 'SIGSTOP')
    await run.cancel('operator')
    expect(await run.outcome).toMatchObject({ code: 'cancelled' })
    const next = w.harness.start(plainTask({ model: w.says({ say: 'Here.' }) }), never)
    expect(await next.outcome).toMatchObject({ kind: 'answered', text: 'Here.' })
    expect(copilots()).not.toContain(pid)
  })

  test('one that opens no session any more is ended as well', async () => {
    await w.harness.start(plainTask({ model: w.says({ say: 'Here.' }) }), never).outcome
    const [pid = 0] = copilots()
    process.kill(pid, 'SIGSTOP')
    const stuck = w.harness.start(plainTask({ model: w.says({ say: 'Here.' }) }), never)
    await stuck.cancel('deadline')
    expect(await stuck.outcome).toMatchObject({ code: 'timeout' })
    await until('it has ended', () => isGone(pid))
    const next = w.harness.start(plainTask({ model: w.says({ say: 'Here.' }) }), never)
    expect(await next.outcome).toMatchObject({ kind: 'answered' })
  })

  test('without work for five minutes gives its memory back, and is there again when it is needed', async () => {
    const rest = new EventEmitter()
    const clock: Clock = {
      ...w.clock,
      sleep: (ms, signal) => (ms === 300_000 ? once(rest, 'over', { signal }).then(() => undefined, () => undefined) : w.clock.sleep(ms, signal)),
    }
    const harness = copilotSdk({ clock, program: program ?? '', scratch: w.scratch, env: w.env() })
    const ask = () => harness.start(plainTask({ model: w.says({ say: 'Here.' }) }), never).outcome
    await ask()
    const first = copilots()
    expect(first).toHaveLength(1)
    rest.emit('over')
    await until('it has ended', () => copilots().length === 0)
    expect(await ask()).toMatchObject({ kind: 'answered' })
    expect(copilots()).not.toEqual(first)
    await harness.dispose()
  }) // prettier-ignore

  test('that does not start says why, and what program it is', async () => {
    const harness = copilotSdk({ clock: w.clock, program: '/bin/false', scratch: w.scratch, env: w.env() })
    expect(await harness.start(plainTask(), never).outcome).toMatchObject({
      code: 'unavailable',
      detail: expect.stringContaining('did not start (/bin/false): the Copilot runtime ended with 1'),
    })
    await harness.dispose()
  })
})

describe.skipIf(program === null)('the tools an agent has', () => {
  test('are ours, also where Copilot has one of the same name; they show the tree and nothing else', async () => {
    const w = await openWorld(kind)
    const tree: AgentTree = {
      paths: () => Promise.resolve(['src/list.js', 'link']),
      read(path) {
        if (path === 'link') throw userError('symlink', 'link is a symbolic link')
        return Promise.resolve(path === 'src/list.js' ? Buffer.from('one()\ntwo()\n') : null)
      },
    }
    const outside = { path: '/etc/passwd', file_path: '/etc/passwd', filePath: '/etc/passwd' }
    const calls = [
      { call: 'read_file', args: outside },
      { call: 'read_file', args: { path: 'src/../../../etc/passwd' } },
      { call: 'read_file', args: { path: 'link' } },
      { call: 'read_file', args: { path: 'src/list.js', from_line: 2 } },
      { call: 'list_files', args: {} },
      { call: 'search_files', args: { text: 'two' } },
    ]
    const [first = { call: '', args: {} }, ...and] = calls
    const model = w.says({ ...first, and }, inText(change([{ search: 'one()', replace: '1()' }])))
    const run = w.harness.start({ ...(await taskOf(TASK, FILES, { model })), tree }, never)
    const heard: RunEvent[] = []
    for await (const event of run.events) heard.push(event)
    const told = w.asked(model)[1]?.messages.filter(({ role }) => role === 'tool')
    expect(told?.map(({ content }) => content)).toEqual([
      '/etc/passwd does not exist',
      'src/../../../etc/passwd does not exist',
      'link is a symbolic link',
      'src/list.js, lines 2 to 2 of 2\ntwo()',
      'src/list.js\nlink',
      'src/list.js:2: two()',
    ])
    expect(heard.filter(({ kind: what }) => what === 'tool')).toEqual(
      calls.map(({ call: name, args: input }) => ({ kind: 'tool', name, input })),
    )
    expect(heard.filter(({ kind: what }) => what === 'denied')).toEqual([])
    await w.close()
  })
})

describe.skipIf(program === null)('an agent that goes round in circles', () => {
  let w: World
  beforeEach(async () => void (w = await openWorld(kind)))
  afterEach(() => w.close())

  test('is ended after thirty denials', async () => {
    const model = w.script(() => ({ call: 'bash', args: { command: 'again' } }))
    const run = w.harness.start(plainTask({ model }), never)
    expect(await run.outcome).toMatchObject({ code: 'invalid', reason: 'only_denied' })
    // One or two more are under way before it hears of it.
    expect(w.asked(model).length).toBeLessThan(40)
  })

  test('hands in what nobody can read as often as what is refused, and no more', async () => {
    const model = w.says({ call: 'submit_change', args: '{"summary": "Done", "files": [{"path"' })
    const led = openLed()
    const { results } = await through(TASK, FILES, { model, run: (task) => led.run(w.harness, task) })
    expect(results).toMatchObject([{ ok: false, code: 'invalid' }])
    expect(led.store.runs.list({})).toMatchObject([{ code: 'invalid', repairs: 2 }])
    led.close()
    expect(w.asked(model).length).toBeLessThan(6)
    const mended = w.says(
      { call: 'submit_change', args: '{"summary": "half \\ud83d", "files": []}' },
      byCall(change([{ search: 'one()', replace: '1()' }])),
    )
    const again = await through(TASK, FILES, { harness: w.harness, model: mended })
    expect(again.results).toMatchObject([{ ok: true, outcome: { repairs: 1 } }])
  })

  test('is ended where it calls its other tools with what nobody can read', async () => {
    const model = w.says({ call: 'read_file', args: '{"path": ' })
    const run = w.harness.start(await taskOf(TASK, FILES, { model }), never)
    expect(await run.outcome).toMatchObject({ code: 'invalid', reason: 'only_denied' })
    expect(w.asked(model).length).toBeLessThan(40)
  })

  test('is ended before what its model can hold is full, when calls begin that nobody counts', async () => {
    const answer = { call: 'list_files', args: { under: 'x'.repeat(20_000) } }
    const model = w.script(() => answer)
    const tree: AgentTree = { read: () => Promise.resolve(null), paths: () => Promise.resolve([]) }
    const run = w.harness.start(plainTask({ model, tree }), never)
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ code: 'provider', reason: 'context_full', usage: { source: 'reported' } })
    const { inputTokens } = outcome.usage as { inputTokens: number }
    const last = w.asked(model).at(-1)
    // All but what was under way when it ended.
    expect(inputTokens).toBeGreaterThan(w.usage(model).inputTokens / 2)
    expect(JSON.stringify(last?.messages).length).toBeLessThan(128_000 * 8)
  })
})
