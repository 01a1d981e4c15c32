/** A real queue and the reference side by side: each command is given to both, then everything visible is compared. */
import { HOPELESS_CODES } from '../../main/engine/store/hopeless.ts'
import { deepStrictEqual as same } from 'node:assert/strict'
import { asHyperionError } from '../../main/engine/base/errors.ts'
import { backoffSeconds } from '../../main/engine/domain/retry.ts'
import * as acts from '../../main/engine/landing/acts.ts'
import { resolveConflict } from '../../main/engine/landing/resolve.ts'
import type { ChangeRow } from '../../main/engine/store/changes.ts'
import { cleanUp } from '../../main/engine/store/retention.ts'
import type { Store } from '../../main/engine/store/store.ts'
import { CHANGE_STATUSES } from '../../schemas/states.ts'
import { finishLease, newChange, OUTCOMES, tempStore, type TempStore } from '../support/temp-store.ts'
import { ReferenceQueue, type Outcome, type Priority, type Result, type Status } from './reference-queue.ts'

/** Any change or lease; aimed: one that the command can do something to, as long as there is one. */
export interface Target {
  index: number
  aimed: boolean
}

export type Command =
  | { kind: 'enqueue'; task: string; text: string; paths: string[]; dependsOn: string[]; priority: Priority }
  | { kind: 'claim'; limit: number; mortal: boolean }
  | { kind: 'finish'; lease: Target; outcome: Outcome }
  | { kind: 'renew' | 'release'; lease: Target }
  | { kind: 'cancel' | 'discard' | 'retry' | 'approve' | 'reject'; change: Target }
  | { kind: 'mark-applied' | 'mark-failed'; change: Target; fence: 'right' | 'wrong' | 'none' }
  | { kind: 'resolve'; change: Target; complete: boolean }
  | { kind: 'advance' | 'jump'; ms: number }
  | { kind: 'cleanup'; ttlSeconds: number }
  | { kind: 'pause' | 'resume' | 'recover' | 'reopen' | 'reboot' }

export const OUTCOME_KINDS = Object.keys(OUTCOMES) as Outcome[]

/** Where an act is aimed; what it takes is the reference's to say. */
const TAKES: Readonly<Record<string, readonly Status[]>> = {
  cancel: ['pending', 'in_progress', 'held', 'conflict', 'failed'],
  discard: ['pending', 'held', 'conflict', 'failed'],
  retry: ['failed', 'cancelled'],
  approve: ['held'],
  reject: ['held'],
  resolve: ['conflict'],
  'mark-applied': ['in_progress', 'conflict', 'held'],
  'mark-failed': ['in_progress', 'conflict', 'held'],
}

const MAX_ATTEMPTS = 3
const LEASE_SECONDS = 10
const MORTAL = { pid: 1, startedAt: 'mortal' }
const CONFLICTED = ['one', 'two']

/** Thrown to undo what was only looked at. */
class Undo extends Error {}

export class Twin {
  readonly temp: TempStore = tempStore()
  readonly reference: ReferenceQueue
  private store: Store
  /** Every lease ever given, the newest first: also those that are somebody else's by now. */
  private readonly leases: ChangeRow[] = []

  constructor() {
    this.store = this.temp.store
    const { clock } = this.temp
    this.reference = new ReferenceQueue({ monotonic: clock.monotonicMs(), wall: clock.nowMs() }, MAX_ATTEMPTS)
  }

  dispose(): void {
    this.temp.dispose()
  }

  async run(command: Command): Promise<Result> {
    const { reference, temp } = this
    const { clock } = temp
    switch (command.kind) {
      case 'enqueue':
        return this.enqueue(command)
      case 'claim':
        return this.claim(command)
      case 'finish': {
        const lease = this.leaseAt(command.lease)
        if (lease === null) return 'refused'
        await this.finish(lease, command.outcome)
        return 'done'
      }
      case 'renew': {
        const lease = this.leaseAt(command.lease)
        if (lease === null) return 'refused'
        const renewed = reference.renew(lease.id, lease.fence, LEASE_SECONDS * 1000)
        same(this.store.claims.renew([lease], LEASE_SECONDS), renewed ? [lease.id] : [])
        return renewed ? 'done' : 'refused'
      }
      case 'release': {
        const lease = this.leaseAt(command.lease)
        if (lease === null) return 'refused'
        return this.both(reference.release(lease.id, lease.fence), (deps) =>
          acts.release(deps, lease.id, lease.fence),
        )
      }
      case 'cancel':
      case 'discard':
      case 'retry':
      case 'approve':
      case 'reject':
        return this.decide(command.kind, this.idAt(command.change, command.kind))
      case 'mark-applied':
      case 'mark-failed':
        return this.mark(command.kind, this.idAt(command.change, command.kind), command.fence)
      case 'resolve':
        return this.resolve(this.idAt(command.change, 'resolve'), command.complete)
      case 'advance':
        clock.advance(command.ms)
        reference.monotonic += command.ms
        reference.wall += command.ms
        return 'done'
      case 'jump':
        clock.jumpWall(command.ms)
        reference.wall += command.ms
        return 'done'
      case 'cleanup':
        same(cleanUp({ ...this.store, clock }, command.ttlSeconds), reference.cleanUp(command.ttlSeconds))
        return 'done'
      case 'pause':
        reference.paused = true
        this.store.facts.set('paused', 'operator')
        return 'done'
      case 'resume':
        reference.paused = false
        this.store.facts.remove('paused')
        return 'done'
      case 'recover': {
        const backoffMs = (attempts: number): number => backoffSeconds(attempts) * 1000
        const recovered = this.store.claims.recover(
          (owner) => owner.startedAt === MORTAL.startedAt,
          backoffMs,
        )
        same(recovered, reference.recover())
        return 'done'
      }
      case 'reopen':
        this.store = temp.again()
        return 'done'
      case 'reboot':
        clock.reboot()
        reference.reboot(clock.monotonicMs())
        this.store = temp.again()
        return 'done'
    }
  }

  private leaseAt({ index, aimed }: Target): ChangeRow | null {
    const current = this.leases.filter(({ id, fence }) => {
      const change = this.reference.find(id)
      return change?.status === 'in_progress' && change.fence === fence
    })
    const from = aimed && current.length > 0 ? current : this.leases
    return from[index % Math.max(1, from.length)] ?? null
  }

  /** The id of a change, or now and then one that is not there. */
  private idAt({ index, aimed }: Target, act: string): number {
    const { changes } = this.reference
    const fitting = changes.filter(
      ({ status, archived }) => !archived && TAKES[act]?.includes(status) === true,
    )
    if (aimed && fitting.length > 0) return fitting[index % fitting.length]?.id ?? 1
    return (index % (changes.length + 1)) + 1
  }

  private async both(expected: Result, work: (deps: acts.ActDeps) => Promise<ChangeRow>): Promise<Result> {
    const deps = { ...this.temp.actDeps, store: this.store }
    let actual: Result = 'done'
    try {
      await work(deps)
    } catch (error) {
      same(asHyperionError(error).kind, 'user', String(error))
      actual = 'refused'
    }
    same(actual, expected)
    return actual
  }

  private enqueue({ task, text, paths, dependsOn, priority }: Command & { kind: 'enqueue' }): Result {
    const given = newChange(task, { text, paths, dependsOn, priority })
    const expected = this.reference.enqueue({ task, content: given.payload, paths, dependsOn, priority })
    const result = this.store.db.write(() => this.store.changes.insert(given))
    same('id' in result ? result.id : null, expected?.id ?? null)
    return expected === null ? 'refused' : 'done'
  }

  private async claim({ limit, mortal }: Command & { kind: 'claim' }): Promise<Result> {
    const expected = this.reference
      .claim(limit, LEASE_SECONDS * 1000, mortal)
      .map(({ id, fence }) => ({ id, fence }))
    const request = { workerId: 'w', process: mortal ? MORTAL : null, leaseSeconds: LEASE_SECONDS, limit }
    const rows = this.store.claims.claim(request)
    same(
      rows.map(({ id, fence }) => ({ id, fence })),
      expected,
    )
    this.leases.unshift(...rows)
    // The protocol looks first whether any attempt is left.
    for (const row of rows) if (row.attempts > MAX_ATTEMPTS) await this.finish(row, 'crashed')
    return rows.length > 0 ? 'done' : 'refused'
  }

  private async finish(lease: ChangeRow, outcome: Outcome): Promise<void> {
    this.reference.finish(lease.id, lease.fence, outcome)
    await finishLease(this.store, this.temp.clock, lease, OUTCOMES[outcome], MAX_ATTEMPTS)
    if (this.store.changes.get(lease.id)?.status !== 'conflict') return
    const record = { kind: 'content', ours: null, theirs: null, base: null, rename_source: null, tip: 't' }
    this.store.records.setConflicts(
      lease.id,
      CONFLICTED.map((path) => ({
        path,
        record: JSON.stringify({ ...record, path }),
        base: null,
        ours: null,
        theirs: null,
        marker_text: null,
      })),
    )
  }

  private decide(kind: 'cancel' | 'discard' | 'retry' | 'approve' | 'reject', id: number): Promise<Result> {
    const decision = { id, by: 'someone', role: null, note: null, contentHash: 'h' }
    return this.both(this.reference[kind](id), (deps) => {
      if (kind === 'retry') return acts.retry(deps, id)
      if (kind === 'approve') return acts.approve(deps, decision)
      if (kind === 'reject') return acts.reject(deps, { ...decision, at: null })
      return acts.cancel(deps, id, kind)
    })
  }

  private mark(
    kind: 'mark-applied' | 'mark-failed',
    id: number,
    which: 'right' | 'wrong' | 'none',
  ): Promise<Result> {
    const current = this.reference.find(id)?.fence ?? 0
    const fence = which === 'none' ? null : which === 'right' ? current : current + 1
    return kind === 'mark-applied'
      ? this.both(this.reference.markApplied(id, fence), (deps) => acts.markApplied(deps, id, fence))
      : this.both(this.reference.markFailed(id, fence), (deps) => acts.markFailed(deps, id, fence, 'because'))
  }

  private resolve(id: number, complete: boolean): Promise<Result> {
    const paths = complete ? CONFLICTED : CONFLICTED.slice(1)
    const decisions = paths.map((path) => ({ path, how: 'delete' as const, content: null }))
    return this.both(this.reference.resolve(id, complete), (deps) =>
      resolveConflict(deps, id, 'someone', decisions),
    )
  }

  /** Compares everything that anybody could see or that decides what comes next. */
  compare(): void {
    const { reference, store, temp } = this
    const now = temp.clock.monotonicMs()
    const expected = reference.changes.map((change) => ({
      id: change.id,
      status: change.status,
      attempts: change.attempts,
      fence: change.fence,
      archived: change.archived,
      leaseEnd: change.leaseEnd,
      delayed: change.status === 'pending' && reference.isDelayed(change),
      cancelAsked: change.cancelAsked,
      heldForTask: change.heldForTask,
      blocked:
        inLine(change.status, reference.unmet(change).length) && reference.earlierOnPaths(change).length > 0,
      unmet: change.status === 'pending' ? reference.unmet(change).length : 0,
    }))
    const actual = reference.changes.map(({ id }) => {
      const found = store.changes.find(id)
      if (found === undefined) return { id }
      const { row, archived } = found
      return {
        id: row.id,
        status: row.status,
        attempts: row.attempts,
        fence: row.fence,
        archived,
        leaseEnd: row.lease_deadline_ms,
        delayed: row.status === 'pending' && row.delay_until_ms !== null && row.delay_until_ms > now,
        cancelAsked: row.cancel_requested === 1,
        heldForTask: row.status === 'held' && HOPELESS_CODES.has(row.reason_code),
        blocked: inLine(row.status, row.unmet) && row.blocked === 1,
        unmet: row.status === 'pending' ? row.unmet : 0,
      }
    })
    same(actual, expected)
    same(
      store.records.deadLetters({}).map((row) => row.queue_id),
      reference.deadLetters,
    )
    same(store.claims.unsettled() > 0, reference.hasWorkToCome())
    same(this.wouldClaim(), this.referenceWouldClaim())
    const live = reference.changes.filter(({ archived }) => !archived)
    const counts = CHANGE_STATUSES.map((status) => [
      status,
      live.filter((one) => one.status === status).length,
    ])
    same(store.changes.counts(), Object.fromEntries(counts))
  }

  /** What a claim of everything would give now, undone at once. */
  private wouldClaim(): number[] {
    let ids: number[] = []
    try {
      this.store.db.write(() => {
        ids = this.store.claims
          .claim({ workerId: 'peek', process: null, leaseSeconds: 1, limit: 50 })
          .map((row) => row.id)
        throw new Undo()
      })
    } catch (error) {
      if (!(error instanceof Undo)) throw error
    }
    return ids
  }

  private referenceWouldClaim(): number[] {
    const copy = new ReferenceQueue(this.reference, MAX_ATTEMPTS)
    copy.paused = this.reference.paused
    copy.changes.push(...this.reference.changes.map((change) => ({ ...change })))
    return copy.claim(50, 1, false).map(({ id }) => id)
  }
}

/** Only of these does it mean anything whether somebody is before them. */
const inLine = (status: string, unmet: number): boolean =>
  (status === 'pending' || status === 'in_progress') && unmet === 0
