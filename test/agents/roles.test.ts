import { describe, expect, it } from 'vitest'
import { fromFinishedEdit } from '../../main/engine/agents/developer.ts'
import { briefOf } from '../../main/engine/agents/engineer.ts'
import type {
  AgentHarness,
  AgentTask,
  Draft,
  FileEdit,
  Outcome,
  Review,
} from '../../main/engine/agents/harness.ts'
import { assignmentsOf, draftOrder, handOut, standsOn } from '../../main/engine/agents/orchestrator.ts'
import { canonicalJson, sha256 } from '../../main/engine/base/hash.ts'
import type { Assignment } from '../../schemas/assignment.ts'
import { briefSchema, blockingQuestions } from '../../schemas/brief.ts'
import { refusalText } from '../../main/engine/agents/adapters/converse.ts'
import { drawn } from '../support/fake-secrets.ts'
import { AGENTS, BASE_COMMIT, contextOf, request, through } from './support.ts'

describe('the Engineer', () => {
  it('restates the request and gives each requested change a criterion', () => {
    const brief = briefOf(request(['a.ts', 'b.ts', 'a.ts']), [])
    expect(brief).toEqual({
      request_id: 'REQ-1',
      intent: 'Do the work',
      acceptance_criteria: ['a.ts: Change a.ts', 'b.ts: Change b.ts', 'a.ts: Change a.ts'],
      priority: 'normal',
      complexity: 2,
      risks: ['2 of the requested changes edit a.ts: they are made one after the other'],
      questions: [],
    })
    expect(briefSchema.parse(brief)).toEqual(brief)
    expect(blockingQuestions(brief)).toEqual([])
  })

  it('keeps what the request says itself', () => {
    const metadata = { intent: 'i', complexity: 7 }
    expect(
      briefOf(request(['a.ts'], { metadata, priority: 'urgent', acceptance_criteria: ['c'] }), []),
    ).toMatchObject({
      intent: 'i',
      complexity: 7,
      priority: 'urgent',
      acceptance_criteria: ['c'],
    })
  })

  it('warns of protected paths', () => {
    expect(briefOf(request(['package.json']), ['**/package.json']).risks[0]).toContain(
      'package.json is protected',
    )
  })
})

describe('the Orchestrator', () => {
  it('chains what needs the same file and leaves the rest apart', () => {
    const task = request(['a', 'b', 'a'], { context: 'more', checks: ['test'] })
    const assignments = assignmentsOf(briefOf(task, []), task)
    expect(
      assignments.map(({ task_id, file_targets, depends_on }) => [task_id, file_targets, depends_on]),
    ).toEqual([
      ['REQ-1-1', ['a'], undefined],
      ['REQ-1-2', ['b'], undefined],
      ['REQ-1-3', ['a'], ['REQ-1-1']],
    ])
    expect(assignments[0]).toMatchObject({
      parent_request_id: 'REQ-1',
      instructions: ['Change a', 'more'],
      checks: ['test'],
      metadata: { intent: 'Do the work', complexity: 2 },
    })
    expect(assignments[0]?.metadata?.agent_model).toBeUndefined()
  })

  it('hands out in turn', () => {
    const task = request(['a', 'b', 'c'])
    const assignments = assignmentsOf(briefOf(task, []), task)
    expect(handOut(assignments, 2).map(({ agent }) => agent)).toEqual(['agent-1', 'agent-2', 'agent-1'])
    expect(handOut(assignments, 0).map(({ agent }) => agent)).toEqual(['agent-1', 'agent-1', 'agent-1'])
  })

  it('orders drafts by what they stand on, in a circle too', () => {
    const one = (n: number, depends_on: string[]): Assignment => ({
      task_id: `R-${n}`,
      parent_request_id: 'R',
      summary: 's',
      file_targets: ['x'],
      instructions: [],
      depends_on,
    })
    const all = [one(1, ['R-2']), one(2, ['R-3', 'ELSE-1']), one(3, []), one(4, ['R-5']), one(5, ['R-4'])]
    expect(draftOrder(all).map(({ task_id }) => task_id)).toEqual(['R-3', 'R-2', 'R-1', 'R-4', 'R-5'])
    expect([...standsOn(one(1, ['R-2']), all)].toSorted()).toEqual(['R-2', 'R-3'])
  })
})

/** A harness that submits the given drafts one after the other until one is accepted. */
function scripted(drafts: Draft[], seen: Review[] = []): AgentHarness {
  const usage = { source: 'unavailable' } as const
  async function work(task: AgentTask): Promise<Outcome> {
    for (const [repairs, draft] of drafts.entries()) {
      const review = await (task.handIn?.review(draft) ?? Promise.reject(new Error('nothing to hand in')))
      seen.push(review)
      if (review.accepted)
        return { kind: 'submitted', value: draft, via: 'tool', repairs, usage, sessionId: null }
    }
    return { kind: 'failed', code: 'invalid', detail: 'gave up', usage, sessionId: null }
  }
  return {
    id: 'scripted',
    probe: () => Promise.resolve({ ready: true, version: '1' }),
    start: (task) => ({
      events: (async function* () {})(),
      outcome: work(task).catch((error: unknown): Outcome => ({
        kind: 'failed',
        code: 'provider',
        detail: String(error),
        usage,
        sessionId: null,
      })),
      cancel: () => Promise.resolve(),
    }),
    dispose: () => Promise.resolve(),
  }
}

const draft = (...files: FileEdit[]): Draft => ({ summary: 's', files })

describe('the Developer', () => {
  const files = { 'a.ts': 'one\ntwo\ntwo\n', 'b.ts': 'b\n', 'w.ts': 'a\r\nb\r\n' }

  it.each<[string, FileEdit, string]>([
    ['outside its targets', { path: 'b.ts', action: 'replace', content: 'x\n' }, 'out_of_scope'],
    ['outside the repository', { path: '../x', action: 'create', content: 'x\n' }, 'path_parent_component'],
    [
      'a text that is not there',
      { path: 'a.ts', action: 'edit', edits: [{ search: 'zzz', replace: '' }] },
      'search_not_found',
    ],
    [
      'a text that is there twice',
      { path: 'a.ts', action: 'edit', edits: [{ search: 'two', replace: '' }] },
      'search_ambiguous',
    ],
    ['an empty text', { path: 'a.ts', action: 'edit', edits: [{ search: '', replace: 'x' }] }, 'invalid'],
    ['a file that exists', { path: 'a.ts', action: 'create', content: 'x\n' }, 'file_exists'],
    ['no change', { path: 'a.ts', action: 'replace', content: 'one\ntwo\ntwo\n' }, 'no_change'],
  ])('has refused: %s', async (_what, edit, code) => {
    const seen: Review[] = []
    const { results, guarded } = await through(request(['a.ts']), files, {
      harness: scripted([draft(edit)], seen),
    })
    expect(seen).toMatchObject([{ accepted: false, code }])
    expect(guarded).toMatchObject([{ code }])
    expect(results).toMatchObject([{ ok: false, code: 'invalid' }])
  })

  it('is told what is told of its assignment to everybody, with the model it is', async () => {
    const told: AgentTask[] = []
    const good = draft({ path: 'a.ts', action: 'replace', content: 'new\n' })
    const honest = scripted([good])
    const harness: AgentHarness = {
      ...honest,
      start(task, signal) {
        told.push(task)
        return honest.start(task, signal)
      },
    }
    await through(request(['a.ts']), files, { harness, model: 'named' })
    const context = canonicalJson({ ...contextOf('REQ-1-1'), agent_model: 'named' })
    expect(told).toMatchObject([{ model: 'named', prompt: expect.stringContaining(context) }])
  })

  it('may repair what was refused; each look of the guard is told', async () => {
    const good = draft({ path: 'a.ts', action: 'edit', edits: [{ search: 'one', replace: 'eins' }] })
    const bad = draft({ path: 'b.ts', action: 'delete' })
    const { drafts, guarded } = await through(request(['a.ts']), files, { harness: scripted([bad, good]) })
    expect(guarded).toEqual([
      { code: 'out_of_scope', output: expect.stringMatching(/^b\.ts is not/), duration_ms: expect.any(Number), repair: 0 },
      { code: 'ok', output: '', duration_ms: expect.any(Number), repair: 1 },
    ]) // prettier-ignore
    expect(drafts[0]?.changes[0]?.patch).toBe('@@ -1,3 +1,3 @@\n-one\n+eins\n two\n two\n')
  })

  it('hands in a secret: it is refused by line and kind, and no answer, event or result holds it', async () => {
    const secret = ['gh', 'p_', drawn(36)].join('')
    const seen: Review[] = []
    const leak = draft({
      path: 'a.ts',
      action: 'edit',
      edits: [{ search: 'one', replace: `key('${secret}')` }],
    })
    const { results, guarded } = await through(request(['a.ts']), files, { harness: scripted([leak], seen) })
    expect(guarded).toMatchObject([
      { code: 'secret_found', output: expect.stringMatching(/^line 1 of a\.ts /) },
    ])
    expect(results).toMatchObject([{ ok: false }])
    expect(JSON.stringify([seen, guarded, results])).not.toContain(secret.slice(4, 20))
    const [review] = seen
    expect(review?.accepted === false && refusalText(review)).toContain('a github token')
  })

  it('adds, deletes and rewrites within its targets, in the file’s own line ending', async () => {
    const all = draft(
      { path: 'a.ts', action: 'delete' },
      { path: 'new.sh', action: 'create', content: '#!/bin/sh\n', executable: true },
      { path: 'empty.ts', action: 'create', content: '' },
      { path: 'w.ts', action: 'replace', content: 'a\nc\n' },
    )
    const assignments = [
      {
        task_id: 'REQ-1-1',
        parent_request_id: 'REQ-1',
        summary: 's',
        file_targets: ['a.ts', 'new.sh', 'empty.ts', 'w.ts'],
        instructions: [],
      },
    ]
    const ran = await through(request(['a.ts'], { assignments }), files, { harness: scripted([all]) })
    expect(ran.drafts[0]?.changes).toMatchObject([
      { operation: 'delete', patch_hash: sha256('') },
      { operation: 'add', executable: true },
      { operation: 'add', replacement: '' },
      { operation: 'update' },
    ])
    expect(await ran.final('a.ts')).toBeNull()
    expect(await ran.final('w.ts')).toBe('a\r\nc\r\n')
    expect(await ran.final('empty.ts')).toBe('')
  })

  it('may add checks and cannot take any away', async () => {
    const harness = scripted([{ ...draft({ path: 'a.ts', action: 'delete' }), checks: ['mine'] }])
    const { drafts } = await through(request(['a.ts'], { checks: ['test'] }), files, { harness })
    expect(drafts[0]?.checks).toEqual(['test', 'mine'])
  })

  it('fails when the agent claims a submission the guard never saw', async () => {
    const honest = scripted([])
    const harness: AgentHarness = {
      ...honest,
      start: (task, signal) => ({
        ...honest.start(task, signal),
        outcome: Promise.resolve({
          kind: 'submitted',
          value: draft({ path: 'b.ts', action: 'delete' }),
          via: 'text',
          repairs: 0,
          usage: { source: 'unavailable' },
          sessionId: null,
        }),
      }),
    }
    const { results } = await through(request(['a.ts']), files, { harness })
    expect(results).toMatchObject([{ ok: false, code: 'no_submission' }])
  })

  it('throws when the base cannot be read, rather than blame the agent', async () => {
    const broken = Object.defineProperty({}, 'a.ts', {
      get() {
        throw new Error('disk')
      },
    })
    await expect(through(request(['a.ts']), broken)).rejects.toThrow('disk')
  })

  it('takes a cast’s finished edit as it is', () => {
    const task = request(['a.ts'], { checks: ['test'] })
    const brief = briefOf(task, [])
    const [assignment] = assignmentsOf(brief, task)
    if (assignment === undefined) throw new Error('no assignment')
    const change = {
      path: 'a.ts',
      operation: 'update',
      replacement: 'x\n',
      patch_hash: sha256('x\n'),
    } as const
    const common = {
      assignment,
      request: task,
      brief,
      agent: 'agent-1',
      allow: {},
      agents: AGENTS,
      model: null,
    }
    const made = fromFinishedEdit({ ...common, earlier: [] }, change, BASE_COMMIT)
    expect(made).toMatchObject({
      task_id: 'REQ-1-1',
      base_commit: BASE_COMMIT,
      changes: [change],
      checks: ['test'],
    })
    const later = fromFinishedEdit({ ...common, earlier: [made] }, change, BASE_COMMIT)
    expect(later.base_commit).toBeUndefined()
  })
})
