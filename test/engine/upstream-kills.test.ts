/** Deaths and zombies in the middle of merges of upstream: no commit of upstream is lost, none is merged twice. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROTOCOL_STEPS, type ProtocolStep } from '../../main/engine/landing/deps.ts'
import { bundle, type Bundle } from '../support/bundle.ts'
import type { Fault, FaultPoint } from '../support/faults.ts'
import { judgeRemains } from '../support/landing-judge.ts'
import { openLab, type Lab } from '../support/landing-lab.ts'
import { added, request } from '../support/requests.ts'

let program: Bundle
beforeAll(async () => {
  program = await bundle('test/support/fault-worker.ts')
})
afterAll(() => program.dispose())

const POINTS: readonly FaultPoint[] = [...PROTOCOL_STEPS, 'commit_sent']

interface Ordeal {
  lab: Lab
  /** Commits of the operator on upstream, oldest first. */
  commits: string[]
  ids: number[]
}

/** The operator commits to upstream, which never takes in what landed. */
function commitToTrunk({ lab, commits }: Ordeal): void {
  const { repo } = lab
  const env = { GIT_INDEX_FILE: join(repo.gitDir, 'index-of-test') }
  const parent = commits.at(-1) ?? lab.base
  const oid = repo
    .run(['hash-object', '-w', '--stdin'], { stdin: `${commits.length}\n` })
    .toString()
    .trim()
  repo.run(['read-tree', parent], { env })
  repo.run(['update-index', '--add', '--cacheinfo', `100644,${oid},up/${commits.length}.txt`], { env })
  const tree = repo.run(['write-tree'], { env }).toString().trim()
  const commit = repo
    .run(['commit-tree', tree, '-p', parent, '-m', `up ${commits.length}`])
    .toString()
    .trim()
  repo.git('update-ref', 'refs/heads/trunk', commit)
  commits.push(commit)
}

/** An agent's change and a commit of the operator's: what is claimed next begins with a merge. */
async function feed(ordeal: Ordeal): Promise<void> {
  const n = ordeal.ids.length
  const value = request({ task: `T-${n}` }, added(`agent/${n}.txt`, `${n}\n`))
  const [result] = await ordeal.lab.engine.enqueue([{ source: 'test', value }])
  if (result?.kind !== 'enqueued') throw new Error('a duplicate')
  ordeal.ids.push(result.id)
  commitToTrunk(ordeal)
}

async function finish({ lab }: Ordeal, name: string): Promise<void> {
  lab.endBackoff()
  const worker = lab.start({ name })
  expect([await worker.ended, worker.errors]).toEqual([{ code: 0, signal: null }, []])
}

/** One sentence for everything that is wrong. */
async function judge({ lab, commits, ids }: Ordeal): Promise<string[]> {
  const { repo, target } = lab
  const wrong = [...(await lab.judgeEndedProcesses()), ...judgeRemains(lab)]
  const format = '%P%x00%(trailers:key=Hyperion-Change,valueonly)%x00'
  const fields = repo.git('log', '--first-parent', `--format=${format}`, `${lab.base}..${target}`).split('\0')
  const landed: number[] = []
  const merged: string[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, second, third] = (fields[at] ?? '').trim().split(' ')
    if (third !== undefined) wrong.push(`a commit has three parents`)
    if (second !== undefined) merged.push(second)
    const id = Number(/\/(\d+)$/m.exec(fields[at + 1] ?? '')?.[1])
    if (Number.isInteger(id)) landed.push(id)
    else if (second !== undefined) wrong.push('a merge names no change')
  }
  const reachable = new Set(repo.git('rev-list', target).split('\n'))
  for (const commit of commits)
    if (!reachable.has(commit)) wrong.push(`${commit} of upstream is not in the target`)
  for (const commit of new Set(merged)) {
    const times = merged.filter((one) => one === commit).length
    if (times > 1) wrong.push(`${commit} was merged ${times} times`)
    if (!commits.includes(commit)) wrong.push(`${commit} was merged and is not of upstream`)
  }
  for (const row of lab.rows()) {
    const times = landed.filter((id) => id === row.id).length
    if (row.status !== 'applied') wrong.push(`change ${row.id} is ${row.status}: ${row.last_error}`)
    const due = row.kind === 'change' || row.landed_commit !== null ? 1 : 0
    if (times !== due) wrong.push(`change ${row.id} (${row.kind}) landed ${times} times`)
    if (row.landed_commit !== null && !reachable.has(row.landed_commit))
      wrong.push(`change ${row.id} names a lost commit`)
  }
  if (ids.some((id) => !landed.includes(id))) wrong.push('a change is missing')
  if (merged.length === 0) wrong.push('nothing was merged')
  return wrong
}

async function inOrdeal(work: (ordeal: Ordeal) => Promise<void>): Promise<void> {
  const lab = await openLab({ program: program.entry, config: { landing: { upstream: 'trunk' } } })
  const ordeal: Ordeal = { lab, commits: [], ids: [] }
  try {
    // The first landing sets the two apart; from then on every commit of upstream is a merge.
    await feed(ordeal)
    await finish(ordeal, 'first')
    await work(ordeal)
    await feed(ordeal)
    await finish(ordeal, 'last')
    expect(await judge(ordeal)).toEqual([])
  } finally {
    await lab.dispose()
  }
}

describe.concurrent('in the middle of a merge', () => {
  test.each(['kill', 'kill_both', 'kill_git'] as const)(
    'a death (%s) at every step loses no commit of upstream and merges none twice',
    (action) =>
      inOrdeal(async (ordeal) => {
        const points = action === 'kill_git' ? POINTS.filter((at) => at !== 'told') : POINTS
        for (const at of points) {
          await feed(ordeal)
          const fault: Fault = { at, action, ...(action === 'kill_git' ? { noticed: true } : {}) }
          const worker = ordeal.lab.start({ name: `${action}-${at}`, faults: [fault] })
          await worker.ended
          expect([at, worker.fired.length]).toEqual([at, 1])
          await finish(ordeal, `after-${at}`)
        }
      }),
    200_000,
  )

  test.each([
    'claimed',
    'build',
    'verify',
    'lease',
    'intent',
    'prepare',
    'told',
  ] as const satisfies ProtocolStep[])(
    'a worker stopped before %s that goes on when its work is done, and upstream has moved, does no harm',
    (at) =>
      inOrdeal(async (ordeal) => {
        const { lab } = ordeal
        await feed(ordeal)
        // Its landing lease is over at once for whoever waits.
        const holder = lab.start({
          name: 'holder',
          faults: [{ at, action: 'stop' }],
          landingLeaseMs: 1,
          job: { leaseSeconds: 1 },
        })
        await holder.stopped()
        commitToTrunk(ordeal)
        await finish(ordeal, 'successor')
        holder.resume()
        await holder.ended
        expect(holder.fired.length).toBe(1)
      }),
    60_000,
  )
})
