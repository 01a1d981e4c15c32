/** A plan that waits for a person: held, edited whole, let run once; over a real queue. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Assignment } from '../../schemas/assignment.ts'
import type { AgentTask } from '../../main/engine/agents/harness.ts'
import { openEngine, type Engine } from '../../main/engine/engine.ts'
import { scriptedAgents, type ScriptedAgents, type Turn } from '../support/scripted-agent.ts'
import { withBench, type Workbench } from '../support/workbench.ts'
import { at, complete, configured, write } from './casts-support.ts'

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const HOLDING = ['--import', fileOf('../support/sql-loader.ts'), fileOf('holding-engine.ts')]
const FILES = { 'a.js': 'one()\n', 'b.js': 'two()\n', 'c.js': 'three()\n' }
const HELD = { source: 'request.json', model: null, agents: 2, holdPlan: true }
const PLAIN = { source: 'request.json', model: null, agents: 2 }
const never = new AbortController().signal

const wish = (more: object = {}): object => ({
  request_id: 'REQ-1',
  summary: 'Use digits. Everywhere.',
  requested_changes: [
    { path: 'a.js', summary: 'one' },
    { path: 'b.js', summary: 'two' },
  ],
  ...more,
})
const brief = (more: object = {}): Turn => ({
  submit: [{ intent: 'Digits', acceptance_criteria: ['no words'], complexity: 4, ...more }],
})
const draftOf = ({ given, prompt }: AgentTask): Turn => {
  const { file_targets: [path = ''] = [], summary = '' } = given?.assignment ?? {}
  const content = `${summary}${prompt.includes('sent an earlier change back') ? ', better' : ''}\n`
  return { submit: [{ summary: 'Done', files: [{ path, action: 'replace', content }] }] }
}

interface Script {
  engineer?: (task: AgentTask) => Turn
  orchestrator?: () => Turn
  developer?: (task: AgentTask) => Turn
}
const agents = ({ engineer = () => brief(), orchestrator, developer = draftOf }: Script) =>
  scriptedAgents((task) => {
    const split = (): Turn => ({
      submit: [{ assignments: [{ summary: 'First', file_targets: ['a.js'] }, { summary: 'Second', file_targets: ['b.js'] }] }], // prettier-ignore
    })
    const by = { engineer, orchestrator: orchestrator ?? split, developer, prompt: (): Turn => ({ say: '' }) }
    return by[task.role](task)
  })

function withAgents(
  script: Script,
  body: (bench: Workbench, crew: ScriptedAgents) => Promise<void>,
  config: object = {},
): Promise<void> {
  const crew = agents(script)
  const files = { ...FILES, 'hyperion.config.json': JSON.stringify(config) }
  return withBench({ files, openHarness: () => crew.harness }, (bench) => body(bench, crew))
}
const developersOf = ({ told }: ScriptedAgents): number =>
  told.filter(({ task }) => task.role === 'developer').length
const runsOf = (engine: Engine): string[] =>
  engine.agents.runs({ requestId: 'REQ-1' }).map(({ role }) => role)

function refused(work: () => unknown): unknown {
  try {
    work()
  } catch (thrown) {
    const { code, message, hint } = thrown as { code: string; message: string; hint: string | null }
    return { code, message, hint }
  }
  return null
}
const one = (number: number, more: Partial<Assignment> = {}): Assignment => ({
  task_id: `REQ-1-${number}`,
  parent_request_id: 'REQ-1',
  summary: `Part ${number}`,
  file_targets: ['a.js'],
  instructions: [],
  ...more,
})

describe('a plan that is asked to wait', () => {
  test('is made and kept, and no Developer starts until a person lets it run', () =>
    withAgents({}, async (bench, crew) => {
      const { engine } = bench
      const done = await engine.request(wish(), HELD, never)
      expect(done).toMatchObject({ enqueued: [], failed: [], left: [], waiting: { questions: [], asks: [] } })
      expect(done.waiting.plan?.map(({ task_id }) => task_id)).toEqual(['REQ-1-1', 'REQ-1-2'])
      expect(engine.requestTree('REQ-1').row).toMatchObject({ status: 'needs_answer', plan_hold: 'held' })
      // Handed in once more it waits as before.
      expect((await engine.request(wish(), PLAIN, never)).waiting.plan).toHaveLength(2)
      expect((await engine.goOn('REQ-1', never)).waiting.plan).toHaveLength(2)
      expect(runsOf(engine)).toEqual(['engineer', 'orchestrator'])
      expect(engine.agents.releasePlan('REQ-1', engine.agents.plan('REQ-1').revision)).toBe(true)
      expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(2)
      await bench.drain()
      expect(bench.text('b.js')).toBe('Second\n')
      expect(developersOf(crew)).toBe(2)
      // There is nothing left to let run.
      expect(engine.agents.releasePlan('REQ-1', null)).toBe(false)
    }))

  test('waits whatever tends to requests, and after an end of the program; then it runs on what is there by then', () =>
    withAgents({}, async (bench, crew) => {
      await bench.engine.request(wish(), HELD, never)
      bench.engine.tend()
      await bench.engine.close()
      const again = await openEngine({
        workspace: bench.dir,
        host: { env: process.env, home: process.env['HOME'] ?? null },
        actor: 'test',
        openHarness: () => crew.harness,
      })
      try {
        again.tend()
        expect((await again.goOn('REQ-1', never)).waiting.plan).toHaveLength(2)
        const tip = await again.tip()
        again.ground.store.requests.setBase('REQ-1', '0'.repeat(40))
        again.agents.releasePlan('REQ-1', null)
        const { enqueued } = await again.goOn('REQ-1', never)
        expect(enqueued.map((id) => again.show(id).payload.base_commit)).toEqual([tip, tip])
      } finally {
        await again.close()
      }
    }))

  test('waits on after the program that made it was killed', () =>
    withAgents({}, async ({ dir, engine }) => {
      const child = spawn(process.execPath, [...HOLDING, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
      const [said] = (await once(child.stdout, 'data')) as [Buffer]
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      expect(String(said)).toBe('held\n')
      engine.tend()
      expect((await engine.goOn('REQ-1', never)).waiting.plan).toMatchObject([{ task_id: 'REQ-1-1' }])
      engine.agents.releasePlan('REQ-1', null)
      expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(1)
    }))

  test('is not let run by the time that its questions were given', () =>
    withAgents(
      { engineer: () => brief({ questions: [{ text: 'Which?', blocking: true, assumption: 'these' }] }) },
      async ({ engine }) => {
        await engine.request(wish(), HELD, never)
        const { requests } = engine.ground.store
        requests.waitUntil('REQ-1', 1)
        expect(requests.overdue()).toEqual(['REQ-1'])
        expect((await engine.goOn('REQ-1', never)).waiting.plan).toHaveLength(2)
        expect(requests.overdue()).toEqual([])
        expect(requests.abandoned(() => false)).toEqual([])
      },
      { agents: { answerSeconds: 60 } },
    ))

  test('that is let run is picked up by whatever tends to requests', () =>
    withAgents({}, async (bench) => {
      const { engine } = bench
      await engine.request(wish(), HELD, never)
      engine.agents.releasePlan('REQ-1', null)
      engine.tend()
      await expect.poll(() => engine.requestTree('REQ-1').row.status).toBe('queued')
    }))

  test('stays held while all agents are stopped', () =>
    withAgents({}, async ({ engine }) => {
      await engine.request(wish(), HELD, never)
      engine.pause('lunch', true)
      expect(refused(() => engine.agents.releasePlan('REQ-1', null))).toEqual({
        code: 'agents_stopped',
        message: 'agents are stopped; the plan of REQ-1 stays held',
        hint: 'run `hyperion resume`, then `hyperion continue REQ-1`',
      })
      expect(engine.agents.plan('REQ-1').held).toBe(true)
      await engine.resume(null)
      expect(engine.agents.releasePlan('REQ-1', null)).toBe(true)
    }))

  test('is the rule where the settings say so, and one request may do without', () =>
    withAgents(
      {},
      async ({ engine }) => {
        expect((await engine.request(wish(), PLAIN, never)).waiting.plan).toHaveLength(2)
        const other = wish({ request_id: 'REQ-2' })
        expect((await engine.request(other, { ...PLAIN, holdPlan: false }, never)).enqueued).toHaveLength(2)
      },
      { agents: { holdPlans: true } },
    ))

  test('waits as well where that is asked for only the second time; one that runs is not held any more', () => {
    let works = false
    return withAgents(
      { orchestrator: () => (works ? { submit: [{ assignments: [{ summary: 's', file_targets: ['a.js', 'b.js'] }] }] } : { say: 'No.' }) }, // prettier-ignore
      async ({ engine }) => {
        await expect(engine.request(wish(), PLAIN, never)).rejects.toMatchObject({ code: 'no_submission' })
        works = true
        expect((await engine.request(wish(), HELD, never)).waiting.plan).toHaveLength(1)
        engine.agents.releasePlan('REQ-1', null)
        await expect(engine.request(wish(), HELD, never)).rejects.toMatchObject({ code: 'planned_too_late' })
        expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(1)
      },
    )
  })

  test('was let run for good: what is planned anew or sent back is drafted at once', () =>
    withAgents(
      { developer: (task) => (task.given?.assignment.summary === 'Second' ? { say: 'No.' } : draftOf(task)) },
      async (bench) => {
        const { engine } = bench
        await engine.request(wish(), HELD, never)
        engine.agents.releasePlan('REQ-1', null)
        const first = await engine.goOn('REQ-1', never)
        expect(first.failed).toMatchObject([{ taskId: 'REQ-1-2' }])
        engine.agents.replan('REQ-1-2', one(2, { file_targets: ['b.js'] }), null)
        expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(2)
        await bench.drain()
        const [id = 0] = first.enqueued
        expect((await engine.reject(id, 'Ada', 'shorter', null)).sent_back).toBe('REQ-1')
        expect((await engine.goOn('REQ-1', never)).enqueued).not.toContain(id)
      },
      { approvals: { required: 1 } },
    ))

  test('is cancelled as any other that waits: nobody drafts it, edits it or lets it run', () =>
    withAgents({}, async ({ engine }, crew) => {
      await engine.request(wish(), HELD, never)
      expect(engine.agents.cancelRequest('REQ-1')).toEqual({ runs: 0 })
      expect(engine.requestTree('REQ-1')).toMatchObject({
        row: { status: 'cancelled' },
        assignments: [{ status: 'cancelled' }, { status: 'cancelled' }],
      })
      expect(refused(() => engine.agents.editPlan('REQ-1', [one(1)], null))).toMatchObject({ code: 'planned_too_late' }) // prettier-ignore
      expect(engine.agents.releasePlan('REQ-1', null)).toBe(false)
      expect(refused(() => engine.agents.requireGoingOn('REQ-1'))).toMatchObject({ code: 'request_cancelled' }) // prettier-ignore
      engine.tend()
      expect(developersOf(crew)).toBe(0)
    }))

  test('planned anew in one assignment waits on', () =>
    withAgents({}, async ({ engine }, crew) => {
      await engine.request(wish(), HELD, never)
      engine.agents.replan('REQ-1-2', one(2, { file_targets: ['b.js', 'c.js'] }), null)
      expect(engine.ground.store.requests.abandoned(() => false)).toEqual([])
      expect((await engine.goOn('REQ-1', never)).waiting.plan?.[1]?.file_targets).toEqual(['b.js', 'c.js'])
      expect(developersOf(crew)).toBe(0)
    }))
})

describe('a held plan', () => {
  test('is edited whole: another split, a chain, one more file; what runs is what was written last', () =>
    withAgents({}, async (bench, crew) => {
      const { engine } = bench
      await engine.request(wish(), HELD, never)
      const { revision } = engine.agents.plan('REQ-1')
      const chain = [
        one(3, { file_targets: ['b.js'] }),
        one(1, { file_targets: ['a.js', 'b.js'], depends_on: ['REQ-1-3'], metadata: { complexity: 2 } }),
        one(7, { file_targets: ['c.js'] }),
      ]
      const now = engine.agents.editPlan('REQ-1', chain, revision)
      expect(now).toMatchObject({ held: true, assignments: chain })
      expect(now.revision).not.toBe(revision)
      engine.agents.releasePlan('REQ-1', now.revision)
      const { enqueued } = await engine.goOn('REQ-1', never)
      const tasks = enqueued.map((id) => bench.show(id).task_id)
      expect(tasks).toEqual(['REQ-1-3', 'REQ-1-1', 'REQ-1-7'])
      expect(bench.show(enqueued[1] ?? 0).payload.depends_on).toEqual(['REQ-1-3'])
      await bench.drain()
      expect([bench.text('a.js'), bench.text('b.js'), bench.text('c.js')]).toEqual(['Part 1\n', 'Part 3\n', 'Part 7\n']) // prettier-ignore
      expect(developersOf(crew)).toBe(3)
      const said = engine.logs({}).filter(({ message }) => message.startsWith('plan '))
      expect(said.map(({ message, details }) => [message, (details as { by?: string }).by])).toEqual([
        ['plan held', undefined],
        ['plan edited', 'test'],
        ['plan released', 'test'],
      ])
      expect(said[1]?.details).toMatchObject({ request_id: 'REQ-1', assignments: 3, before: revision, plan: now.revision }) // prettier-ignore
    }))

  test('is neither edited nor let run by who saw another one', () =>
    withAgents({}, async ({ engine }) => {
      await engine.request(wish(), HELD, never)
      const seen = engine.agents.plan('REQ-1')
      const other = [one(1, { file_targets: ['a.js', 'b.js'] })]
      const now = engine.agents.editPlan('REQ-1', other, seen.revision)
      for (const act of [
        () => engine.agents.editPlan('REQ-1', seen.assignments, seen.revision),
        () => engine.agents.releasePlan('REQ-1', seen.revision),
      ])
        expect(refused(act)).toMatchObject({ code: 'plan_changed', hint: expect.stringContaining('hyperion plan') }) // prettier-ignore
      expect(engine.agents.plan('REQ-1')).toEqual(now)
      expect(now.held).toBe(true)
    }))

  test('is not edited any more once it runs', () =>
    withAgents({}, async ({ engine }) => {
      await engine.request(wish(), HELD, never)
      const { assignments } = engine.agents.plan('REQ-1')
      engine.agents.releasePlan('REQ-1', null)
      expect(refused(() => engine.agents.editPlan('REQ-1', assignments, null))).toMatchObject({
        code: 'planned_too_late',
        hint: expect.stringContaining('hyperion replan'),
      })
      expect(refused(() => engine.agents.plan('REQ-9'))).toMatchObject({ code: 'no_such_request' })
    }))

  const both = (more: Partial<Assignment>): Assignment[] => [
    one(1),
    one(2, { file_targets: ['b.js'], ...more }),
  ]
  test.each<[string, unknown, string, string]>([
    ['of no shape', [{ task_id: 'REQ-1-1' }], 'missing', 'assignments[0].parent_request_id'],
    ['that is no list', { assignments: [] }, 'wrong_type', 'assignments'],
    ['without an assignment', [], 'too_small', 'assignments'],
    ['that overlaps', both({ file_targets: ['b.js', 'a.js'] }), 'targets_overlap', 'assignments[1].file_targets'],
    ['that escapes', both({ file_targets: ['b.js', '../x'] }), 'path_parent_component', 'assignments[1].file_targets[1]'],
    ['in a circle', both({ depends_on: ['REQ-1-2'] }), 'dependency_cycle', 'assignments[1].depends_on'],
    ['that leaves a file out', [one(1)], 'target_left_out', 'assignments leave out b.js'],
    ['that waits for what is not in it', both({ depends_on: ['REQ-1-9'] }), 'dependency_unknown', 'assignments[1].depends_on[0]'],
    ['of another request', both({ parent_request_id: 'REQ-2' }), 'not_of_this_request', 'assignments[1].parent_request_id'],
    ['with one task twice', both({ task_id: 'REQ-1-1' }), 'duplicate_task_id', 'assignments[1].task_id'],
    ['with a key nobody knows', both({ agent: 'me' } as Partial<Assignment>), 'unknown_key', 'assignments[1].agent'],
  ])('edited to one %s is refused by the field, and stays', (_, bad, code, field) =>
    withAgents({}, async ({ engine }) => {
      await engine.request(wish(), HELD, never)
      const before = engine.agents.plan('REQ-1')
      expect(refused(() => engine.agents.editPlan('REQ-1', bad, before.revision))).toMatchObject({
        code,
        message: expect.stringContaining(field),
        hint: expect.stringContaining('mend it'),
      })
      expect(engine.agents.plan('REQ-1')).toEqual(before)
      expect(engine.requestTree('REQ-1').assignments.map(({ status }) => status)).toEqual(['planned', 'planned'])
    }),
  ) // prettier-ignore

  test('may not take the task of another request', () =>
    withAgents({}, async ({ engine }) => {
      const given = { ...one(1), task_id: 'REQ-1-2-1', parent_request_id: 'REQ-1-2', file_targets: ['c.js'] }
      const other = wish({ request_id: 'REQ-1-2', assignments: [given], requested_changes: [{ path: 'c.js', summary: 's' }] }) // prettier-ignore
      await engine.request(other, HELD, never)
      await engine.request(wish(), HELD, never)
      // Ids that two requests could make are told apart by who has them.
      const { setAssignments } = engine.ground.store.requests
      setAssignments('REQ-1-2', [{ assignment: { ...given, task_id: 'REQ-1-7' }, agent: 'a', inFlight: [], seq: 9 }]) // prettier-ignore
      const wanted = [one(7, { file_targets: ['a.js', 'b.js'] })]
      expect(refused(() => engine.agents.editPlan('REQ-1', wanted, null))).toMatchObject({
        code: 'task_id_taken',
        message: expect.stringContaining('REQ-1-7'),
      })
      expect(engine.agents.plan('REQ-1').assignments).toHaveLength(2)
    }))

  test('that a person gave with the request is held and edited as well, by their own measure of what is in it', () =>
    withAgents({}, async ({ engine }) => {
      await engine.request(wish({ assignments: [one(1)] }), HELD, never)
      const now = engine.agents.editPlan('REQ-1', [one(1, { summary: 'Better' })], null)
      expect(now.assignments).toMatchObject([{ summary: 'Better' }])
      expect(runsOf(engine)).toEqual(['engineer'])
    }))
})

describe('the plan of an approved cast', () => {
  const policy = configured({ approvals: { required: 1 } })
  async function held({ engine }: Workbench, view: Awaited<ReturnType<typeof complete>>) {
    const { source, value } = engine.casts.readWritten('REQ-7')
    const done = await engine.request(value, { source, model: null, agents: 1, holdPlan: true }, never)
    expect(view.draft.answers.approvals).toHaveLength(1)
    return done.waiting.plan ?? []
  }
  async function approved(bench: Workbench, more: Parameters<typeof complete>[1] = {}) {
    const view = await bench.engine.casts.approve(at(await complete(bench, more)), { by: 'Ada', role: null, note: null }) // prettier-ignore
    await write(bench, view)
    return held(bench, view)
  }
  async function run(bench: Workbench): Promise<(readonly [string, string])[]> {
    bench.engine.agents.releasePlan('REQ-7', null)
    const { enqueued } = await bench.engine.goOn('REQ-7', never)
    await bench.drain()
    return enqueued.map((id) => [bench.show(id).task_id, bench.show(id).status] as const)
  }

  test('lands without another word where it runs as it was approved', () =>
    withBench(policy, async (bench) => {
      await approved(bench)
      expect(await run(bench)).toEqual([['REQ-7-1', 'applied']])
    }))

  test('is asked about anew where it was edited', () =>
    withBench(policy, async (bench) => {
      const [first] = await approved(bench)
      bench.engine.agents.editPlan('REQ-7', [{ ...first, instructions: ['And more'] }], null)
      expect(await run(bench)).toEqual([['REQ-7-1', 'held']])
    }))

  test('keeps each finished edit with its own assignment, in whatever order they are written', () =>
    withBench(policy, async (bench) => {
      const made = await bench.engine.casts.author('src/a.txt', null, { kind: 'text', text: 'A\n', executable: false }) // prettier-ignore
      const items = [
        { path: 'src/b.txt', summary: 'By an agent', change: null },
        { path: 'src/a.txt', summary: 'Finished', change: made.change },
      ]
      const [first, second] = await approved(bench, { items })
      const moved = [
        { ...second, file_targets: ['win.txt'] },
        { ...first, file_targets: ['src/'] },
      ]
      expect(refused(() => bench.engine.agents.editPlan('REQ-7', moved, null))).toMatchObject({
        code: 'finished_edit',
        message: expect.stringContaining('assignments[0].file_targets takes "src/a.txt" alone'),
      })
      bench.engine.agents.editPlan('REQ-7', [second, first], null)
      // What is left to an agent has no comments for the stub to write.
      expect(await run(bench)).toEqual([['REQ-7-2', 'applied']])
      expect(bench.text('src/a.txt')).toBe('A\n')
    }))
})
