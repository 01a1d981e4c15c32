/** The one place that constructs things: from a folder and a few options to an engine's parts, or a worker's. */
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { CheckHost } from './checks/host.ts'
import { join, resolve } from 'node:path'
import { type Config, defaultConfig } from '../../schemas/config.ts'
import type { LandingDeps, Policy, StepObserver } from './landing/deps.ts'
import type { EnclosureWish } from './agents/adapters/acp/enclose.ts'
import { openHarness, type OpenHarness } from './agents/choose.ts'
import { CONFIG_FILE, parseConfig } from './domain/config.ts'
import { CONFIG_LIMITS } from './domain/limits.ts'
import { systemClock, type Clock } from './base/clock.ts'
import { asHyperionError, userError, type HyperionError } from './base/errors.ts'
import { canonicalJson, sha256 } from './base/hash.ts'
import { readJson } from './base/json.ts'
import { isAlive, ownIdentity } from './base/process.ts'
import { runChecks } from './checks/run-checks.ts'
import { chooseSandbox, detectSandbox, type Sandbox } from './checks/sandbox.ts'
import { openFreeSlot } from './checks/free-slot.ts'
import type { CheckSlot } from './checks/worktrees.ts'
import { git, type GitOptions } from './git/git.ts'
import { openObjects, type Objects } from './git/objects.ts'
import { openRefUpdater } from './git/refs.ts'
import { findRepository, openBuildDir, type Repository } from './git/repository.ts'
import { lookUp, treeOf } from './git/trees.ts'
import type { ChangeChecker } from './landing/check.ts'
import { notInitialised } from './store/database.ts'
import { openStore, type Store } from './store/store.ts'
import type { LogEntry } from './store/logs.ts'

export { CONFIG_FILE }

export interface OpenEngineOptions {
  workspace: string
  /** Default: `.hyperion/hyperion.db` in the workspace. */
  dbFile?: string
  /** Settings to use instead of the workspace's file (`HYPERION_CONFIG`). */
  configFile?: string | null
  clock?: Clock
  /** Hears each log event as it is written (`HYPERION_LOG=1`). */
  echo?: (entry: LogEntry) => void
  busyTimeoutMs?: number
  /** The operator's surroundings: variables and home folder. */
  host: CheckHost
  /** Opens agents in place of those this program knows. */
  openHarness?: OpenHarness
}

/** What every part of the engine stands on. */
export interface Ground {
  clock: Clock
  repository: Repository
  dbFile: string
  store: Store
  /** For the repository's own refs and history, without hooks. */
  repoGit: GitOptions
  configFile: string
  host: CheckHost
  readConfig(): Config
  openHarness: OpenHarness
}

/** The private folder of a workspace, inside the checkout and listed in its exclude file. */
export const privateFolder = (repository: Repository): string => join(repository.workspace, '.hyperion')

export async function findGround(options: OpenEngineOptions): Promise<Omit<Ground, 'store'>> {
  const repository = await findRepository(options.workspace)
  const usual = join(repository.workspace, CONFIG_FILE)
  const configFile = resolve(options.configFile ?? usual)
  return {
    clock: options.clock ?? systemClock(),
    repository,
    dbFile: resolve(options.dbFile ?? join(privateFolder(repository), 'hyperion.db')),
    repoGit: { gitDir: repository.commonDir },
    configFile,
    host: options.host,
    openHarness: options.openHarness ?? openHarness,
    readConfig: () => readConfigFile(configFile, configFile !== usual),
  }
}

/** Opens a workspace that has been initialised. */
export async function openGround(options: OpenEngineOptions): Promise<Ground> {
  const ground = await findGround(options)
  const store = openStore(ground.dbFile, ground.clock, {
    mustExist: true,
    ...(options.echo === undefined ? {} : { echo: options.echo }),
    ...(options.busyTimeoutMs === undefined ? {} : { busyTimeoutMs: options.busyTimeoutMs }),
  })
  if (store.facts.get('uuid') === null) {
    store.close()
    throw notInitialised(ground.dbFile)
  }
  return { ...ground, store }
}

const UNTIL_THEN = 'correct it; nothing lands until then'

function configOf(bytes: Uint8Array, where: string): Config {
  const invalid = (message: string): HyperionError => userError('config_invalid', message, UNTIL_THEN)
  let value: unknown
  try {
    value = readJson(bytes, CONFIG_LIMITS, where)
  } catch (thrown) {
    throw invalid(asHyperionError(thrown).message)
  }
  const parsed = parseConfig(value)
  if (parsed.ok) return parsed.config
  const [first] = parsed.errors
  throw invalid(`${where}: ${first?.message ?? 'is wrong'}`)
}

/** Reads settings; a file that nobody named and that is not there means the defaults. */
export function readConfigFile(file: string, named = false): Config {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !named) return defaultConfig
    const said = `the configuration ${file} ${unreadable(code)}`
    throw userError('config_unreadable', said, named ? 'correct HYPERION_CONFIG' : 'make it readable')
  }
  return configOf(bytes, file)
}

function unreadable(code: string | undefined): string {
  if (code === 'ENOENT') return 'does not exist'
  return code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
}

/** Returns the settings, or the defaults while they cannot be read: looking must work even then. */
export function configOrDefault(ground: Pick<Ground, 'readConfig'>): Config {
  try {
    return ground.readConfig()
  } catch {
    return defaultConfig
  }
}

/** Reads policy as it stands in a commit, remembering the last one. */
export function policyReader(objects: Objects): (tip: string) => Promise<Policy> {
  const known = new Map<string, Policy>()
  return async (tip) => {
    const found = await lookUp(objects, await treeOf(objects, tip), CONFIG_FILE)
    const oid = found.kind === 'entry' ? found.entry.oid : ''
    const cached = known.get(oid)
    if (cached !== undefined) return cached
    const object = oid === '' ? null : await objects.read(oid)
    const config = object === null ? defaultConfig : configOf(object.body, `${CONFIG_FILE} in the target`)
    const policy: Policy = { checks: config.checks, approvals: config.approvals }
    known.clear()
    known.set(oid, policy)
    return policy
  }
}

/** Returns the workspace's cache folder: check worktrees and other things that can be made again. */
export function cacheFolder({ env, home }: CheckHost, workspaceUuid: string): string {
  const root = env['XDG_CACHE_HOME'] ?? join(home ?? tmpdir(), '.cache')
  return join(root, 'hyperion', workspaceUuid)
}

export const fullRef = (branch: string): string =>
  branch.startsWith('refs/') ? branch : `refs/heads/${branch}`

export interface LandingOptions {
  workerId: string
  runChecks: boolean
  trustChecks: boolean
  slot: number
  leaseSeconds: number
  maxAttempts: number
  /** Milliseconds between an idle worker's looks; absent for what the configuration says. */
  pollIntervalMs?: number
  onStep?: StepObserver
  landingLeaseMs?: number
  batch?: number
}

export interface OpenLanding {
  deps: LandingDeps
  close(): Promise<void>
}

/** Changes claimed at once where no check runs: one write of objects, one fsync, one transaction for all. */
const BATCH = 1024
const LANDING_LEASE_MS = 60_000

/** Returns objects of the repository as they are built on, isolated from its configuration. */
async function openBuilding(
  ground: Ground,
): Promise<{ buildGit: GitOptions; objects: Objects; scratch: string }> {
  const folder = privateFolder(ground.repository)
  const buildGit = await openBuildDir(ground.repository, join(folder, 'git'))
  const scratch = join(folder, 'tmp')
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  return { buildGit, objects: openObjects(ground.repository.format, buildGit), scratch }
}

/** Composes what the landing protocol works with. */
export async function openLanding(
  ground: Ground,
  options: LandingOptions,
  config: Config = ground.readConfig(),
): Promise<OpenLanding> {
  const { store, clock, repository } = ground
  const uuid = store.facts.get('uuid') ?? ''
  const checker = options.runChecks ? await openChecker(ground, options, uuid) : null
  const { buildGit, objects, scratch } = await openBuilding(ground)
  const refs = openRefUpdater(repository.commonDir, 'hyperion: landing')
  const upstream = config.landing.upstream ?? store.facts.get('upstream')
  const deps: LandingDeps = {
    clock,
    store,
    repository,
    buildGit,
    repoGit: ground.repoGit,
    objects,
    refs,
    scratch,
    target: fullRef(config.landing.target),
    upstream: upstream === null ? null : fullRef(upstream),
    workspaceUuid: uuid,
    workerId: options.workerId,
    process: ownIdentity(),
    settings: {
      leaseSeconds: options.leaseSeconds,
      maxAttempts: options.maxAttempts,
      pollIntervalMs: options.pollIntervalMs ?? config.workers.pollIntervalMs,
      window: config.landing.window,
      batch: options.batch ?? BATCH,
      follow: config.landing.follow,
      syncCheckout: config.landing.syncCheckout,
      landingLeaseMs: options.landingLeaseMs ?? LANDING_LEASE_MS,
    },
    checker: checker?.checker ?? null,
    readPolicy: policyReader(objects),
    isDead: (owner) => !isAlive(owner),
    onStep: options.onStep ?? (() => undefined),
  }
  return {
    deps,
    close: async () => {
      refs.close()
      objects.close()
      await checker?.close()
    },
  }
}

/** Opens the check slot of one worker before it claims anything; its tree is moved from candidate to candidate. */
async function openChecker(
  ground: Ground,
  options: LandingOptions,
  uuid: string,
): Promise<{ checker: ChangeChecker; close(): Promise<void> }> {
  const { clock, repository, host } = ground
  const { objectsDir, format: objectFormat } = repository
  const cacheDir = cacheFolder(host, uuid)
  const slot = await openFreeSlot({ cacheDir, slot: options.slot, objectsDir, objectFormat }, { clock, git })
  return { checker: checkerIn(ground, slot, options.trustChecks), close: () => slot.release() }
}

/** Results that may be checked at once before they count. */
const TRIAL_SLOTS = 2

/**
 * Opens a check slot beside those of the workers, for results that are not in the queue.
 *
 * Throws `slots_busy` (transient) while all of them are in use.
 */
export async function openTrialChecker(
  ground: Ground,
  uuid: string,
): Promise<{ checker: ChangeChecker; close(): Promise<void> }> {
  const { clock, repository, host } = ground
  const { objectsDir, format: objectFormat } = repository
  const cacheDir = join(cacheFolder(host, uuid), 'reviewer')
  const slot = await openFreeSlot(
    { cacheDir, slot: 1, objectsDir, objectFormat },
    { clock, git },
    TRIAL_SLOTS,
  )
  return { checker: checkerIn(ground, slot, false), close: () => slot.release() }
}

/** What agents that are programs of their own are kept in. */
export const enclosureOf = (ground: Ground): EnclosureWish => ({
  mode: () => configOrDefault(ground).agents.sandbox,
  hidden: [ground.repository.workspace, ground.repository.commonDir],
})

/**
 * Opens a work tree for one agent beside those of the workers.
 *
 * Throws `slots_busy` (transient) while all of them are in use.
 */
export function openAgentSlot(ground: Ground): Promise<CheckSlot> {
  const { clock, repository, host, store } = ground
  const { objectsDir, format: objectFormat } = repository
  const cacheDir = join(cacheFolder(host, store.facts.get('uuid') ?? ''), 'agents')
  return openFreeSlot({ cacheDir, slot: 1, objectsDir, objectFormat }, { clock, git })
}

function checkerIn(
  { clock, repository, host }: Ground,
  slot: CheckSlot,
  trustChecks: boolean,
): ChangeChecker {
  let found: Sandbox | null = null
  return {
    trustChecks,
    async surroundings({ checks: { sandbox, setup, share, memoryMb } }) {
      found ??= await detectSandbox(host, { clock }, slot.scratch)
      const { kind } = chooseSandbox(sandbox, found)
      const { platform, arch } = process
      return sha256(
        canonicalJson({
          sandbox: kind,
          setup,
          share,
          memoryMb,
          platform,
          arch,
          path: host.env['PATH'] ?? '',
        }),
      )
    },
    async run(checks, on, onRun) {
      found ??= await detectSandbox(host, { clock }, slot.scratch)
      return runChecks(
        checks,
        {
          slot,
          treeOid: on.tree,
          parentCommit: on.parentCommit,
          sandbox: chooseSandbox(on.policy.checks.sandbox, found),
          parentTree: on.parentTree,
          provision: {
            setup: on.policy.checks.setup,
            share: on.policy.checks.share,
            checkout: repository.workspace,
          },
          timeoutMs: on.policy.checks.timeoutSeconds * 1000,
          memoryMb: on.policy.checks.memoryMb,
          retryFlaky: on.policy.checks.retryFlaky,
          signal: on.signal,
          onRun,
          ...(on.observer === undefined ? {} : { observer: on.observer }),
          ...(on.knownPassed === undefined ? {} : { knownPassed: on.knownPassed }),
        },
        { clock, host },
      )
    },
  }
}
