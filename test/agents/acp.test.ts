/** The Agent Client Protocol as we speak it, with an agent that does what it is told to. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standingOf } from '../../main/engine/agents/choose.ts'
import { openEnclosure } from '../../main/engine/agents/adapters/acp/enclose.ts'
import { acpHarness } from '../../main/engine/agents/adapters/acp/harness.ts'
import { lineReader } from '../../main/engine/agents/adapters/lines.ts'
import { acpEnv, presetOf, type AcpAgent } from '../../main/engine/agents/adapters/acp/presets.ts'
import { usageCounter } from '../../main/engine/agents/adapters/acp/usage.ts'
import type { AgentTask, HandIn } from '../../main/engine/agents/harness.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import type { AgentScript, Step } from '../support/acp-agent.ts'
import { until } from '../support/processes.ts'
import { ended, openAcpWorld, type AcpWorld, type Scripted } from './acp-world.ts'
import { openLed, plainTask } from './led.ts'
import { filesOf, request, through } from './support.ts'

const FILES = { 'src/list.js': 'one()\ntwo()\n' }
const TASK = request(['src/list.js'], { metadata: { complexity: 4 } })
const handedIn = (search: string, path = 'src/list.js'): string =>
  JSON.stringify({
    summary: 'Digits',
    files: [{ path, action: 'edit', edits: [{ search, replace: '1()' }] }],
  })

let w: AcpWorld
beforeAll(() => void (w = openAcpWorld()))
afterAll(() => w.close())

const never = new AbortController().signal
const run = (agent: Scripted, more: Partial<AgentTask> = {}): ReturnType<typeof ended> =>
  ended(agent.harness.start(plainTask(more), never))
const says = (...turns: Step[][]): Scripted => w.scripted({ turns })

const models = (current: string, ...values: string[]): object => ({
  configOptions: [
    { id: 'mode', category: 'mode', type: 'select', currentValue: 'ask', options: [{ value: 'gpt-5-mini' }] },
    { id: 'which', category: 'model', type: 'select', currentValue: current, options: [{ group: 'all', name: 'All', options: values.map((value) => ({ value, name: value })) }] }, // prettier-ignore
  ],
})
const legacyModels = (currentModelId: string, ...ids: string[]): object => ({
  models: { currentModelId, availableModels: ids.map((modelId) => ({ modelId, name: modelId })) },
})

describe('an agent over ACP', () => {
  test('what it says becomes a draft; it is told the assignment, and nothing of ours is offered but to read', async () => {
    const agent = says([{ say: 'Here it is: ' }, { say: handedIn('one()') }])
    const { results, final } = await through(TASK, FILES, { harness: agent.harness })
    expect(results).toMatchObject([{ ok: true, outcome: { via: 'text', repairs: 0 } }])
    expect(await final('src/list.js')).toBe('1()\ntwo()\n')
    expect(agent.told('initialize')).toMatchObject([
      {
        protocolVersion: 1,
        clientCapabilities: { fs: { readTextFile: true, writeTextFile: false }, terminal: false },
      },
    ])
    const [opened] = agent.told('session/new')
    expect(opened).toMatchObject({ mcpServers: [], cwd: agent.log()[0]?.cwd })
    const [{ prompt: [said] }] = agent.told('session/prompt') as [{ prompt: [{ text: string }] }] // prettier-ignore
    for (const part of ['Change src/list.js', '"telemetry_anchors":["anchor"]', 'one()\ntwo()\n'])
      expect(said.text).toContain(part)
    expect(agent.left()).toEqual([])
    expect(readdirSync(w.scratch)).toEqual([])
  })

  test('what the guard refuses is mended in the same session of the same process', async () => {
    const agent = says([{ say: handedIn('three()') }], [{ say: handedIn('one()') }])
    const { results, guarded } = await through(TASK, FILES, { harness: agent.harness })
    expect(results).toMatchObject([{ ok: true, outcome: { repairs: 1 } }])
    expect(guarded.map(({ code }) => code)).toEqual(['search_not_found', 'ok'])
    expect(agent.told('session/new')).toHaveLength(1)
    expect(JSON.stringify(agent.told('session/prompt')[1])).toContain('search_not_found')
  })

  test('a file outside of its scope is refused', async () => {
    const agent = says([{ say: handedIn('one()', 'other.js') }])
    const { results, drafts } = await through(TASK, FILES, { harness: agent.harness })
    expect(results).toMatchObject([{ ok: false, code: 'out_of_scope' }])
    expect(drafts).toEqual([])
  })

  test('every permission is refused and told of, by its own choice where it has one', async () => {
    const once = [{ optionId: 'y', name: 'Yes', kind: 'allow_once' }, { optionId: 'n', name: 'No', kind: 'reject_once' }] // prettier-ignore
    const always = [{ optionId: 'a', name: 'Yes', kind: 'allow_always' }, { optionId: 'r', name: 'Never', kind: 'reject_always' }] // prettier-ignore
    const permission = (options: object[]): Step => ({ ask: 'session/request_permission', params: { toolCall: { toolCallId: 't1' }, options } }) // prettier-ignore
    const agent = says([
      {
        update: {
          sessionUpdate: 'tool_call',
          toolCallId: 't1',
          title: 'rm -rf /',
          rawInput: { command: 'rm' },
        },
      },
      permission(once),
      permission(always),
      { ask: 'fs/write_text_file', params: { path: '/etc/passwd', content: 'x' } },
      { ask: 'terminal/create', params: { command: 'sh' } },
      { ask: 'no/such', params: {} },
      { say: 'Then not.' },
    ])
    const { heard, outcome } = await run(agent)
    expect(outcome).toMatchObject({ kind: 'answered', text: 'Then not.' })
    expect(heard).toContainEqual({ kind: 'tool', name: 'rm -rf /', input: { command: 'rm' } })
    const denied = heard.flatMap((event) => (event.kind === 'denied' ? event.name : []))
    expect(denied).toEqual(['rm -rf /', 'rm -rf /', 'fs/write_text_file', 'terminal/create'])
    expect(agent.log().flatMap(({ asked, result, error }) => (asked === undefined ? [] : (result ?? error?.code)))).toEqual([
      { outcome: { outcome: 'selected', optionId: 'n' } },
      { outcome: { outcome: 'cancelled' } },
      -32601,
      -32601,
      -32601,
    ]) // prettier-ignore
  })

  test('it reads what is in its tree, and nothing else exists', async () => {
    const read = (path: string, more: object = {}): Step => ({ ask: 'fs/read_text_file', params: { path, ...more } }) // prettier-ignore
    const secret = join(w.dir, 'secret')
    writeFileSync(secret, 'secret')
    const paths = ['src/list.js', '../secret', secret, '/etc/passwd', 'src/../../secret', '']
    const agent = says([...paths.map((path) => read(path)), read('src/list.js', { line: 2, limit: 1 })])
    const looked: string[] = []
    const find = filesOf(FILES)
    const readOne = (path: string): Promise<Buffer | null> => {
      looked.push(path)
      return find(path)
    }
    const tree = { read: readOne, paths: () => Promise.resolve(Object.keys(FILES)) }
    await run(agent, { tree })
    const answers = agent.log().filter(({ asked }) => asked !== undefined)
    expect(answers.map(({ result, error }) => result ?? error?.message)).toEqual([
      { content: FILES['src/list.js'] },
      ...paths.slice(1).map((path) => `${path} does not exist`),
      { content: 'two()' },
    ])
    expect(looked).toEqual(['src/list.js', 'src/list.js'])
  })

  test('notices between its messages, and messages cut anywhere, do it no harm', async () => {
    const agent = says([
      { raw: 'Warning: this is no message\n\n[1,2]\n{"jsonrpc":"2.0","id":77,"result":{}}\nnull\n' },
      { update: { sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text: 'hidden' } } },
      { say: 'Before.' },
      { update: { sessionUpdate: 'tool_call', toolCallId: 't', title: 'think' } },
      { say: 'Aft' },
      { say: 'er, ünïcödé.' },
    ])
    expect((await run(agent)).outcome).toMatchObject({ kind: 'answered', text: 'After, ünïcödé.' })
  })

  test('an answer of two megabytes in one line is heard whole', async () => {
    const long = 'two megabytes of words, '.repeat(90_000)
    expect((await run(says([{ say: long }]))).outcome).toMatchObject({ kind: 'answered', text: long })
  })

  test('a line without an end ends it', async () => {
    const agent = says([{ fill: 2_000_000 }, { hang: true }])
    const [program = '', ...args] = JSON.parse(agent.env['HYPERION_ACP_COMMAND'] ?? '[]') as string[]
    const preset = { ...presetOf('acp', agent.env), args }
    const options = { clock: systemClock(), preset, program, env: agent.env, scratch: w.scratch }
    const short = acpHarness('acp', {
      ...options,
      enclosure: openEnclosure(options, null),
      longestLine: 1_000_000,
    })
    const { outcome } = await ended(short.start(plainTask(), never))
    expect(outcome).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('a line without an end') }) // prettier-ignore
    expect(agent.left()).toEqual([])
  })

  const error = (code: number, message: string, data?: unknown): AgentScript => ({
    turns: [[{ fail: { code, message, data } }]],
  })
  test.each<[string, AgentScript, object]>([
    ['not signed in, told as a session begins', { newError: { code: -32000, message: 'Authentication required' } }, { code: 'auth', detail: expect.stringMatching(/is not signed in \(Authentication required\); sign in/) }],
    ['not signed in, told with a turn', error(-32603, 'Internal error', { details: 'Not logged in · Please run /login' }), { code: 'auth' }],
    ['too many requests', error(-32603, 'Internal error', { details: '429 Too Many Requests' }), { code: 'rate' }],
    ['an error of its provider', error(-32603, 'Internal error', 'overloaded'), { code: 'provider', detail: expect.stringContaining('Internal error: overloaded') }],
    ['an error told as its last words', { turns: [[{ say: 'Info: again. ' }, { say: 'Error: it failed (HTTP 401).' }]] }, { code: 'auth' }],
    ['a refusal', { turns: [[{ stop: 'refusal' }]] }, { code: 'provider', reason: 'refusal' }],
    ['another version of the protocol', { protocolVersion: 2 }, { code: 'unavailable', reason: 'protocol_version' }],
    ['an end in the middle', { turns: [[{ say: 'We' }, { die: 3, words: 'out of memory\nat x' }]] }, { code: 'unavailable', reason: 'runtime_ended', detail: expect.stringContaining('it ended with 3 before it answered: out of memory') }],
  ])('%s has a code of its own, and leaves no process', async (_, script, expected) => {
    const agent = w.scripted(script)
    const { outcome } = await run(agent)
    expect(outcome).toMatchObject({ kind: 'failed', ...expected })
    expect(agent.left()).toEqual([])
  }) // prettier-ignore

  test.each<[string, AgentScript]>([
    ['silent from the start', { silent: true }],
    ['that hangs in a turn', { turns: [[{ say: 'Well' }, { hang: true }]] }],
    ['that does not hear when it is called off', { turns: [[{ hang: true }]], ignoresCancel: true, ignoresTerm: true }],
  ])('one %s ends in time-out, with all it started', async (_, script) => {
    const sleeper = { spawn: [process.execPath, '-e', 'setInterval(() => 0, 1e6)'] }
    const turns = (script.turns ?? []).map((steps) => [sleeper, ...steps])
    const agent = w.scripted({ ...script, turns })
    const led = openLed({ idleMs: 1_000 })
    const { results } = await through(TASK, FILES, { run: (task) => led.run(agent.harness, task) })
    led.close()
    expect(results).toMatchObject([{ ok: false, code: 'timeout', message: 'it said nothing for 1 s' }])
    expect(agent.log().some(({ started }) => started !== undefined)).toBe(true)
    expect(agent.left()).toEqual([])
    expect(readdirSync(w.scratch)).toEqual([])
  }) // prettier-ignore

  test('an answer about errors is an answer', async () => {
    const counted: Step = { stop: 'end_turn', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }
    for (const steps of [
      [{ say: 'Error: 401 means no.' }, counted],
      [{ say: 'See: ' }, { say: '"Error: 401".' }],
    ])
      expect((await run(says(steps))).outcome).toMatchObject({ kind: 'answered' })
  })

  test('one that is called off is told so, and what it used up counts', async () => {
    const agent = says([{ say: 'Well' }, { hang: true }])
    const started = agent.harness.start(plainTask(), never)
    for await (const event of started.events) if (event.kind === 'text') break
    await started.cancel('operator')
    expect(await started.outcome).toMatchObject({ kind: 'failed', code: 'cancelled', sessionId: 'session-1' })
    expect(agent.told('session/cancel')).toEqual([{ sessionId: 'session-1' }])
    expect(agent.left()).toEqual([])
  })

  test('a program that is not there is told with its remedy', async () => {
    const env = { PATH: '/bin', HYPERION_ACP_COMMAND: 'no-such-agent --acp' }
    expect(standingOf({ name: 'acp', by: 'default' }, env)).toEqual({
      ready: false,
      why: 'acp is not installed: no-such-agent is not on PATH',
      remedy: 'install no-such-agent, or set HYPERION_ACP_COMMAND to another program; or use stub',
    })
    expect(standingOf({ name: 'acp', by: 'default' }, { PATH: '/bin' })).toMatchObject({ ready: false, why: expect.stringContaining('HYPERION_ACP_COMMAND, which is not set') }) // prettier-ignore
    expect(standingOf({ name: 'codex', by: 'default' }, { PATH: '/nowhere' })).toMatchObject({ ready: false, remedy: expect.stringContaining('npm install -g @agentclientprotocol/codex-acp, then run `codex-acp login`') }) // prettier-ignore
  })

  test('says its version; one that says nothing, or ends, is not ready', async () => {
    expect(await says().harness.probe(never)).toEqual({
      ready: true,
      version: '1.2.3',
      note: expect.stringContaining('not isolated'),
    })
    const off = new AbortController()
    const silent = w.scripted({ silent: true })
    const probed = silent.harness.probe(off.signal)
    await until('it has started', () => silent.log().length > 0)
    off.abort()
    expect(await probed).toMatchObject({ ready: false, reason: expect.stringContaining('does not say') })
    expect(silent.left()).toEqual([])
  })
})

describe('the model that is asked', () => {
  const asks = (
    session: AgentScript['session'],
    more: Partial<AgentTask> = {},
  ): [Scripted, ReturnType<typeof run>] => {
    const agent = w.scripted({ ...(session === undefined ? {} : { session }), turns: [[{ say: 'Done.' }]] })
    return [agent, run(agent, more)]
  }

  test.each<[string, AgentScript['session'], string, object]>([
    ['options', models('other', 'gpt-5-mini', 'other'), 'session/set_config_option', { configId: 'which', value: 'gpt-5-mini' }],
    ['models', legacyModels('other', 'gpt-5-mini'), 'session/set_model', { modelId: 'gpt-5-mini' }],
  ])('is set where %s offer it', async (_, session, method, params) => {
    const [agent, ran] = asks(session)
    expect((await ran).outcome).toMatchObject({ kind: 'answered', model: 'gpt-5-mini' })
    expect(agent.told(method)).toEqual([{ sessionId: 'session-1', ...params }])
  }) // prettier-ignore

  test('is its own where the one of the policy is not offered', async () => {
    const { heard, outcome } = await asks(models('own', 'own', 'bigger'))[1]
    expect(outcome).toMatchObject({ kind: 'answered', model: 'own' })
    expect(heard).toContainEqual({ kind: 'model', model: 'own' })
    expect((await asks({})[1]).outcome).toMatchObject({ kind: 'answered', model: null })
  })

  test('that a person named and that cannot be set is an error, and nothing is asked', async () => {
    const named = { model: 'wanted', isModelNamed: true }
    const [agent, ran] = asks(models('own', 'own', 'bigger'), named)
    expect((await ran).outcome).toMatchObject({ kind: 'failed', reason: 'unknown_model', detail: expect.stringContaining('has no model wanted; name one it offers (own, bigger), or none') }) // prettier-ignore
    expect(agent.told('session/prompt')).toEqual([])
    expect((await asks({}, named)[1]).outcome).toMatchObject({ kind: 'failed', reason: 'unknown_model', detail: expect.stringContaining('lets no model be chosen') }) // prettier-ignore
  })

  test.each([
    [models('own', 'own'), 'own'],
    [{}, 'unknown'],
    [models('own', 'gpt-5-mini'), 'gpt-5-mini'],
  ])('is recorded as it was, in the change and in the run', async (session, recorded) => {
    const agent = w.scripted({ session, turns: [[{ say: handedIn('one()') }]] })
    const led = openLed()
    const { drafts } = await through(TASK, FILES, { run: (task) => led.run(agent.harness, task) })
    expect(drafts[0]?.metadata?.agent_model).toBe(recorded)
    expect(led.store.runs.list({})).toMatchObject([{ harness: 'acp', model: recorded }])
    led.close()
  })

  test('a limit that no price of it can keep ends the run before it is asked much', async () => {
    const agent = w.scripted({ session: models('own', 'own'), turns: [[{ hang: true }]] })
    const budget = { perRequest: 5, perDay: null, currency: 'USD' }
    const led = openLed({ agents: { budget, prices: { 'gpt-5-mini': { input: 1, output: 1 } } } })
    const outcome = await led.run(agent.harness, plainTask())
    led.close()
    expect(outcome).toMatchObject({ kind: 'failed', code: 'budget', detail: expect.stringContaining('no price for own') }) // prettier-ignore
  })
})

describe('a session that is gone on with', () => {
  const resume = { sessionId: 'session-1', used: { source: 'unavailable' as const } }

  test('is loaded where it can be; what was said before is not said again', async () => {
    const agent = w.scripted({
      capabilities: { loadSession: true },
      replay: 'Old.',
      turns: [[{ say: 'New.' }]],
    })
    const { heard, outcome } = await run(agent, { resume })
    expect(outcome).toMatchObject({ kind: 'answered', text: 'New.', sessionId: 'session-1' })
    expect(heard.filter(({ kind }) => kind === 'text')).toEqual([{ kind: 'text', text: 'New.' }])
    expect(agent.told('session/load')).toMatchObject([{ sessionId: 'session-1', mcpServers: [] }])
  })

  test('and cannot be: a person is told, an assignment begins anew', async () => {
    const gone: AgentScript = { capabilities: { loadSession: true }, loadError: { code: -32602, message: 'no such session' }, turns: [[{ say: 'New.' }]] } // prettier-ignore
    const asked = await run(w.scripted(gone), { resume })
    expect(asked.outcome).toMatchObject({ kind: 'failed', reason: 'session_gone', detail: expect.stringContaining('no such session') }) // prettier-ignore
    const anew = w.scripted({ ...gone, capabilities: {} })
    const worked = await run(anew, { resume, role: 'engineer' })
    expect(worked.outcome).toMatchObject({ kind: 'answered', text: 'New.' })
    expect(worked.heard).toContainEqual({ kind: 'retry', delayMs: 0, reason: expect.stringContaining('a new one is begun') }) // prettier-ignore
    expect(anew.told('session/new')).toHaveLength(1)
  })
})

describe('tokens', () => {
  const usage = (inputTokens: number, outputTokens: number, more: object = {}): object => ({
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...more },
  })

  test('are told with the end of a turn', async () => {
    const agent = says([{ say: handedIn('one()') }, { stop: 'end_turn', usage: { inputTokens: 10, outputTokens: 2, totalTokens: 12 } }]) // prettier-ignore
    const handIn: HandIn = { tool: 't', description: '', schema: {}, mark: 'files', form: '', review: () => Promise.resolve({ accepted: true }) } // prettier-ignore
    expect((await run(agent, { handIn })).outcome).toMatchObject({ usage: { source: 'reported', inputTokens: 10, outputTokens: 2 } }) // prettier-ignore
  })

  test.each([
    ['turn', null, [usage(10, 2), usage(20, 3)], { source: 'reported', inputTokens: 30, outputTokens: 5 }],
    ['session', null, [usage(10, 2), usage(30, 5)], { source: 'reported', inputTokens: 30, outputTokens: 5 }],
    ['session', { source: 'reported', inputTokens: 7, outputTokens: 1 }, [usage(10, 2)], { source: 'reported', inputTokens: 3, outputTokens: 1 }],
    ['unknown', null, [usage(10, 2), usage(30, 5)], { source: 'estimated', inputTokens: 30, outputTokens: 5 }],
    ['unknown', null, [usage(10, 2), usage(20, 1)], { source: 'estimated', inputTokens: 30, outputTokens: 3 }],
    ['turn', null, [usage(10, 2, { totalTokens: 112, cachedReadTokens: 100 })], { source: 'reported', inputTokens: 110, outputTokens: 2 }],
    ['turn', null, [usage(10, 2), {}], { source: 'estimated', inputTokens: 10, outputTokens: 2 }],
    ['turn', null, [{ _meta: { quota: { token_count: { input_tokens: 4, output_tokens: 1 } } } }], { source: 'reported', inputTokens: 4, outputTokens: 1 }],
    ['turn', null, [{}], { source: 'unavailable' }],
  ] as const)('by %s after %j: %j', (counts, before, answers, expected) => {
    const count = usageCounter(counts, before)
    expect(answers.map(count).at(-1)).toEqual(expected)
  }) // prettier-ignore
})

describe('what surrounds it', () => {
  function envOf(name: AcpAgent, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const preset = presetOf(name, env)
    return acpEnv(preset, preset.withoutTools, env)
  }
  test('goes along only as far as its preset names it', () => {
    const env = { PATH: '/bin', HOME: '/h', AWS_SECRET_ACCESS_KEY: 's', GH_TOKEN: 't', ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o', HYPERION_AGENT: 'x' } // prettier-ignore
    expect(envOf('claude', env)).toEqual({ PATH: '/bin', HOME: '/h', ANTHROPIC_API_KEY: 'a', NO_COLOR: '1' }) // prettier-ignore
    expect(envOf('codex', env)).toEqual({ PATH: '/bin', HOME: '/h', OPENAI_API_KEY: 'o', INITIAL_AGENT_MODE: 'read-only', NO_BROWSER: '1', NO_COLOR: '1' }) // prettier-ignore
    const custom = { ...env, HYPERION_ACP_COMMAND: 'x', HYPERION_ACP_ENV: 'GH_TOKEN, OTHER' }
    expect(envOf('acp', custom)).toEqual({ PATH: '/bin', HOME: '/h', GH_TOKEN: 't', NO_COLOR: '1' }) // prettier-ignore
  })

  test('a command is words, or a JSON array of them; what is neither is refused', () => {
    const of = (command: string): object => presetOf('acp', { HYPERION_ACP_COMMAND: command })
    expect(of(' a  --b c ')).toMatchObject({ program: 'a', args: ['--b', 'c'] })
    expect(of('["/a b/c", "--d"]')).toMatchObject({ program: '/a b/c', args: ['--d'] })
    expect(() => of('[1]')).toThrow(/is no JSON array of words/)
    expect(() => of('  ')).toThrow(/is not set/)
  })

  test('a line without an end is not kept for ever', () => {
    const heard: string[] = []
    const lines = lineReader(10, (line) => heard.push(line))
    expect(lines.take(Buffer.from('one\ntw'))).toBe(true)
    expect(lines.take(Buffer.from('o\n'))).toBe(true)
    expect(lines.take(Buffer.from('much too long\nmore'))).toBe(false)
    expect(lines.take(Buffer.from('\nx\n'))).toBe(false)
    lines.end()
    expect(heard).toEqual(['one', 'two'])
  })

  test('what the end of the stream leaves is a line, once', () => {
    const heard: string[] = []
    const lines = lineReader(10, (line) => heard.push(line))
    lines.take(Buffer.from('one\ntwo'))
    lines.end()
    lines.end()
    expect(heard).toEqual(['one', 'two'])
  })
})
