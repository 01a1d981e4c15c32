/** Makes a workspace: its private folder, database, target ref, and what it would allow as checks. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
  accessSync,
  constants,
} from 'node:fs'
import { join } from 'node:path'
import type { ConfigInput } from '../../../schemas/config.ts'
import { randomIds } from '../base/ids.ts'
import { asHyperionError, userError } from '../base/errors.ts'
import { ensureKey } from '../audit/key.ts'
import {
  CONFIG_FILE,
  findGround,
  fullRef,
  privateFolder,
  type Ground,
  type OpenEngineOptions,
} from '../compose.ts'
import { branchName } from '../domain/branch-name.ts'
import { git, gitText } from '../git/git.ts'
import { readRef } from '../git/refs.ts'
import { notWritable, type Repository } from '../git/repository.ts'
import { claimTarget, refuseOwned } from '../landing/owner.ts'
import { refuseCheckedOut } from '../landing/target.ts'
import { openStore, type StoreOptions } from '../store/store.ts'
import { proposeChecks } from './propose-checks.ts'

export interface InitResult {
  ground: Ground
  target: string
  /** Branch name; null on a detached HEAD. */
  upstream: string | null
  created: boolean
  notices: string[]
}

/** What a working copy must not track of ours. */
const EXCLUDED: readonly string[] = ['/.hyperion/', '/execution/']

/**
 * Makes a folder's repository a workspace, or completes one; does nothing to one that is whole.
 *
 * Every reason not to is found before the first write. The `uuid` is written last: with it a workspace is whole.
 */
export async function initialise(options: OpenEngineOptions): Promise<InitResult> {
  const ground = await findGround(options)
  const { repository } = ground
  const config = ground.readConfig()
  const target = fullRef(config.landing.target)
  const head = await readRef({ ...ground.repoGit, gitDir: repository.gitDir }, 'HEAD')
  if (head === null) {
    throw userError(
      'no_commits',
      `the repository ${repository.workspace} has no commits yet`,
      'make a first commit; changes land on top of it',
    )
  }
  await refuseBlockedTarget(ground.repoGit, target)
  refuseCheckedOut(repository.commonDir, target)
  refuseReadOnly(repository)
  const { commonDir, workspace } = repository
  refuseOwned(commonDir, target, { workspace, database: ground.dbFile })

  const store = openStore(ground.dbFile, ground.clock, openingOf(options))
  const known = store.facts.get('uuid')
  const branch = await gitText(['symbolic-ref', '--quiet', '--short', 'HEAD'], {
    gitDir: repository.gitDir,
    expect: [0, 1],
  })
  const upstream = known === null ? branch || null : store.facts.get('upstream')
  const notices: string[] = []
  try {
    exclude(repository)
    mkdirSync(privateFolder(repository), { recursive: true, mode: 0o700 })
    ensureKey(privateFolder(repository))
    mkdirSync(join(privateFolder(repository), 'inbox'), { recursive: true, mode: 0o700 })
    if ((await readRef(ground.repoGit, target)) === null) {
      const landed = await lastLanded(ground.repoGit, store.landings.lastTips(target))
      // The branch that is followed, not what happens to be checked out when the target is made again.
      const follows = config.landing.upstream ?? upstream
      const followed = follows === null ? null : await readRef(ground.repoGit, fullRef(follows))
      await git(
        ['update-ref', '-m', 'hyperion: init', target, landed ?? followed ?? head, ''],
        ground.repoGit,
      )
      if (landed !== null)
        notices.push(`${branchName(target)} was gone; it is back where the last landing left it`)
      else if (known !== null) notices.push(`${branchName(target)} was gone; it is made again`)
    }
  } catch (error) {
    store.close()
    throw notWritable(repository, error)
  }
  if (upstream === null) {
    notices.push('HEAD is detached, so no upstream branch is followed; set landing.upstream to follow one')
  }
  store.db.write(() => {
    if (store.facts.get('uuid') !== null) return
    store.facts.set('uuid', randomIds().uuid())
    store.facts.set('target', target)
    if (upstream !== null) store.facts.set('upstream', upstream)
  })
  const uuid = store.facts.get('uuid') ?? ''
  try {
    claimTarget(commonDir, target, { uuid, workspace, database: ground.dbFile })
  } catch (error) {
    store.close()
    throw error
  }
  return { ground: { ...ground, store }, target, upstream, created: known === null, notices }
}

const openingOf = ({ echo, busyTimeoutMs }: OpenEngineOptions): StoreOptions => ({
  ...(echo === undefined ? {} : { echo }),
  ...(busyTimeoutMs === undefined ? {} : { busyTimeoutMs }),
})

/**
 * Makes a workspace of a repository that is none yet, and leaves one that is as it is: a target that is gone, checked
 * out or blocked stops landing, not queueing. Returns what the operator should know.
 *
 * With `restoreTarget` a target that is gone is made again, as `initialise` would; one that cannot be is told of.
 */
export async function ensureInitialised(
  options: OpenEngineOptions,
  { restoreTarget = false } = {},
): Promise<string[]> {
  const ground = await findGround(options)
  if (existsSync(ground.dbFile)) {
    const store = openStore(ground.dbFile, ground.clock, { ...openingOf(options), mustExist: true })
    const known = store.facts.get('uuid')
    store.close()
    if (known !== null) return restoreTarget ? await restoredTarget(ground, options) : []
  }
  const made = await initialise(options)
  made.ground.store.close()
  return made.notices
}

async function restoredTarget(ground: Omit<Ground, 'store'>, options: OpenEngineOptions): Promise<string[]> {
  try {
    if ((await readRef(ground.repoGit, fullRef(ground.readConfig().landing.target))) !== null) return []
    const made = await initialise(options)
    made.ground.store.close()
    return made.notices
  } catch (error) {
    // Landing waits for that to be mended; queueing and looking work meanwhile.
    const { message, hint } = asHyperionError(error)
    return [hint === null ? message : `${message}; ${hint}`]
  }
}

/** A branch `hyperion` is a file where the folder of `hyperion/main` would have to be, and the other way round. */
async function refuseBlockedTarget(repoGit: Ground['repoGit'], target: string): Promise<void> {
  const parts = target.split('/')
  const above = parts.slice(3).map((_, index) => parts.slice(0, index + 3).join('/'))
  const below = await gitText(['for-each-ref', '--count=1', '--format=%(refname)', `${target}/`], repoGit)
  for (const blocking of below === '' ? above : [...above, below]) {
    if ((await readRef(repoGit, blocking)) === null) continue
    throw userError(
      'target_blocked',
      `the branch ${branchName(blocking)} stands in the way of ${branchName(target)}`,
      'rename that branch, or set landing.target to another name',
    )
  }
}

/** Returns the newest commit that a landing left at the target and that is still in the repository. */
async function lastLanded(repoGit: Ground['repoGit'], tips: readonly string[]): Promise<string | null> {
  if (tips.length === 0) return null
  const options = { ...repoGit, expect: [0, 128] }
  const args = ['rev-list', '--topo-order', '--max-count=1', '--ignore-missing', ...tips]
  return (await gitText(args, options)) || null
}

function refuseReadOnly(repository: Repository): void {
  try {
    for (const folder of [repository.workspace, repository.objectsDir, join(repository.commonDir, 'refs')]) {
      accessSync(folder, constants.W_OK)
    }
  } catch (error) {
    throw notWritable(repository, error)
  }
}

function exclude(repository: Repository): void {
  const file = join(repository.commonDir, 'info', 'exclude')
  mkdirSync(join(repository.commonDir, 'info'), { recursive: true })
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const present = new Set(text.split('\n'))
  const missing = EXCLUDED.filter((line) => !present.has(line))
  if (missing.length === 0) return
  appendFileSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`)
}

/** Returns the configuration that allows the repository's own test commands as checks. */
export function proposeConfig(repository: Repository): ConfigInput {
  const { checks, setup } = proposeChecks(repository.workspace)
  const allow = Object.fromEntries(checks.map(({ name, command }) => [name, command]))
  return { checks: { allow, ...(setup === null ? {} : { setup: setup.command }) } }
}

/** Writes the proposed configuration; refuses to replace one that is there. */
export function writeConfig(repository: Repository, config: ConfigInput): string {
  const file = join(repository.workspace, CONFIG_FILE)
  if (existsSync(file)) {
    throw userError('config_exists', `${file} exists already`, 'edit it; nothing was changed')
  }
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { flag: 'wx' })
  return file
}
