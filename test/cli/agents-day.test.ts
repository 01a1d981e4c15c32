/** The whole way of a request through agents, by the command line, with a model on this machine that keeps its own books. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { locateCopilot } from '../../main/engine/agents/adapters/copilot/locate.ts'
import { copilotEnv } from '../support/copilot-env.ts'
import { scriptedModel, type Asked, type Reply, type ScriptedModel } from '../support/scripted-model.ts'
import { hyperion, start, workspace, type Ran, type Workspace } from './support.ts'

const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
const program = locateCopilot({ PATH: BIN })
const home = mkdtempSync(join(tmpdir(), 'copilot-home-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const open: (Workspace | ScriptedModel)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await ('dispose' in one ? one.dispose() : one.close())
})

const fenced = (value: unknown): Reply => ({ say: `\`\`\`json\n${JSON.stringify(value)}\n\`\`\`` })
const edits = (path: string, search: string, replace: string): Reply =>
  fenced({ summary: 'Done', files: [{ path, action: 'edit', edits: [{ search, replace }] }] })
const lastSaid = ({ messages }: Asked): string =>
  messages.findLast(({ role }) => role === 'user')?.content ?? ''

interface Bench {
  w: Workspace
  model: ScriptedModel
  env: Record<string, string>
  run(...args: string[]): Promise<Ran>
}

async function bench(
  files: Record<string, string>,
  config: object,
  script: (said: string, asked: Asked) => Reply,
): Promise<Bench> {
  const w = await workspace({ files: { ...files, 'hyperion.config.json': JSON.stringify(config) } })
  const model = await scriptedModel((asked) => script(lastSaid(asked), asked))
  open.push(w, model)
  const env = {
    HYPERION_AGENT: 'copilot',
    HYPERION_COPILOT: program ?? '',
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    ...copilotEnv(home, model),
  }
  return { w, model, env, run: (...args) => hyperion(args, { cwd: w.dir, env }) }
}

const WISH = {
  request_id: 'REQ-1',
  summary: 'Use digits. Everywhere.',
  requested_changes: [
    { path: 'a.js', summary: 'Digits in a' },
    { path: 'b.js', summary: 'Digits in b' },
  ],
  metadata: { complexity: 4 },
}

interface Shown {
  status: string
  runs: { id: number; role: string; task_id: string; status: string; repairs: number; input_tokens: number; output_tokens: number; cost_nano: number; model: string }[] // prettier-ignore
  costs: { cost_nano: number; input_tokens: number; output_tokens: number; unknown_runs: number }
  questions: { text: string; answer: string | null }[]
}

describe.skipIf(program === null)('a request of two sentences', () => {
  test('is asked about, split, chained, mended, approved, landed; every figure is the model’s own', async () => {
    const plan = fenced({
      assignments: [
        { summary: 'First a', file_targets: ['a.js'], complexity: 4 },
        { summary: 'Then a again', file_targets: ['a.js'], depends_on: [1], complexity: 4 },
        { summary: 'And b', file_targets: ['b.js'], complexity: 8 },
      ],
    })
    const b = await bench(
      { 'a.js': 'one()\ntwo()\n', 'b.js': 'three()\n' },
      { agents: { prices: { 'gpt-5-mini': { input: 0.25, output: 2 } } } },
      (said) => {
        if (said.includes('You are the Engineer')) {
          const questions = said.includes('Your questions')
            ? []
            : [{ text: 'Arabic or Roman?', blocking: true, assumption: 'Arabic' }]
          return fenced({ intent: 'Digits', acceptance_criteria: ['no words'], complexity: 4, questions })
        }
        if (said.includes('You are the Orchestrator')) return plan
        if (said.includes('was refused')) return edits('b.js', 'three()', 'III()')
        if (said.includes('this one assignment and nothing else: And b')) return edits('c.js', 'x', 'y')
        return said.includes('Then a again') ? edits('a.js', 'two()', 'II()') : edits('a.js', 'one()', 'I()')
      },
    )
    const file = b.w.file('request.json', { ...WISH, metadata: undefined })
    const asked = await b.run('request', file)
    expect([asked.code, asked.stdout]).toEqual([
      0,
      `Processed request ${file} and enqueued 0 change request(s)\n`,
    ])
    expect(asked.stderr).toBe(
      'question 1: Arabic or Roman? (otherwise: Arabic)\n  hyperion answer REQ-1 --question 1 TEXT\n',
    )
    const answered = await b.run('answer', 'REQ-1', 'Roman')
    expect([answered.code, answered.stdout, answered.stderr]).toEqual([
      0,
      'Processed request REQ-1 and enqueued 3 change request(s)\n',
      '',
    ])
    const drain = ['worker', '--drain', '--poll-interval-ms', '20', '--workers', '1']
    // The hard one waits for a person.
    expect((await b.run(...drain)).code).toBe(3)
    const [held] = (await b.w.list()).filter(({ status }) => status === 'held')
    expect(held?.task_id).toBe('REQ-1-3')
    await b.w.ok('approve', String(held?.id), '--by', 'Ada')
    await b.w.ok(...drain)
    expect((await b.w.list()).map(({ status }) => status)).toEqual(['applied', 'applied', 'applied'])
    expect(b.w.repo.git('show', 'hyperion/main:a.js')).toBe('I()\nII()')
    expect(b.w.repo.git('show', 'hyperion/main:b.js')).toBe('III()')

    const shown = JSON.parse(await b.w.ok('requests', 'REQ-1', '--format', 'json')) as Shown
    expect(shown.questions).toMatchObject([{ text: 'Arabic or Roman?', answer: 'Roman' }])
    expect(shown.runs.map(({ role, status, repairs }) => [role, status, repairs]).toSorted()).toEqual(
      [
        ['engineer', 'submitted', 0],
        ['engineer', 'submitted', 0],
        ['orchestrator', 'submitted', 0],
        ['developer', 'submitted', 0],
        ['developer', 'submitted', 0],
        ['developer', 'submitted', 1],
      ].toSorted(),
    )
    const { inputTokens, outputTokens } = b.model.usage
    expect(shown.costs).toEqual({
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cost_nano: inputTokens * 250 + outputTokens * 2_000,
      unknown_runs: 0,
      estimated_runs: 0,
      runs: 6,
    })
    const text = await b.w.ok('requests', 'REQ-1')
    expect(text).toMatch(/^cost 0\.0\d+ USD$/m)
    expect(text).toContain('question 1: Arabic or Roman? — Roman')
  })

  test('withdrawn from another terminal: the run ends, nothing of it is queued, no process is left', async () => {
    const b = await bench({ 'a.js': 'one()\n', 'b.js': 'two()\n' }, {}, () => ({ hang: 'after-a-word' }))
    const file = b.w.file('request.json', WISH)
    const going = start(['request', file], { cwd: b.w.dir, env: b.env })
    await expect.poll(() => b.model.asked.length, { timeout: 30_000 }).toBe(1)
    expect(await b.w.ok('withdraw', 'REQ-1')).toBe('request REQ-1 is cancelled, 1 run(s) of agents end\n')
    const ended = await going.ended
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('request REQ-1 was withdrawn')])
    expect(await b.w.list()).toEqual([])
    const again = await b.run('continue', 'REQ-1')
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('request REQ-1 was cancelled')])
  })

  test('withdrawn while a Developer works, that is said and no success', async () => {
    const b = await bench({ 'a.js': 'one()\n', 'b.js': 'two()\n' }, {}, (said) => {
      if (said.includes('You are the Engineer'))
        return fenced({ intent: 'x', acceptance_criteria: ['y'], complexity: 2 })
      if (said.includes('You are the Orchestrator'))
        return fenced({ assignments: [{ summary: 's', file_targets: ['a.js', 'b.js'] }] })
      return { hang: 'after-a-word' }
    })
    const going = start(['request', b.w.file('request.json', WISH)], { cwd: b.w.dir, env: b.env })
    await expect.poll(() => b.model.asked.length, { timeout: 30_000 }).toBe(3)
    await b.w.ok('withdraw', 'REQ-1')
    const ended = await going.ended
    expect([ended.code, ended.stderr]).toEqual([
      1,
      'hyperion: request REQ-1 was withdrawn while it was worked on; nothing more of it is queued\n',
    ])
  })

  test('a change that is sent back is told as that, and its mend is the one that is new', async () => {
    const b = await bench(
      { 'a.js': 'one()\n', 'b.js': 'two()\n' },
      { approvals: { required: 1 } },
      (said) => {
        if (said.includes('You are the Engineer'))
          return fenced({ intent: 'x', acceptance_criteria: ['y'], complexity: 2 })
        if (said.includes('You are the Orchestrator'))
          return fenced({
            assignments: [
              { summary: 'In a', file_targets: ['a.js'] },
              { summary: 'In b', file_targets: ['b.js'] },
            ],
          })
        if (said.includes('nothing else: In b')) return edits('b.js', 'two()', '2()')
        return edits('a.js', 'one()', said.includes('sent an earlier change back') ? 'I()' : '1()')
      },
    )
    expect((await b.run('request', b.w.file('request.json', WISH))).stdout).toContain('enqueued 2 change')
    await b.run('worker', '--drain', '--poll-interval-ms', '20', '--workers', '1')
    const first = (await b.w.list()).find(({ task_id }) => task_id === 'REQ-1-1')
    const id = String(first?.id)
    const back = await b.run('reject', id, '--by', 'Ada', '--reason', 'Roman, please')
    expect([back.code, back.stdout, back.stderr]).toEqual([
      0,
      `change ${id} was sent back to ${first?.agent}; request REQ-1 goes on\n`,
      'hyperion continue REQ-1 has it mended, unless the app is open\n',
    ])
    expect((await b.run('continue', 'REQ-1')).stdout).toBe(
      'Processed request REQ-1 and enqueued 1 change request(s)\n',
    )
  })

  test('a hard stop ends what runs in another program; it goes on after resume', async () => {
    let hangs = true
    const b = await bench({ 'a.js': 'one()\n', 'b.js': 'two()\n' }, {}, (said) => {
      if (hangs) return { hang: 'after-a-word' }
      if (said.includes('You are the Engineer'))
        return fenced({ intent: 'x', acceptance_criteria: ['y'], complexity: 2 })
      if (said.includes('You are the Orchestrator'))
        return fenced({ assignments: [{ summary: 's', file_targets: ['a.js', 'b.js'] }] })
      return edits('a.js', 'one()', '1()')
    })
    const going = start(['request', b.w.file('request.json', WISH)], { cwd: b.w.dir, env: b.env })
    await expect.poll(() => b.model.asked.length, { timeout: 30_000 }).toBe(1)
    expect(await b.w.ok('pause', '--agents', '--reason', 'enough')).toContain('all agents are stopped')
    expect((await going.ended).stderr).toContain('agents are stopped; run `hyperion resume`')
    hangs = false
    expect((await b.run('agent', 'Hello')).stderr).toContain('agents are stopped')
    await b.w.ok('resume')
    expect((await b.run('continue', 'REQ-1')).stdout).toContain('enqueued 1 change request(s)')
    expect(b.model.asked.at(-1)?.model).toBe('gpt-5-mini')
  })

  test('one prompt is answered; a session of it is gone on with', async () => {
    const b = await bench({}, {}, (said) => ({ say: said.includes('And') ? 'Four' : 'Two' }))
    expect((await b.run('agent', 'One and one?', '--model', 'm-1')).stdout).toBe('Two\n')
    const [session] = JSON.parse(await b.w.ok('session', 'list', '--format', 'json')) as {
      resume_id: string
    }[]
    const again = await b.run('agent', 'And twice that?', '--resume-id', session?.resume_id ?? '')
    expect([again.stdout, again.stderr]).toEqual(['Four\n', ''])
    expect(b.model.asked.map(({ model }) => model)).toEqual(['m-1', 'm-1'])
    expect(b.model.asked[1]?.messages.some(({ content }) => content.includes('One and one?'))).toBe(true)
    // One that its agent does not have is no reason to begin another in silence.
    await b.run('session', 'init', '--resume-id', 'S-9')
    const gone = await b.run('agent', 'And?', '--resume-id', 'S-9')
    expect([gone.code, gone.stdout]).toEqual([1, ''])
    expect(gone.stderr).toMatch(/^hyperion: the agent did not answer: Copilot cannot go on with session S-9: .*; leave --resume-id out to begin a new one$/m) // prettier-ignore
    expect(b.model.asked).toHaveLength(2)
  })

  test('an unknown request, question or file is refused by name', async () => {
    const b = await bench({}, {}, () => ({ say: '' }))
    const said = async (...args: string[]) => {
      const { code, stderr } = await b.run(...args)
      return [code, stderr.trim()]
    }
    expect(await said('answer', 'REQ-9', 'x')).toEqual([1, 'hyperion: there is no request REQ-9; see `hyperion requests`']) // prettier-ignore
    expect(await said('continue', 'REQ-9')).toEqual([1, 'hyperion: there is no request REQ-9; see `hyperion requests`']) // prettier-ignore
    expect(await said('withdraw', 'REQ-9')).toEqual([1, 'hyperion: there is no request REQ-9; see `hyperion requests`']) // prettier-ignore
    expect(await said('widen', 'REQ-9-1')).toEqual([1, 'hyperion: REQ-9-1 asks for no files; see `hyperion requests`']) // prettier-ignore
    expect(await said('replan', 'REQ-9-1', b.w.file('plan.json', {}))).toEqual([1, 'hyperion: there is no assignment REQ-9-1; see `hyperion requests`']) // prettier-ignore
  })
})
