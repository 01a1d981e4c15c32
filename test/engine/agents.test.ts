/** A request led by agents: planned, drafted, sent back, widened, cancelled; over a real queue. */
import { describe, expect, test } from 'vitest'
import type { Turn } from '../support/scripted-agent.ts'
import type { Workbench } from '../support/workbench.ts'
import {
  BOTH,
  brief,
  code,
  draftOf,
  edit,
  never,
  OPTIONS,
  plan,
  wish,
  withAgents,
  type Script,
} from './agents-support.ts'

test('a brief, a plan and two drafts land; each run is kept with what was said', () =>
  withAgents({}, async (bench, crew) => {
    const done = await bench.engine.request(wish(), OPTIONS, never)
    expect(done).toMatchObject({ failed: [], left: [], waiting: { questions: [], asks: [] } })
    expect(done.enqueued).toHaveLength(2)
    await bench.drain()
    expect(bench.repo.git('show', 'hyperion/main:b.js')).toBe('b.js anew')
    const runs = bench.engine.agents.runs({ requestId: 'REQ-1' })
    expect(runs.map(({ role, status }) => [role, status])).toEqual([
      ['engineer', 'submitted'],
      ['orchestrator', 'submitted'],
      ['developer', 'submitted'],
      ['developer', 'submitted'],
    ])
    const events = bench.engine.agents.runEvents(runs[2]?.id ?? 0, 0, 10)
    expect(events.map(({ kind }) => kind)).toEqual(['prompt', 'submission'])
    expect(events[0]).toMatchObject({ body: { text: crew.told[2]?.prompts[0] } })
    // Each is told its own criteria; nobody rated it, so the model is that of the brief's complexity.
    expect(crew.told.map(({ task }) => task.model)).toEqual(Array(4).fill('gpt-5-mini'))
  }))

describe('a plan', () => {
  test.each<[string, Turn, string]>([
    ['that overlaps', plan({ file_targets: ['a.js'] }, { file_targets: ['a.js', 'b.js'] }), 'targets_overlap'],
    ['that escapes', plan({ file_targets: ['../x', 'a.js', 'b.js'] }), 'path_parent_component'],
    ['in a circle', plan({ file_targets: ['a.js'], depends_on: [2] }, { file_targets: ['b.js'], depends_on: [1] }), 'dependency_cycle'],
    ['that waits for nobody', plan({ file_targets: ['a.js', 'b.js'], depends_on: [7] }), 'dependency_unknown'],
    ['that leaves a file out', plan({ file_targets: ['a.js'] }), 'target_left_out'],
    ['of no shape', { submit: [{ assignments: [{}] }] }, 'missing'],
  ])('%s is refused, mended in the same session, and runs', (_, bad, wanted) =>
    withAgents(
      { orchestrator: (_task, turn) => (turn === 0 ? bad : BOTH) },
      async (bench, crew) => {
        expect((await bench.engine.request(wish(), OPTIONS, never)).enqueued).toHaveLength(2)
        expect(crew.told[1]?.prompts[1]).toContain(`refused (${wanted})`)
      },
    ),
  ) // prettier-ignore

  test('that never holds fails the request; submitted again it goes on from the brief', () => {
    let bad = true
    return withAgents(
      { orchestrator: () => (bad ? plan({ file_targets: ['a.js'] }) : BOTH) },
      async ({ engine }, crew) => {
        await expect(engine.request(wish(), OPTIONS, never)).rejects.toMatchObject({
          code: 'target_left_out',
        })
        expect(engine.requestTree('REQ-1').row).toMatchObject({ status: 'failed' })
        bad = false
        expect((await engine.request(wish(), OPTIONS, never)).enqueued).toHaveLength(2)
        expect(crew.told.filter(({ task }) => task.role === 'engineer')).toHaveLength(1)
      },
    )
  })

  test('makes a chain where two need a file: the later one is drafted on the earlier one’s draft', () =>
    withAgents(
      {
        orchestrator: () => plan({ file_targets: ['a.js', 'b.js'] }, { file_targets: ['a.js'], depends_on: [1] }),
        developer: ({ given }) =>
          given?.assignment.task_id === 'REQ-1-1'
            ? { submit: [edit('a.js', 'one()\nand()\n')] }
            : { submit: [{ summary: 'x', files: [{ path: 'a.js', action: 'edit', edits: [{ search: 'and()', replace: 'more()' }] }] }] },
      },
      async (bench) => {
        const { enqueued } = await bench.engine.request(wish(), OPTIONS, never)
        expect(bench.show(enqueued[1] ?? 0).payload.depends_on).toEqual(['REQ-1-1'])
        await bench.drain()
        expect(bench.repo.git('show', 'hyperion/main:a.js')).toBe('one()\nmore()')
      },
    )) // prettier-ignore

  test('marks what others have in flight on the same files, and tells the Orchestrator', () =>
    withAgents({}, async (bench, crew) => {
      await bench.engine.request(wish(), OPTIONS, never)
      await bench.engine.request(wish({ request_id: 'REQ-2' }), OPTIONS, never)
      // Which of two drafts is queued first, nobody says.
      const ids = bench.engine.requestTree('REQ-1').assignments.map(({ change_id: id }) => id)
      const marked = bench.engine.requestTree('REQ-2').assignments.map(({ inFlight }) => inFlight)
      expect(marked).toEqual(ids.map((id) => [id]))
      expect(crew.told[5]?.prompts[0]).toContain(`change ${ids[0]} (REQ-1-1): a.js`)
    }))

  test('one assignment is planned anew without the rest', () =>
    withAgents({ developer: (task) => (task.given?.assignment.summary === 'Do it' && task.given.assignment.file_targets.includes('b.js') ? { say: 'No.' } : draftOf(task)) }, async ({ engine }) => {
      const first = await engine.request(wish(), OPTIONS, never)
      expect(first).toMatchObject({ failed: [{ taskId: 'REQ-1-2' }] })
      const [kept, failed] = engine.requestTree('REQ-1').assignments
      const plain = failed?.assignment
      expect(code(() => engine.agents.replan('REQ-1-2', { ...plain, file_targets: ['a.js'] }, null))).toBe('targets_overlap')
      expect(code(() => engine.agents.replan('REQ-1-2', { ...plain, task_id: 'REQ-1-7' }, null))).toBe('not_of_this_request')
      expect(code(() => engine.agents.replan('REQ-1-1', kept?.assignment, null))).toBe('planned_too_late')
      const so = { ...plain, summary: 'Do it so', file_targets: ['c.js'] }
      expect(code(() => engine.agents.replan('REQ-1-2', so, kept?.assignment ?? null))).toBe('plan_changed')
      engine.agents.replan('REQ-1-2', so, plain ?? null)
      expect((await engine.goOn('REQ-1', never)).enqueued).toEqual([1, 2])
      expect(engine.requestTree('REQ-1').assignments[0]?.change_id).toBe(kept?.change_id)
    })) // prettier-ignore
})

test('assignments of a person that overlap are refused with the field', () =>
  withAgents({}, async ({ engine }) => {
    const one = (n: number) => ({
      task_id: `REQ-1-${n}`,
      parent_request_id: 'REQ-1',
      summary: 's',
      file_targets: ['a.js'],
      instructions: [],
    })
    const request = engine.request(wish({ assignments: [one(1), one(2)] }), OPTIONS, never)
    await expect(request).rejects.toMatchObject({
      code: 'targets_overlap',
      message: expect.stringContaining('assignments[1].file_targets'),
    })
  }))

describe('an agent that needs more files', () => {
  const asks: Script = {
    orchestrator: () => plan({ file_targets: ['a.js'] }, { file_targets: ['b.js'] }),
    developer: (task) => {
      const { given, prompt } = task
      if (given?.assignment.task_id !== 'REQ-1-1' || prompt.includes('may not change')) return draftOf(task)
      if (prompt.includes('You may change b.js as well'))
        return { submit: [{ summary: 'both', files: [...(edit('a.js', 'A\n') as { files: object[] }).files, { path: 'b.js', action: 'edit', edits: [{ search: 'anew', replace: 'B' }] }] }] } // prettier-ignore
      return { submit: [{ summary: 'more', files: [], widen: [{ path: 'b.js', reason: 'it calls a.js' }] }] }
    },
  }

  test('waits for a word; granted, it comes after whoever had the file, and in the same session', () =>
    withAgents(asks, async (bench, crew) => {
      const { engine } = bench
      const first = await engine.request(wish(), OPTIONS, never)
      expect(first.waiting.asks).toEqual([{ taskId: 'REQ-1-1', error: 'asks for b.js' }])
      expect(engine.requestTree('REQ-1').row.status).toBe('needs_answer')
      expect(engine.views.live(null).inbox).toBe(1)
      // It was not refused: it waits.
      const ended = engine.agents.runs({ taskId: 'REQ-1-1' })
      expect(ended).toMatchObject([{ status: 'failed', code: 'asks_to_widen' }])
      const [asked] = engine.agents.openWidenings()
      expect(asked).toMatchObject({ task_id: 'REQ-1-1', wanted: [{ path: 'b.js', reason: 'it calls a.js' }] })
      engine.agents.decideWidening(asked?.id ?? 0, 'granted')
      expect(code(() => engine.agents.decideWidening(asked?.id ?? 0, 'refused'))).toBe('decided_already')
      await engine.goOn('REQ-1', never)
      const [row] = engine.requestTree('REQ-1').assignments
      expect(row?.assignment).toMatchObject({ file_targets: ['a.js', 'b.js'], depends_on: ['REQ-1-2'] })
      await bench.drain()
      expect(bench.repo.git('show', 'hyperion/main:b.js')).toBe('b.js B')
      expect(crew.told.at(-1)?.task.resume).toMatchObject({ sessionId: expect.stringMatching(/^session-/) })
    }))

  test('does without where that is refused', () =>
    withAgents(asks, async (bench) => {
      const { engine } = bench
      await engine.request(wish(), OPTIONS, never)
      engine.agents.decideWidening(engine.agents.openWidenings()[0]?.id ?? 0, 'refused')
      expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(2)
      expect(engine.requestTree('REQ-1').assignments[0]?.assignment.file_targets).toEqual(['a.js'])
    }))

  test('may not ask for what is outside', () =>
    withAgents(
      { ...asks, developer: () => ({ submit: [{ summary: 'x', files: [], widen: [{ path: '../x', reason: 'y' }] }] }) },
      async ({ engine }) => {
        const done = await engine.request(wish(), OPTIONS, never)
        expect(done.failed).toMatchObject([{ error: expect.stringContaining('path_parent_component') }, {}])
        expect(engine.agents.openWidenings()).toEqual([])
      },
    )) // prettier-ignore
})

test('a change that a person rejects goes back to its agent with the reason, in the same session, and lands mended', () =>
  withAgents(
    {
      developer: (task) =>
        task.prompt.includes('sent an earlier change back')
          ? { submit: [edit('a.js', 'better\n')] }
          : draftOf(task),
    },
    async (bench, crew) => {
      const { engine } = bench
      const { enqueued } = await engine.request(wish(), OPTIONS, never)
      await bench.drain()
      const [id = 0] = enqueued
      expect(bench.show(id).status).toBe('held')
      const rejected = await engine.reject(id, 'Ada', 'too short', 'a.js:1')
      expect(rejected).toMatchObject({ sent_back: 'REQ-1', status: 'cancelled' })
      const again = await engine.goOn('REQ-1', never)
      expect(again.enqueued).not.toContain(id)
      expect(again.fresh).toEqual(again.enqueued.slice(0, 1))
      const last = crew.told.at(-1)
      expect(last?.prompts[0]).toContain('rejected by Ada at a.js:1: too short')
      expect(last?.task.resume?.sessionId).toBe('session-3')
      const fresh = again.enqueued[0] ?? 0
      // Another one took its place: nobody has to decide about this one any more.
      expect(bench.show(id)).toMatchObject({ status: 'cancelled', reason_code: 'sent_back' })
      expect(engine.views.requests(1)[0]?.changes).toMatchObject({ failed: 0, cancelled: 1 })
      await bench.drain()
      await engine.approve(fresh, 'Ada', null, null)
      await bench.drain()
      expect(bench.show(fresh).status).toBe('applied')
      expect(bench.repo.git('show', 'hyperion/main:a.js')).toBe('better')
    },
    { approvals: { required: 1 } },
  ))

describe('stopping', () => {
  test('a request is cancelled: its runs end, and nothing more of it is queued', () =>
    withAgents({ developer: () => ({ until: new Promise(() => undefined) }) }, async ({ engine }, crew) => {
      const going = engine.request(wish(), OPTIONS, never)
      await expect.poll(() => crew.atWork().now).toBe(2)
      expect(engine.agents.cancelRequest('REQ-1')).toEqual({ runs: 2 })
      const done = await going
      expect(done).toMatchObject({ enqueued: [], isWithdrawn: true })
      expect(engine.requestTree('REQ-1')).toMatchObject({
        row: { status: 'cancelled' },
        assignments: [{ status: 'cancelled' }, { status: 'cancelled' }],
      })
      await expect(engine.request(wish(), OPTIONS, never)).rejects.toMatchObject({
        code: 'request_cancelled',
      })
      expect(code(() => engine.agents.cancelRequest('REQ-1'))).toBe('cancelled_too_late')
    }))

  test('a hard stop ends every run at once, lets none begin, and loses nothing', () => {
    let hangs = true
    return withAgents(
      { developer: (task) => (hangs ? { until: new Promise(() => undefined) } : draftOf(task)) },
      async ({ engine }, crew) => {
        const going = engine.request(wish(), OPTIONS, never)
        await expect.poll(() => crew.atWork().now).toBe(2)
        engine.pause('enough', true)
        expect(await going).toMatchObject({ failed: [], enqueued: [], left: ['REQ-1-1', 'REQ-1-2'] })
        expect(engine.agents.costs()).toMatchObject({ stopped: true, running: 0 })
        hangs = false
        expect((await engine.goOn('REQ-1', never)).enqueued).toEqual([])
        await engine.resume(null)
        expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(2)
      },
    )
  })

  test('who interrupts the program ends the runs; the request goes on when told to', () => {
    let hangs = true
    return withAgents(
      { developer: (task) => (hangs ? { until: new Promise(() => undefined) } : draftOf(task)) },
      async ({ engine }, crew) => {
        const stop = new AbortController()
        const going = engine.request(wish(), OPTIONS, stop.signal)
        await expect.poll(() => crew.atWork().now).toBe(2)
        stop.abort()
        await going
        expect(engine.requestTree('REQ-1').row).toMatchObject({ status: 'failed', error: expect.stringContaining('interrupted') }) // prettier-ignore
        expect(crew.atWork().now).toBe(0)
        hangs = false
        expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(2)
      },
    )
  })
})

test('withdrawn while its Engineer is at work, that is what is told', () =>
  withAgents({ engineer: () => ({ until: new Promise(() => undefined) }) }, async ({ engine }, crew) => {
    const going = engine.request(wish(), OPTIONS, never)
    await expect.poll(() => crew.atWork().now).toBe(1)
    engine.agents.cancelRequest('REQ-1')
    await expect(going).rejects.toMatchObject({
      code: 'request_cancelled',
      message: 'request REQ-1 was withdrawn while it was worked on; nothing more of it is queued',
    })
  }))

test('what keeps a role from its work is told with one way to go on, and forgotten once it went on', () => {
  let signedIn = false
  return withAgents(
    {
      engineer: () =>
        signedIn
          ? brief({ questions: [{ text: 'Which?', blocking: true, assumption: 'these' }] })
          : { failure: { code: 'auth', detail: 'nobody is signed in' } },
    },
    async ({ engine }) => {
      await expect(engine.request(wish(), OPTIONS, never)).rejects.toMatchObject({
        message: 'the Engineer wrote no brief: nobody is signed in',
        hint: '`hyperion continue REQ-1` goes on',
      })
      signedIn = true
      expect((await engine.goOn('REQ-1', never)).waiting.questions).toHaveLength(1)
      expect(engine.requestTree('REQ-1').row).toMatchObject({ status: 'needs_answer', error: null })
    },
  )
})

test('a budget that forbids a role to work has one remedy', () =>
  withAgents(
    {},
    async ({ engine }) => {
      await expect(engine.request(wish(), OPTIONS, never)).rejects.toMatchObject({
        code: 'price_unknown',
        message: 'the Engineer wrote no brief: agents.budget.perRequest cannot be kept, because agents.prices has no price for gpt-5-mini; add one to agents.prices, then `hyperion continue REQ-1`', // prettier-ignore
        hint: null,
      })
      engine.pause(null, true)
      await expect(engine.goOn('REQ-1', never)).rejects.toMatchObject({
        message: 'the Engineer wrote no brief: agents are stopped; run `hyperion resume`, then `hyperion continue REQ-1`', // prettier-ignore
        hint: null,
      })
      await expect(engine.agents.ask({ prompt: 'x', model: null, resumeId: null }, never)).rejects.toMatchObject({
        message: 'the agent did not answer: agents are stopped; run `hyperion resume`',
        hint: null,
      }) // prettier-ignore
    },
    { agents: { budget: { perRequest: 1 } } },
  ))

describe('requests that nobody leads', () => {
  /** As a program that was killed leaves them. */
  const abandon = (bench: Workbench): void =>
    void bench.engine.ground.store.db.sql('UPDATE task_requests SET runner_pid = 2147483000').run()

  test('are gone on with by whoever tends them', () =>
    withAgents({}, async (bench) => {
      const { engine } = bench
      const payload = JSON.stringify(wish())
      const options = { model: null, agents: 2 }
      engine.ground.store.requests.receive({ requestId: 'REQ-1', payload, options, baseTip: bench.base })
      // This process leads it from its first moment.
      engine.tend()
      expect(engine.requestTree('REQ-1').row.status).toBe('received')
      abandon(bench)
      engine.tend()
      await expect.poll(() => engine.list({}).length).toBe(2)
    }))

  test('and cannot be are marked as failed, and left alone', () =>
    withAgents({ engineer: () => ({ say: 'No.' }) }, async (bench, crew) => {
      const { engine } = bench
      await expect(engine.request(wish(), OPTIONS, never)).rejects.toMatchObject({ code: 'no_submission' })
      const asked = crew.told.length
      abandon(bench)
      engine.tend()
      await engine.request(wish({ request_id: 'REQ-2' }), OPTIONS, never).catch(() => undefined)
      expect(crew.told.filter(({ task }) => task.prompt.includes('"REQ-1"'))).toHaveLength(asked)
      expect(engine.requestTree('REQ-1').row.status).toBe('failed')
    }))

  test('are left alone while all agents are stopped', () =>
    withAgents({}, async (bench, crew) => {
      const { engine } = bench
      await engine.request(wish(), OPTIONS, never)
      engine.ground.store.requests.setStatus('REQ-1', 'assigned', null)
      engine.pause(null, true)
      const before = crew.told.length
      engine.tend()
      await engine.request(wish({ request_id: 'REQ-2' }), OPTIONS, never).catch(() => undefined)
      expect(crew.told).toHaveLength(before)
      expect(engine.requestTree('REQ-1').row.status).toBe('assigned')
    }))
})

test('as many work at once as there may, and no more', () => {
  let finish = (): void => undefined
  const until = new Promise<void>((resolve) => (finish = resolve))
  const paths = Array.from({ length: 10 }, (_, n) => `f${n}.js`)
  return withAgents(
    {
      orchestrator: () => plan(...paths.map((path) => ({ file_targets: [path] }))),
      developer: (task) => ({
        submit: [{ summary: 'x', files: [{ path: task.given?.assignment.file_targets[0], action: 'create', content: `${task.given?.assignment.task_id}\n` }] }],
        until,
      }),
    },
    async ({ engine, ...bench }, crew) => {
      const requested_changes = paths.map((path) => ({ path, summary: 'make it' }))
      const going = engine.request(wish({ requested_changes }), OPTIONS, never)
      await expect.poll(() => crew.atWork().now).toBe(4)
      finish()
      expect((await going).enqueued).toHaveLength(10)
      expect(crew.atWork()).toEqual({ now: 0, most: 4 })
      await bench.drain()
      for (const [n, path] of paths.entries())
        expect(bench.repo.git('show', `hyperion/main:${path}`)).toBe(`REQ-1-${n + 1}`)
    },
    { agents: { concurrency: 4 } },
  )
}) // prettier-ignore

test('one prompt is answered; a session that is recorded is gone on with, another one refused', () =>
  withAgents({}, async ({ engine }, crew) => {
    const ask = (prompt: string, resumeId: string | null = null) =>
      engine.agents.ask({ prompt, model: resumeId === null ? 'm' : null, resumeId }, never)
    expect(await ask('Sum up')).toBe('To Sum up')
    await expect(ask(' ')).rejects.toMatchObject({ code: 'prompt_empty' })
    expect(engine.sessions.list()).toMatchObject([
      { resume_id: 'session-1', harness: 'scripted', model: 'm', task_id: null },
    ])
    expect(await ask('And now', 'session-1')).toBe('To And now')
    expect(crew.told[1]?.task).toMatchObject({ model: 'm', resume: { sessionId: 'session-1' } })
    await expect(ask('x', 'session-9')).rejects.toMatchObject({ code: 'no_such_session' })
    engine.sessions.record('other', null, false)
    await expect(ask('x', 'other')).rejects.toMatchObject({ code: 'session_of_others' })
  }))
