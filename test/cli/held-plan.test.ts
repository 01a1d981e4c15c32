/** `request --plan`, `plan`, `continue`: a plan that waits, on the command line. */
import { afterEach, expect, test } from 'vitest'
import type { Assignment } from '../../schemas/assignment.ts'
import { hyperion, sentence, workspace, type Workspace, type WorkspaceOptions } from './support.ts'

const open: Workspace[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.dispose()
})
async function prepared(options: WorkspaceOptions = {}): Promise<Workspace> {
  const made = await workspace({ files: { 'a.js': 'one()\n', 'b.js': 'two()\n' }, ...options })
  open.push(made)
  return made
}

const WISH = {
  request_id: 'R-1',
  summary: 'Use digits',
  metadata: { complexity: 4 },
  requested_changes: [
    { path: 'a.js', summary: 'In a' },
    { path: 'b.js', summary: 'In b' },
  ],
}
const TABLE = [
  'ASSIGNMENT  FILES  AFTER  COMPLEXITY  SUMMARY',
  'R-1-1       a.js          4           In a',
  'R-1-2       b.js          4           In b',
]
const HOW = [
  '  hyperion continue R-1 runs it',
  '  hyperion plan R-1 --edit FILE puts another one in its place',
]
const lines = (...parts: (string | string[])[]): string => `${parts.flat().join('\n')}\n`

interface Plan {
  request_id: string
  held: boolean
  revision: string
  assignments: Assignment[]
}
const planOf = async (w: Workspace): Promise<Plan> =>
  JSON.parse(await w.ok('plan', 'R-1', '--format', 'json')) as Plan

test('it is printed with how to go on, queues nothing, and runs when it is told to', async () => {
  const w = await prepared()
  const file = w.file('r.json', WISH)
  const asked = await w.run('request', '--plan', file)
  expect([asked.code, asked.stdout, asked.stderr]).toEqual([
    0,
    `Processed request ${file} and enqueued 0 change request(s)\n`,
    lines('the plan of R-1 is held: 2 assignments', TABLE, HOW),
  ])
  expect(await w.list()).toEqual([])
  expect(await w.ok('plan', 'R-1')).toBe(lines('the plan of R-1 is held: 2 assignments', TABLE, HOW))
  expect(await w.ok('requests', 'R-1')).toContain(
    'its plan is held: hyperion plan R-1, hyperion continue R-1',
  )
  const gone = await w.run('continue', 'R-1')
  expect([gone.code, gone.stdout, gone.stderr]).toEqual([
    0,
    'Processed request R-1 and enqueued 2 change request(s)\n',
    '',
  ])
  expect(await w.ok('plan', 'R-1')).toBe(lines('the plan of R-1 is not held: 2 assignments', TABLE))
  expect(sentence(await w.run('continue', 'R-1'))).toContain('all of request R-1 is queued')
})

test('it is edited whole, from a file or standard input; a stale or bad one is refused by the field', async () => {
  const w = await prepared({ config: { agents: { holdPlans: true } } })
  await w.ok('request', w.file('r.json', WISH))
  const plan = await planOf(w)
  expect(plan).toMatchObject({ request_id: 'R-1', held: true, revision: expect.stringMatching(/^[0-9a-f]{64}$/) }) // prettier-ignore
  const [first, second] = plan.assignments as [Assignment, Assignment]
  const chain = [
    { ...first, file_targets: ['b.js'], summary: 'First b' },
    { ...second, file_targets: ['a.js', 'b.js'], depends_on: ['R-1-1'] },
  ]
  const edit = w.file('edit.json', { ...plan, assignments: chain })
  const done = await w.ok('plan', 'R-1', '--edit', edit)
  expect(done).toContain('the plan of R-1 was replaced\nthe plan of R-1 is held: 2 assignments\n')
  expect(done).toMatch(/^R-1-2 +a\.js, b\.js +R-1-1 +4 +In b$/m)
  const same = await w.ok('plan', 'R-1', '--edit', w.file('same.json', await planOf(w)))
  expect(same).toContain('the plan of R-1 is as it was\nthe plan of R-1 is held: 2 assignments\n')
  const elsewhere = w.file('elsewhere.json', { ...(await planOf(w)), request_id: 'R-7' })
  const foreign = await w.run('plan', 'R-1', '--edit', elsewhere)
  expect([foreign.code, sentence(foreign)]).toEqual([
    1,
    `${elsewhere} is the plan of R-7, not of R-1; name the request it is of, or the file that is meant`,
  ])
  const stale = await w.run('plan', 'R-1', '--edit', edit)
  expect([stale.code, sentence(stale)]).toEqual([
    1,
    'the plan of R-1 was edited meanwhile; look at it as it is now: `hyperion plan R-1`',
  ])
  const input = JSON.stringify([{ ...first, file_targets: ['a.js', 'b.js'] }, second])
  const bad = await hyperion(['plan', 'R-1', '--edit', '-'], { cwd: w.dir, input })
  expect([bad.code, bad.stdout, sentence(bad)]).toEqual([
    1,
    '',
    'the plan of R-1 would not hold: assignments[1].file_targets has "b.js", which assignments[0] may touch as well; make one depend on the other, or give each its own files; mend it and hand it in again; nothing was changed',
  ])
  expect((await planOf(w)).assignments).toEqual(chain)
  const whole = [{ ...first, file_targets: ['a.js', 'b.js'] }]
  const given = await hyperion(['plan', 'R-1', '--edit', '-', '--format', 'json'], { cwd: w.dir, input: JSON.stringify(whole) }) // prettier-ignore
  expect(JSON.parse(given.stdout)).toMatchObject({ held: true, assignments: whole })
  await w.ok('plan', 'R-1', '--edit', w.file('chain.json', chain))
  await w.ok('continue', 'R-1')
  expect((await w.list()).map(({ task_id, payload }) => [task_id, payload.depends_on ?? []])).toEqual([
    ['R-1-1', []],
    ['R-1-2', ['R-1-1']],
  ])
  const late = await w.run('plan', 'R-1', '--edit', edit)
  expect([late.code, sentence(late)]).toEqual([
    1,
    'the plan of request R-1 runs already; change what is not queued with `hyperion replan`, one assignment at a time',
  ])
})

test('the flag wins over the settings, and the other one over both; what is withdrawn never runs', async () => {
  const w = await prepared({ config: { agents: { holdPlans: true } } })
  const file = w.file('r.json', WISH)
  expect(await w.ok('request', '--no-plan', file)).toContain('enqueued 2 change request(s)')
  const other = w.file('other.json', { ...WISH, request_id: 'R-2' })
  expect(await w.ok('request', other)).toContain('enqueued 0 change request(s)')
  // Handed in once more it waits as before.
  expect(await w.ok('request', other)).toContain('enqueued 0 change request(s)')
  expect(await w.ok('withdraw', 'R-2')).toBe('request R-2 is cancelled\n')
  const again = await w.run('continue', 'R-2')
  expect([again.code, sentence(again)]).toEqual([1, 'request R-2 was cancelled; submit it under a new request_id']) // prettier-ignore
  expect(sentence(await w.run('plan', 'R-2', '--edit', w.file('p.json', [])))).toContain('the plan of request R-2 was cancelled') // prettier-ignore
  expect(sentence(await w.run('plan', 'R-9'))).toBe('there is no request R-9; see `hyperion requests`')
  expect(await w.list()).toHaveLength(2)
})

test('it stays held while agents are stopped; what they leave says how it goes on, and is no success', async () => {
  const w = await prepared()
  await w.ok('request', '--plan', w.file('r.json', WISH))
  await w.ok('pause', '--agents')
  const kept = await w.run('continue', 'R-1')
  expect([kept.code, sentence(kept)]).toEqual([
    1,
    'agents are stopped; the plan of R-1 stays held; run `hyperion resume`, then `hyperion continue R-1`',
  ])
  const file = w.file('other.json', { ...WISH, request_id: 'R-2' })
  const left = await w.run('request', file)
  expect([left.code, left.stdout, left.stderr]).toEqual([
    1,
    `Processed request ${file} and enqueued 0 change request(s)\n`,
    '2 assignment(s) are left; agents are stopped; run `hyperion resume`, then `hyperion continue R-2`\n',
  ])
  await w.ok('resume')
  expect(await w.ok('continue', 'R-1')).toContain('enqueued 2 change request(s)')
  expect(await w.ok('continue', 'R-2')).toContain('enqueued 2 change request(s)')
})
