/** Faults that a worker of these tests brings upon itself, and what it says about them. */
import type { ProtocolStep } from '../../main/engine/landing/deps.ts'

/** The protocol's steps, and the moment after git was asked to move the target and before it answered. */
export type FaultPoint = ProtocolStep | 'commit_sent'

export interface Fault {
  at: FaultPoint
  /** Fires when the point is reached this often. Default 1: the first time. */
  nth?: number
  /**
   * `kill`: the worker itself; `stop`: the worker stops and waits to be continued; `kill_git`: the git process that
   * moves the target; `stop_git` the same, stopped; `kill_both`: git first, then the worker.
   */
  action: 'kill' | 'stop' | 'kill_git' | 'stop_git' | 'kill_both'
  /** After `kill_git`: whether the worker goes on only once it has seen the end of that process. */
  noticed?: boolean
  /** A file that is made when the fault fires; while it is there the fault does not fire again. */
  once?: string
}

export interface FaultPlan {
  /** In order: the second is looked for after the first has fired. */
  faults: readonly Fault[]
  landingLeaseMs?: number
  batch?: number
}

/** What a worker says, beside what its protocol has it say. */
export interface FaultReport {
  kind: 'fault'
  index: number
  git: number
}
