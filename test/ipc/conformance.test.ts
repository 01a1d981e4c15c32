/** Every route of the contract, over both transports, against the real engine. */
import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDefinedError, safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Live, Personal } from '../../schemas/view.ts'
import { change } from '../support/requests.ts'
import { tempRepo } from '../support/temp-repo.ts'
import { drainQueue } from '../support/workbench.ts'
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

  test('a target that is gone is made again by opening, where upstream is, and one that is there stays', async () => {
    await open()
    const { git } = bench.repo
    const target = 'refs/heads/hyperion/main'
    const start = git('rev-parse', 'main')
    git('update-ref', '-d', target)
    const broken = (await client.system.doctor({})).find(({ name }) => name === 'target')
    expect(broken).toMatchObject({ state: 'broken' })
    // Another branch is checked out by now, which is not the one that is followed.
    git('checkout', '--quiet', '-b', 'other')
    git('commit', '--quiet', '--allow-empty', '-m', 'not followed')
    expect(await open()).toMatchObject({ state: 'open' })
    expect(git('rev-parse', target)).toBe(start)
    expect(bench.notes).toContain('hyperion/main was gone; it is made again')
    expect((await client.system.doctor({})).find(({ name }) => name === 'target')).toMatchObject({
      state: 'ok',
    })
    git('checkout', '--quiet', 'main')
    git('commit', '--quiet', '--allow-empty', '-m', 'upstream went on')
    expect(await open()).toMatchObject({ state: 'open' })
    expect(git('rev-parse', target)).toBe(start)
  })

  test('a target that cannot be made again keeps nobody from looking', async () => {
    await open()
    bench.repo.git('update-ref', '-d', 'refs/heads/hyperion/main')
    bench.repo.git('branch', 'hyperion')
    expect(await open()).toMatchObject({ state: 'open' })
    expect(bench.notes.join('\n')).toMatch(/branch hyperion stands in the way of hyperion\/main/)
  })

  test('a folder that is no repository fails with a sentence, and another can be opened after it', async () => {
    const failed = await client.workspace.open({ folder: '/', checks: null })
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'not_a_repository' } })
    expect((await open()).state).toBe('open')
  })

  test('the audit says how it stands, verifies, and exports to a whole path only', async () => {
    await open()
    expect(await client.system.audit({})).toMatchObject({ key: { state: 'ok' }, last: null })
    const report = await client.system.verifyAudit({})
    expect(report).toMatchObject({ clean: true, difference: null, landed: 0 })
    const { verified_at } = report
    expect(await client.system.audit({})).toMatchObject({ last: { clean: true, verified_at } })
    const file = join(bench.repo.dir, '..', 'landed.jsonl')
    expect(await client.system.exportAudit({ file, overwrite: false })).toMatchObject({
      exported: 0,
      left_out: [],
    })
    for (const [name, code] of [
      ['landed.jsonl', 'relative_path'],
      [file, 'file_exists'],
    ] as const) {
      const [error] = await safe(client.system.exportAudit({ file: name, overwrite: false }))
      expect(isDefinedError(error) && error.data).toMatchObject({ kind: 'user', code })
    }
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
    expect(await client.changes.show({ id: 1 })).toMatchObject({
      id: 1,
      position: 1,
      waits_for: ['a worker: none runs'],
    })
    await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-2', path: 'c.txt', add: 'd\n' }),
    })
    // Asked for several at once, the same is said of each, and nothing of one that is not there.
    expect(await client.changes.places({ ids: [2, 99, 1] })).toEqual([
      { id: 2, ...(await client.changes.place({ id: 2 })) },
      { id: 1, ...(await client.changes.place({ id: 1 })) },
    ])
    expect(await client.changes.place({ id: 2 })).toEqual({
      position: 2,
      waits_for: ['change 1, which edits the same files', 'a worker: none runs'],
      waits: [
        {
          kind: 'change',
          change_id: 1,
          task_id: null,
          until: null,
          text: 'change 1, which edits the same files',
        },
        { kind: 'workers', change_id: null, task_id: null, until: null, text: 'a worker: none runs' },
      ],
    })
    expect(await client.changes.chain({})).toEqual({ window: 4, most: 4, links: [], recent: [] })
    expect(await client.changes.show({ id: 2 })).toMatchObject({ overlaps: [{ change_id: 1, lines: null }] })
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
  })

  test('a script leases a change and says what became of it', async () => {
    await open()
    expect(await client.changes.dequeue({ lease_seconds: 60 })).toBeNull()
    const queue = (task: string, path: string) =>
      client.changes.enqueue({ source: 'form', document: change({ task, path, add: 'c\n' }) })
    await queue('T-1', 'c.txt')
    await queue('T-2', 'd.txt')
    const first = await client.changes.dequeue({ lease_seconds: 60 })
    expect(first).toMatchObject({ id: 1, status: 'in_progress', fence: 1 })
    expect(await client.changes.release({ id: 1, fence: 1 })).toMatchObject({ id: 1, status: 'pending' })
    const again = await client.changes.dequeue({ lease_seconds: 60 })
    expect(again?.id).toBe(1)
    const [stale] = await safe(client.changes.markFailed({ id: 1, fence: 1, error: 'late' }))
    expect(isDefinedError(stale) && stale.data.kind).toBe('user')
    expect(
      await client.changes.markFailed({ id: 1, fence: again?.fence ?? 0, error: 'not wanted' }),
    ).toMatchObject({
      status: 'failed',
      last_error: 'not wanted',
    })
  })

  test('an approval stands for what it was given for, and is seen to be void for anything else', async () => {
    await open()
    await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-1', path: 'c.txt', add: 'c\n' }),
    })
    const { store } = bench.session.workspace().engine.ground
    store.changes.move(1, 'held', { reasonCode: 'approval_required' })
    expect((await client.changes.show({ id: 1 })).content_hash).toBeNull()
    await client.changes.approve({ ids: [1], by: 'somebody', role: null, note: null })
    const { approvals, content_hash } = await client.changes.show({ id: 1 })
    expect(content_hash).toMatch(/^[0-9a-f]{64}$/)
    expect(approvals.map((one) => one.content_hash)).toEqual([content_hash])
    const other = 'f'.repeat(64)
    store.db.sql('UPDATE approvals SET content_hash = ?').run(other)
    expect(await client.changes.show({ id: 1 })).toMatchObject({ content_hash, approvals: [{ content_hash: other }] }) // prettier-ignore
  })

  test('a change is applied to the checkout itself, or nothing of it', async () => {
    await open()
    const made = { source: 'form', document: change({ task: 'T-1', path: 'c.txt', add: 'c\n' }) }
    expect(await client.changes.apply({ ...made, run_checks: false })).toEqual({ applied: ['c.txt'] })
    expect(bench.repo.git('status', '--porcelain')).toBe('?? c.txt')
    const [again] = await safe(client.changes.apply({ ...made, run_checks: false }))
    expect(isDefinedError(again) && again.data.kind).toBe('not_landed')
    const [bad] = await safe(client.changes.apply({ source: 'form', document: {}, run_checks: false }))
    expect(isDefinedError(bad) && bad.data.message).toMatch(/^form: /)
    expect(bench.repo.git('status', '--porcelain')).toBe('?? c.txt')
  })

  test('an operator pauses and resumes, puts changes ahead, and every reading tells of it', async () => {
    await open()
    for (const n of [1, 2, 3])
      await client.changes.enqueue({
        source: 'form',
        document: change({ task: `T-${n}`, path: `${n}.txt`, add: 'x\n' }),
      })
    const paused = await client.system.pause({ reason: 'release' })
    expect(paused).toMatchObject({
      already: false,
      pause: { by: 'tester@window', reason: 'release', code: null },
    })
    expect(await client.system.pause({ reason: null })).toEqual({ ...paused, already: true })
    const home = await client.home.read({})
    const said = expect.stringMatching(/^paused by tester@window since \S+Z: release$/)
    expect(home).toMatchObject({ paused: paused.pause, health: { level: 'stopped', stopped: said } })
    expect(home.guidance[0]).toMatchObject({
      text: expect.stringMatching(/^Resume: paused by/),
      command: 'hyperion resume',
    })
    expect(await client.inbox.list({})).toMatchObject([{ kind: 'engine', reason: said }])
    expect((await client.changes.place({ id: 1 })).waits).toMatchObject([{ kind: 'paused' }])
    expect(await client.changes.dequeue({ lease_seconds: 60 })).toBeNull()

    expect(await client.changes.prioritize({ ids: [3, 9], to: 'urgent' })).toEqual({
      done: [3],
      refused: [{ id: 9, message: 'there is no change 9', hint: 'see `hyperion list`' }],
    })
    expect((await client.changes.show({ id: 3 })).position).toBe(1)
    expect(await client.system.resume({ accept: null })).toEqual({ ended: paused.pause })
    expect(await client.system.resume({ accept: null })).toEqual({ ended: null })
    expect(await client.home.read({})).toMatchObject({ paused: null })
    expect((await client.changes.dequeue({ lease_seconds: 60 }))?.id).toBe(3)
    bench.session
      .workspace()
      .engine.ground.store.facts.set('paused', '{"code":"target_rewound","reason":"set back"}')
    const [stands] = await safe(client.system.resume({ accept: null }))
    expect(isDefinedError(stands) && stands.data.code).toBe('target_rewound')
    expect((await client.home.read({})).guidance[0]).toMatchObject({ command: 'hyperion doctor' })
  })

  test('a landed change is reverted, a line is asked why, and the queue is copied', async () => {
    await open()
    await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-1', path: 'a.txt', patch: '@@ -1 +1 @@\n-one\n+eins\n' }),
    })
    await drainQueue(bench.repo.dir)
    const [early] = await safe(client.changes.revert({ id: 7 }))
    expect(isDefinedError(early) && early.data.code).toBe('no_such_change')
    expect(await client.changes.why({ path: 'a.txt', line: 1 })).toMatchObject({
      text: 'eins',
      change: { id: 1 },
    })
    expect(await client.changes.revert({ id: 1 })).toEqual({ change_id: 2, paths: ['a.txt'], warnings: [] })
    const met = await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-3', path: 'a.txt', patch: '@@ -1 +1 @@\n-eins\n+uno\n' }),
    })
    expect(met.warnings).toContain('form: T-1-revert (change 2) also edits line 1 of a.txt')
    await client.changes.cancel({ ids: [3] })
    await drainQueue(bench.repo.dir)
    const whole = await client.changes.why({ path: 'a.txt', line: null })
    expect(whole).toMatchObject({
      change: { id: 2, reverts: 1 },
      earlier: [{ change_id: 1 }, { origin: 'operator' }],
    })
    const [nowhere] = await safe(client.changes.why({ path: 'no.txt', line: null }))
    expect(isDefinedError(nowhere) && nowhere.data.code).toBe('no_such_path')

    const file = join(bench.session.options.dataFolder, 'copy.db')
    expect(await client.system.backup({ file, overwrite: false })).toMatchObject({ file, changes: 3 })
    const [there] = await safe(client.system.backup({ file, overwrite: false }))
    expect(isDefinedError(there) && there.data.code).toBe('exists')
    const [relative] = await safe(client.system.backup({ file: 'copy.db', overwrite: true }))
    expect(isDefinedError(relative) && relative.data.code).toBe('relative_path')
  })

  test('settings become an ordinary change that is not yet in force', async () => {
    await open()
    const { change_id } = await client.system.propose({ key: 'checks.allow', value: { test: 'npm test' } })
    const { values, pending, proposed } = await client.system.settings({})
    expect(values.find(({ key }) => key === 'checks.allow')).toMatchObject({ value: {}, policy: true })
    expect(pending.map(({ id }) => id)).toEqual([change_id])
    expect(proposed).toMatchObject([
      { key: 'checks.allow', value: { test: 'npm test' }, change_id, own: true },
    ])
    const textOf = async (id: number) =>
      JSON.parse((await client.changes.show({ id })).payload.changes[0]?.replacement ?? '') as unknown
    const allow = { allow: { test: 'npm test' } }
    const never = await client.system.propose({ key: 'approvals.fromComplexity', value: null })
    expect(never.replaced).toEqual([change_id])
    expect(await textOf(never.change_id)).toEqual({ checks: allow, approvals: { fromComplexity: null } })
    const back = await client.system.propose({ key: 'approvals.fromComplexity' })
    expect(await textOf(back.change_id)).toEqual({ checks: allow })
    const [error] = await safe(client.system.propose({ key: 'checks.nothing', value: 1 }))
    expect(isDefinedError(error) && error.data.code).toBe('config_invalid')
  })

  test('preferences are kept', async () => {
    expect(await client.preferences.read({})).toMatchObject({ theme: 'system', tour: 'new' })
    await client.preferences.write({ theme: 'dark' })
    await client.preferences.write({ tour: 'done' })
    expect(await client.preferences.read({})).toMatchObject({ theme: 'dark', tour: 'done' })
  })

  test('preferences of another tab arrive as they are set, each field from who wrote it last', async () => {
    const other = (await bench.connect(transport)).client
    const turns = await client.preferences.watch({})
    const next = async (): Promise<Personal> => (await turns.next()).value as Personal
    expect(await next()).toMatchObject({ preferences: { theme: 'system' }, recent: [] })
    await other.preferences.write({ theme: 'dark', layout: { home: { left: 1 } } })
    expect((await next()).preferences).toMatchObject({ theme: 'dark', layout: { home: { left: 1 } } })
    await Promise.all([
      client.preferences.write({ density: 'comfortable', layout: { queue: 2 } }),
      other.preferences.write({ theme: 'light' }),
    ])
    await expect.poll(next).toMatchObject({
      preferences: { theme: 'light', density: 'comfortable', layout: { home: { left: 1 }, queue: 2 } },
    })
    await other.workspace.open({ folder: bench.repo.dir, checks: null })
    await expect.poll(next).toMatchObject({ recent: [{ folder: bench.repo.dir, exists: true }] })
    await turns.return?.()
  })

  test('who decides is known from git before anybody wrote a name', async () => {
    bench.repo.git('config', 'user.name', 'Ada Lovelace')
    expect(await open()).toMatchObject({ operator: 'Ada Lovelace' })
    bench.repo.git('config', 'user.name', '')
    expect(await open()).toMatchObject({ operator: 'tester' })
    bench.repo.git('config', 'user.name', 'x'.repeat(201))
    expect(await open()).toMatchObject({ state: 'open', operator: null })
  })

  test('a folder that another window has is not opened a second time', async () => {
    await open()
    bench.session.options.openElsewhere = (folder) => folder === '/elsewhere'
    const [error] = await safe(client.workspace.open({ folder: '/elsewhere', checks: null }))
    expect(isDefinedError(error) && error.data).toMatchObject({ code: 'open_elsewhere' })
    expect(await client.workspace.state({})).toMatchObject({ state: 'open', folder: bench.repo.dir })
  })

  test('a folder keeps the queue it was opened with, and gives it to no other', async () => {
    const db = join(bench.repo.dir, '..', `${basename(bench.repo.dir)}.db`)
    try {
      await bench.session.open(bench.repo.dir, db)
      expect((await client.home.read({})).runtime.database.file).toBe(db)
      await client.workspace.close({})
      await open()
      expect((await client.home.read({})).runtime.database.file).toBe(db)
      expect(bench.session.optionsFor('/other').dbFile).toBeUndefined()
    } finally {
      await client.workspace.close({})
      for (const end of ['', '-wal', '-shm']) rmSync(`${db}${end}`, { force: true })
    }
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

  test('checks chosen while opening are queued as approved by whoever chose them', async () => {
    await client.workspace.open({ folder: bench.repo.dir, checks: { test: 'npm test' } })
    const shown = await client.changes.show({ id: 1 })
    expect(shown).toMatchObject({ status: 'pending', approvals: [{ decision: 'approved' }] })
    expect(shown.approvals.map((one) => one.content_hash)).toEqual([shown.content_hash])
  })

  test('what was meant for one workspace does nothing to another that somebody opened meanwhile', async () => {
    const other = tempRepo({ files: { 'z.txt': 'z\n' } })
    const { client: somebody } = await bench.connect(transport)
    try {
      await open()
      const queue = (by: Client) =>
        by.changes.enqueue({ source: 'form', document: change({ task: 'T-1', path: 'c.txt', add: 'c\n' }) })
      await queue(client)
      await somebody.workspace.open({ folder: other.dir, checks: null })
      await queue(somebody)
      const [refused] = await safe(client.changes.cancel({ ids: [1] }))
      expect(isDefinedError(refused) && refused.data.code).toBe('other_workspace')
      expect(await somebody.changes.show({ id: 1 })).toMatchObject({ status: 'pending' })
      // Who asks where things stand is told, and goes on there.
      expect(await client.workspace.state({})).toMatchObject({ folder: other.dir })
      expect(await client.changes.cancel({ ids: [1] })).toMatchObject({ done: [1] })
    } finally {
      await client.workspace.close({})
      other.dispose()
    }
  })

  test('a feed from where the workspace stood misses nothing that is read after, and tells the figures at once', async () => {
    const opened = await open()
    const seq = opened.state === 'open' ? opened.seq : -1
    const quiet = await client.live({ after: seq })
    expect((await quiet.next()).value).toMatchObject({ seq, reset: false, counts: { pending: 0 }, inbox: 0 })
    await quiet.return?.()
    await client.changes.enqueue({
      source: 'form',
      document: change({ task: 'T-1', path: 'c.txt', add: 'c\n' }),
    })
    const late = await client.live({ after: seq })
    expect((await late.next()).value).toMatchObject({
      reset: false,
      changes: [{ id: 1 }],
      counts: { pending: 1 },
    })
    await late.return?.()
    expect(await client.workspace.state({})).toMatchObject({ seq: seq + 1 })
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
