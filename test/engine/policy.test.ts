import { expect, test } from 'vitest'
import { added, change, deleted, diffed, replaced, request, type Json } from '../support/requests.ts'
import type { TempRepo } from '../support/temp-repo.ts'
import { attempt, land, withBench, type Workbench, type WorkbenchOptions } from '../support/workbench.ts'

const CONFIG = 'hyperion.config.json'
const configured = (config: Json, files: Readonly<Record<string, string>> = {}): WorkbenchOptions => ({
  files: { 'README.md': 'hello\n', ...files, [CONFIG]: JSON.stringify(config) },
})

const one = (task: string, more: Partial<Parameters<typeof change>[0]> = {}): Json =>
  change({ task, path: `${task}.txt`, add: `${task}\n`, ...more })

const approve = (bench: Workbench, id: number, by: string): Promise<unknown> =>
  bench.engine.approve(id, by, null, null)

/** Trailers of the newest landed commit, by one key. */
const trailer = (bench: Workbench, key: string): string[] =>
  (bench.landed().at(-1)?.trailers ?? '')
    .split('\n')
    .filter((line) => line.startsWith(`${key}: `))
    .map((line) => line.slice(key.length + 2))

test('approvals.required holds every change until so many people approved', () =>
  withBench(configured({ approvals: { required: 2 } }), async (bench) => {
    const { id, status, reason_code } = await attempt(bench, one('T'))
    expect([status, reason_code]).toEqual(['held', 'approval_required'])
    for (const by of ['first person', 'first person']) {
      await approve(bench, id, by)
      await bench.drain()
      expect(bench.show(id)).toMatchObject({
        status: 'held',
        attempts: 0,
        last_error: expect.stringContaining('has 1'),
      })
    }
    expect(bench.tip()).toBe(bench.base)
    await approve(bench, id, 'second person')
    await bench.drain()
    expect(bench.show(id).status).toBe('applied')
    expect(trailer(bench, 'Approved-By')).toEqual(['first person', 'second person'])
  }))

test.each([
  ['8 from 8 on', { fromComplexity: 8 }, 8, 'held'],
  ['7 from 8 on', { fromComplexity: 8 }, 7, 'applied'],
  ['8 by default', {}, 8, 'held'],
  ['7 by default', {}, 7, 'applied'],
  ['10 where none is too complex', { fromComplexity: null }, 10, 'applied'],
  ['1 from 1 on', { fromComplexity: 1 }, 1, 'held'],
] as const)('complexity: %s', (_, approvals, complexity, status) =>
  withBench(configured({ approvals }), async (bench) => {
    expect((await attempt(bench, one('T', { metadata: { complexity } }))).status).toBe(status)
  }),
)

test('protected are the configured paths and some always; claims in a payload change nothing', () =>
  withBench(configured({ approvals: { protectedPaths: ['secrets/', '**/*.lock'] } }), async (bench) => {
    const claims = { approvals: [{ approver: 'operator', role: 'owner', approved_at: 1_700_000_000 }] }
    const paths = [
      'secrets/a/b.txt',
      'deep/yarn.lock',
      'SECRETS/x',
      '.gitattributes',
      '.github/x.yml',
      CONFIG,
    ]
    const changes = paths.map((path, index) => {
      const entry = path === CONFIG ? replaced(path, '{}\n') : added(path, 'x\n')
      return request({ task: `P-${index}`, metadata: claims }, added(`${index}.txt`, 'x\n'), entry)
    })
    await bench.enqueue(...changes, one('package.json'))
    await bench.drain()
    const found = bench.engine
      .list({})
      .map(({ status, last_error }) => [status, last_error?.split(' ')[0] ?? null])
    expect(found).toEqual([...paths.map((path) => ['held', path]), ['applied', null]])
    expect(bench.landed().length).toBe(1)

    await approve(bench, 1, 'operator')
    await bench.drain()
    expect(bench.show(1).status).toBe('applied')
    expect(trailer(bench, 'Approved-By')).toEqual(['operator'])
  }))

test('by default package.json and .github are protected', () =>
  withBench({}, async (bench) => {
    for (const path of ['package.json', 'deep/package.json', '.github/dependabot.yml']) {
      const shown = await attempt(
        bench,
        change({ task: path.replaceAll('/', '-').replace(/^\./, ''), path, add: '{}\n' }),
      )
      expect([shown.status, shown.reason_code], path).toEqual(['held', 'protected_path'])
    }
  }))

test('a rename by the target leads no change to a protected path without a decision', () =>
  withBench({ files: { 'ci.yml': 'on: push\nrun: test\nmore: 1\n' } }, async (bench) => {
    const edit = diffed('ci.yml', 'on: push\nrun: test\nmore: 1\n', 'on: push\nrun: evil\nmore: 1\n')
    bench.repo.run(['mv', '-k', 'ci.yml', 'moved.yml'])
    bench.repo.write('.github/workflows/ci.yml', bench.repo.read('moved.yml'))
    bench.repo.remove('moved.yml')
    const tip = bench.repo.commit('moved')
    const shown = await attempt(bench, request({ task: 'T', base: bench.base }, edit))
    expect(shown).toMatchObject({
      status: 'held',
      reason_code: 'protected_path',
      last_error: expect.stringContaining('.github/workflows/ci.yml'),
    })
    expect(bench.tip()).toBe(tip)
    await approve(bench, shown.id, 'operator')
    await bench.drain()
    expect(bench.show(shown.id).status).toBe('applied')
    expect(bench.text('.github/workflows/ci.yml')).toContain('evil')
  }))

test('an approval is for exactly that content: a resolution makes it void', () =>
  withBench(
    configured({ approvals: { protectedPaths: ['guarded/**'] } }, { 'guarded/f.txt': 'a\n' }),
    async (bench) => {
      const value = request({ task: 'T', base: bench.base }, replaced('guarded/f.txt', 'mine\n'))
      const { id } = await attempt(bench, value)
      bench.repo.write('guarded/f.txt', 'of the operator\n')
      bench.repo.commit('meanwhile')
      await approve(bench, id, 'operator')
      await bench.drain()
      expect(bench.show(id).status).toBe('conflict')
      await bench.engine.resolve(id, 'reviewer', [
        { path: 'guarded/f.txt', how: 'from', content: Buffer.from('other\n') },
      ])
      await bench.drain()
      expect(bench.show(id)).toMatchObject({ status: 'held', last_error: expect.stringContaining('void') })
      expect(bench.text('guarded/f.txt')).toBe('of the operator\n')
      await approve(bench, id, 'operator')
      await bench.drain()
      expect(bench.show(id).status).toBe('applied')
      expect(bench.text('guarded/f.txt')).toBe('other\n')
      expect(new Set(bench.show(id).approvals.map((a) => a.content_hash)).size).toBe(2)
    },
  ))

test('an approval is for exactly those commands: another one under the same name makes it void', () =>
  withBench(
    configured({ checks: { allow: { test: 'true' } }, approvals: { required: 1 } }),
    async (bench) => {
      const { id } = await attempt(bench, one('T', { checks: ['test'] }), { runChecks: true })
      await approve(bench, id, 'operator')
      bench.repo.write(
        CONFIG,
        JSON.stringify({ checks: { allow: { test: 'true # another' } }, approvals: { required: 1 } }),
      )
      bench.repo.commit('another command')
      await bench.drain({ runChecks: true })
      expect(bench.show(id)).toMatchObject({ status: 'held', last_error: expect.stringContaining('void') })
      await approve(bench, id, 'operator')
      await bench.drain({ runChecks: true })
      expect(bench.show(id)).toMatchObject({ status: 'applied', check_verdict: 'passed' })
    },
  ))

test('a rejection fails the change with its reason, keeps it as a dead letter, and is in the log', () =>
  withBench(configured({ approvals: { required: 1 } }), async (bench) => {
    const { id } = await attempt(bench, one('T'))
    expect(
      bench.cli('reject', String(id), '--by', 'operator', '--reason', 'not like this', '--at', 'T.txt:1'),
    ).toMatchObject({ code: 0, stderr: '' })
    const shown = bench.show(id)
    expect(shown).toMatchObject({
      status: 'failed',
      reason_code: 'rejected',
      last_error: 'rejected by operator at T.txt:1: not like this',
    })
    expect(shown.approvals).toMatchObject([
      { decision: 'rejected', approver: 'operator', location: 'T.txt:1' },
    ])
    expect(bench.engine.deadLetters({})).toMatchObject([{ queue_id: id, error: shown.last_error }])
    expect(shown.log.find(({ message }) => message === 'approval')?.details).toMatchObject({
      decision: 'rejected',
      at: 'T.txt:1',
    })
    expect(bench.cli('show', String(id)).stdout).toMatch(
      /^rejected by operator at .* about T\.txt:1: not like this$/m,
    )
    await bench.drain()
    expect([bench.show(id).status, bench.tip()]).toEqual(['failed', bench.base])
  }))

test('the log tells who decided and after how long', () =>
  withBench(configured({ approvals: { required: 1 } }), async (bench) => {
    const { id } = await attempt(bench, one('T'))
    await bench.engine.approve(id, 'operator', 'owner', 'fine')
    const told = bench.show(id).log.find(({ message }) => message === 'approval')
    expect(told?.details).toEqual({
      approver: 'operator',
      decision: 'approved',
      approval_latency_ms: expect.any(Number),
      payload_hash: bench.show(id).approvals[0]?.content_hash,
    })
    expect(bench.show(id).approvals[0]).toMatchObject({ role: 'owner', note: 'fine' })
  }))

test.each(['approve', 'reject'] as const)('%s takes a change that is held and no other', (act) =>
  withBench({}, async (bench) => {
    const [id = 0] = await land(bench, one('T'))
    const acting = act === 'approve' ? approve(bench, id, 'x') : bench.engine.reject(id, 'x', 'y', null)
    await expect(acting).rejects.toMatchObject({ code: 'wrong_status', kind: 'user' })
    expect(bench.show(id).approvals).toEqual([])
  }),
)

const EXPECTING = { run: 'test', expect: { exit_code: 1 } }

test.each([
  ['a listed name', {}, ['test'], 'applied', null],
  ['a listed command', {}, ['exit 0'], 'applied', null],
  ['another command', {}, ['exit 0 # other'], 'held', 'unlisted_check'],
  ['a listed and another', {}, ['test', 'true'], 'held', 'unlisted_check'],
  ['a listed name that is to fail', {}, [EXPECTING], 'held', 'unlisted_check'],
  ['another command, refused', { unlisted: 'refuse' }, ['true'], 'failed', 'check_not_allowed'],
  ['another command, run', { unlisted: 'run' }, ['true'], 'applied', null],
  ['nothing', {}, ['none'], 'held', 'no_checks'],
] as const)('which checks run: %s', (_, checks, asked, status, code) =>
  withBench(configured({ checks: { allow: { test: 'exit 0' }, ...checks } }), async (bench) => {
    const shown = await attempt(bench, one('T', { checks: asked }), { runChecks: true })
    expect([shown.status, shown.reason_code]).toEqual([status, code])
    expect(shown.check_runs.length).toBe(status === 'applied' ? 1 : 0)
    if (status !== 'held') return
    await approve(bench, shown.id, 'operator')
    await bench.drain({ runChecks: true })
    // Approved, the command runs; that it then does not pass is another matter.
    const runs = bench.show(shown.id).check_runs.map(({ command }) => command)
    expect(runs.length > 0).toBe(asked[0] !== 'none')
    expect(bench.show(shown.id).status).toBe(typeof asked[0] === 'object' ? 'held' : 'applied')
  }),
)

test('with checks off no command holds a change, and with --trust-checks none does either', () =>
  withBench({}, async (bench) => {
    const off = await attempt(bench, one('OFF', { checks: ['exit 1'] }))
    expect(off).toMatchObject({ status: 'applied', check_verdict: 'not_run' })
    expect(trailer(bench, 'Checks')).toEqual(['not-run'])
    const trusted = await attempt(bench, one('TRUSTED', { checks: ['exit 0'] }), {
      runChecks: true,
      trustChecks: true,
    })
    expect(trusted).toMatchObject({ status: 'applied', check_verdict: 'passed' })
    expect(trailer(bench, 'Checks')).toEqual(['passed exit 0'])
  }))

test('policy is that of the target: an edit of the workspace is not in force, its commit is', () =>
  withBench(configured({ approvals: { required: 1 } }), async (bench) => {
    bench.repo.write(CONFIG, '{}')
    expect((await attempt(bench, one('EARLY'))).status).toBe('held')
    bench.repo.commit('no approvals needed')
    expect((await attempt(bench, one('LATE'))).status).toBe('applied')
    bench.repo.write(CONFIG, JSON.stringify({ approvals: { required: 1 } }))
    expect((await attempt(bench, one('LATER'))).status).toBe('applied')
  }))

const breaking = (text: string | Uint8Array) => (repo: TempRepo) => {
  repo.write(CONFIG, text)
  repo.commit('a mistake')
  repo.remove(CONFIG)
}

test.each([
  ['half a file', '{ "checks": {', /hyperion\.config\.json in the target/],
  ['an unknown key', '{ "checks": { "alow": {} } }', /alow/],
  ['a wrong type', '{ "approvals": { "required": "two" } }', /approvals\.required/],
  ['not UTF-8', Buffer.from('{ "caf\u00e9": 1 }', 'latin1'), /hyperion\.config\.json in the target/],
] as const)(
  'broken settings in the target (%s) pause landing with a sentence and spend nothing',
  (_, text, said) =>
    withBench({ before: breaking(text) }, async (bench) => {
      const [id = 0] = await bench.enqueue(one('T'))
      await expect(bench.drain()).rejects.toMatchObject({
        kind: 'user',
        message: expect.stringMatching(said),
      })
      const ran = bench.cli('worker', '--drain')
      expect([ran.code, ran.stderr.trimEnd().split('\n').length]).toEqual([1, 1])
      expect(ran.stderr).toMatch(said)
      expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0, fence: 0 })
      expect(bench.tip()).toBe(bench.base)
      bench.repo.commit('mended')
      await bench.drain()
      expect(bench.show(id)).toMatchObject({ status: 'applied', attempts: 1 })
    }),
)

test('a change may mend the settings only with an approval, and is in force once landed', () =>
  withBench(configured({ approvals: { required: 0 } }), async (bench) => {
    const stricter = JSON.stringify({ approvals: { required: 1 } })
    const { id, status } = await attempt(bench, request({ task: 'STRICT' }, replaced(CONFIG, stricter)))
    expect(status).toBe('held')
    expect((await attempt(bench, one('BEFORE'))).status).toBe('applied')
    await approve(bench, id, 'operator')
    // Even what is built in the same round as the new settings is behind them.
    expect((await attempt(bench, one('AFTER'))).status).toBe('held')
    expect(bench.show(id).status).toBe('applied')
    expect((await attempt(bench, request({ task: 'GONE' }, deleted(CONFIG)))).status).toBe('held')
  }))
