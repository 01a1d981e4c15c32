/** An assignment is worked on once: by whoever has it, until its change ended, and never after the request was withdrawn. */
import { describe, expect, test } from 'vitest'
import { BOTH, code, draftOf, edit, never, OPTIONS, plan, wish, withAgents } from './agents-support.ts'

const by = { agent: 'agent-1', taskId: null }
const handIn = (task: string, path: string, content: string): object => ({ task_id: task, ...edit(path, content) }) // prettier-ignore
const CHAIN = plan({ file_targets: ['a.js'] }, { file_targets: ['a.js', 'b.js'], depends_on: [1] })

describe('what an agent of its own accord hands in for an assignment', () => {
  test('is refused while its plan waits, and once its request was withdrawn', () =>
    withAgents({}, async (bench) => {
      const { engine } = bench
      await engine.request(wish(), { ...OPTIONS, holdPlan: true }, never)
      const submit = (content: string): Promise<unknown> =>
        engine.submissions.submit(handIn('REQ-1-1', 'a.js', content), by, never)
      await expect(submit('x\n')).rejects.toMatchObject({ code: 'plan_held' })
      engine.agents.cancelRequest('REQ-1')
      await expect(submit('x\n')).rejects.toMatchObject({ code: 'request_cancelled' })
      expect(bench.statuses()).toEqual([])
    }))

  test('is refused while a run works on it; handed in and landed once, it takes nothing else', () =>
    withAgents({ developer: () => ({ until: new Promise(() => undefined) }) }, async (bench, crew) => {
      const { engine } = bench
      const going = engine.request(wish(), OPTIONS, never)
      await expect.poll(() => crew.atWork().now).toBe(2)
      const submit = (content: string): Promise<unknown> =>
        engine.submissions.submit(handIn('REQ-1-1', 'a.js', content), by, never)
      await expect(submit('x\n')).rejects.toMatchObject({ code: 'assignment_taken' })
      for (const { id } of engine.agents.runs({ requestId: 'REQ-1', running: true }))
        engine.agents.cancelRun(id)
      await going
      await submit('x\n')
      const stands = (): object | undefined => engine.requestTree('REQ-1').row
      expect(stands()).toMatchObject({ status: 'failed', error: expect.not.stringContaining('REQ-1-1') })
      await expect(submit('y\n')).rejects.toMatchObject({ code: 'handed_in_already' })
      await expect(submit('x\n')).rejects.toMatchObject({ code: 'duplicate' })
      await bench.drain()
      expect(bench.text('a.js')).toBe('x\n')
      const second = { agent: 'agent-2', taskId: null }
      await engine.submissions.submit(handIn('REQ-1-2', 'b.js', 'z\n'), second, never)
      expect(stands()).toMatchObject({ status: 'queued', error: null })
      await expect(submit('y\n')).rejects.toMatchObject({ code: 'handed_in_already' })
    }))

  test('while its Developer still waits for a place, is what counts: no draft takes its place', () => {
    let done: () => void = () => undefined
    const finished = new Promise<void>((resolve) => (done = resolve))
    return withAgents(
      { developer: (task) => ({ ...draftOf(task), until: finished }) },
      async (bench, crew) => {
        const { engine } = bench
        const going = engine.request(wish(), { ...OPTIONS, agents: 1 }, never)
        await expect.poll(() => crew.atWork().now).toBe(1)
        const first = crew.told.at(-1)?.task.given?.assignment.task_id
        const [other, path] = first === 'REQ-1-1' ? ['REQ-1-2', 'b.js'] : ['REQ-1-1', 'a.js']
        await engine.submissions.submit(handIn(other, path, 'theirs\n'), by, never)
        done()
        expect((await going).failed).toEqual([])
        await bench.drain()
        expect(engine.list({}).filter(({ task_id }) => task_id === other)).toHaveLength(1)
        expect(bench.text(path)).toBe('theirs\n')
      },
      { agents: { concurrency: 1 } },
    )
  })
})

test('what stands on a draft that was sent back is made anew with it, on what is there by then', () =>
  withAgents(
    {
      orchestrator: () => CHAIN,
      developer(task) {
        const isFirst = task.given?.assignment.task_id === 'REQ-1-1'
        const again = task.prompt.includes('sent an earlier change back')
        if (isFirst) return { submit: [edit('a.js', again ? 'better\n' : 'first\n')] }
        const search = again ? 'better' : 'first'
        const edits = [{ search, replace: `${search} and more` }]
        return { submit: [{ summary: 'Done', files: [{ path: 'a.js', action: 'edit', edits }, { path: 'b.js', action: 'replace', content: `${search}\n` }] }] } // prettier-ignore
      },
    },
    async (bench) => {
      const { engine } = bench
      const before = (await engine.request(wish(), OPTIONS, never)).enqueued
      await bench.drain()
      await engine.reject(before[0] ?? 0, 'Ada', 'too short', null)
      expect(bench.show(before[1] ?? 0)).toMatchObject({ status: 'cancelled', reason_code: 'base_sent_back' })
      const after = (await engine.goOn('REQ-1', never)).enqueued
      expect(after.some((id) => before.includes(id))).toBe(false)
      for (const id of after) {
        await bench.drain()
        await engine.approve(id, 'Ada', null, null)
      }
      await bench.drain()
      expect(bench.text('a.js')).toBe('better and more\n')
      expect(bench.text('b.js')).toBe('better\n')
    },
    { approvals: { required: 1 } },
  ))

describe('a withdrawn request', () => {
  test('comes back by no plan, no wish and no rejection', () =>
    withAgents(
      { orchestrator: () => BOTH, developer: (task) => (task.given?.assignment.task_id === 'REQ-1-2' ? { say: 'No.' } : draftOf(task)) }, // prettier-ignore
      async ({ engine }) => {
        await engine.request(wish(), OPTIONS, never)
        const [, failed] = engine.requestTree('REQ-1').assignments
        engine.agents.cancelRequest('REQ-1')
        expect(code(() => engine.agents.replan('REQ-1-2', { ...failed?.assignment, summary: 'So' }, null))).toBe('request_cancelled') // prettier-ignore
        expect(engine.requestTree('REQ-1').row.status).toBe('cancelled')
      },
    ))
})

describe('a change that was sent back', () => {
  const ONE = wish({ requested_changes: [{ path: 'a.js', summary: 'one' }] })
  const HOLDS = { approvals: { required: 1 } }
  const bad = edit('a.js', 'bad\n')
  const sentBack = { orchestrator: () => plan({ file_targets: ['a.js'] }) }

  test('does not come back as the same again: that is refused, told, and in the end the assignment failed', () =>
    withAgents(
      { ...sentBack, developer: () => ({ submit: [bad] }) },
      async (bench, crew) => {
        const { engine } = bench
        const [first = 0] = (await engine.request(ONE, OPTIONS, never)).enqueued
        await bench.drain()
        await engine.reject(first, 'Ada', 'not like this', null)
        const again = await engine.goOn('REQ-1', never)
        expect([again.enqueued, again.fresh]).toEqual([[], []])
        expect(again.failed).toMatchObject([{ error: expect.stringMatching(/^same_again: .*not like this/) }])
        expect(crew.told.at(-1)?.prompts.at(-1)).toContain('the very change that a person sent back')
        expect(engine.requestTree('REQ-1').row.status).toBe('failed')
        // Nobody makes another one any more: a person may have the first tried again after all.
        await engine.retry(first)
        await bench.drain()
        await engine.approve(first, 'Ada', null, null)
        await bench.drain()
        expect(bench.text('a.js')).toBe('bad\n')
      },
      HOLDS,
    ))

  test('is not tried again beside the one that took its place', () =>
    withAgents({ ...sentBack, developer: ({ prompt }) => ({ submit: [prompt.includes('sent an earlier change back') ? edit('a.js', 'good\n') : bad] }) }, async (bench) => {
      const { engine } = bench
      const [first = 0] = (await engine.request(ONE, OPTIONS, never)).enqueued
      await bench.drain()
      await engine.reject(first, 'Ada', 'not like this', null)
      await expect(engine.retry(first)).rejects.toMatchObject({ code: 'replaced', message: expect.stringContaining('is being made') })
      const [second = 0] = (await engine.goOn('REQ-1', never)).fresh
      await expect(engine.retry(first)).rejects.toMatchObject({ code: 'replaced', message: `change ${first} is not that of assignment REQ-1-1 any more: change ${second} took its place` })
      await bench.drain()
      // Cancelled by a person it may be planned anew.
      await engine.cancel(second)
      const [row] = engine.requestTree('REQ-1').assignments
      engine.agents.replan('REQ-1-1', { ...row?.assignment, summary: 'Once more' }, null)
      expect(engine.requestTree('REQ-1').assignments[0]?.status).toBe('planned')
      await expect(engine.retry(second)).rejects.toMatchObject({ code: 'replaced' })
    }, HOLDS)) // prettier-ignore
})

test('a request that failed and goes on is at work, and says no old error', () => {
  let hangs = false
  return withAgents(
    { developer: (task) => (hangs ? { until: new Promise(() => undefined) } : task.given?.assignment.task_id === 'REQ-1-2' ? { say: 'No.' } : draftOf(task)) }, // prettier-ignore
    async ({ engine }, crew) => {
      await engine.request(wish(), OPTIONS, never)
      expect(engine.requestTree('REQ-1').row.status).toBe('failed')
      hangs = true
      const going = engine.goOn('REQ-1', never)
      await expect.poll(() => crew.atWork().now).toBe(1)
      expect(engine.requestTree('REQ-1').row).toMatchObject({ status: 'assigned', error: null })
      engine.agents.cancelRequest('REQ-1')
      await going
    },
  )
})
