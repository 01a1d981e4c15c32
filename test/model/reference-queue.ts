/**
 * The queue as the design describes it, in memory and without any of the product's code: a list of changes, a table
 * of moves, and loops over everything where the product keeps indexes and flags.
 */
export type Status = 'pending' | 'in_progress' | 'applied' | 'failed' | 'conflict' | 'held' | 'cancelled'
export type Priority = 'low' | 'normal' | 'high' | 'urgent'
export type Outcome =
  | 'applied'
  | 'already_present'
  | 'conflict'
  | 'held'
  | 'validation_failed'
  | 'check_failed'
  | 'tip_moved'
  | 'lease_lost'
  | 'paused'
  | 'cancelled'
  | 'crashed'

export interface Change {
  id: number
  task: string
  content: string
  paths: readonly string[]
  dependsOn: readonly string[]
  priority: Priority
  status: Status
  attempts: number
  fence: number
  leaseEnd: number | null
  /** Whether its lease belongs to a process that can die. */
  mortal: boolean
  delayedUntil: number | null
  cancelAsked: boolean
  /** Held because a task it depends on has failed, not because of a decision somebody has to make. */
  heldForTask: boolean
  endedAt: number | null
  archived: boolean
}

/** What an operation comes to: done, or refused without any change. */
export type Result = 'done' | 'refused'

const URGENCY: Readonly<Record<Priority, number>> = { urgent: 0, high: 1, normal: 2, low: 3 }
const ENDED: readonly Status[] = ['applied', 'failed', 'cancelled']

export class ReferenceQueue {
  readonly changes: Change[] = []
  /** Ids of changes, one entry a dead letter, oldest first. */
  deadLetters: number[] = []
  paused = false
  /** Milliseconds on the clock of leases and of people. */
  monotonic: number
  wall: number
  readonly maxAttempts: number

  constructor(clock: { monotonic: number; wall: number }, maxAttempts: number) {
    this.monotonic = clock.monotonic
    this.wall = clock.wall
    this.maxAttempts = maxAttempts
  }

  find(id: number): Change | undefined {
    return this.changes.find((change) => change.id === id)
  }

  private live(): Change[] {
    return this.changes.filter((change) => !change.archived)
  }

  private open(): Change[] {
    return this.live().filter(({ status }) => status === 'pending' || status === 'in_progress')
  }

  /** A change that still waits for a task is not in line and keeps nobody waiting. */
  earlierOnPaths(change: Change): Change[] {
    return this.open().filter(
      (other) =>
        other.id < change.id &&
        this.unmet(other).length === 0 &&
        other.paths.some((path) => change.paths.includes(path)),
    )
  }

  unmet(change: Change): string[] {
    return change.dependsOn.filter(
      (task) => !this.changes.some((c) => c.task === task && c.status === 'applied'),
    )
  }

  private impossible(task: string): boolean {
    const all = this.changes.filter((change) => change.task === task)
    return all.length > 0 && all.every(({ status }) => status === 'failed' || status === 'cancelled')
  }

  isDelayed(change: Change): boolean {
    return change.delayedUntil !== null && change.delayedUntil > this.monotonic
  }

  /**
   * What may be claimed now, in order; a change may come right behind those on its paths that come before it, and who
   * was in an interrupted attempt comes alone.
   */
  claimable(limit: number, ignoreDelays = false): Change[] {
    const taken: Change[] = []
    while (taken.length < limit) {
      const [best] = this.live()
        .filter((change) => change.status === 'pending' && !taken.includes(change))
        .filter((change) => ignoreDelays || !this.isDelayed(change))
        .filter((change) => this.unmet(change).length === 0)
        .filter((change) => this.earlierOnPaths(change).every((earlier) => taken.includes(earlier)))
        .filter((change) => taken.length === 0 || change.attempts === 0)
        .sort((a, b) => URGENCY[a.priority] - URGENCY[b.priority] || a.id - b.id)
      if (best === undefined) break
      taken.push(best)
      if (best.attempts > 0) break
    }
    return taken
  }

  private become(change: Change, status: Status): void {
    const wasHeldForTask = change.heldForTask
    change.status = status
    change.leaseEnd = null
    change.delayedUntil = null
    change.heldForTask = false
    change.endedAt = ENDED.includes(status) ? Math.floor(this.wall / 1000) : null
    if (status !== 'pending') change.cancelAsked = false
    if (status === 'pending' || wasHeldForTask || ENDED.includes(status)) this.followDependencies()
  }

  private alive(task: string): Change[] {
    return this.changes.filter((change) => change.task === task && !ENDED.includes(change.status))
  }

  /** The tasks with changes of which none can ever be the first to land, however those before it end. */
  private stuck(): Set<string> {
    const stuck = new Set(this.changes.map(({ task }) => task).filter((task) => this.alive(task).length > 0))
    const canLand = (change: Change): boolean => this.unmet(change).every((task) => !stuck.has(task))
    const rounds = stuck.size
    for (let round = 0; round < rounds; round += 1) {
      for (const task of stuck) if (this.alive(task).some(canLand)) stuck.delete(task)
    }
    return stuck
  }

  /** Whether a change waits, through others that are stuck, for its own task. */
  private inCircle(change: Change): boolean {
    const stuck = this.stuck()
    const seen = new Set<string>()
    const follow = (tasks: readonly string[]): void => {
      for (const task of tasks) {
        if (!stuck.has(task) || seen.has(task)) continue
        seen.add(task)
        for (const other of this.alive(task)) follow(this.unmet(other))
      }
    }
    follow(this.unmet(change))
    return seen.has(change.task)
  }

  /** Holds what can no longer be met, and lets go on what can be met again. */
  private followDependencies(): void {
    for (const change of this.live()) {
      const impossible = change.dependsOn.some((task) => this.impossible(task)) || this.inCircle(change)
      if (change.status === 'pending' && impossible) {
        change.status = 'held'
        change.heldForTask = true
        change.delayedUntil = null
      } else if (change.status === 'held' && change.heldForTask && !impossible) {
        change.status = 'pending'
        change.heldForTask = false
      }
    }
  }

  enqueue(given: Pick<Change, 'task' | 'content' | 'paths' | 'dependsOn' | 'priority'>): Change | null {
    if (this.live().some(({ task, content }) => task === given.task && content === given.content)) return null
    const change: Change = {
      ...given,
      id: this.changes.length + 1,
      status: 'pending',
      attempts: 0,
      fence: 0,
      leaseEnd: null,
      mortal: false,
      delayedUntil: null,
      cancelAsked: false,
      heldForTask: false,
      endedAt: null,
      archived: false,
    }
    this.changes.push(change)
    this.followDependencies()
    return change
  }

  /** Leases up to `limit` changes; leases that ended are given back first, their attempt spent. */
  claim(limit: number, leaseMs: number, mortal: boolean): Change[] {
    if (this.paused) return []
    for (const change of this.live()) {
      if (change.status === 'in_progress' && (change.leaseEnd ?? 0) <= this.monotonic)
        this.become(change, 'pending')
    }
    const claimed = this.claimable(limit)
    for (const change of claimed) {
      change.status = 'in_progress'
      change.attempts += 1
      change.fence += 1
      change.leaseEnd = this.monotonic + leaseMs
      change.mortal = mortal
      change.delayedUntil = null
    }
    return claimed
  }

  private holds(id: number, fence: number): Change | null {
    const change = this.find(id)
    return change?.status === 'in_progress' && change.fence === fence && !change.archived ? change : null
  }

  renew(id: number, fence: number, leaseMs: number): boolean {
    const change = this.holds(id, fence)
    if (change !== null) change.leaseEnd = this.monotonic + leaseMs
    return change !== null
  }

  private giveBack(change: Change): void {
    change.attempts = Math.max(0, change.attempts - 1)
  }

  private fail(change: Change): void {
    this.deadLetters.push(change.id)
    this.become(change, 'failed')
  }

  /** Ends an attempt; nothing happens when its lease is somebody else's by now. */
  finish(id: number, fence: number, outcome: Outcome): void {
    const change = this.holds(id, fence)
    if (change === null) return
    const landed = outcome === 'applied' || outcome === 'already_present'
    const givenBack = outcome === 'tip_moved' || outcome === 'lease_lost' || outcome === 'paused'
    if (landed) return this.become(change, 'applied')
    if (givenBack) {
      this.giveBack(change)
      return this.become(change, 'pending')
    }
    if (outcome === 'cancelled' || change.cancelAsked) return this.become(change, 'cancelled')
    if (outcome === 'conflict' || outcome === 'held') {
      this.giveBack(change)
      return this.become(change, outcome)
    }
    if (outcome === 'validation_failed' || outcome === 'check_failed') return this.fail(change)
    // A crash, or a lease that only found the attempts used up.
    if (change.attempts >= this.maxAttempts) {
      change.attempts = this.maxAttempts
      return this.fail(change)
    }
    this.become(change, 'pending')
    if (change.status === 'pending') change.delayedUntil = this.monotonic + this.backoffMs(change.attempts)
  }

  private backoffMs(attempts: number): number {
    return Math.min(2 ** attempts, 300) * 1000
  }

  /** Gives back what the dead held. */
  recover(): number[] {
    const lost = this.live().filter((change) => change.status === 'in_progress' && change.mortal)
    for (const change of lost) {
      const until = this.monotonic + this.backoffMs(change.attempts)
      this.become(change, 'pending')
      if (!change.cancelAsked) change.delayedUntil = until
    }
    return lost.map(({ id }) => id)
  }

  private act(id: number, from: readonly Status[], work: (change: Change) => void): Result {
    const change = this.find(id)
    if (change === undefined || change.archived || !from.includes(change.status)) return 'refused'
    work(change)
    return 'done'
  }

  private withFence(
    id: number,
    fence: number | null,
    from: readonly Status[],
    work: (c: Change) => void,
  ): Result {
    const change = this.find(id)
    if (change?.status === 'in_progress' && change.fence !== fence) return 'refused'
    return this.act(id, from, (one) => {
      // A leased change is taken from its worker first.
      if (one.status === 'in_progress') one.fence += 1
      work(one)
    })
  }

  release(id: number, fence: number): Result {
    return this.withFence(id, fence, ['in_progress'], (change) => {
      this.giveBack(change)
      this.become(change, 'pending')
    })
  }

  markApplied(id: number, fence: number | null): Result {
    const from: Status[] = ['pending', 'in_progress', 'conflict', 'held']
    return this.withFence(id, fence, from, (change) => this.become(change, 'applied'))
  }

  markFailed(id: number, fence: number | null): Result {
    const from: Status[] = ['pending', 'in_progress', 'conflict', 'held']
    return this.withFence(id, fence, from, (change) => this.fail(change))
  }

  retry(id: number): Result {
    return this.act(id, ['failed', 'cancelled'], (change) => {
      change.attempts = 0
      this.deadLetters = this.deadLetters.filter((one) => one !== id)
      this.become(change, 'pending')
    })
  }

  cancel(id: number): Result {
    const change = this.find(id)
    if (change?.status === 'in_progress') {
      change.cancelAsked = true
      return 'done'
    }
    return this.act(id, ['pending', 'held', 'conflict', 'failed'], (one) => this.become(one, 'cancelled'))
  }

  discard(id: number): Result {
    return this.act(id, ['pending', 'held', 'conflict', 'failed'], (change) => {
      this.deadLetters = this.deadLetters.filter((one) => one !== id)
      this.become(change, 'cancelled')
    })
  }

  resolve(id: number, complete: boolean): Result {
    if (!complete) return 'refused'
    return this.act(id, ['conflict'], (change) => this.become(change, 'pending'))
  }

  approve(id: number): Result {
    // No approval brings about what a failed task has made impossible.
    if (this.find(id)?.heldForTask === true) return 'refused'
    return this.act(id, ['held'], (change) => this.become(change, 'pending'))
  }

  reject(id: number): Result {
    return this.act(id, ['held'], (change) => this.fail(change))
  }

  cleanUp(ttlSeconds: number): number {
    const before = Math.floor(this.wall / 1000) - ttlSeconds
    const old = this.live().filter(({ endedAt }) => endedAt !== null && endedAt < before)
    for (const change of old) change.archived = true
    return old.length
  }

  /** A new boot: every process is gone, and no reading of the old monotonic clock means anything. */
  reboot(monotonic: number): void {
    this.monotonic = monotonic
    for (const change of this.live()) {
      if (change.status === 'in_progress') change.leaseEnd = 0
      change.delayedUntil = null
    }
  }

  /** Whether time, or what is under way, can still bring work to a worker. */
  hasWorkToCome(): boolean {
    return this.live().some(({ status }) => status === 'in_progress') || this.claimable(1, true).length > 0
  }
}
