/** What a worker's parent and child say to each other. */
export interface WorkerJob {
  workspace: string
  dbFile: string
  configFile: string | null
  home: string | null
  workerId: string
  slot: number
  runChecks: boolean
  trustChecks: boolean
  maxAttempts: number
  leaseSeconds: number
  pollIntervalMs: number
  drain: boolean
}

export type FromWorker =
  | { kind: 'beat' }
  | { kind: 'error'; message: string; code: string; errorKind: string; hint: string | null }
  /** It has done something to its end: should it die now, that is no row of failures. */
  | { kind: 'worked' }
  /** The suspended worker has finished what it was doing. */
  | { kind: 'suspended' }
  /** `gaveUp`: the error it told last kept it from working on. */
  | { kind: 'done'; touched: number[]; gaveUp: boolean }

export type ToWorker = { kind: 'stop' } | { kind: 'suspend' } | { kind: 'resume' }
