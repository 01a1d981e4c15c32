/** The conflict reviewer's routes over both transports, against the real engine. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDefinedError, safe } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../main/engine/base/clock.ts'
import { openStore } from '../../main/engine/store/store.ts'
import type { ReviewEvent, TrialEvent } from '../../schemas/reviewer.ts'
import { isGone, until } from '../support/processes.ts'
import { diffed, request, type Json } from '../support/requests.ts'
import { drainQueue } from '../support/workbench.ts'
import { openBench, TRANSPORTS, type Bench, type Client, type Wire } from './support.ts'

const BEFORE = 'one\ntwo\nthree\n'
const OURS = BEFORE.replace('two', 'TWO')
const THEIRS = BEFORE.replace('two', 'zwei')
const NOTHING = { pick: null, text: null, spans: [], choices: [] }

describe.each(TRANSPORTS)('over a %s', (transport) => {
  let bench: Bench
  let wire: Wire
  let client: Client
  beforeEach(async () => {
    const checks = {
      sandbox: 'off',
      retryFlaky: 0,
      allow: { fine: 'echo fine', hang: 'sleep 1000 & echo $! $$ > "$PWD/../pids"; echo waiting; wait' },
    }
    const files = { 'a.txt': BEFORE, 'hyperion.config.json': JSON.stringify({ checks }) }
    bench = openBench({ files })
    wire = await bench.connect(transport)
    client = wire.client
  })
  afterEach(() => bench.dispose())

  /** A conflict in `a.txt`, and on which sides it is. */
  async function conflict(checks: string[] = ['fine']): Promise<{ id: number; key: string }> {
    await client.workspace.open({ folder: bench.repo.dir, checks: null })
    const base = bench.repo.git('rev-parse', 'HEAD')
    const queue = async (document: Json): Promise<number> => {
      const { enqueued } = await client.changes.enqueue({ source: 'form', document })
      await drainQueue(bench.repo.dir)
      return enqueued[0] ?? 0
    }
    await queue(request({ task: 'FIRST', base }, diffed('a.txt', BEFORE, OURS)))
    const document = request({ task: 'SECOND', base }, diffed('a.txt', BEFORE, THEIRS))
    const id = await queue({ ...document, checks })
    const { paths } = await client.conflicts.show({ id })
    return { id, key: paths[0]?.sides_key ?? '' }
  }

  const code = (error: unknown): unknown =>
    isDefinedError(error as Error) && (error as { data: Json }).data['code']

  test('a conflict is read, drafted by two windows, explained, checked, decided and offered again', async () => {
    const { id, key } = await conflict()
    const texts = await client.conflicts.texts({ id, path: 'a.txt' })
    expect([texts.now.base.text, texts.now.ours.text, texts.now.theirs.text]).toEqual([BEFORE, OURS, THEIRS])
    const why = await client.conflicts.why({ id, path: 'a.txt' })
    expect(why).toMatchObject({ lines: [{ from: 2, to: 2, commit: 0 }], commits: [{ task_id: 'FIRST' }] })
    const draft = { id, path: 'a.txt', sides_key: key, tab: 'one', draft: { ...NOTHING, text: 'mine' } }
    expect(await client.conflicts.draft({ ...draft, revision: null })).toMatchObject({ stored: true })
    expect(await client.conflicts.draft({ ...draft, revision: null, tab: 'two' })).toMatchObject({
      stored: false,
      current: { tab: 'one', revision: 1, text: 'mine' },
    })
    const [refused] = await safe(client.conflicts.texts({ id, path: 'b.txt' }))
    expect(code(refused)).toBe('not_in_conflict')

    const chunk = { key: 'chunk', choice: 'both' as const, text: 'TWO\nzwei\n' }
    const content = BEFORE.replace('two', 'TWO\nzwei')
    const decision = { path: 'a.txt', how: 'from' as const, content, sides_key: key, chunks: [chunk] }
    const told: TrialEvent[] = []
    for await (const event of await client.conflicts.trial({ id, key: 'k', decisions: [decision] }))
      told.push(event)
    expect(told.map(({ kind }) => kind)).toEqual([
      'preparing',
      'preparing',
      'started',
      'output',
      'ended',
      'done',
    ])
    expect(told.at(-1)).toMatchObject({ trial: { key: 'k', verdict: 'passed' } })
    expect((await client.conflicts.show({ id })).trial).toMatchObject({ key: 'k', verdict: 'passed' })
    expect(await client.conflicts.refresh({ id })).toMatchObject({ id, paths: [{ moved: false }] })

    const half = { ...decision, content: 'half a \ud83d' }
    const [broken] = await safe(client.changes.resolve({ id, by: 'me', decisions: [half] }))
    expect(code(broken)).toBe('not_text')
    expect(await client.changes.resolve({ id, by: 'me', decisions: [decision] })).toMatchObject({
      status: 'pending',
    })
    await drainQueue(bench.repo.dir, { runChecks: true })
    expect(await client.changes.show({ id })).toMatchObject({
      status: 'applied',
      check_verdict: 'passed',
      resolutions: [{ path: 'a.txt', choices: { both: 1 } }],
    })
    expect(bench.repo.git('show', 'hyperion/main:a.txt')).toBe(content.trimEnd())
    expect(await client.conflicts.precedents({ keys: ['chunk'] })).toMatchObject([
      { key: 'chunk', choice: 'both', by: 'me', change_id: id, status: 'applied', check_verdict: 'passed' },
    ])
  })

  test('a decision about what moved meanwhile is refused by its code', async () => {
    const { id, key } = await conflict()
    bench.repo.git('checkout', '--quiet', '--detach', 'hyperion/main')
    bench.repo.write('a.txt', OURS.replace('TWO', 'Two'))
    bench.repo.git('update-ref', 'refs/heads/hyperion/main', bench.repo.commit('by hand'))
    const decision = { path: 'a.txt', how: 'theirs' as const, content: null, sides_key: key }
    const [moved] = await safe(client.changes.resolve({ id, by: 'me', decisions: [decision] }))
    expect(code(moved)).toBe('conflict_moved')
  })

  test('a watch tells at once, hears of another process, and of what is not there it says so', async () => {
    const { id, key } = await conflict()
    const events = await client.conflicts.watch({ id })
    expect((await events.next()).value).toMatchObject({ status: 'conflict', drafts: [], moved: false })
    const other = openStore(join(bench.repo.dir, '.hyperion/hyperion.db'), systemClock(), { mustExist: true })
    other.reviews.writeDraft(id, {
      path: 'a.txt',
      sidesKey: key,
      revision: null,
      tab: 'else',
      draft: NOTHING,
    })
    other.close()
    expect((await events.next()).value as ReviewEvent).toMatchObject({
      drafts: [{ path: 'a.txt', revision: 1, tab: 'else' }],
    })
    await events.return?.()
    const [error] = await safe(client.conflicts.watch({ id: 99 }).then((none) => none.next()))
    expect(code(error)).toBe('no_such_change')
    const listen = async (): Promise<void> => {
      for await (const _ of await client.conflicts.trial({ id, key: 'k', decisions: [] }));
    }
    const [missing] = await safe(listen())
    expect(code(missing)).toBe('paths_missing')
  })

  test.each(['ends the listening', 'goes away', 'closes the workspace'])(
    'a trial ends, with everything it started, when its window %s',
    async (how) => {
      const { id, key } = await conflict(['hang'])
      const decisions = [{ path: 'a.txt', how: 'theirs' as const, content: null, sides_key: key }]
      const events = await client.conflicts.trial({ id, key: 'k', decisions })
      const next = async (): Promise<TrialEvent> => (await events.next()).value as TrialEvent
      while ((await next()).kind !== 'output');
      const cache = join(process.env['XDG_CACHE_HOME'] ?? '', 'hyperion')
      const uuid = bench.session.workspace().engine.ground.store.facts.get('uuid') ?? ''
      const file = join(
        existsSync(cache) ? cache : join(bench.session.options.home ?? '', '.cache/hyperion'),
        uuid,
        'reviewer/slots/1/pids',
      )
      const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
      expect(pids.filter(isGone)).toEqual([])
      if (how === 'ends the listening') await events.return?.()
      else if (how === 'goes away') await wire.close()
      else await client.workspace.close({})
      await until('all of it is gone', () => pids.every(isGone))
    },
  )
})
