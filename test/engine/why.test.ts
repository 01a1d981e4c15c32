/** From a line to who asked for it: only what this queue landed is believed. */
import { expect, test } from 'vitest'
import { asHyperionError } from '../../main/engine/base/errors.ts'
import { whySchema } from '../../schemas/acts.ts'
import { added, deleted, patched, request } from '../support/requests.ts'
import { land, withBench, type Workbench } from '../support/workbench.ts'

const FILES = {
  'a.txt': 'one\ntwo\nthree\n',
  'pic.bin': new Uint8Array([0, 1, 2]),
  'dir/x': 'x',
  'odd:2': 'o\np\nq\n',
}
const SECOND = '@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n'

const bench = (work: (b: Workbench) => Promise<void>): Promise<void> => withBench({ files: FILES }, work)

const refusal = (b: Workbench, path: string, line: number | null): Promise<string> =>
  b.engine.why(path, line).then(
    () => 'told',
    (thrown: unknown) => {
      const { kind, message, hint } = asHyperionError(thrown)
      return `${kind}: ${message}${hint === null ? '' : `; ${hint}`}`
    },
  )

test('a line leads to its change, with model, checks, approvals, request and assignment', () =>
  bench(async (b) => {
    const task = {
      request_id: 'REQ-1',
      summary: 'Say it in German',
      requested_changes: [{ path: 'docs/new.md', summary: 'Write it' }],
    }
    const source = { source: 'task', model: null, agents: 1 }
    const { enqueued } = await b.engine.request(task, source, new AbortController().signal)
    const metadata = { intent: 'German', agent_model: 'gpt-5-mini' }
    const [id = 0] = await land(b, request({ task: 'T-1', metadata }, patched('a.txt', SECOND)))
    b.engine.ground.store.records.addCheckRun({
      change_id: id, fence: 1, name: 'test', command: 'npm test', run: 1, tree: b.repo.git('rev-parse', `${b.tip()}^{tree}`), verdict: 'passed',
      exit_code: 0, duration_ms: 5, surroundings: null, output: '',
    }) // prettier-ignore
    b.engine.ground.store.records.addApproval({
      change_id: id, decision: 'approved', approver: 'Ada', role: 'lead', note: null, location: null,
      content_hash: 'c', latency_ms: null,
    }) // prettier-ignore
    const found = whySchema.parse(await b.engine.why('a.txt', 2))
    expect(found).toMatchObject({
      path: 'a.txt',
      line: 2,
      text: 'zwei',
      last: { commit: b.show(id).landed_commit, origin: 'change', change_id: id, author: 'developer-1' },
      change: {
        id,
        archived: false,
        task_id: 'T-1',
        agent_model: 'gpt-5-mini',
        intent: 'German',
        checks: [{ name: 'test', verdict: 'passed', exit_code: 0 }],
        approvals: [{ approver: 'Ada', role: 'lead', decision: 'approved' }],
        request: null,
        assignment: null,
        reverts: null,
        reverted_by: null,
      },
    })
    const [drafted = 0] = enqueued
    const asked = await b.engine.why('docs/new.md', 1)
    expect(asked.change).toMatchObject({
      id: drafted,
      request: { request_id: 'REQ-1', summary: 'Say it in German' },
      assignment: { task_id: 'REQ-1-1', summary: expect.any(String), instructions: expect.any(Array) },
    })
  }))

test('a line of the operator says so, and a trailer that anybody wrote is not believed', () =>
  bench(async (b) => {
    expect((await b.engine.why('a.txt', 1)).last).toMatchObject({ origin: 'operator', change_id: null })
    const [id = 0] = await land(b, request({ task: 'T-1' }, patched('a.txt', SECOND)))
    const uuid = b.engine.ground.store.facts.get('uuid')
    for (const [line, trailer] of [
      ['forged', `${uuid}/${id}`],
      ['foreign', `other/${id}`],
    ] as const) {
      b.repo.git('checkout', '-q', '--detach', 'hyperion/main')
      b.repo.write('a.txt', `${line}\nzwei\nthree\n`)
      b.repo.commit(`forged\n\nHyperion-Change: ${trailer}\nAgent: developer-9`)
      b.repo.git('update-ref', 'refs/heads/hyperion/main', 'HEAD')
      const found = await b.engine.why('a.txt', 1)
      expect(found).toMatchObject({ text: line, change: null, last: { origin: 'unknown', change_id: null } })
    }
    expect((await b.engine.why('a.txt', 2)).change?.id).toBe(id)
  }))

test('without a line: the last change of the file and those before, archived ones too, reverts named', () =>
  bench(async (b) => {
    const [first = 0] = await land(b, request({ task: 'T-1' }, patched('a.txt', SECOND)))
    b.engine.ground.store.db.exec('UPDATE change_queue SET updated_at = 1')
    b.engine.cleanUp(0)
    const { id: made } = await b.engine.revert(first)
    await b.drain()
    const found = await b.engine.why('a.txt', null)
    expect(found).toMatchObject({ line: null, text: null, change: { id: made, reverts: first }, more: false })
    expect(found.earlier.map(({ origin, change_id }) => [origin, change_id])).toEqual([
      ['change', first],
      ['operator', null],
    ])
    const before = await b.engine.why('a.txt', 2)
    // Blame finds what put the line there: the revert.
    expect(before.change).toMatchObject({ id: made, reverts: first })
    expect((await b.engine.why('a.txt', 1)).change).toBeNull()
  }))

test('a path with a colon and a number is meant where there is such a file', () =>
  bench(async (b) => {
    expect(await b.engine.whereMeant('a.txt:2')).toEqual({ path: 'a.txt', line: 2 })
    expect(await b.engine.whereMeant('odd:2')).toEqual({ path: 'odd:2', line: null })
    expect(await b.engine.whereMeant('odd:2:3')).toEqual({ path: 'odd:2', line: 3 })
    expect((await b.engine.why('odd:2', 3)).text).toBe('q')
  }))

test('what has no such line is said in one sentence', () =>
  bench(async (b) => {
    const [id] = await land(
      b,
      request({ task: 'T-1' }, added('gone.txt', 'x\n')),
      request({ task: 'T-2' }, deleted('dir/x')),
    )
    await land(b, request({ task: 'T-3' }, deleted('gone.txt')))
    const at = `hyperion/main at ${b.tip().slice(0, 10)}`
    expect(await refusal(b, 'nowhere.txt', 1)).toBe(
      `user: nowhere.txt is not in ${at}; name a path from the root of the repository`,
    )
    expect(await refusal(b, 'gone.txt', null)).toBe(
      `user: gone.txt is not in ${at}; change ${Number(id) + 2} took it away`,
    )
    expect(await refusal(b, 'a.txt', 4)).toBe('user: a.txt has 3 lines in hyperion/main, not 4')
    expect(await refusal(b, 'a.txt', 0)).toContain('has 3 lines')
    expect(await refusal(b, 'pic.bin', 1)).toBe('user: pic.bin is binary and has no lines')
    expect((await b.engine.why('pic.bin', null)).last.origin).toBe('operator')
    for (const path of ['', '/', '../a.txt', '/etc/passwd', 'a.txt/', '--help', ':(top)a.txt', 'a\u0000b'])
      expect(await refusal(b, path, 1)).toMatch(/^user: .*(?:is not in|go through)/)
    b.repo.git('checkout', '-q', '--detach', 'hyperion/main')
    b.repo.git('update-index', '--add', '--cacheinfo', `120000,${b.repo.git('rev-parse', 'HEAD:a.txt')},link`)
    b.repo.git('commit', '-qm', 'link')
    b.repo.git('update-ref', 'refs/heads/hyperion/main', 'HEAD')
    expect(await refusal(b, 'link', 1)).toBe('user: link is a symbolic link; links cannot be changed')
    expect(await refusal(b, 'dir', null)).toMatch(/^user: dir is not in/)
  }))
