import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { added, change, deleted, diffed, request, type Json } from '../support/requests.ts'
import { fingerprint } from '../support/fingerprint.ts'
import type { TempRepo } from '../support/temp-repo.ts'
import { attempt, land, withBench, type Workbench } from '../support/workbench.ts'

const TEN = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n'
const one = (task: string, more: Partial<Parameters<typeof change>[0]> = {}): Json =>
  change({ task, path: `${task}.txt`, add: `${task}\n`, ...more })
const isAncestor = (bench: Workbench, commit: string, of: string): boolean =>
  bench.repo.git('rev-list', '--count', commit, `^${of}`) === '0'

test('a landed commit says who wrote it, who landed it, and the trailers of the landing rules, exactly', () =>
  withBench(
    { files: { 'hyperion.config.json': JSON.stringify({ approvals: { required: 1 } }) } },
    async (bench) => {
      const metadata = {
        intent: 'Greet politely\n\nIn two lines,\nand a list:\n- one\n---\nTask-Id: forged',
        agent_model: 'gpt-5-mini',
      }
      const { id } = await attempt(
        bench,
        one('REQ-1-2', { agent: 'developer-3', requestId: 'REQ-1', metadata }),
      )
      await bench.engine.approve(id, 'Ada L.', 'owner', null)
      await bench.drain()
      const [landed] = bench.landed()
      const trailers = [
        `Hyperion-Change: ${bench.engine.ground.store.facts.get('uuid')}/${id}`,
        'Request-Id: REQ-1',
        'Task-Id: REQ-1-2',
        'Agent: developer-3',
        'Agent-Model: gpt-5-mini',
        `Payload-Hash: ${bench.show(id).payload_hash}`,
        'Checks: not-run',
        'Approved-By: Ada L.',
        /^Audit-Head: [0-9a-f]{64}$/m.exec(landed?.trailers ?? '')?.[0] ?? 'no Audit-Head',
      ].join('\n')
      const body = '    In two lines,\n    and a list:\n    - one\n    ---\n    Task-Id: forged'
      expect(landed).toEqual({
        commit: bench.tip(),
        parents: [bench.base],
        tree: bench.repo.git('rev-parse', `${bench.tip()}^{tree}`),
        author: 'developer-3 <developer-3@agents.invalid>',
        committer: 'Hyperion <hyperion@agents.invalid>',
        message: `REQ-1-2: Greet politely\n\n${body}\n\n${trailers}\n`,
        trailers: `${trailers}\n`,
      })
      const parsed = bench.repo
        .run(['interpret-trailers', '--parse'], { stdin: landed?.message ?? '' })
        .toString('utf8')
      expect(parsed.trimEnd()).toBe(trailers)
    },
  ))

test('without an intent the subject names the files', () =>
  withBench({}, async (bench) => {
    await land(
      bench,
      request({ task: 'T' }, added('a/b.txt', 'x\n'), added('c.txt', 'x\n'), added('d.txt', 'x\n')),
    )
    expect(bench.repo.git('log', '-1', '--format=%s', 'hyperion/main')).toBe('T: change a/b.txt and 2 more')
  }))

test('upstream moved on: the target takes it in before anything lands on it', () =>
  withBench({}, async (bench) => {
    bench.repo.write('operator.txt', 'mine\n')
    const commit = bench.repo.commit('of the operator')
    await land(bench, one('T'))
    expect(bench.landed().map((each) => each.commit)).toEqual([commit, bench.tip()])
    expect([bench.text('operator.txt'), bench.text('T.txt')]).toEqual(['mine\n', 'T\n'])
    expect(bench.repo.head()).toBe(commit)
    const told = bench.engine.logs({ message: 'followed upstream' })
    expect(told.map(({ details }) => [details['from'], details['to']])).toEqual([[bench.base, commit]])
  }))

test('upstream and target both moved: where the target follows by hand only, both stay and changes go on landing', () =>
  withBench({ files: { 'hyperion.config.json': '{"landing":{"follow":false}}\n' } }, async (bench) => {
    await land(bench, one('FIRST'))
    bench.repo.write('operator.txt', 'mine\n')
    const commit = bench.repo.commit('of the operator')
    await land(bench, one('SECOND'))
    expect(bench.repo.git('rev-parse', 'main')).toBe(commit)
    expect(isAncestor(bench, commit, 'hyperion/main')).toBe(false)
    expect(bench.landed().length).toBe(2)
  }))

test('a target that is checked out lands nothing and says where; elsewhere a linked worktree counts too', () =>
  withBench({}, async (bench) => {
    const [id = 0] = await bench.enqueue(one('T'))
    const elsewhere = join(bench.dir, '..', 'elsewhere')
    const checkOut = [
      { begin: ['checkout', '--quiet', 'hyperion/main'], end: ['checkout', '--quiet', 'main'], where: bench.dir },
      { begin: ['worktree', 'add', '--quiet', elsewhere, 'hyperion/main'], end: ['worktree', 'remove', elsewhere], where: elsewhere },
    ] // prettier-ignore
    for (const { begin, end, where } of checkOut) {
      bench.repo.git(...begin)
      await expect(bench.drain()).rejects.toMatchObject({
        code: 'target_checked_out',
        message: expect.stringContaining(where),
      })
      const ran = bench.cli('worker', '--drain')
      expect([ran.code, ran.stderr.trimEnd().split('\n').length]).toEqual([1, 1])
      expect(ran.stderr).toContain('hyperion/main')
      expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0 })
      expect(bench.tip()).toBe(bench.base)
      bench.repo.git(...end)
    }
    await bench.drain()
    expect(bench.show(id).status).toBe('applied')
  }))

test('a target that is checked out is not moved by `sync` or `request` either', () =>
  withBench({}, async (bench) => {
    bench.repo.git('checkout', '--quiet', 'hyperion/main')
    bench.repo.git(
      'update-ref',
      'refs/heads/main',
      bench.repo.git('commit-tree', '-p', 'main', '-m', 'of the operator', 'main^{tree}'),
    )
    const ran = bench.cli('sync')
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('is checked out at')])
    const task = { request_id: 'R-1', summary: 'x', requested_changes: [{ path: 'new.ts', summary: 'x' }] }
    await bench.engine.request(task, { source: 'x', model: null, agents: 1 }, new AbortController().signal)
    expect(bench.tip()).toBe(bench.base)
    expect(bench.repo.git('status', '--porcelain')).toBe('')
  }))

test('a target that vanishes lands nothing and says so, before the claim and in the middle', () =>
  withBench({}, async (bench) => {
    const [id = 0] = await bench.enqueue(one('T'))
    const vanish = (): void => void bench.repo.git('update-ref', '-d', 'refs/heads/hyperion/main')
    const comeBack = (): void => void bench.repo.git('update-ref', 'refs/heads/hyperion/main', bench.base)
    const missing = { code: 'target_missing', message: expect.stringContaining('hyperion/main') }
    vanish()
    await expect(bench.drain()).rejects.toMatchObject(missing)
    expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0, fence: 0 })
    comeBack()
    const inTheMiddle = bench.drain({ onStep: (step) => (step === 'intent' ? vanish() : undefined) })
    await expect(inTheMiddle).rejects.toMatchObject(missing)
    expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0 })
    comeBack()
    await bench.drain()
    expect(bench.show(id).status).toBe('applied')
    expect(bench.landed().length).toBe(1)
  }))

test('paused: nothing is claimed or landed, by any process, until it is over', () =>
  withBench({}, async (bench) => {
    const { facts } = bench.engine.ground.store
    const [id = 0] = await bench.enqueue(one('T'))
    facts.set('paused', 'by a test')
    await bench.drain()
    expect(await bench.workers(1)).toMatchObject({ code: 3 })
    expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0, fence: 0 })
    facts.remove('paused')
    let paused = false
    await bench.drain({
      onStep: (step) => {
        if (step !== 'prepare' || paused) return
        paused = true
        facts.set('paused', 'in the middle')
      },
    })
    expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0 })
    expect(bench.tip()).toBe(bench.base)
    facts.remove('paused')
    await bench.drain()
    expect(bench.show(id)).toMatchObject({ status: 'applied', attempts: 1 })
  }))

test('the same request again is refused with the id and status of the first, until that is archived', () =>
  withBench({}, async (bench) => {
    const value = one('T')
    const [id = 0] = await land(bench, value)
    const reordered = Object.fromEntries(Object.entries(value).toReversed())
    const claimed = { ...value, metadata: { approvals: [{ approver: 'x', approved_at: 1 }] } }
    for (const again of [value, reordered]) {
      const [result] = await bench.engine.enqueue([{ source: 'again', value: again }])
      expect(result).toMatchObject({ kind: 'duplicate', of: { id, status: 'applied' } })
    }
    expect(bench.engine.list({}).length).toBe(1)
    expect(bench.engine.logs({ message: 'duplicate change request' }).length).toBe(2)
    expect(bench.engine.metrics(60).dedup_hits).toBe(2)
    // Other content under the same task is another change; this one finds its file there already.
    const other = await attempt(bench, { ...claimed, checks: ['another'] })
    expect(other).toMatchObject({ status: 'applied', landed_commit: null })
  }))

const HOOKS = ['post-commit', 'pre-commit', 'reference-transaction', 'post-index-change', 'update', 'post-update', 'post-merge', 'post-checkout', 'post-rewrite', 'commit-msg', 'prepare-commit-msg', 'pre-auto-gc', 'fsmonitor-watchman', 'pre-receive', 'post-receive', 'proc-receive'] // prettier-ignore

/** Everything in a repository by which its owner, or who got at its settings, changes what git does. */
function booby(repo: TempRepo): void {
  const mark = (what: string): string => `echo ${what} >> '${join(repo.dir, '..', 'ran')}'`
  const program = (what: string): string => `sh -c "${mark(what).replaceAll('"', '\\"')}; cat"`
  const hooks = join(repo.gitDir, 'hooks')
  mkdirSync(hooks, { recursive: true })
  for (const name of HOOKS) {
    writeFileSync(join(hooks, name), `#!/bin/sh\n${mark(name)}\nexit 1\n`)
    chmodSync(join(hooks, name), 0o755)
  }
  const config: Record<string, string> = {
    'core.autocrlf': 'true',
    'core.eol': 'crlf',
    'core.safecrlf': 'true',
    'core.fsmonitor': join(hooks, 'fsmonitor-watchman'),
    'core.attributesFile': join(repo.gitDir, 'attributes'),
    'core.compression': '0',
    'core.fileMode': 'false',
    'core.ignoreCase': 'true',
    'core.precomposeUnicode': 'true',
    'core.pager': program('pager'),
    'core.editor': program('editor'),
    'core.alternateRefsCommand': program('alternates'),
    'filter.evil.clean': program('clean'),
    'filter.evil.smudge': program('smudge'),
    'filter.evil.process': program('process'),
    'filter.evil.required': 'true',
    'merge.evil.driver': `${program('merge')} && false`,
    'merge.default': 'evil',
    'merge.conflictStyle': 'merge',
    'diff.evil.textconv': program('textconv'),
    'diff.evil.command': program('diff'),
    'diff.external': program('external'),
    'diff.noprefix': 'true',
    'diff.renames': 'copies',
    'diff.algorithm': 'patience',
    'diff.orderFile': '/nonexistent',
    'diff.ignoreSubmodules': 'all',
    'log.showSignature': 'true',
    'log.follow': 'true',
    'log.date': 'relative',
    'log.mailmap': 'true',
    'trailer.separators': '=',
    'gpg.program': program('gpg'),
    'commit.gpgSign': 'true',
    'user.name': 'Somebody Else',
    'user.email': 'else@example.invalid',
    'i18n.commitEncoding': 'latin1',
    'i18n.logOutputEncoding': 'latin1',
    'gc.auto': '1',
    'alias.rev-parse': `!${program('alias')}`,
    'uploadpack.packObjectsHook': program('pack'),
    'transfer.fsckObjects': 'true',
    'fsck.missingEmail': 'error',
    'color.ui': 'always',
    'pack.threads': '1',
    'receive.denyCurrentBranch': 'refuse',
  }
  for (const [key, value] of Object.entries(config)) repo.git('config', key, value)
  mkdirSync(join(repo.gitDir, 'info'), { recursive: true })
  for (const file of ['info/attributes', 'attributes']) {
    appendFileSync(
      join(repo.gitDir, file),
      '* filter=evil merge=evil diff=evil text eol=crlf ident working-tree-encoding=UTF-16\n',
    )
  }
}

test('hooks, filters, drivers, attributes and settings of the repository neither run nor change a result', () => {
  const attributes = '* filter=evil merge=evil diff=evil text eol=crlf ident\n*.txt binary\n'
  const tracked = {
    '.gitattributes': attributes,
    'crlf.txt': TEN.replaceAll('\n', '\r\n'),
    'a.txt': TEN,
    'b.txt': TEN,
    'gone.txt': 'x\n',
  }
  return withBench({ files: tracked, before: booby }, async (bench) => {
    const git = fingerprint(bench.repo.gitDir, { without: ['objects', 'refs', 'logs'] })
    const ident = TEN.replace('one', 'one $Id$')
    const crlf = TEN.replaceAll('\n', '\r\n')
    await land(
      bench,
      request({ task: 'A' }, diffed('a.txt', TEN, TEN.replace('two', 'TWO'))),
      request({ task: 'B', base: bench.base }, diffed('a.txt', TEN, TEN.replace('nine', 'NINE'))),
      request({ task: 'C' }, diffed('b.txt', TEN, ident), deleted('gone.txt')),
      request({ task: 'D' }, diffed('crlf.txt', crlf, crlf.replace('five', 'FIVE'))),
      request(
        { task: 'E', agent: 'agent-e' },
        added('new.txt', 'a\r\nb\r\n'),
        added('new.sh', '#!/bin/sh\n', true),
      ),
    )
    const clash = await attempt(
      bench,
      request({ task: 'F', base: bench.base }, diffed('a.txt', TEN, TEN.replace('two', '2'))),
    )
    expect(clash.conflicts[0]).toMatchObject({
      kind: 'content',
      markers: expect.stringContaining('||||||| base\ntwo\n'),
    })
    expect(clash.conflicts[0]?.touched_by.map(({ task_id }) => task_id)).toEqual(['A', 'B'])
    expect(bench.text('a.txt')).toBe(TEN.replace('two', 'TWO').replace('nine', 'NINE'))
    expect([bench.text('b.txt'), bench.text('crlf.txt'), bench.text('new.txt')]).toEqual([
      ident,
      crlf.replace('five', 'FIVE'),
      'a\r\nb\r\n',
    ])
    const mode = bench.repo.git('ls-tree', 'hyperion/main', 'new.sh').split(' ')[0]
    expect(mode).toBe('100755')
    expect(bench.repo.git('cat-file', 'commit', bench.tip())).not.toMatch(/gpgsig|encoding|Somebody/)
    expect(
      existsSync(join(bench.dir, '..', 'ran')) ? readFileSync(join(bench.dir, '..', 'ran'), 'utf8') : '',
    ).toBe('')
    expect(fingerprint(bench.repo.gitDir, { without: ['objects', 'refs', 'logs'] })).toEqual(git)
  })
})

test.each<[string, (repo: TempRepo, tip: string, base: string) => void]>([
  ['a replace ref', (repo, tip, base) => void repo.git('replace', tip, base)],
  ['a graft', (repo, tip) => writeFileSync(join(repo.gitDir, 'info/grafts'), `${tip}\n`)],
])('%s that shows another history does not make what landed unlanded', (_, pretend) =>
  withBench({ files: { 'f.txt': TEN } }, async (bench) => {
    await land(bench, request({ task: 'A' }, diffed('f.txt', TEN, TEN.replace('two', 'TWO'))))
    const first = bench.tip()
    await land(bench, request({ task: 'B' }, added('b.txt', 'b\n')))
    pretend(bench.repo, bench.tip(), bench.base)
    expect(bench.repo.git('rev-list', 'hyperion/main').split('\n')).not.toContain(first)
    const { store } = bench.engine.ground
    store.landings.intend([intentOf(bench, first)])
    await bench.engine.startUp()
    const states = store.db
      .sql<{ state: string }>('SELECT state FROM landing_attempts WHERE change_id = 1')
      .all()
    expect(states).toEqual([{ state: 'landed' }])
    await land(
      bench,
      request({ task: 'C', base: bench.base }, diffed('f.txt', TEN, TEN.replace('nine', 'NINE'))),
    )
    expect(bench.text('f.txt')).toBe(TEN.replace('two', 'TWO').replace('nine', 'NINE'))
    const real = { env: { GIT_NO_REPLACE_OBJECTS: '1', GIT_GRAFT_FILE: '/dev/null' } }
    expect(bench.repo.run(['rev-list', '--count', 'hyperion/main'], real).toString().trim()).toBe('4')
  }),
)

/** An intent as a process leaves it that was ended right after the move of the target. */
const intentOf = (bench: Workbench, commit: string) => ({
  changeId: 1,
  commitOid: commit,
  treeOid: commit,
  oldTip: bench.base,
  newTip: commit,
  target: bench.engine.target,
  fence: 1,
  workerId: 'gone',
  process: { pid: 1, startedAt: 'never' },
  git: { pid: 1, startedAt: 'never' },
})

test('a repository with SHA-256 ids works the same', () =>
  withBench({ objectFormat: 'sha256', files: { 'f.txt': TEN } }, async (bench) => {
    await land(
      bench,
      request({ task: 'A' }, diffed('f.txt', TEN, TEN.replace('two', 'TWO'))),
      request(
        { task: 'B', base: bench.base },
        diffed('f.txt', TEN, TEN.replace('nine', 'NINE')),
        added('d/new.txt', 'x\n'),
      ),
    )
    const clash = await attempt(
      bench,
      request({ task: 'C', base: bench.base }, diffed('f.txt', TEN, TEN.replace('two', '2'))),
    )
    expect(clash.conflicts[0]?.ours?.oid).toMatch(/^[0-9a-f]{64}$/)
    expect(bench.text('f.txt')).toBe(TEN.replace('two', 'TWO').replace('nine', 'NINE'))
    // More than a few objects go in as a pack.
    await land(
      bench,
      request(
        { task: 'MANY' },
        ...Array.from({ length: 100 }, (_, index) => added(`many/${index}.txt`, `${index}\n`)),
      ),
    )
    bench.repo.git('fsck', '--strict', '--full')
  }))

test('a linked worktree may be the workspace', () =>
  withBench(
    {
      files: { 'f.txt': TEN },
      before: (repo) => repo.git('worktree', 'add', '--quiet', '-b', 'side', join(repo.dir, '../linked')),
      workspace: (repo) => join(repo.dir, '../linked'),
    },
    async (bench) => {
      await land(bench, request({ task: 'A' }, diffed('f.txt', TEN, TEN.replace('two', 'TWO'))))
      bench.repo.run(['commit', '--quiet', '--allow-empty', '-m', 'on the side'], { cwd: bench.dir })
      expect(bench.engine.ground.store.facts.get('upstream')).toBe('side')
      expect(bench.text('f.txt')).toContain('TWO')
      expect(bench.repo.run(['status', '--porcelain'], { cwd: bench.dir }).toString()).toBe('')
      bench.repo.git('fsck', '--strict', '--full')
    },
  ))
