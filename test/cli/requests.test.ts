/** `request`, `requests`, `orchestrate`: from a file to the queue, whatever is killed on the way. */
import { dirname, join } from 'node:path'
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { assignmentSchema } from '../../schemas/assignment.ts'
import { changeRequestSchema } from '../../schemas/change-request.ts'
import { completeMetadataSchema } from '../../schemas/metadata.ts'
import { added, type Json } from '../support/requests.ts'
import { hyperion, sentence, workspace, type Workspace, type WorkspaceOptions } from './support.ts'

const open: Workspace[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.dispose()
})

async function prepared(options: WorkspaceOptions = {}): Promise<Workspace> {
  const files = {
    'src/a.ts': 'export const a = 1\n',
    'src/b.py': 'b = 1\n',
    'data.bin': '\0\u0001',
    ...options.files,
  }
  const made = await workspace({ ...options, files })
  open.push(made)
  return made
}

const DRAIN = ['worker', '--drain', '--poll-interval-ms', '20', '--workers', '1']

const task = (id: string, paths: readonly string[], extra: Json = {}): Json => ({
  request_id: id,
  summary: 'Do the work',
  requested_changes: paths.map((path, n) => ({ path, summary: `Change ${path} (${n + 1})` })),
  ...extra,
})

interface Tree {
  status: string
  error: string | null
  brief: unknown
  assignments: {
    task_id: string
    agent: string
    status: string
    change_id: number | null
    error: string | null
  }[]
}
const tree = async (w: Workspace, id: string): Promise<Tree> =>
  JSON.parse(await w.ok('requests', id, '--format', 'json')) as Tree

test('a request becomes one change request for each requested change, handed round the agents', async () => {
  const w = await prepared({ config: { checks: { allow: { yes: 'true' } } } })
  const file = w.file('r.json', task('R-1', ['src/a.ts', 'src/b.py', 'src/a.ts'], { priority: 'high' }))
  const ran = await w.run('request', file, '--agents', '2')
  expect([ran.code, ran.stdout]).toEqual([0, `Processed request ${file} and enqueued 3 change request(s)\n`])
  const rows = await w.list()
  expect(rows.map((row) => [row.task_id, row.agent, row.priority])).toEqual([
    ['R-1-1', 'agent-1', 'high'],
    ['R-1-2', 'agent-2', 'high'],
    ['R-1-3', 'agent-1', 'high'],
  ])
  for (const { payload } of rows) {
    changeRequestSchema.parse(payload)
    completeMetadataSchema.parse(payload.metadata)
    expect(payload).toMatchObject({ request_id: 'R-1', checks: ['yes'] })
  }
  // What is drafted on an earlier draft stands on no commit yet.
  expect(rows.map(({ payload }) => payload.base_commit ?? null)).toEqual([w.repo.head(), w.repo.head(), null])
  expect(rows[2]?.payload.depends_on).toEqual(['R-1-1'])
  expect((await w.run('worker', '--run-checks', '--drain', '--workers', '1')).code).toBe(0)
  // Each commit says what it does, and below what all of them are for.
  const messages = w.repo.git('log', '-3', '--reverse', '--format=%s%n%w(0)%b', 'hyperion/main')
  expect(messages.match(/^(R-1-\d: .*|    .*)$/gm)).toEqual(
    ['src/a.ts (1)', 'src/b.py (2)', 'src/a.ts (3)'].flatMap((what, n) => [
      `R-1-${n + 1}: Change ${what}`,
      '    Do the work',
    ]),
  )
  const text = w.repo.git('show', 'hyperion/main:src/a.ts')
  expect(text.split('\n')).toHaveLength(3)
  expect(await w.ok('requests')).toMatch(/^REQUEST +STATUS +RECEIVED +ERROR\nR-1 +queued +\d{4}-/)
  expect(await w.ok('requests', 'R-1')).toMatch(/^R-1-3 +agent-1 +change 3 applied +src\/a\.ts$/m)
})

test('orchestrate prints the same assignments and queues nothing', async () => {
  const w = await prepared()
  const file = w.file('r.json', task('R-1', ['src/a.ts', 'src/b.py']))
  const dump = w.dump()
  const printed = z.array(assignmentSchema).parse(JSON.parse(await w.ok('orchestrate', file)))
  expect(printed.map((one) => [one.task_id, one.parent_request_id, one.file_targets])).toEqual([
    ['R-1-1', 'R-1', ['src/a.ts']],
    ['R-1-2', 'R-1', ['src/b.py']],
  ])
  const out = join(dirname(file), 'out.json')
  const ran = await w.run('orchestrate', file, '--out', out)
  expect([ran.code, ran.stdout]).toEqual([0, ''])
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(printed)
  const nowhere = await w.run('orchestrate', file, '--out', '/nonexistent/out.json')
  expect([nowhere.code, sentence(nowhere)]).toEqual([
    1,
    '/nonexistent/out.json cannot be written (ENOENT); name another file with --out',
  ])
  expect(w.dump()).toBe(dump)
})

describe('again', () => {
  test('the same file is told so; another payload under its id is refused', async () => {
    const w = await prepared()
    const file = w.file('r.json', task('R-1', ['src/a.ts']))
    await w.ok('request', file)
    const dump = w.dump()
    const same = await w.run('request', file)
    expect([same.code, sentence(same)]).toEqual([
      1,
      `${file}: request R-1 was processed already; see \`hyperion requests R-1\``,
    ])
    const other = w.file('other.json', task('R-1', ['src/b.py']))
    const taken = await w.run('request', other)
    expect([taken.code, sentence(taken)]).toEqual([
      1,
      `${other}: request_id R-1 stands for another request already (queued); give this one a new request_id`,
    ])
    // Another order of keys is the same request.
    const { request_id, ...rest } = task('R-1', ['src/a.ts'])
    const turned = await w.run('request', w.file('turned.json', { ...rest, request_id }))
    expect(sentence(turned)).toContain('was processed already')
    expect(w.dump()).toBe(dump)
  })
})

describe('what an agent cannot do', () => {
  test('fails alone, with its reason; the others are queued, and a second run does not double them', async () => {
    const w = await prepared()
    const file = w.file('r.json', task('R-1', ['src/a.ts', 'data.bin', 'src/b.py']))
    const ran = await w.run('request', file)
    expect([ran.code, ran.stdout]).toEqual([
      1,
      `Processed request ${file} and enqueued 2 change request(s)\n`,
    ])
    expect(ran.stderr).toMatch(/^hyperion: R-1-2 was not drafted: no_comment_syntax: [^\n]+\n$/)
    expect((await w.list()).map((row) => row.task_id)).toEqual(['R-1-1', 'R-1-3'])
    const { status, assignments } = await tree(w, 'R-1')
    expect([status, assignments.map((one) => one.status)]).toEqual(['failed', ['queued', 'failed', 'queued']])
    expect(await w.ok('requests', 'R-1')).toMatch(/^R-1-2 +agent-2 +failed +data\.bin +no_comment_syntax: /m)
    // What was queued before is not queued again.
    const again = await w.run('continue', 'R-1')
    expect([again.code, again.stdout]).toEqual([
      1,
      'Processed request R-1 and enqueued 0 change request(s)\n',
    ])
    expect(await w.list()).toHaveLength(2)
    const guards = await w.ok('logs', '--level', 'debug')
    expect(guards).toMatch(/ guard \{"code":"ok"/)
  })

  test('a request that is refused moves nothing, and a foreign lock keeps none from being drafted', async () => {
    const w = await prepared()
    w.repo.write('later.txt', 'x\n')
    w.repo.commit('upstream moved on')
    const target = w.repo.git('rev-parse', 'hyperion/main')
    const bad = await w.run('request', w.file('bad.json', task('R-0', ['../b.js'])))
    expect(bad.code).toBe(1)
    expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(target)
    const lock = join(w.repo.gitDir, 'refs/heads/hyperion/main.lock')
    writeFileSync(lock, 'f'.repeat(40))
    expect((await w.run('request', w.file('r.json', task('R-1', ['src/a.ts'])))).code).toBe(0)
    expect(w.repo.git('rev-parse', 'hyperion/main')).toBe(target)
    rmSync(lock)
  })

  test('a link is not drafted, nor what is behind one', async () => {
    const w = await prepared()
    symlinkSync('a.ts', join(w.repo.dir, 'src/link.ts'))
    symlinkSync('src', join(w.repo.dir, 'linked'))
    w.repo.git('add', '-A')
    w.repo.git('commit', '--quiet', '-m', 'links')
    const ran = await w.run(
      'request',
      w.file('r.json', task('R-1', ['src/link.ts', 'linked/a.ts', 'src/a.ts'])),
    )
    expect(ran.code).toBe(1)
    const { assignments } = await tree(w, 'R-1')
    expect(assignments.map(({ status }) => status)).toEqual(['failed', 'failed', 'queued'])
    expect(assignments[0]?.error).toMatch(/^not_a_regular_file: /)
    expect(assignments[1]?.error).toMatch(/^path_under_file: /)
    expect(await w.list()).toHaveLength(1)
  })

  test('what stands on a failed assignment fails with it', async () => {
    const w = await prepared()
    const ran = await w.run('request', w.file('r.json', task('R-1', ['data.bin', 'data.bin', 'src/a.ts'])))
    expect(ran.code).toBe(1)
    expect((await tree(w, 'R-1')).assignments.map((one) => one.error?.replace(/:.*/, '') ?? null)).toEqual([
      'no_comment_syntax',
      'depends on R-1-1, which has no draft',
      null,
    ])
  })
})

describe('given assignments', () => {
  const assignment = (n: number, fields: Json): Json => ({
    task_id: `R-1-${n}`,
    parent_request_id: 'R-1',
    summary: `Part ${n}`,
    instructions: ['Do it'],
    file_targets: ['src/a.ts'],
    ...fields,
  })

  test('are used as they are, chained ones land in order', async () => {
    const w = await prepared()
    const assignments = [
      assignment(2, { depends_on: ['R-1-1'], file_targets: ['src/b.py'], checks: ['none'] }),
      assignment(1, { checks: ['none'] }),
    ]
    await w.ok('request', w.file('r.json', task('R-1', ['src/a.ts'], { assignments })))
    const rows = await w.list()
    expect(new Set(rows.map((row) => row.task_id))).toEqual(new Set(['R-1-1', 'R-1-2']))
    expect(rows.find((row) => row.task_id === 'R-1-2')?.payload).toMatchObject({
      depends_on: ['R-1-1'],
      checks: ['none'],
    })
    expect((await w.run(...DRAIN)).code).toBe(0)
    const order = w.repo.git(
      'log',
      '--reverse',
      '--format=%(trailers:key=Task-Id,valueonly,separator=)',
      'main..hyperion/main',
    )
    expect(order.split('\n')).toEqual(['R-1-1', 'R-1-2'])
  })

  test('that wait for each other are refused', async () => {
    const w = await prepared()
    const assignments = [assignment(1, { depends_on: ['R-1-2'] }), assignment(2, { depends_on: ['R-1-1'] })]
    const ran = await w.run('request', w.file('r.json', task('R-1', ['src/a.ts'], { assignments })))
    expect([ran.code, sentence(ran)]).toEqual([1, expect.stringMatching(/assignments\[\d\]/)])
    expect(await w.list()).toEqual([])
  })
})

describe('a cast', () => {
  const metadata = {
    intent: 'Cast',
    complexity: 2,
    sample_diff: '',
    telemetry_anchors: ['t'],
    approvals: [],
    agent_model: 'm',
  }
  const cast = (changes: Json[], extra: Json = {}): Json => ({
    schema: 'hyperion.cast/1',
    request_id: 'C-1',
    summary: 'A cast',
    metadata,
    requested_changes: changes,
    ...extra,
  })

  test('finished edits skip the developer, the others do not', async () => {
    const w = await prepared()
    const change = added('src/new.ts', 'export {}\n')
    const items = [
      { path: 'src/new.ts', summary: 'New', change },
      { path: 'src/a.ts', summary: 'Mark' },
    ]
    await w.ok('request', w.file('c.json', cast(items, { checks: ['none'] })))
    const [first] = await w.list()
    expect(first?.payload.changes).toEqual([change])
    expect((await w.run(...DRAIN)).code).toBe(0)
    expect(w.repo.git('show', 'hyperion/main:src/new.ts')).toBe('export {}')
  })

  test('an edit out of its own scope is refused before anything is queued', async () => {
    const w = await prepared()
    const items = [{ path: 'src/a.ts', summary: 'Mark', change: added('elsewhere.ts', 'x\n') }]
    const ran = await w.run('request', w.file('c.json', cast(items, { checks: ['none'] })))
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(/elsewhere\.ts/)])
    expect(await w.list()).toEqual([])
  })

  test('approvals written in the file are claims and satisfy nothing', async () => {
    const w = await prepared({ config: { approvals: { required: 1 } } })
    const claims = [{ approver: 'Ada', approved_at: 1_700_000_000 }]
    const items = [{ path: 'src/a.ts', summary: 'Mark' }]
    await w.ok(
      'request',
      w.file('c.json', cast(items, { checks: ['none'], metadata: { ...metadata, approvals: claims } })),
    )
    expect((await w.run(...DRAIN)).code).toBe(3)
    expect(await w.row(1)).toMatchObject({ status: 'held', last_error: 'needs 1 approval, has 0' })
  })
})

test('killed anywhere, a request goes on where it was: nothing lost, nothing twice', async () => {
  const COUNT = 24
  const KILLS = [1, 9, 17, 23]
  const path = (round: number, n: number): string => `many/${round}-${n}.ts`
  const all = KILLS.flatMap((_, round) => Array.from({ length: COUNT }, (_file, n) => path(round, n)))
  const w = await prepared({ files: Object.fromEntries(all.map((one) => [one, 'export {}\n'])) })
  const metadata = { intent: 'Many small ones', complexity: 2 }
  const cut: number[] = []
  for (const [round, kill] of KILLS.entries()) {
    const paths = all.filter((one) => one.startsWith(`many/${round}-`))
    const file = w.file(`k${round}.json`, task(`K-${round}`, paths, { checks: ['none'], metadata }))
    const queued = w.counter()
    const running = w.start('request', file)
    while (!running.hasEnded() && queued.count() < round * COUNT + kill)
      await new Promise((resolve) => setImmediate(resolve))
    running.kill('SIGKILL')
    await running.ended
    cut.push(queued.count() - round * COUNT)
    queued.close()
    const again = await hyperion(['request', file, '--agents', '5'], { cwd: w.dir })
    // The last of them may have been quicker than the kill; then there was nothing left to go on with.
    if (again.code === 0 || cut.at(-1) !== COUNT)
      expect(again).toMatchObject({
        code: 0,
        stdout: `Processed request ${file} and enqueued ${COUNT - (cut.at(-1) ?? 0)} change request(s)\n`,
      })
    const mine = (await w.list()).filter((row) => row.payload.request_id === `K-${round}`)
    expect(mine.map((row) => row.task_id).sort()).toEqual(paths.map((_, n) => `K-${round}-${n + 1}`).sort())
    // Who the work was handed to was decided by the first run.
    expect(new Set(mine.map((row) => row.agent))).toEqual(new Set(['agent-1', 'agent-2']))
  }
  // Nothing was even tried twice.
  expect(JSON.parse(await w.ok('queue-metrics', '--format', 'json'))).toMatchObject({ dedup_hits: 0 })
  expect(cut.filter((count) => count < COUNT).length).toBeGreaterThan(0)
  await w.run(...DRAIN)
  expect((await w.list()).filter((row) => row.status !== 'applied')).toEqual([])
  expect(w.repo.git('rev-list', '--count', 'main..hyperion/main')).toBe(String(all.length))
})
