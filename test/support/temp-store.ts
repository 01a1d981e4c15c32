/** Real queues on real SQLite files in temporary folders, under a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../main/engine/base/hash.ts'
import type { AttemptOutcome } from '../../main/engine/domain/states.ts'
import type * as acts from '../../main/engine/landing/acts.ts'
import { finishAttempt } from '../../main/engine/landing/finish.ts'
import type { ChangeRow, NewChange } from '../../main/engine/store/changes.ts'
import { openStore, type Store } from '../../main/engine/store/store.ts'
import type { Priority } from '../../schemas/states.ts'
import { manualClock, type ManualClock } from './manual-clock.ts'

export interface NewOptions {
  paths?: readonly string[]
  dependsOn?: readonly string[]
  priority?: Priority
  /** Another text makes another payload of the same task. */
  text?: string
}

export function newChange(taskId: string, options: NewOptions = {}): NewChange {
  const paths = options.paths ?? [`${taskId}.txt`]
  const payload = JSON.stringify({
    task_id: taskId,
    agent: 'agent-1',
    changes: paths.map((path) => ({
      path,
      operation: 'add',
      replacement: options.text ?? '',
      patch_hash: '',
    })),
    checks: ['none'],
  })
  return {
    taskId,
    agent: 'agent-1',
    requestId: null,
    payload,
    payloadHash: sha256(payload),
    priority: options.priority ?? 'normal',
    enqueuedTip: null,
    paths,
    dependsOn: options.dependsOn ?? [],
    telemetryAnchors: [],
  }
}

export interface TempStore {
  readonly file: string
  readonly clock: ManualClock
  readonly store: Store
  readonly actDeps: acts.ActDeps
  /** Opens another connection to the same file; closed with the others. */
  again(clock?: ManualClock): Store
  /** Queues a change and returns its id; throws when it is a duplicate. */
  add(taskId: string, options?: NewOptions): number
  claim(limit?: number, workerId?: string, leaseSeconds?: number): ChangeRow[]
  /** Ends an attempt as the landing protocol does. */
  finish(row: ChangeRow, outcome: AttemptOutcome, maxAttempts?: number): Promise<void>
  row(id: number): ChangeRow
  status(id: number): string
  dispose(): void
}

export function tempStore(clock: ManualClock = manualClock()): TempStore {
  const folder = mkdtempSync(join(tmpdir(), 'store-'))
  const file = join(folder, 'hyperion.db')
  const open = (own: ManualClock): Store => {
    const opened = openStore(file, own)
    // No test pulls the plug, and thousands of commits a second would wait for the disk.
    opened.db.pragma('synchronous = OFF')
    return opened
  }
  const store = open(clock)
  const others: Store[] = []
  const temp: TempStore = {
    file,
    clock,
    store,
    actDeps: { store, clock, actor: 'operator', settle: async () => null, favour: async () => null },
    again(own = clock) {
      const other = open(own)
      others.push(other)
      return other
    },
    add(taskId, options) {
      const result = store.db.write(() => store.changes.insert(newChange(taskId, options)))
      if ('id' in result) return result.id
      throw new Error(`${taskId} is a duplicate of change ${result.duplicateOf.id}`)
    },
    claim: (limit = 1, workerId = 'worker-1', leaseSeconds = 300) =>
      store.claims.claim({ workerId, process: null, leaseSeconds, limit }),
    finish: (row, outcome, maxAttempts = 5) => finishLease(store, clock, row, outcome, maxAttempts),
    row(id) {
      const row = store.changes.get(id)
      if (row === undefined) throw new Error(`there is no change ${id}`)
      return row
    },
    status: (id) => temp.row(id).status,
    dispose() {
      for (const one of [...others, store]) one.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return temp
}

/** Ends an attempt as the landing protocol does. */
export function finishLease(
  store: Store,
  clock: ManualClock,
  row: ChangeRow,
  outcome: AttemptOutcome,
  maxAttempts: number,
): Promise<void> {
  const request = { task_id: row.task_id, agent: row.agent, changes: [], checks: [] }
  return finishAttempt(finishDeps(store, clock, maxAttempts), { leased: { row, request }, outcome }, '')
}

/** What finishing needs where no conflict has to be described: no repository is touched. */
function finishDeps(
  store: Store,
  clock: ManualClock,
  maxAttempts: number,
): Parameters<typeof finishAttempt>[0] {
  const unused = (): never => {
    throw new Error('finishing reached for the repository')
  }
  return {
    store,
    clock,
    objects: new Proxy({}, { get: unused }) as Parameters<typeof finishAttempt>[0]['objects'],
    buildGit: { gitDir: '' },
    settings: {
      leaseSeconds: 300,
      maxAttempts,
      batch: 1,
      pollIntervalMs: 10,
      window: 4,
      follow: false,
      syncCheckout: 'never',
      landingLeaseMs: 60_000,
    },
    workspaceUuid: 'workspace',
    workerId: 'worker-1',
  }
}

export const OUTCOMES: Readonly<Record<AttemptOutcome['kind'], AttemptOutcome>> = {
  applied: { kind: 'applied', commit: 'c'.repeat(40), verdict: 'passed' },
  already_present: { kind: 'already_present' },
  conflict: { kind: 'conflict', paths: ['a.txt'] },
  held: { kind: 'held', code: 'approval_required', reason: 'needs 1 approval', verdict: null },
  validation_failed: { kind: 'validation_failed', code: 'no_context', reason: 'no context' },
  check_failed: { kind: 'check_failed', reason: 'the check "test" failed', verdict: 'failed' },
  tip_moved: { kind: 'tip_moved' },
  lease_lost: { kind: 'lease_lost' },
  paused: { kind: 'paused' },
  cancelled: { kind: 'cancelled' },
  crashed: { kind: 'crashed', reason: 'git was killed' },
}
