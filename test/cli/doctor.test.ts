/** `doctor`: every examination is broken on purpose once, and says so with a remedy. */
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { change } from '../support/requests.ts'
import { hyperion, workspace, type RunOptions, type Workspace, type WorkspaceOptions } from './support.ts'

const open: Workspace[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.dispose()
})

async function prepared(options?: WorkspaceOptions): Promise<Workspace> {
  const made = await workspace(options)
  open.push(made)
  return made
}

const report = z.strictObject({
  healthy: z.boolean(),
  examinations: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['ok', 'notice', 'broken']),
      detail: z.string(),
      remedy: z.string().nullable(),
      values: z
        .array(
          z.strictObject({
            key: z.string(),
            value: z.unknown(),
            from: z.enum(['default', 'file', 'target']),
          }),
        )
        .optional(),
    }),
  ),
})
type Examination = z.infer<typeof report>['examinations'][number]

/** Returns what doctor says of one part; everything but the named parts has to be in order. */
async function examined(
  w: Workspace,
  name: string,
  options: RunOptions = {},
  also: readonly string[] = [],
): Promise<Examination> {
  const ran = await hyperion(['doctor', '--format', 'json'], { cwd: w.dir, ...options })
  const { healthy, examinations } = report.parse(JSON.parse(ran.stdout))
  const broken = examinations.filter(({ state }) => state === 'broken').map((one) => one.name)
  expect(broken.filter((one) => one !== name && !also.includes(one))).toEqual([])
  expect([healthy, ran.code]).toEqual(broken.length === 0 ? [true, 0] : [false, 1])
  const found = examinations.find((one) => one.name === name)
  if (found === undefined) throw new Error(`doctor does not examine ${name}`)
  expect(found.state !== 'broken' || found.remedy !== null).toBe(true)
  return found
}

const DRAIN = ['worker', '--drain', '--poll-interval-ms', '20', '--workers', '1']

test('a workspace in order has nothing broken and every examination', async () => {
  const w = await prepared({ config: { checks: { allow: { yes: 'true' } } } })
  const ran = await w.run('doctor')
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  const names = ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(8, 22).trim())
  expect(names).toEqual([
    'git', 'git config', 'database', 'schema', 'queue', 'target', 'upstream', 'landed', 'interruptions', 'sandbox',
    'checks', 'config', 'agents', 'work trees', 'landing', 'exclude', 'setup', 'share', 'limits', 'workers', 'reports', 'inbox',
  ]) // prettier-ignore
  expect(ran.stdout).toMatch(
    /^ok +queue +0 applied and 0 dead-letter rows beyond retention, 0 duplicates refused, timestamp skew n\/a s, WAL \d+ of \d+ pages checkpointed, last sweep never$/m,
  )
})

test('database: a mode that lets others read', async () => {
  const w = await prepared()
  chmodSync(w.db, 0o644)
  expect(await examined(w, 'database')).toMatchObject({
    state: 'broken',
    detail: `${w.db} has mode 644`,
    remedy: `run chmod 600 ${w.db}`,
  })
})

test('database: a damaged page', async () => {
  const w = await prepared()
  // One page of a table that nothing here reads.
  const handle = openSync(w.db, 'r+')
  writeSync(handle, Buffer.alloc(64, 0x5a), 0, 64, (w.rootPage('briefs') - 1) * 4096)
  closeSync(handle)
  const found = await examined(w, 'database')
  expect(found).toMatchObject({ state: 'broken', detail: expect.stringMatching(/is damaged: /) })
})

test('schema: an index that is gone', async () => {
  const w = await prepared()
  w.sql('DROP INDEX change_queue_claimable')
  expect(await examined(w, 'schema')).toMatchObject({
    state: 'broken',
    detail: 'indexes are missing: change_queue_claimable',
  })
})

test('queue: rows beyond retention, the last sweep, duplicates, and a clock that went back', async () => {
  const w = await prepared()
  const one = change({ task: 'T-1', path: 'x.txt', add: 'x\n' })
  await w.enqueue(one)
  await w.run('enqueue', w.file('again.json', one))
  await w.ok(...DRAIN)
  w.sql('UPDATE change_queue SET updated_at = updated_at - 1000000')
  expect(await examined(w, 'queue')).toMatchObject({
    state: 'notice',
    detail: expect.stringMatching(
      /^1 applied and 0 dead-letter rows beyond retention, 1 duplicates refused, timestamp skew 10\d{5} s, /,
    ),
    remedy: 'run `hyperion cleanup`',
  })
  await w.ok('cleanup')
  expect((await examined(w, 'queue')).detail).toMatch(/^0 applied .*, last sweep \d{4}-\d\d-\d\dT/)
  await w.enqueue(change({ task: 'T-2', path: 'y.txt', add: 'y\n' }))
  w.sql('UPDATE change_queue SET updated_at = updated_at + 100000')
  expect(await examined(w, 'queue')).toMatchObject({
    state: 'broken',
    detail: expect.stringMatching(/^rows were written in the future; /),
  })
})

test('target: gone, or checked out', async () => {
  const w = await prepared()
  w.repo.git('checkout', '--quiet', 'hyperion/main')
  expect(await examined(w, 'target')).toMatchObject({
    state: 'broken',
    detail: `hyperion/main is checked out at ${w.dir}`,
  })
  w.repo.git('checkout', '--quiet', 'main')
  w.repo.git('branch', '-D', 'hyperion/main')
  expect(await examined(w, 'target')).toMatchObject({ state: 'broken', remedy: 'run `hyperion init`' })
})

test('upstream: same, behind, ahead, diverged, gone', async () => {
  const w = await prepared()
  expect((await examined(w, 'upstream')).detail).toBe('main, same as the target')
  await w.enqueue(change({ task: 'T-1', path: 'x.txt', add: 'x\n' }))
  await w.ok(...DRAIN)
  expect(await examined(w, 'upstream')).toMatchObject({
    state: 'notice',
    detail: 'main lacks landed commits',
  })
  const tip = w.repo.git('rev-parse', 'hyperion/main')
  w.repo.commit('mine')
  expect(await examined(w, 'upstream')).toMatchObject({
    state: 'notice',
    detail: 'main has commits that hyperion/main lacks, so it cannot be fast-forwarded',
  })
  w.repo.git('reset', '--quiet', '--hard', tip)
  w.repo.commit('more')
  expect((await examined(w, 'upstream')).detail).toBe('main is ahead; the target follows')
  w.repo.git('branch', '-m', 'main', 'renamed')
  expect(await examined(w, 'upstream')).toMatchObject({
    state: 'broken',
    detail: 'the branch main, which hyperion/main follows, does not exist',
  })
})

test('landed: a commit that the target lost', async () => {
  const w = await prepared()
  await w.enqueue(change({ task: 'T-1', path: 'x.txt', add: 'x\n' }))
  await w.ok(...DRAIN)
  expect((await examined(w, 'landed')).detail).toBe(
    'every landed change of the live queue is reachable from the target',
  )
  w.repo.git('update-ref', 'refs/heads/hyperion/main', w.repo.head())
  expect(await examined(w, 'target', {}, ['landed'])).toMatchObject({
    state: 'broken',
    detail: 'hyperion/main was moved by hand and no longer holds landed change(s) 1',
  })
  expect(await examined(w, 'landed', {}, ['target'])).toMatchObject({
    state: 'broken',
    detail: '1 landed changes are no longer in the target (change 1)',
  })
})

test("interruptions: a lock of another git's", async () => {
  const w = await prepared()
  const lock = join(w.repo.gitDir, 'refs/heads/hyperion/main.lock')
  writeFileSync(lock, 'f'.repeat(40))
  expect(await examined(w, 'interruptions')).toMatchObject({
    state: 'notice',
    detail: `${lock} is held by another git`,
  })
  rmSync(lock)
})

test('checks and config: what is in force, and where each value comes from', async () => {
  const w = await prepared({ config: { checks: { allow: { yes: 'true' } }, workers: { count: 3 } } })
  w.repo.write(
    'hyperion.config.json',
    JSON.stringify({ checks: { allow: { other: 'true' } }, workers: { count: 4 } }),
  )
  expect((await examined(w, 'checks')).detail).toBe('allowed in force: yes')
  const { detail, values } = await examined(w, 'config')
  expect(detail).toBe(
    `${w.dir}/hyperion.config.json: workers.count=4 (file), checks.allow={"yes":"true"} (target); the rest are defaults`,
  )
  const from = Object.fromEntries(
    (values ?? []).map((one) => [one.key, `${JSON.stringify(one.value)} ${one.from}`]),
  )
  expect(from).toMatchObject({
    'workers.count': '4 file',
    'workers.leaseSeconds': '300 default',
    'checks.allow': '{"yes":"true"} target',
    'checks.timeoutSeconds': '600 default',
    'approvals.fromComplexity': '8 default',
    'landing.target': '"hyperion/main" default',
  })
  const bare = await prepared()
  expect(await examined(bare, 'checks')).toMatchObject({
    state: 'notice',
    detail: 'the policy in force allows no command',
  })
})

test('config at the target that is wrong breaks checks and config', async () => {
  const w = await prepared({ config: { bogus: 1 }, init: false })
  w.repo.write('hyperion.config.json', '{}')
  await w.ok('init')
  expect(await examined(w, 'checks', {}, ['config', 'setup', 'share', 'limits'])).toMatchObject({
    state: 'broken',
    detail: 'hyperion.config.json in the target: bogus is not a key that belongs here; remove it',
  })
})

test('git config and agents', async () => {
  const w = await prepared()
  w.repo.git('config', 'core.hooksPath', '.husky')
  w.repo.git('config', 'core.autocrlf', 'input')
  expect((await examined(w, 'git config')).detail).toBe(
    'local core.hookspath .husky, local core.autocrlf input; landing uses none of it',
  )
  expect((await examined(w, 'agents')).detail).toBe('stub agents (default), ready')
  const env = { HYPERION_AGENT: 'stub' }
  expect((await examined(w, 'agents', { env })).detail).toBe('stub agents (HYPERION_AGENT), ready')
  // What this project's own tests install is not what an operator has.
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const path = folders.filter((folder) => !folder.includes('node_modules')).join(delimiter)
  const other = { HYPERION_AGENT: 'copilot', PATH: path }
  expect(await examined(w, 'agents', { env: other })).toMatchObject({ state: 'broken' })
})

test('sandbox: without bubblewrap it says that checks run without isolation', async () => {
  const w = await prepared()
  const bin = mkdtempSync(join(tmpdir(), 'bin-'))
  try {
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
    symlinkSync(git, join(bin, 'git'))
    w.repo.write('hyperion.config.json', '{"agents":{"workTree":"sandboxed"}}')
    expect(await examined(w, 'work trees', { env: { PATH: bin } })).toMatchObject({
      state: 'broken',
      detail: expect.stringContaining('Developers cannot work: agents.workTree is "sandboxed", and '),
    })
    w.repo.write('hyperion.config.json', '{"agents":{"workTree":"anywhere"}}')
    expect(await examined(w, 'work trees', { env: { PATH: bin } })).toMatchObject({
      state: 'notice',
      detail: expect.stringContaining('with your own rights'),
    })
    expect(await examined(w, 'sandbox', { env: { PATH: bin } })).toMatchObject({
      state: 'notice',
      detail: expect.stringMatching(/^checks run with your own rights, because bubblewrap is not installed/),
      remedy: 'install bubblewrap to isolate checks',
    })
  } finally {
    rmSync(bin, { recursive: true })
  }
})

test('exclude: a checkout that would track the queue', async () => {
  const w = await prepared()
  writeFileSync(join(w.repo.gitDir, 'info/exclude'), '')
  expect(await examined(w, 'exclude')).toMatchObject({ state: 'broken', remedy: 'run `hyperion init`' })
  await w.ok('init')
  expect(await examined(w, 'exclude')).toMatchObject({ state: 'ok' })
})

test('exclude: a checkout that would show the reports', async () => {
  const w = await prepared()
  writeFileSync(join(w.repo.gitDir, 'info/exclude'), '/.hyperion/\n')
  expect(await examined(w, 'exclude')).toMatchObject({
    state: 'notice',
    detail: expect.stringMatching(/does not list \/execution\//),
  })
})

test('setup, share, limits: what checks are given, and what is wrong with it', async () => {
  const checks = { setup: 'npm ci', share: ['node_modules'], memoryMb: null, timeoutSeconds: 5 }
  const w = await prepared({ config: { checks } })
  expect((await examined(w, 'setup', {}, ['share'])).detail).toMatch(/^"npm ci" runs in new check worktrees/)
  expect(await examined(w, 'share')).toMatchObject({
    state: 'broken',
    detail: `checks.share names node_modules, which is not in ${w.dir}; no check can run`,
    remedy: 'put it there, or take it out of checks.share',
  })
  w.repo.write('node_modules/x', 'x\n')
  expect((await examined(w, 'share')).detail).toMatch(/^node_modules, (?:bound read-only|copied)$/)
  expect(await examined(w, 'limits')).toMatchObject({
    state: 'notice',
    detail: 'a check may run 5 s; its memory has no limit',
  })
})

test('workers: none where changes wait', async () => {
  const w = await prepared()
  expect((await examined(w, 'workers')).detail).toBe('none runs, and nothing waits for one')
  await w.enqueue(change({ task: 'T-1', path: 'x.txt', add: 'x\n' }))
  expect(await examined(w, 'workers')).toMatchObject({
    state: 'notice',
    detail: 'none runs, and 1 change(s) wait',
  })
})

test('reports: none yet, written, tracked by the repository, led elsewhere', async () => {
  const w = await prepared()
  expect((await examined(w, 'reports')).detail).toBe('none yet; workers write them while they run')
  await w.ok(...DRAIN)
  expect((await examined(w, 'reports')).detail).toMatch(/execution, written \d+ s ago$/)
  w.repo.git('add', '-f', 'execution/verification_report.json')
  expect(await examined(w, 'reports')).toMatchObject({
    state: 'notice',
    remedy: 'stop tracking it with `git rm --cached execution/verification_report.json`',
  })
  const before = w.repo.read('execution/verification_report.json').toString()
  expect((await w.run(...DRAIN)).stderr).toContain('tracks execution/verification_report.json')
  expect(w.repo.read('execution/verification_report.json').toString()).toBe(before)
  rmSync(join(w.dir, 'execution'), { recursive: true })
  symlinkSync(tmpdir(), join(w.dir, 'execution'))
  expect(await examined(w, 'reports')).toMatchObject({ state: 'broken' })
})

test('inbox: rejected files', async () => {
  const w = await prepared()
  expect((await examined(w, 'inbox')).state).toBe('ok')
  w.repo.write('.hyperion/inbox/rejected/a.json', '{')
  w.repo.write('.hyperion/inbox/rejected/a.json.error.json', '{}')
  expect(await examined(w, 'inbox')).toMatchObject({
    state: 'notice',
    detail: expect.stringMatching(/: 0 waiting, 1 rejected$/),
  })
})

test('a workspace that cannot be opened is one finding, in text and as JSON', async () => {
  const w = await prepared({ init: false })
  const ran = await w.run('doctor')
  expect([ran.code, ran.stdout, ran.stderr]).toEqual([
    1,
    `BROKEN  workspace      there is no queue at ${w.db}; run \`hyperion init\` in the repository\n`,
    '',
  ])
  const away = await hyperion(['doctor', '--format', 'json'], { cwd: dirname(w.dir) })
  expect(report.parse(JSON.parse(away.stdout))).toMatchObject({
    healthy: false,
    examinations: [{ name: 'workspace', state: 'broken' }],
  })
})

test('reports: one that somebody edited, or broke, is told of', async () => {
  const w = await prepared()
  await w.ok(...DRAIN)
  expect((await examined(w, 'reports')).state).toBe('ok')
  const file = join(w.dir, 'execution/next_task_context.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"intent": null', '"intent": "another"'))
  expect(await examined(w, 'reports')).toMatchObject({
    state: 'notice',
    detail: expect.stringContaining('next_task_context.json was edited by somebody else'),
  })
  writeFileSync(join(w.dir, 'execution/verification_report.json'), '{')
  expect(await examined(w, 'reports')).toMatchObject({
    state: 'notice',
    detail: expect.stringContaining('is not JSON'),
  })
})
