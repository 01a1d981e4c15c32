/** What each change waits for, in words and by id, and how `prioritize` changes whose turn it is. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ownIdentity } from '../../main/engine/base/process.ts'
import { prioritize } from '../../main/engine/landing/acts.ts'
import { pauseQueue } from '../../main/engine/store/pause.ts'
import { everybodysReasons, waitingReasons, type WaitingDeps } from '../../main/engine/workspace/waiting.ts'
import { tempRepo, type TempRepo } from '../support/temp-repo.ts'
import { tempStore, type TempStore } from '../support/temp-store.ts'

const target = 'refs/heads/hyperion/main'
let temp: TempStore
let repo: TempRepo
let deps: WaitingDeps
beforeEach(() => {
  temp = tempStore()
  repo = tempRepo({ files: { 'a.txt': 'a\n' } })
  repo.git('branch', 'hyperion/main')
  deps = { store: temp.store, clock: temp.clock, commonDir: repo.gitDir, target }
  temp.store.workers.enter({ id: 'worker-1', process: ownIdentity() })
})
afterEach(() => {
  temp.dispose()
  repo.dispose()
})

const texts = (id: number): string[] => waitingReasons(deps, temp.row(id)).map(({ text }) => text)

test('next in line waits for nothing but a worker, and for nobody while one runs', () => {
  const id = temp.add('T-1')
  expect(texts(id)).toEqual([])
  temp.store.workers.leave({ id: 'worker-1', process: ownIdentity() })
  expect(waitingReasons(deps, temp.row(id))).toEqual([
    { kind: 'workers', text: 'a worker: none runs', change_id: null, task_id: null, until: null },
  ])
  // One that was killed is no worker.
  temp.store.workers.enter({ id: 'dead', process: { pid: 2 ** 22 + 1, startedAt: 'never' } })
  expect(texts(id)).toEqual(['a worker: none runs'])
})

test('earlier changes on its files, unmet tasks and their state, backoff, and the pause are each named', () => {
  const first = temp.add('T-1', { paths: ['a'] })
  const second = temp.add('T-2', { paths: ['a', 'b'], dependsOn: ['T-3', 'NEVER'] })
  const third = temp.add('T-3', { paths: ['c'] })
  expect(waitingReasons(deps, temp.row(second))).toMatchObject([
    { kind: 'change', change_id: first, text: `change ${first}, which edits the same files` },
    { kind: 'task', task_id: 'NEVER', change_id: null, text: 'task NEVER to be applied (not submitted yet)' },
    {
      kind: 'task',
      task_id: 'T-3',
      change_id: third,
      text: `task T-3 to be applied (change ${third} is pending)`,
    },
  ])
  temp.store.changes.move(third, 'held', { reasonCode: 'approval_required', lastError: 'needs 1 approval' })
  expect(texts(second)).toContain(`task T-3 to be applied (change ${third} is held)`)
  expect(texts(third)).toEqual(['a person: needs 1 approval'])
  const delayed = temp.add('T-4')
  temp.store.db.sql('UPDATE change_queue SET delay_until_ms = ?, last_error = ? WHERE id = ?').run(temp.clock.monotonicMs() + 1_500, 'git was killed', delayed) // prettier-ignore
  expect(waitingReasons(deps, temp.row(delayed))).toMatchObject([
    { kind: 'backoff', text: '2 s of backoff after: git was killed', until: expect.any(Number) },
  ])
  pauseQueue(temp.actDeps, 'release')
  expect(texts(first)).toEqual([
    expect.stringMatching(/^the queue to be resumed: paused by operator since .*: release$/),
  ])
})

test('a target that is checked out, or not there, keeps everything waiting, packed or not', () => {
  const id = temp.add('T-1')
  repo.git('checkout', '--quiet', 'hyperion/main')
  expect(waitingReasons(deps, temp.row(id))).toMatchObject([
    { kind: 'target', text: expect.stringMatching(/^the branch hyperion\/main, which is checked out at \/.*: check out another one there$/) }, // prettier-ignore
  ])
  repo.git('checkout', '--quiet', '-')
  repo.git('pack-refs', '--all')
  expect(texts(id)).toEqual([])
  repo.git('branch', '--delete', '--force', 'hyperion/main')
  expect(texts(id)).toEqual(['the branch hyperion/main, which does not exist: run `hyperion init`'])
})

test('many before it on one file are named up to ten, and counted', () => {
  for (let n = 1; n <= 15; n += 1) temp.add(`T-${n}`, { paths: ['a'] })
  const last = temp.add('T-16', { paths: ['a'] })
  expect(texts(last)).toHaveLength(11)
  expect(texts(last).at(-1)).toBe('5 more that edit the same files')
})

test('a lease given to a script is waited for with its end; a worker at work is not', () => {
  const [script] = [temp.add('T-1')]
  const [row] = temp.claim(1, 'me@cli', 60)
  const until = new Date((row?.leased_until ?? 0) * 1000).toISOString().replace('.000Z', 'Z')
  expect(waitingReasons(deps, temp.row(script as number))).toMatchObject([
    {
      kind: 'lease',
      text: `the script that me@cli leased it to, at most until ${until}`,
      until: row?.leased_until,
    },
  ])
  const worked = temp.add('T-2')
  temp.store.claims.claim({ workerId: 'w', process: ownIdentity(), leaseSeconds: 60, limit: 1 })
  expect([temp.status(worked), texts(worked)]).toEqual(['in_progress', []])
})

test('what keeps everything waiting is looked up once for all that are asked about', () => {
  pauseQueue(temp.actDeps, null)
  const shared = everybodysReasons(deps)
  const ids = [temp.add('T-1'), temp.add('T-2')]
  temp.store.facts.remove('paused')
  for (const id of ids) expect(waitingReasons(deps, temp.row(id), shared)).toEqual(shared)
})

test('a position counts what goes first on a file, whatever its priority, and an urgent one says what it is behind', () => {
  const first = temp.add('FIRST', { paths: ['a.txt'] })
  temp.add('OTHER', { paths: ['b.txt'] })
  const behind = temp.add('BEHIND', { paths: ['a.txt'] })
  expect(temp.store.browse.position(behind)).toBe(3)
  const { done } = prioritize(temp.actDeps, [behind], 'urgent')
  expect(done).toEqual([{ id: behind, from: 'normal', behind: [first] }])
  expect(temp.store.browse.position(behind)).toBe(2)
})

test('prioritize changes the order of claiming, names whom it may not move, and leaves the payload alone', () => {
  const [a = 0, b = 0, c = 0, d = 0] = ['A', 'B', 'C', 'D'].map((task) => temp.add(task))
  const before = temp.row(c)
  const { done, refused } = prioritize(temp.actDeps, [c, 99, d, c], 'urgent')
  expect(done).toEqual([
    { id: c, from: 'normal', behind: [] },
    { id: d, from: 'normal', behind: [] },
  ])
  expect(refused.map(({ id, error }) => [id, error.message])).toEqual([[99, 'there is no change 99']])
  expect([a, b, c, d].map((id) => temp.store.browse.position(id))).toEqual([3, 4, 1, 2])
  expect(temp.row(c)).toMatchObject({
    payload: before.payload,
    payload_hash: before.payload_hash,
    priority: 'urgent',
  })
  expect(prioritize(temp.actDeps, [c], 'urgent').done).toEqual([{ id: c, from: 'urgent', behind: [] }])
  const logged = temp.store.logs
    .list({ message: 'prioritize' })
    .map(({ queue_id, details }) => [queue_id, JSON.parse(details)])
  expect(logged).toEqual([c, d].map((id) => [id, { by: 'operator', from: 'normal', to: 'urgent' }]))
  expect(temp.claim(2).map(({ id }) => id)).toEqual([c, d])
  expect(prioritize(temp.actDeps, [c, b], 'low')).toMatchObject({
    done: [{ id: b }],
    refused: [
      {
        error: {
          message: `change ${c} is in_progress; prioritize takes a change that is pending, held, conflict`,
        },
      },
    ],
  })
  expect(temp.claim(2).map(({ id }) => id)).toEqual([a, b])
})

test('one that waits for a person takes its priority along; on one file the order stays', () => {
  const first = temp.add('A', { paths: ['a'] })
  const second = temp.add('B', { paths: ['a'] })
  const held = temp.add('C')
  temp.store.changes.move(held, 'held', { reasonCode: 'approval_required' })
  expect(prioritize(temp.actDeps, [second, held], 'urgent').refused).toEqual([])
  temp.store.changes.move(held, 'pending')
  expect(temp.claim(1).map(({ id }) => id)).toEqual([held])
  expect(temp.claim(1).map(({ id }) => id)).toEqual([first])
})
