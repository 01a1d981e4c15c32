/** `mcp`: any agent hands in work and learns what became of it, by the public client of the protocol. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { textHash } from '../support/requests.ts'
import { connect, create, edit, work } from './mcp-support.ts'
import { thingsForEach, type Workspace } from './support.ts'

const things = thingsForEach()
const { prepared } = things

const QUICK = ['--drain', '--poll-interval-ms', '20', '--workers', '1']
const tip = (space: Workspace): string => space.repo.git('rev-parse', 'hyperion/main')
const landed = (space: Workspace, path: string): string => space.repo.git('show', `hyperion/main:${path}`)

interface GuardRow {
  task_id: string | null
  details: { code: string; output: string; agent: string; repair: number; duration_ms: number }
}
const guardRows = async (space: Workspace): Promise<GuardRow[]> =>
  (JSON.parse(await space.ok('logs', '--format', 'json')) as (GuardRow & { message: string })[]).filter(
    ({ message }) => message === 'guard',
  )

test('work is handed in, lands, and whoever handed it in is told the commit', async () => {
  const space = await prepared({ files: { 'b.txt': 'b\n', 'old.txt': 'old\n' } })
  const agent = await connect(things, space, '--agent', 'claude')
  const { tools } = await agent.client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['submit_change', 'list_changes', 'show_change'])
  expect(agent.client.getServerVersion()).toMatchObject({ name: 'hyperion' })
  const done = await agent.submit({
    ...work(
      'T-1',
      edit('a.txt', 'two', '2'),
      { path: 'b.txt', action: 'replace', content: 'B\n' },
      { path: 'bin/run.sh', action: 'create', content: '#!/bin/sh\n', executable: true },
      { path: 'old.txt', action: 'delete' },
    ),
    metadata: { agent_model: 'some-model', extra: 'kept' },
  })
  expect(done).toMatchObject({ id: 1, status: 'pending', task_id: 'T-1', warnings: [] })
  const row = await space.row(1)
  expect(row).toMatchObject({ agent: 'claude', task_id: 'T-1' })
  expect(row.payload).toMatchObject({
    base_commit: space.repo.head(),
    checks: ['none'],
    metadata: {
      intent: 'Work on T-1',
      complexity: 4,
      agent_model: 'some-model',
      extra: 'kept',
      approvals: [],
    },
  })
  // Diffs and hashes are made here.
  const { changes } = row.payload as { changes: { path: string; patch?: string; patch_hash: string }[] }
  expect(done.patch_hashes).toEqual(changes.map(({ path, patch_hash }) => ({ path, patch_hash })))
  for (const { patch, patch_hash } of changes) expect(patch_hash).toBe(textHash(patch ?? ''))
  expect(await agent.show(1)).toMatchObject({
    status: 'pending',
    position: 1,
    waits_for: ['a worker: none runs'],
  })
  await space.ok('worker', ...QUICK)
  expect(await agent.show(1)).toMatchObject({
    status: 'applied',
    landed_commit: tip(space),
    check_verdict: 'not_run',
    paths: ['a.txt', 'b.txt', 'bin/run.sh', 'old.txt'],
    waits_for: [],
    position: null,
    guard: [{ agent: 'claude', code: 'ok', output: '' }],
  })
  const { changes: listed } = await agent.answer<{ changes: object[] }>('list_changes', { task_id: 'T-1' })
  expect(listed).toMatchObject([
    { id: 1, agent: 'claude', status: 'applied', landed_commit: tip(space), paths_total: 4 },
  ])
  expect([landed(space, 'a.txt'), landed(space, 'b.txt')]).toEqual(['one\n2\nthree', 'B'])
  expect(
    space.repo
      .git('ls-tree', '-r', 'hyperion/main')
      .split('\n')
      .map((line) => line.replace(/ .*\t/, ' ')),
  ).toEqual(['100644 a.txt', '100644 b.txt', '100755 bin/run.sh'])
  // Its own checkout is as it was.
  expect(space.repo.git('status', '--porcelain')).toBe('')
})

test('a refusal says what to correct, is logged, and the corrected submission is queued', async () => {
  const space = await prepared()
  const agent = await connect(things, space)
  const refused = await agent.refusal('submit_change', work('T-1', edit('a.txt', 'four', '4')))
  expect(refused).toMatchObject({ code: 'search_not_found' })
  expect(refused.message).toContain('a.txt')
  // What it was held against.
  expect(refused.hint).toContain(space.repo.head())
  expect(await space.list()).toEqual([])
  await agent.submit(work('T-1', edit('a.txt', 'three', '3')))
  expect(await space.row(1)).toMatchObject({ agent: 'mcp' })
  const rows = await guardRows(space)
  expect(
    rows.map(({ task_id, details: { code, agent: by, repair } }) => [task_id, code, by, repair]),
  ).toEqual([
    ['T-1', 'search_not_found', 'mcp', 0],
    ['T-1', 'ok', 'mcp', 1],
  ])
  expect(rows[0]?.details.output).toContain('a.txt')
  const { agent: figures } = JSON.parse(
    await space.ok('queue-metrics', '--format', 'json', '--since', '600'),
  ) as {
    agent: { guard_success_rate: number; guard: object }
  }
  // Of one submission: refused at first, let through after its repair.
  expect(figures.guard_success_rate).toBe(0)
  expect(figures.guard).toMatchObject({ success_rate_after_repair: 1 })
  expect(await agent.show(1)).toMatchObject({ guard: [{ code: 'ok' }, { code: 'search_not_found' }] })
})

test('every refusal has its code and names the field; the server goes on and nothing is queued', async () => {
  const space = await prepared({ files: { 'bin.dat': '\0\u0001' } })
  symlinkSync('a.txt', join(space.dir, 'link'))
  space.repo.commit('a link')
  const agent = await connect(things, space)
  const one = work('T-1', edit('a.txt', 'two', '2'))
  const cases: [tool: string, args: Record<string, unknown>, code: string, said: RegExp][] = [
    ['submit', {}, 'no_such_tool', /submit_change, list_changes, show_change, not "submit"/],
    ['submit_change', {}, 'invalid', /task_id is missing/],
    ['submit_change', { ...one, task_id: 'no id!' }, 'invalid', /task_id takes an id .*, got "no id!"/],
    ['submit_change', { ...one, extra: 1 }, 'invalid', /extra is not a key that belongs here/],
    ['submit_change', { ...one, files: [] }, 'invalid', /files takes at least one file/],
    ['submit_change', { ...one, files: [{ path: 'a.txt', action: 'patch' }] }, 'invalid', /files\[0\]\.action takes .*"create"/],
    ['submit_change', { ...one, files: [{ path: 'a.txt', action: 'edit', edits: [{ search: '', replace: '' }] }] }, 'invalid', /files\[0\]\.edits\[0\]\.search/],
    ['submit_change', { ...one, checks: [] }, 'invalid', /checks takes at least one check/],
    ['submit_change', { ...one, metadata: { complexity: 11 } }, 'invalid', /metadata\.complexity takes a whole number from 1 to 10/],
    ['submit_change', { ...one, base_commit: 'HEAD' }, 'invalid', /base_commit takes a full git object id/],
    ['submit_change', { ...one, base_commit: 'a'.repeat(40) }, 'base_missing', /base_commit a{40} is not a commit/],
    ['submit_change', { ...one, depends_on: ['T-1'] }, 'depends_on_itself', /depends_on\[0\] names this very task/],
    ['submit_change', work('T-1', create('../x', 'x')), 'path_parent_component', /\.\.\/x/],
    ['submit_change', work('T-1', create('.hyperion/x', 'x')), 'path_kept_by_hyperion', /\.hyperion\/x/],
    ['submit_change', work('T-1', create('.git/hooks/x', 'x')), 'path_git_folder', /\.git\/hooks\/x/],
    ['submit_change', work('T-1', create('a.txt', 'x')), 'file_exists', /a\.txt exists already/],
    ['submit_change', work('T-1', edit('n.txt', 'x', 'y')), 'file_missing', /n\.txt does not exist/],
    ['submit_change', work('T-1', edit('bin.dat', 'x', 'y')), 'binary_path', /bin\.dat/],
    ['submit_change', work('T-1', edit('link', 'a', 'b')), 'not_a_regular_file', /link is a symbolic link/],
    ['submit_change', work('T-1', create('n', 'x'), create('n', 'y')), 'path_duplicate', /files\[1\]\.path is also the path of files\[0\]/],
    ['submit_change', work('T-1', { path: 'a.txt', action: 'replace', content: 'one\ntwo\nthree\n' }), 'no_change', /a\.txt would stay/],
    ['submit_change', work('T-1', create('big', 'x\n'.repeat(600_000))), 'patch_too_large', /files\[0\]\.patch|big/],
    ['list_changes', { limit: 101 }, 'invalid', /limit takes a whole number from 1 to 100/],
    ['list_changes', { status: 'done' }, 'invalid', /status takes one of pending, in_progress/],
    ['show_change', {}, 'invalid', /id is missing/],
    ['show_change', { id: 'x' }, 'invalid', /id takes /],
    ['show_change', { id: 7 }, 'no_such_change', /there is no change 7/],
  ] // prettier-ignore
  for (const [tool, args, code, said] of cases) {
    const refused = await agent.refusal(tool, args)
    expect([code, refused.message], JSON.stringify(args).slice(0, 200)).toEqual([refused.code, expect.stringMatching(said)]) // prettier-ignore
  }
  expect(await space.list()).toEqual([])
  await agent.submit(one)
  // A second time is refused with the id and the state of the first.
  const again = await agent.refusal('submit_change', one)
  expect(again).toMatchObject({ code: 'duplicate', hint: expect.stringContaining('show_change 1') })
  expect(again.message).toMatch(/is change 1 already \(pending\)/)
  expect(await space.list()).toHaveLength(1)
  const { dedup_hits } = JSON.parse(await space.ok('queue-metrics', '--format', 'json')) as {
    dedup_hits: number
  }
  expect(dedup_hits).toBe(1)
})

test('what was written against an older commit is taken as it was then, and merged', async () => {
  const space = await prepared({
    files: { 'a.txt': Array.from({ length: 20 }, (_, n) => `line ${n}\n`).join('') },
  })
  const agent = await connect(things, space)
  // Where nothing says otherwise it is the tip, with what upstream has by now.
  space.repo.write('operator.txt', 'mine\n')
  const base_commit = space.repo.commit('by the operator')
  await agent.submit(work('T-1', edit('operator.txt', 'mine', 'ours'), edit('a.txt', 'line 1\n', 'first\n')))
  expect((await space.row(1)).payload).toMatchObject({ base_commit })
  await space.ok('worker', ...QUICK)
  // What has landed since is not what this agent saw, unless it says so.
  const late = work('T-2', edit('a.txt', 'line 1\nline 2\n', 'line 1\nsecond\n'))
  expect(await agent.refusal('submit_change', late)).toMatchObject({ code: 'search_not_found' })
  await agent.submit({ ...work('T-2', edit('a.txt', 'line 17\nline 18\n', 'line 17\nlast\n')), base_commit })
  expect((await space.row(2)).payload).toMatchObject({ base_commit })
  await space.ok('worker', ...QUICK)
  const changed = landed(space, 'a.txt')
    .split('\n')
    .filter((line) => !line.startsWith('line'))
  expect(changed).toEqual(['first', 'last'])
})

test('who else edits the same lines is said at once', async () => {
  const space = await prepared()
  const agent = await connect(things, space)
  await agent.submit(work('T-1', edit('a.txt', 'two', '2')))
  const { warnings } = await agent.submit(work('T-2', edit('a.txt', 'two', 'zwei')))
  expect(warnings).toEqual([expect.stringMatching(/T-1 \(change 1\) also edits line.* of a\.txt/)])
})

describe('an assignment', () => {
  /** A request of which the stubs could draft nothing, so that all of its assignments are open. */
  async function assigned(): Promise<Workspace> {
    const space = await prepared({
      files: { 'x.json': '{"a": 1}\n', 'y.json': '{"b": 1}\n' },
      config: { checks: { allow: { yes: 'true', also: 'true' } } },
    })
    const file = space.file('r.json', {
      request_id: 'R-1',
      summary: 'Do the work',
      requested_changes: ['x.json', 'y.json'].map((path) => ({ path, summary: `Change ${path}` })),
      priority: 'high',
      checks: ['yes'],
      metadata: { complexity: 6 },
    })
    await space.run('request', file, '--agents', '2')
    expect(await space.list()).toEqual([])
    return space
  }
  const edited = (task: string, path = 'x.json'): Record<string, unknown> => work(task, edit(path, '1', '2'))

  test('is handed in by the agent that has it, within its targets, under the policy of its request', async () => {
    const space = await assigned()
    const agent = await connect(things, space, '--agent', 'agent-1')
    const cases: [Record<string, unknown>, string, RegExp][] = [
      [edited('R-1-2', 'y.json'), 'task_not_yours', /task_id R-1-2 is the assignment of agent-2; who hands in here is agent-1/],
      [{ ...edited('R-1-1'), request_id: 'R-2' }, 'wrong_request', /request_id takes R-1, .* not R-2/],
      [edited('R-1-1', 'a.txt'), 'out_of_scope', /a\.txt is not among the assignment's targets; change only these: x\.json/],
    ] // prettier-ignore
    for (const [args, code, said] of cases) {
      const refused = await agent.refusal('submit_change', args)
      expect([refused.code, refused.message]).toEqual([code, expect.stringMatching(said)])
      expect(refused.hint).not.toBeNull()
    }
    expect((await guardRows(space)).slice(-3).map(({ details }) => details.code)).toEqual(
      cases.map(([, code]) => code),
    )
    expect(await space.list()).toEqual([])
    // An agent may ask for more than it was told, never for less.
    const metadata = { complexity: 1, agent_model: 'some-model' }
    await agent.submit({ ...edited('R-1-1'), checks: ['none', 'true # mine'], metadata })
    const row = await space.row(1)
    expect(row).toMatchObject({ agent: 'agent-1', priority: 'high' })
    expect(row.payload).toMatchObject({
      request_id: 'R-1',
      checks: ['yes', 'true # mine'],
      metadata: { complexity: 6, agent_model: 'some-model', telemetry_anchors: ['R-1'] },
    })
    expect(await space.ok('requests', 'R-1')).toMatch(/^R-1-1 +agent-1 +change 1 pending/m)
  })

  test('a server for one task takes no other; what nobody assigned is anybody’s, with all checks of the policy', async () => {
    const space = await assigned()
    const bound = await connect(things, space, '--agent', 'agent-2', '--task-id', 'R-1-2')
    const refused = await bound.refusal('submit_change', edited('MINE-1'))
    expect(refused).toMatchObject({ code: 'task_not_yours', hint: 'hand in with task_id R-1-2' })
    expect(refused.message).toMatch(/^task_id takes R-1-2, .* not MINE-1$/)
    await bound.submit(edited('R-1-2', 'y.json'))
    const free = await connect(things, space, '--agent', 'agent-1')
    await free.submit({ ...edited('MINE-1', 'y.json'), checks: ['none'], metadata: { complexity: 1 } })
    expect((await space.row(2)).payload).toMatchObject({
      agent: 'agent-1',
      checks: ['yes', 'also'],
      metadata: { complexity: 1 },
    })
    // What a change of many files may ask a person for cannot be talked away.
    const many = Array.from({ length: 9 }, (_, n) => create(`n/${n}.txt`, 'x\n'))
    await free.submit({ ...work('MINE-2', ...many), metadata: { complexity: 1 } })
    expect((await space.row(3)).payload.metadata).toMatchObject({ complexity: 9 })
  })
})

describe('what became of it', () => {
  test('a check that failed, with the end of what it printed, and a rejection with its reason', async () => {
    const noisy = `grep -q two a.txt && exit 0; i=0; while [ $i -lt 3000 ]; do echo "noise $i"; i=$((i+1)); done; printf 'the \\033[31mend\\n'; exit 3`
    const space = await prepared({
      config: { checks: { allow: { noisy }, unlisted: 'hold' }, workers: { maxAttempts: 1 } },
    })
    const agent = await connect(things, space)
    await agent.submit(work('T-1', edit('a.txt', 'two', '2')))
    await agent.submit({ ...work('T-2', edit('a.txt', 'two', 'zwei')), checks: ['true # mine'] })
    await agent.submit(work('T-3', create('c.txt', 'c\n')))
    await space.run('worker', '--run-checks', ...QUICK)
    const failed = (await agent.show(1)) as { checks: { output: string }[] }
    expect(failed).toMatchObject({
      status: 'failed',
      check_verdict: 'failed',
      checks: [{ check: 'noisy', verdict: 'failed', exit_code: 3 }],
      landed_commit: null,
    })
    const { output } = failed.checks[0] ?? { output: '' }
    expect(output).toMatch(/noise 2999\nthe \\x1b\[31mend\n?$/)
    expect(output.length).toBeLessThanOrEqual(4001)
    const held = await agent.show(2)
    expect(held).toMatchObject({ status: 'held', waits_for: [expect.stringMatching(/^a person: /)] })
    await space.ok('reject', '2', '--by', 'Ada', '--reason', 'no \u001b[2Jnetwork', '--at', 'a.txt:2')
    expect(await agent.show(2)).toMatchObject({
      status: 'failed',
      approvals: [{ decision: 'rejected', by: 'Ada', note: 'no \\x1b[2Jnetwork', about: 'a.txt:2' }],
    })
  })

  test('a check that is red without the change as well, with what it said of the change', async () => {
    const space = await prepared({ config: { checks: { allow: { red: 'head -2 a.txt; false' } } } })
    const agent = await connect(things, space)
    await agent.submit(work('T-1', edit('a.txt', 'two', '2')))
    await space.run('worker', '--run-checks', ...QUICK)
    expect(await agent.show(1)).toMatchObject({
      status: 'held',
      check_verdict: 'also_red_on_base',
      checks: [{ check: 'red', output: 'one\n2\n' }],
    })
  })

  test('a conflict, with its paths', async () => {
    const space = await prepared()
    const agent = await connect(things, space)
    const base_commit = space.repo.head()
    await agent.submit({ ...work('T-1', edit('a.txt', 'two', '2')), base_commit })
    await agent.submit({ ...work('T-2', edit('a.txt', 'two', 'zwei')), base_commit })
    await space.run('worker', ...QUICK)
    expect(await agent.show(2)).toMatchObject({
      status: 'conflict',
      conflicts: [{ path: 'a.txt' }],
      waits_for: [expect.stringMatching(/^a person: /)],
    })
    const { changes } = await agent.answer<{ changes: { id: number }[] }>('list_changes', {
      status: 'conflict',
    })
    expect(changes.map(({ id }) => id)).toEqual([2])
  })

  test('is told of an archived change, too', async () => {
    const space = await prepared()
    const agent = await connect(things, space)
    await agent.submit(work('T-1', edit('a.txt', 'two', '2'), create('b.txt', 'b\n')))
    await space.ok('worker', ...QUICK)
    space.sql('UPDATE change_queue SET updated_at = 0')
    await space.ok('cleanup', '--ttl-seconds', '1')
    expect(await space.list()).toEqual([])
    expect(await agent.show(1)).toMatchObject({
      archived: true,
      status: 'applied',
      paths: ['a.txt', 'b.txt'],
    })
  })

  test('is bounded, however much there is', async () => {
    const space = await prepared({ config: { approvals: { fromComplexity: null } } })
    const agent = await connect(things, space)
    const folder = 'd'.repeat(200)
    const many = Array.from({ length: 300 }, (_, n) => create(`${folder}/${n}.txt`, 'x\n'))
    for (let n = 0; n < 25; n += 1) await agent.submit(work(`T-${n}`, ...many.map((file) => ({ ...file, path: `${n}/${String(file['path'])}` })))) // prettier-ignore
    space.sql(`UPDATE change_queue SET last_error = '${'é'.repeat(50_000)}'`)
    space.sql(
      `INSERT INTO check_runs (change_id, fence, name, command, run, tree, verdict, exit_code, duration_ms, output, created_at)
       SELECT 1, 1, 'check-' || value, 'c', 1, 't', 'failed', 1, 1, '${'\u0001'.repeat(20_000)}', 1
       FROM json_each('[${Array.from({ length: 40 }, (_, n) => n).join()}]')`,
    )
    const { changes } = await agent.answer<{
      changes: { id: number; paths: string[]; last_error: string }[]
    }>('list_changes')
    // The newest twenty, oldest first.
    expect(changes.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, n) => n + 6))
    expect([changes[0]?.paths.length, changes[0]?.last_error.length]).toEqual([20, 1001])
    const all = await agent.answer<{ changes: object[] }>('list_changes', { limit: 100 })
    expect(all.changes).toHaveLength(25)
    const shown = (await agent.show(1)) as {
      paths: string[]
      paths_total: number
      checks: { output: string }[]
    }
    expect([shown.paths.length, shown.paths_total, shown.checks.length]).toEqual([100, 300, 10])
    expect(JSON.stringify(shown).length).toBeLessThan(64 * 1024)
    expect(shown.checks.map(({ output }) => output).join('')).not.toContain('\u0001')
  })
})
