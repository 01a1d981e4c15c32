/** What the landing protocol works with, and the words for where it is. */
import type { Config } from '../../../schemas/config.ts'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import type { Clock } from '../base/clock.ts'
import type { ProcessIdentity } from '../base/process.ts'
import type { GitOptions } from '../git/git.ts'
import type { Objects } from '../git/objects.ts'
import type { RefUpdater } from '../git/refs.ts'
import type { Repository } from '../git/repository.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import type { ExpectedPath } from './build.ts'
import type { ChangeChecker } from './check.ts'

/** The steps of the protocol in order; an observer sees each as it is about to be taken. */
export const PROTOCOL_STEPS = [
  'claimed',
  'settle',
  'build',
  'verify',
  'check',
  'lease',
  'intent',
  'prepare',
  'last_look',
  'commit',
  'tell',
  'told',
] as const
export type ProtocolStep = (typeof PROTOCOL_STEPS)[number]

/** Sees every step before it is taken: for traces, and for tests that stop the process there. */
export type StepObserver = (step: ProtocolStep, changeIds: readonly number[]) => void | Promise<void>

/** Policy as it stands at the target's tip. */
export type Policy = Pick<Config, 'checks' | 'approvals'>

export interface LandingSettings {
  leaseSeconds: number
  maxAttempts: number
  /** How often an idle worker looks, in milliseconds: told with what it then leases. */
  pollIntervalMs: number
  /** How many changes may be built on each other and checked at once. */
  window: number
  /** Changes claimed at once where no check runs. */
  batch: number
  /** Whether upstream's own commits are taken into the target by fast-forward. */
  follow: boolean
  /** Whether landed commits are brought to upstream by themselves, where that loses nothing. */
  syncCheckout: 'never' | 'when-clean'
  /** Milliseconds after which another process may take the landing lease over. */
  landingLeaseMs: number
}

export interface LandingDeps {
  clock: Clock
  store: Store
  repository: Repository
  /** How git is called for building, over the repository's objects but none of its configuration. */
  buildGit: GitOptions
  /** How git is called for the repository's own refs and history. */
  repoGit: GitOptions
  objects: Objects
  refs: RefUpdater
  scratch: string
  /** Full name of the ref that changes land on. */
  target: string
  upstream: string | null
  workspaceUuid: string
  workerId: string
  process: ProcessIdentity
  settings: LandingSettings
  /** Null where checks are off. */
  checker: ChangeChecker | null
  readPolicy(tip: string): Promise<Policy>
  isDead(owner: ProcessIdentity): boolean
  onStep: StepObserver
}

/** A change this process holds the lease of. */
export interface Leased {
  row: ChangeRow
  request: ChangeRequest
}

/** A change built on its predecessor, ready to be checked and landed. */
export interface Candidate extends Leased {
  parentTree: string
  tree: string
  expected: readonly ExpectedPath[]
  normalised: readonly string[]
  /** As told in the commit: "not-run", "passed lint, test". */
  checks: string
  verdict: string
  approvedBy: readonly string[]
  /** The second parent, of a merge of upstream. */
  mergeParent: string | null
}
