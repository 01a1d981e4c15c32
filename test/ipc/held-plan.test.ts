/** A plan that waits, over both transports: held, seen, edited, let run. */
import { isDefinedError, safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openBench, TRANSPORTS, type Bench, type Client } from './support.ts'

const DOCUMENT = {
  request_id: 'REQ-1',
  summary: 'Use digits',
  requested_changes: [
    { path: 'a.js', summary: 'In a' },
    { path: 'b.js', summary: 'In b' },
  ],
}
const WISH = { source: 'r.json', document: DOCUMENT, model: null, agents: 2 }
const OF = { request_id: 'REQ-1' }

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let client: Client
  beforeEach(async () => {
    bench = openBench({ files: { 'a.js': 'one()\n', 'b.js': 'two()\n' } })
    client = (await bench.connect(transport)).client
    await client.workspace.open({ folder: bench.repo.dir, checks: null })
  })
  afterEach(() => bench.dispose())

  const refused = async (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => null,
      (thrown: unknown) => (thrown as { data?: { code?: string } }).data?.code ?? thrown,
    )

  test('it is in the Inbox and counted until it is let run, by whoever saw what runs', async () => {
    const done = await client.requests.submit({ ...WISH, hold_plan: true })
    expect(done).toMatchObject({ enqueued: [], held: true, going: false })
    const [item, ...more] = await client.inbox.list({})
    expect(more).toEqual([])
    expect(item).toMatchObject({
      key: 'plan-REQ-1',
      kind: 'question',
      code: 'plan',
      request_id: 'REQ-1',
      title: 'Plan of REQ-1 waits: 2 assignments',
      reason: 'Use digits',
    })
    const feed = await client.live({ after: null })
    for await (const turn of feed) {
      expect(turn.inbox).toBe(1)
      break
    }
    const tree = await client.requests.show(OF)
    expect(tree.request).toMatchObject({ status: 'needs_answer', plan_held: true })
    expect((await client.requests.list({ limit: 9 }))[0]?.plan_held).toBe(true)
    // To go on is not to let it run: what was seen has to be named.
    await client.agents.goOn(OF)
    const documents = tree.assignments.map(({ document }) => document)
    const { plan } = await client.agents.editPlan({ ...OF, plan: tree.plan, assignments: documents.toReversed() }) // prettier-ignore
    expect((await client.requests.show(OF)).assignments.map(({ task_id }) => task_id)).toEqual(['REQ-1-2', 'REQ-1-1']) // prettier-ignore
    expect(await refused(client.agents.runPlan({ ...OF, plan: tree.plan }))).toBe('plan_changed')
    expect(await refused(client.agents.editPlan({ ...OF, plan: tree.plan, assignments: documents }))).toBe('plan_changed') // prettier-ignore
    expect((await client.requests.show(OF)).request.plan_held).toBe(true)
    await client.agents.runPlan({ ...OF, plan })
    await expect.poll(async () => (await client.requests.show(OF)).request.status).toBe('queued')
    expect((await client.inbox.list({})).map(({ key }) => key)).toEqual(['engine'])
    expect(await refused(client.agents.editPlan({ ...OF, plan, assignments: documents }))).toBe('planned_too_late') // prettier-ignore
    expect(await refused(client.agents.runPlan({ ...OF, plan }))).toBe('nothing_left')
  })

  test('a plan of no shape is refused by the field, one that is withdrawn by its state', async () => {
    await client.requests.submit({ ...WISH, hold_plan: true })
    const { plan, assignments } = await client.requests.show(OF)
    const [error] = await safe(client.agents.editPlan({ ...OF, plan, assignments: [{ ...assignments[0]?.document, file_targets: [] }] })) // prettier-ignore
    expect(isDefinedError(error) && error.data.message).toContain('assignments[0].file_targets takes at least one path') // prettier-ignore
    await client.agents.withdraw(OF)
    expect(await client.inbox.list({})).toEqual([])
    expect(await refused(client.agents.runPlan({ ...OF, plan }))).toBe('request_cancelled')
    expect(await refused(client.agents.editPlan({ ...OF, plan, assignments: [] }))).toBe('planned_too_late')
  })

  test('who watches is told of a plan that another program edits', async () => {
    await client.requests.submit({ ...WISH, hold_plan: true })
    const before = await client.requests.show(OF)
    const told: string[] = []
    for await (const turn of await client.live({ after: null })) {
      if (turn.reset) {
        const [first] = before.assignments.map(({ document }) => document)
        const one = { ...first, file_targets: ['a.js', 'b.js'] }
        await client.agents.editPlan({ ...OF, plan: before.plan, assignments: [one] })
        continue
      }
      told.push(...turn.requests)
      if (turn.logs.some(({ message }) => message === 'plan edited')) break
    }
    expect(told).toEqual(['REQ-1'])
  })

  test('without a word the settings say whether it waits', async () => {
    expect(await client.requests.submit(WISH)).toMatchObject({ held: false, enqueued: [1, 2] })
  })
})
