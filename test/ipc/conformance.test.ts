/** Every route of the contract, over both transports, against the real engine. */
import { isDefinedError, safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Live } from '../../schemas/view.ts'
import { change } from '../support/requests.ts'
import { openBench, TRANSPORTS, type Bench, type Client } from './support.ts'

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let client: Client
  beforeEach(async () => {
    bench = openBench({ files: { 'a.txt': 'one\n', 'src/b.txt': 'two\n' } })
    client = (await bench.connect(transport)).client
  })
  afterEach(() => bench.dispose())

  const open = () => client.workspace.open({ folder: bench.repo.dir, checks: null })

  test('without a workspace every reading says so, with the remedy', async () => {
    expect(await client.workspace.state({})).toEqual({ state: 'none' })
    const [error] = await safe(client.home.read({}))
    expect(isDefinedError(error) && error.code).toBe('FAILED')
    expect(isDefinedError(error) && error.data).toEqual({
      kind: 'user',
      code: 'no_workspace',
      message: 'no workspace is open',
      hint: 'open a repository, or try the sample',
    })
  })

  test('a repository is looked at without writing, opened, remembered and forgotten', async () => {
    const seen = await client.workspace.inspect({ folder: bench.repo.dir })
    expect(seen).toMatchObject({
      initialised: false,
      branch: 'main',
      target: 'hyperion/main',
      target_exists: false,
    })
    expect(bench.repo.git('status', '--porcelain', '--ignored')).toBe('')
    expect(await open()).toMatchObject({ state: 'open', folder: bench.repo.dir, sample: false })
    expect(await client.workspace.recent({})).toMatchObject([{ folder: bench.repo.dir, exists: true }])
    expect(await client.workspace.forget({ folder: bench.repo.dir })).toEqual([])
    expect(await client.workspace.close({})).toEqual({ state: 'none' })
  })

  test('a folder that is no repository fails with a sentence, and another can be opened after it', async () => {
    const failed = await client.workspace.open({ folder: '/', checks: null })
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'not_a_repository' } })
    expect((await open()).state).toBe('open')
  })

  test('a change is queued, found, shown, cancelled and retried', async () => {
    await open()
    const document = change({ task: 'T-1', path: 'c.txt', add: 'c\n' })
    const queued = await client.changes.enqueue({ source: 'form', document })
    expect(queued).toMatchObject({ enqueued: [1], duplicates: [] })
    expect(await client.changes.enqueue({ source: 'form', document })).toMatchObject({
      enqueued: [],
      duplicates: [{ task_id: 'T-1', id: 1, status: 'pending' }],
    })
    const page = await client.changes.page({
      filter: { states: ['pending'], path: 'c.' },
      offset: 0,
      limit: 10,
    })
    expect(page).toMatchObject({
      total: 1,
      rows: [{ id: 1, task_id: 'T-1', paths: ['c.txt'], path_count: 1 }],
    })
    expect(await client.changes.page({ filter: { text: 'nowhere' }, offset: 0, limit: 10 })).toMatchObject({
      total: 0,
      rows: [],
    })
    expect(await client.changes.show({ id: 1 })).toMatchObject({ id: 1, position: 1, waits_for: [] })
    await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-2', path: 'c.txt', add: 'd\n' }),
    })
    expect(await client.changes.place({ id: 2 })).toEqual({
      position: 2,
      waits_for: ['change 1, which edits the same files'],
    })
    await client.changes.discard({ ids: [2] })
    expect(await client.changes.cancel({ ids: [1, 99] })).toMatchObject({ done: [1], refused: [{ id: 99 }] })
    expect(await client.changes.retry({ ids: [1] })).toEqual({ done: [1], refused: [] })
    expect(await client.changes.ids({ filter: { states: ['pending'] } })).toEqual([1])
    expect((await client.home.read({})).counts.pending).toBe(1)
  })

  test('a task request becomes a tree', async () => {
    await open()
    const document = {
      request_id: 'REQ-1',
      summary: 'Say more',
      requested_changes: [{ path: 'src/b.txt', summary: 'Say two' }],
    }
    expect((await client.requests.preview({ source: 'form', document })).assignments).toMatchObject([
      { task_id: 'REQ-1-1', file_targets: ['src/b.txt'] },
    ])
    const done = await client.requests.submit({ source: 'form', document, model: null, agents: 2 })
    expect(done).toMatchObject({ request_id: 'REQ-1' })
    expect(await client.requests.list({ limit: 10 })).toMatchObject([{ request_id: 'REQ-1', assignments: 1 }])
    expect(await client.requests.show({ request_id: 'REQ-1' })).toMatchObject({
      assignments: [{ task_id: 'REQ-1-1' }],
    })
    expect(await client.requests.paths({ prefix: 'b.t', limit: 5 })).toEqual(['src/b.txt'])
  })

  test('settings become an ordinary change that is not yet in force', async () => {
    await open()
    const { change_id } = await client.system.propose({ key: 'checks.allow', value: { test: 'npm test' } })
    const { values, pending } = await client.system.settings({})
    expect(values.find(({ key }) => key === 'checks.allow')).toMatchObject({ value: {}, policy: true })
    expect(pending.map(({ id }) => id)).toEqual([change_id])
    const textOf = async (id: number) => (await client.changes.show({ id })).payload.changes[0]?.replacement
    const never = await client.system.propose({ key: 'approvals.fromComplexity', value: null })
    expect(await textOf(never.change_id)).toContain('"fromComplexity": null')
    const back = await client.system.propose({ key: 'approvals.fromComplexity' })
    expect(await textOf(back.change_id)).toBe('{}\n')
    const [error] = await safe(client.system.propose({ key: 'checks.nothing', value: 1 }))
    expect(isDefinedError(error) && error.data.code).toBe('config_invalid')
  })

  test('preferences are kept', async () => {
    expect(await client.preferences.read({})).toMatchObject({ theme: 'system', tour: 'new' })
    await client.preferences.write({ theme: 'dark' })
    await client.preferences.write({ tour: 'done' })
    expect(await client.preferences.read({})).toMatchObject({ theme: 'dark', tour: 'done' })
  })

  test('doctor, logs, metrics, dead letters, inbox, sync and cleanup answer', async () => {
    await open()
    await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-1', path: 'c.txt', add: 'c\n' }),
    })
    expect((await client.system.doctor({})).map(({ name }) => name)).toContain('database')
    const page = await client.logs.page({ before: null, limit: 10, level: 'info', change_id: 1, text: 'ENQ' })
    expect(page).toMatchObject([{ message: 'enqueued', queue_id: 1 }])
    expect((await client.changes.metrics({ window_seconds: 60 })).status_counts.pending).toBe(1)
    expect(await client.changes.deadLetters({})).toEqual([])
    // Nothing runs workers here, which is the one thing that waits for a person.
    expect(await client.inbox.list({})).toMatchObject([{ kind: 'engine' }])
    expect(await client.system.sync({})).toMatchObject({ moved: false })
    expect(await client.system.cleanup({ ttl_seconds: 0 })).toEqual({ archived: 0 })
  })

  test('the live feed goes on after a gap without losing or repeating a row, and starts anew after too long a one', async () => {
    await open()
    const enqueue = (n: number) =>
      client.changes.enqueue({
        source: 'form',
        document: change({ task: `T-${n}`, path: `f${n}.txt`, add: 'x\n' }),
      })
    const first = await client.live({ after: null })
    const start = (await first.next()).value as Live
    expect(start).toMatchObject({ reset: true, counts: { pending: 0 } })
    await enqueue(1)
    let turn = (await first.next()).value as Live
    expect(turn).toMatchObject({ reset: false, changes: [{ id: 1 }], counts: { pending: 1 } })
    expect(turn.logs.map(({ message }) => message)).toEqual(['enqueued'])
    await first.return?.()

    await enqueue(2)
    await enqueue(3)
    const again = await client.live({ after: turn.seq })
    turn = (await again.next()).value as Live
    expect(turn.reset).toBe(false)
    expect(turn.logs.map(({ queue_id }) => queue_id)).toEqual([2, 3])
    await again.return?.()

    const { store } = bench.session.workspace().engine.ground
    store.db.write(() => {
      for (let n = 0; n < 2_100; n += 1) store.logs.write({ message: 'noise' })
    })
    const late = await client.live({ after: turn.seq })
    expect((await late.next()).value).toMatchObject({ reset: true, logs: [], counts: { pending: 3 } })
    await late.return?.()
  })
})
