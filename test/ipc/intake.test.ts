/** The routes of work on its way in, over both transports: sources, preview, submit, the inbox, changed files. */
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDefinedError, safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../support/processes.ts'
import { change } from '../support/requests.ts'
import { openBench, TRANSPORTS, type Bench, type Client } from './support.ts'

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let client: Client
  beforeEach(async () => {
    bench = openBench({ files: { 'a.txt': 'one\n' }, runWorkers: true })
    client = (await bench.connect(transport)).client
  })
  afterEach(() => bench.dispose())

  const open = () => client.workspace.open({ folder: bench.repo.dir, checks: null })
  const wish = (from: string) => ({ from, base: null, task_id: null, agent: 'agent-1', checks: null })

  test('worktrees and branches are listed, looked at and submitted', async () => {
    await open()
    // What is submitted stays in line, so that there is something to be a duplicate of.
    bench.session.workspace().engine.ground.store.facts.set('paused', 'by a test')
    const dir = join(dirname(bench.repo.dir), 'linked')
    bench.repo.git('worktree', 'add', '-q', '-b', 'agent/one', dir)
    bench.repo.git('branch', 'idle')
    writeFileSync(join(dir, 'new.txt'), 'new\n')
    const { worktrees, branches, more_branches } = await client.intake.sources({})
    expect(worktrees).toMatchObject([
      { folder: bench.repo.dir, branch: 'main', main: true, dirty: false, busy: null, ahead: 0 },
      { folder: dir, branch: 'agent/one', main: false, dirty: true, busy: null, ahead: 0 },
    ])
    expect(branches.map(({ branch, ahead }) => [branch, ahead]).toSorted()).toEqual([
      ['agent/one', 0],
      ['idle', 0],
      ['main', 0],
    ])
    expect(more_branches).toBe(false)
    const preview = await client.intake.preview(wish(dir))
    expect(preview).toMatchObject({
      source: { kind: 'worktree', name: dir, branch: 'agent/one' },
      agent: 'agent-1',
      files: [{ path: 'new.txt', operation: 'add', executable: false, added: 1, removed: 0 }],
      refused: [],
      uncommitted: true,
      duplicate_of: null,
    })
    expect((await client.home.read({})).counts.pending).toBe(0)
    expect(await client.intake.submit(wish(dir))).toEqual({
      id: 1,
      task_id: preview.task_id,
      duplicate: false,
    })
    expect(await client.intake.submit(wish(dir))).toEqual({
      id: 1,
      task_id: preview.task_id,
      duplicate: true,
    })
    expect((await client.intake.preview(wish(dir))).duplicate_of).toEqual({ id: 1, status: 'pending' })
    symlinkSync('a.txt', join(dir, 'link'))
    const refused = await client.intake.preview(wish(dir))
    expect(refused.refused).toMatchObject([{ path: 'link', code: 'symlink' }])
    const [error] = await safe(client.intake.submit(wish(dir)))
    expect(isDefinedError(error) && error.data.code).toBe('not_submittable')
    const [nothing] = await safe(client.intake.preview(wish('idle')))
    expect(isDefinedError(nothing) && nothing.data.code).toBe('no_difference')
    const [nul] = await safe(client.intake.preview(wish('a\0b')))
    expect(isDefinedError(nul) && nul.data.code).toBe('source_unknown')
  })

  test('the inbox is watched while the workspace is open, and says what was turned away', async () => {
    await open()
    const inbox = join(bench.repo.dir, '.hyperion/inbox')
    await until('the inbox is there', () => existsSync(join(inbox, 'accepted')))
    writeFileSync(join(inbox, 'one.json'), JSON.stringify(change({ task: 'T-1', path: 'c.txt', add: 'c\n' })))
    writeFileSync(join(inbox, 'bad.json'), '{}')
    await until('both are moved', () => existsSync(join(inbox, 'accepted/one.json')) && existsSync(join(inbox, 'rejected/bad.json'))) // prettier-ignore
    expect((await client.changes.show({ id: 1 })).task_id).toBe('T-1')
    await expect
      .poll(() => client.intake.inbox({}))
      .toMatchObject({
        folder: inbox,
        how: 'events',
        waiting: 0,
        trouble: null,
        rejected: [{ file: 'bad.json' }],
        rejected_count: 1,
      })
  })

  test('what changes in the files is told, oldest first', async () => {
    await open()
    const files = () => client.intake.files({ since: null, limit: 10 })
    await expect.poll(async () => (await files()).watching).toMatchObject({ folders: 1, trouble: null })
    writeFileSync(join(bench.repo.dir, 'a.txt'), 'changed\n')
    await expect
      .poll(async () => (await files()).events, { timeout: 10_000 })
      .toMatchObject([{ path: 'a.txt', kind: 'changed', size: 8 }])
    expect((await client.intake.files({ since: 4_000_000_000, limit: 10 })).events).toEqual([])
  })
})

test('a session that only looks takes nothing in and says so', async () => {
  const bench = openBench({ files: { 'a.txt': 'one\n' } })
  try {
    const { client } = await bench.connect('message port')
    await client.workspace.open({ folder: bench.repo.dir, checks: null })
    expect(await client.intake.inbox({})).toMatchObject({
      how: 'off',
      waiting: 0,
      rejected: [],
      rejected_count: 0,
    })
    expect(await client.intake.files({ since: null, limit: 10 })).toEqual({ events: [], watching: null })
  } finally {
    await bench.dispose()
  }
})
