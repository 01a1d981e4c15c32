/** Settings proposed one after the other: one open change that holds them all, whatever became of earlier ones. */
import { expect, test } from 'vitest'
import { systemClock } from '../../main/engine/base/clock.ts'
import { openGround, openLanding } from '../../main/engine/compose.ts'
import { openProposals } from '../../main/engine/workspace/proposals.ts'
import { attempt, withBench, type Workbench } from '../support/workbench.ts'
import { change } from '../support/requests.ts'

const CONFIG = '{"workers":{"count":2},"agents":{"model":"a"}}\n'
const files = { 'README.md': 'x\n', 'hyperion.config.json': CONFIG }

const landedConfig = ({ text }: Workbench): unknown => JSON.parse(text('hyperion.config.json') ?? '{}')
const approve = (bench: Workbench, id: number) => bench.engine.approve(id, 'ada', null, null)
const open = (bench: Workbench): number[] =>
  bench.engine
    .list({})
    .filter(({ status }) => status !== 'cancelled')
    .map(({ id }) => id)

async function landApproved(bench: Workbench, id: number): Promise<void> {
  await bench.drain()
  expect(bench.show(id).status).toBe('held')
  await approve(bench, id)
  await bench.drain()
}

test('keys set in one sitting are one change, which lands whole', () =>
  withBench({ files }, async (bench) => {
    const { engine } = bench
    const first = await engine.propose({ key: 'workers.count', value: 3 })
    expect(first).toEqual({ change_id: 1, replaced: [] })
    await bench.drain()
    expect(bench.show(1).status).toBe('held')
    const second = await engine.propose({ key: 'agents.model' })
    const third = await engine.propose({ key: 'landing.window', value: 9 })
    expect([second, third]).toEqual([
      { change_id: 2, replaced: [1] },
      { change_id: 3, replaced: [2] },
    ])
    expect(bench.show(1)).toMatchObject({
      status: 'cancelled',
      reason_code: 'replaced',
      last_error: 'replaced by change 2, which holds all that is proposed in the settings',
    })
    expect(bench.show(3).payload.metadata?.intent).toBe(
      'Set workers.count to 3; back to the default of agents.model; set landing.window to 9',
    )
    const { proposed } = await engine.views.settings()
    expect(proposed).toEqual([
      { key: 'workers.count', value: 3, change_id: 3, by: 'test', own: true },
      { key: 'landing.window', value: 9, change_id: 3, by: 'test', own: true },
      { key: 'agents.model', change_id: 3, by: 'test', own: true },
    ])
    await landApproved(bench, 3)
    expect(bench.statuses()).toEqual(['cancelled', 'cancelled', 'applied'])
    expect(landedConfig(bench)).toEqual({ workers: { count: 3 }, landing: { window: 9 } })
  }))

test('two windows on one key: the later takes the place of the earlier, and its approval does not count', () =>
  withBench({ files }, async (bench) => {
    const { engine } = bench
    await engine.propose({ key: 'workers.count', value: 3 })
    await bench.drain()
    await approve(bench, 1)
    await engine.propose({ key: 'workers.count', value: 4 })
    expect(bench.show(2).payload.metadata?.intent).toBe('Set workers.count to 4')
    await bench.drain()
    expect(bench.show(2)).toMatchObject({ status: 'held', approvals: [] })
    const again = engine.propose({ key: 'workers.count', value: 4 })
    await expect(again).rejects.toMatchObject({
      code: 'no_difference',
      message: 'change 2 proposes that value of workers.count already',
    })
    await landApproved(bench, 2)
    expect(landedConfig(bench)).toMatchObject({ workers: { count: 4 } })
  }))

test('both proposed in one moment: one holds what the other said', () =>
  withBench({ files }, async (bench) => {
    const wishes = [
      { key: 'workers.count', value: 3 },
      { key: 'landing.window', value: 9 },
      { key: 'agents.concurrency', value: 5 },
    ]
    await Promise.all(wishes.map((wish) => bench.engine.propose(wish)))
    const [id = 0, ...more] = open(bench)
    expect(more).toEqual([])
    await landApproved(bench, id)
    expect(landedConfig(bench)).toEqual({
      workers: { count: 3 },
      agents: { model: 'a', concurrency: 5 },
      landing: { window: 9 },
    })
  }))

test('what was rejected or cancelled is in no later proposal', () =>
  withBench({ files }, async (bench) => {
    const { engine } = bench
    await engine.propose({ key: 'workers.count', value: 3 })
    await bench.drain()
    await engine.reject(1, 'ada', 'no', null)
    await engine.propose({ key: 'agents.model', value: 'b' })
    await engine.cancel(2)
    expect(await engine.propose({ key: 'landing.window', value: 9 })).toEqual({ change_id: 3, replaced: [] })
    await landApproved(bench, 3)
    expect(bench.statuses()).toEqual(['failed', 'cancelled', 'applied'])
    expect(landedConfig(bench)).toEqual({ ...JSON.parse(CONFIG), landing: { window: 9 } })
  }))

test('one key is taken out of the proposal by proposing what holds', () =>
  withBench({ files }, async (bench) => {
    const { engine } = bench
    await engine.propose({ key: 'workers.count', value: 3 })
    await expect(engine.propose({ key: 'workers.count', value: 2 })).rejects.toMatchObject({
      code: 'no_difference',
      hint: 'cancel change 1 to take back what is proposed',
    })
    await engine.propose({ key: 'agents.model', value: 'b' })
    await engine.propose({ key: 'workers.count', value: 2 })
    expect(bench.show(3).payload.metadata?.intent).toBe('Set agents.model to "b"')
    expect(open(bench)).toEqual([3])
  }))

test('one in conflict with what landed is written anew on that', () =>
  withBench({ files }, async (bench) => {
    await bench.engine.propose({ key: 'workers.count', value: 3 })
    await bench.drain()
    const other = CONFIG.replace('"count":2', '"count":7')
    const edit = change({ task: 'HAND', path: 'hyperion.config.json', replacement: other })
    const [id = 0] = await bench.enqueue(edit)
    await landApproved(bench, id)
    await approve(bench, 1)
    await bench.drain()
    expect(bench.show(1).status).toBe('conflict')
    const { change_id } = await bench.engine.propose({ key: 'agents.model', value: 'b' })
    await landApproved(bench, change_id)
    expect(bench.show(1).reason_code).toBe('replaced')
    expect(landedConfig(bench)).toEqual({ workers: { count: 3 }, agents: { model: 'b' } })
  }))

test('one that is being landed stays; the next is refused until that has ended', () =>
  withBench({ files }, async (bench) => {
    await bench.engine.propose({ key: 'workers.count', value: 3 })
    await bench.drain()
    await approve(bench, 1)
    let said: unknown = null
    await bench.drain({
      onStep: async () => {
        if (said !== null || bench.show(1).status !== 'in_progress') return
        said = await bench.engine.propose({ key: 'workers.count', value: 4 }).catch((error: unknown) => error)
      },
    })
    expect(said).toMatchObject({ code: 'proposal_landing' })
    expect(bench.statuses()).toEqual(['applied'])
    expect(await bench.engine.propose({ key: 'workers.count', value: 4 })).toEqual({
      change_id: 2,
      replaced: [],
    })
  }))

test('changes that others made to the config file are told of, and stay as they are', () =>
  withBench({ files }, async (bench) => {
    const edit = change({
      task: 'SETTINGS-1',
      path: 'hyperion.config.json',
      replacement: CONFIG.replace('"a"', '"x"'),
    })
    await attempt(bench, edit)
    const { proposed } = await bench.engine.views.settings()
    expect(proposed).toMatchObject([{ key: 'agents.model', value: 'x', change_id: 1, own: false }])
    expect(await bench.engine.propose({ key: 'workers.count', value: 3 })).toMatchObject({ replaced: [] })
    expect(open(bench)).toEqual([1, 2])
  }))

test('too many for one line are named by their keys', () =>
  withBench({ files }, async (bench) => {
    const keys = ['agents.model', 'agents.smallModel', 'landing.upstream']
    for (const key of keys) await bench.engine.propose({ key, value: 'm'.repeat(80) })
    expect(bench.show(3).payload.metadata?.intent).toBe(
      'Change 3 settings: agents.model, agents.smallModel, landing.upstream',
    )
  }))

test('one that a worker takes while the next is made ready is not cancelled under it', () =>
  withBench({ files }, async (bench) => {
    await bench.engine.propose({ key: 'workers.count', value: 3 })
    const host = { env: process.env, home: process.env['HOME'] ?? null }
    const ground = await openGround({ workspace: bench.dir, host, clock: systemClock() })
    const landing = await openLanding(ground, { workerId: 'w', runChecks: false, trustChecks: false, slot: 1, leaseSeconds: 60, maxAttempts: 5 }) // prettier-ignore
    try {
      const { store, clock } = ground
      const { deps } = landing
      const proposals = openProposals({
        ground,
        deps,
        actDeps: {
          store,
          clock,
          actor: 'test',
          settle: () => Promise.resolve(null),
          favour: () => Promise.resolve(null),
        },
        submitDeps(tip) {
          store.db.sql(`UPDATE change_queue SET status = 'in_progress' WHERE id = 1`).run()
          const overlaps = { of: () => [], forget: () => undefined }
          return { store, objects: deps.objects, tip, overlaps, priorityOf: () => null }
        },
        policyNow: () => Promise.reject(new Error('nobody approves')),
        contentHashUnder: () => '',
      })
      const refused = proposals.propose({ key: 'workers.count', value: 4 })
      await expect(refused).rejects.toMatchObject({ code: 'proposal_landing' })
      expect(bench.statuses()).toEqual(['in_progress'])
    } finally {
      await landing.close()
      ground.store.close()
    }
  }))
