/** An Engineer's questions: waited for, answered, skipped, overdue; a request never waits for an answer it has. */
import { describe, expect, test } from 'vitest'
import type { Workbench } from '../support/workbench.ts'
import { brief, code, never, OPTIONS, wish, withAgents, type Script } from './agents-support.ts'

/** What the log says of questions that waited. */
const told = (engine: Workbench['engine']): unknown[] =>
  engine.ground.store.db
    .sql<{ message: string; request: string }>(
      `SELECT message, details ->> '$.request_id' AS request FROM change_queue_logs WHERE message = 'not answered in time'`,
    )
    .all()
    .map(({ message, request }) => [message, request])

describe('questions', () => {
  const asking: Script = {
    engineer: (task) =>
      task.prompt.includes('Your questions')
        ? brief({ intent: 'Roman digits' })
        : brief({ questions: [{ text: 'Arabic or Roman?', blocking: true, assumption: 'Arabic' }] }),
  }

  test('are waited for; the answer is in the brief that is planned from, and is not asked again', () =>
    withAgents(asking, async (bench, crew) => {
      const { engine } = bench
      const asked = await engine.request(wish(), OPTIONS, never)
      expect(asked.enqueued).toEqual([])
      expect(asked.waiting.questions).toMatchObject([
        { number: 1, text: 'Arabic or Roman?', assumption: 'Arabic' },
      ])
      expect(engine.requestTree('REQ-1').row.status).toBe('needs_answer')
      // Submitted once more it waits as before, and nobody is asked again.
      expect((await engine.request(wish(), OPTIONS, never)).waiting.questions).toHaveLength(1)
      expect(crew.told).toHaveLength(1)
      expect(engine.agents.answer('REQ-1', [{ question: 1, text: 'Roman' }])).toEqual([])
      const done = await engine.goOn('REQ-1', never)
      expect(done.enqueued).toHaveLength(2)
      expect(engine.requestTree('REQ-1').brief).toMatchObject({
        intent: 'Roman digits',
        questions: [{ text: 'Arabic or Roman?', answer: 'Roman' }],
      })
      expect(crew.told[1]?.prompts[0]).toContain('- Arabic or Roman?\n  Roman')
      expect(crew.told[2]?.prompts[0]).toContain('Roman digits')
    }))

  test('that are skipped are taken as assumed, without another call', () =>
    withAgents(asking, async (bench, crew) => {
      await bench.engine.request(wish(), OPTIONS, never)
      expect(bench.engine.agents.skip('REQ-1', null)).toEqual([])
      expect(bench.engine.requestTree('REQ-1')).toMatchObject({
        row: { status: 'briefed' },
        questions: [{ skipped: true, overdue: false }],
      })
      expect((await bench.engine.goOn('REQ-1', never)).enqueued).toHaveLength(2)
      expect(crew.told.filter(({ task }) => task.role === 'engineer')).toHaveLength(1)
      expect(crew.told[1]?.prompts[0]).toContain('"assumption": "Arabic"')
    }))

  test('that nobody answers in time are skipped when the request is tended, and that is said', () =>
    withAgents(
      asking,
      async (bench) => {
        const { engine } = bench
        await engine.request(wish(), OPTIONS, never)
        engine.ground.store.requests.waitUntil('REQ-1', 1)
        engine.tend()
        expect((await engine.goOn('REQ-1', never)).enqueued).toHaveLength(2)
        expect(engine.views.requestTree('REQ-1')).toMatchObject({
          answer_by: null,
          questions: [{ skipped: true, overdue: true }],
        })
        expect(told(engine)).toEqual([['not answered in time', 'REQ-1']])
      },
      { agents: { answerSeconds: 60 } },
    ))

  test('that are answered are waited for no longer: the Engineer is at it, and nothing is left for a person', async () => {
    const rest = Promise.withResolvers<void>()
    const script: Script = {
      engineer: (task, turn) => ({
        ...asking.engineer?.(task, turn),
        ...(task.prompt.includes('Your questions') ? { until: rest.promise } : {}),
      }),
    }
    await withAgents(
      script,
      async ({ engine }, crew) => {
        const standing = () => {
          const [row] = engine.views.requests(1)
          return [row?.status, engine.views.live(null).inbox]
        }
        await engine.request(wish(), OPTIONS, never)
        expect(standing()).toEqual(['needs_answer', 1])
        const before = engine.views.lastSeq()
        expect(engine.agents.answer('REQ-1', [{ question: 1, text: 'Roman' }])).toEqual([])
        // Whoever watches it is told, although no change of it is there yet.
        expect(engine.views.live(before).requests).toEqual(['REQ-1'])
        expect(standing()).toEqual(['received', 0])
        // Whoever answered has the lead until the end: another program leaves it alone, unless that is gone.
        engine.tend()
        expect(crew.told).toHaveLength(1)
        engine.ground.store.requests.letGo('REQ-1')
        engine.tend()
        await expect.poll(() => crew.told.length).toBe(2)
        expect(standing()).toEqual(['received', 0])
        rest.resolve()
        await expect.poll(() => standing()).toEqual(['queued', 0])
      },
      { agents: { answerSeconds: 60 } },
    )
  })

  test('refuse what answers nothing', () =>
    withAgents(asking, async ({ engine }) => {
      const { answer } = engine.agents
      expect(code(() => answer('REQ-9', []))).toBe('no_such_request')
      await engine.request(wish(), OPTIONS, never)
      expect(code(() => answer('REQ-1', [{ question: 2, text: 'x' }]))).toBe('no_such_question')
      expect(code(() => answer('REQ-1', [{ question: 1, text: ' ' }]))).toBe('answer_empty')
      engine.agents.skip('REQ-1', 1)
      await engine.goOn('REQ-1', never)
      expect(code(() => answer('REQ-1', [{ question: 1, text: 'x' }]))).toBe('answered_too_late')
    }))
})
