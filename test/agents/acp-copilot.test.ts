/** A real agent over the Agent Client Protocol: Copilot of the npm registry, with a model on this machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { locateCopilot } from '../../main/engine/agents/adapters/copilot/locate.ts'
import { openHarness } from '../../main/engine/agents/choose.ts'
import type { AgentHarness } from '../../main/engine/agents/harness.ts'
import type { SandboxMode } from '../../main/engine/checks/sandbox.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { identify, isAlive, processTree } from '../../main/engine/base/process.ts'
import { copilotEnv, NOT_SIGNED_IN } from '../support/copilot-env.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { isGone, until } from '../support/processes.ts'
import { scriptedModel, type Asked, type Reply, type ScriptedModel } from '../support/scripted-model.ts'
import { tempRepo } from '../support/temp-repo.ts'
import { ended } from './acp-world.ts'
import { openLed, plainTask } from './led.ts'
import { request, through } from './support.ts'

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const program = locateCopilot({ PATH: fileOf('../../node_modules/.bin') })
const ENGINE = ['--import', fileOf('../support/sql-loader.ts'), fileOf('hanging-acp-engine.ts')]
const FILES = { 'src/list.js': 'one()\ntwo()\n' }
const TASK = request(['src/list.js'], { metadata: { complexity: 4 } })

const handedIn = (search: string, path = 'src/list.js'): Reply => ({
  say: `Done.\n\n\`\`\`json\n${JSON.stringify({ summary: 'Digits', files: [{ path, action: 'edit', edits: [{ search, replace: '1()' }] }] })}\n\`\`\`\n`,
})

/** It unpacks what it needs once. */
const cache = mkdtempSync(join(tmpdir(), 'copilot-cache-'))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

let home: string
let scratch: string
let model: ScriptedModel | null = null
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'copilot-home-'))
  scratch = join(home, 'scratch')
  mkdirSync(scratch)
})
afterEach(async () => {
  await model?.close()
  model = null
  rmSync(home, { recursive: true, force: true })
})

const settings = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...copilotEnv(home, model),
  COPILOT_AUTO_UPDATE: 'false',
  COPILOT_MODEL: 'its-own',
  ...more,
})
function surroundings(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = settings(more)
  const command = [program ?? '', '--acp', '--no-custom-instructions', '--disable-builtin-mcps']
  return {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CACHE_HOME: cache,
    HYPERION_ACP_COMMAND: JSON.stringify(command),
    HYPERION_ACP_FOLDERS: [cache, home].join(':'),
    HYPERION_ACP_ENV: Object.keys(own).join(','),
    ...own,
  }
}
const harness = (env = surroundings(), mode: SandboxMode = 'auto'): AgentHarness =>
  openHarness(
    { name: 'acp', by: 'default' },
    // Within the sandbox where there is one, as an operator has it.
    { clock: systemClock(), env, scratch, enclosure: { mode: () => mode, hidden: [] } },
  )

const scripted = async (script: (asked: Asked, n: number) => Reply): Promise<ScriptedModel> =>
  (model = await scriptedModel(script))
/** Says these in turn, the last one again and again. */
const says = (...replies: Reply[]): Promise<ScriptedModel> =>
  scripted((_, n) => replies[Math.min(n, replies.length - 1)] ?? { say: '' })

function isCopilot(pid: number): boolean {
  try {
    return realpathSync(`/proc/${pid}/exe`) === realpathSync(program ?? '')
  } catch {
    return false
  }
}
const copilots = (root = process.pid): number[] =>
  processTree(root).filter((pid) => isCopilot(pid) && isAlive(identify(pid)))

describe.skipIf(program === null)('Copilot over ACP', () => {
  test('what it says becomes a draft, its tokens are those the model counts, and its model is not made up', async () => {
    const said = await says(handedIn('one()'))
    const { results, final, drafts } = await through(TASK, FILES, { harness: harness() })
    expect(results).toMatchObject([{ ok: true, outcome: { via: 'text', repairs: 0, usage: { source: 'reported', ...said.usage } } }]) // prettier-ignore
    expect(await final('src/list.js')).toBe('1()\ntwo()\n')
    // It offers no choice, so that nobody here knows which it is.
    expect(said.asked.map((one) => one.model)).toEqual(['its-own'])
    expect(drafts[0]?.metadata?.agent_model).toBe('unknown')
    expect(readdirSync(scratch)).toEqual([])
    expect(copilots()).toEqual([])
  })

  test('what the guard refuses is mended in the same session, and all its tokens count', async () => {
    const said = await says(handedIn('three()'), handedIn('one()'))
    const { results, guarded } = await through(TASK, FILES, { harness: harness() })
    expect(results).toMatchObject([{ ok: true, outcome: { repairs: 1 } }])
    expect(guarded.map(({ code }) => code)).toEqual(['search_not_found', 'ok'])
    expect(said.asked).toHaveLength(2)
    expect(said.asked[1]?.messages.filter(({ role }) => role === 'assistant')).toHaveLength(1)
    // Whether it tells those of a turn or of the session nobody says: taken for what they look like.
    expect(results[0]).toMatchObject({ outcome: { usage: { source: 'estimated', ...said.usage } } })
  })

  test('a file outside of its scope is refused', async () => {
    await says(handedIn('one()', 'other.js'))
    const { results, drafts } = await through(TASK, FILES, { harness: harness() })
    expect(results).toMatchObject([{ ok: false, code: 'out_of_scope' }])
    expect(drafts).toEqual([])
  })

  test('what it may not do it does not, that it tried is told, and the repository stays as it is', async () => {
    const repo = tempRepo({ files: FILES })
    const at = `${repo.dir}/src/list.js`
    const and = [
      { call: 'create', args: { path: `${repo.dir}/made`, file_text: 'x' } },
      { call: 'edit', args: { path: at, old_str: 'one()', new_str: 'x' } },
      { call: 'view', args: { path: '/etc/passwd' } },
    ]
    const said = await says({ call: 'bash', args: { command: `echo x > ${at}`, description: 'Overwrite' }, and }, handedIn('one()')) // prettier-ignore
    const before = fingerprint(repo.dir)
    const led = openLed()
    // Without the sandbox, which would keep the files from it anyway.
    const open = harness(surroundings(), 'off')
    const { results } = await through(TASK, FILES, { run: (task) => led.run(open, task) })
    led.close()
    expect(results).toMatchObject([{ ok: true }])
    expect(led.heard.filter(({ kind }) => kind === 'tool')).toHaveLength(4)
    // To change a file it has to look at it first, which it may not here.
    expect(led.heard.filter(({ kind }) => kind === 'denied').length).toBeGreaterThanOrEqual(3)
    const told = said.asked[1]?.messages.filter(({ role }) => role === 'tool') ?? []
    expect(told).toHaveLength(4)
    expect(told.map(({ content }) => content).join('\n')).not.toContain('root:')
    expect(fingerprint(repo.dir)).toEqual(before)
    repo.dispose()
  })

  test('a session is gone on with by another process', async () => {
    const said = await says({ say: 'Forty-two.' }, { say: 'As I said.' })
    const never = new AbortController().signal
    const first = await harness().start(plainTask({ prompt: 'Say a number.' }), never).outcome
    if (first.kind !== 'answered' || first.sessionId === null) throw new Error(JSON.stringify(first))
    const resume = { sessionId: first.sessionId, used: first.usage }
    const again = await ended(harness().start(plainTask({ prompt: 'Which?', resume }), never))
    expect(again.outcome).toMatchObject({ kind: 'answered', text: 'As I said.', sessionId: first.sessionId })
    expect(said.asked[1]?.messages.map(({ content }) => content)).toContain('Forty-two.')
    expect(again.heard.filter(({ kind }) => kind === 'text')).toEqual([{ kind: 'text', text: 'As I said.' }])
  })

  test.each([
    ['401 is auth', { status: 401 }, 'auth'],
    ['429 is rate', { status: 429, headers: { 'retry-after': '1' } }, 'rate'],
  ])('%s', async (_, reply, code) => {
    await says(reply)
    const { results } = await through(TASK, FILES, { harness: harness() })
    expect(results).toMatchObject([{ ok: false, code }])
  })

  test('not signed in is told with the remedy', async () => {
    const none = { ...NOT_SIGNED_IN, COPILOT_MODEL: undefined }
    const { results } = await through(TASK, FILES, { harness: harness(surroundings(none)) })
    expect(results).toMatchObject([{ ok: false, code: 'auth', message: expect.stringContaining('sign in to it') }]) // prettier-ignore
  })

  test('a model that hangs ends in time-out, and leaves no process', async () => {
    await says({ hang: 'after-a-word' })
    const led = openLed({ agents: { timeoutSeconds: 5 } })
    const { results } = await through(TASK, FILES, { run: (task) => led.run(harness(), task) })
    led.close()
    expect(results).toMatchObject([{ ok: false, code: 'timeout', message: expect.stringContaining('it was not done after 5 s') }]) // prettier-ignore
    expect(copilots()).toEqual([])
  })

  test('is cancelled in the middle, and leaves nothing', async () => {
    await says({ hang: 'after-a-word' })
    const run = harness().start(plainTask(), new AbortController().signal)
    for await (const event of run.events) if (event.kind === 'text') break
    await run.cancel('operator')
    expect(await run.outcome).toMatchObject({ kind: 'failed', code: 'cancelled' })
    expect(copilots()).toEqual([])
    expect(readdirSync(scratch)).toEqual([])
  })

  test('whoever leads it is killed: it ends as well', async () => {
    await says({ hang: 'after-a-word' })
    const engine = spawn(process.execPath, [...ENGINE, scratch], {
      env: surroundings(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [word] = (await once(engine.stdout, 'data')) as [Buffer]
    expect(word.toString()).toBe('Well\n')
    const mine = copilots(engine.pid)
    expect(mine.length).toBeGreaterThan(0)
    engine.kill('SIGKILL')
    await until('Copilot has ended', () => mine.every(isGone))
  })

  test('says its version', async () => {
    await says({ say: '' })
    expect(await harness().probe(new AbortController().signal)).toMatchObject({ ready: true, version: expect.stringMatching(/^1\.\d+\.\d+$/) }) // prettier-ignore
  })
})
