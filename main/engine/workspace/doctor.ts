/** Looks at everything a workspace stands on and says what is broken, in words and with a remedy. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { defaultConfig } from '../../../schemas/config.ts'
import { asHyperionError } from '../base/errors.ts'
import { isAlive } from '../base/process.ts'
import { chooseSandbox, describeSandbox, detectSandbox } from '../checks/sandbox.ts'
import { configOrDefault, type Ground } from '../compose.ts'
import { gitText } from '../git/git.ts'
import { isAncestor, readRef, readRefLock } from '../git/refs.ts'
import { requireGit } from '../git/repository.ts'
import { checkedOutAt } from '../git/worktrees.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { unreachableLandings } from '../landing/startup.ts'
import { MIGRATIONS } from '../store/database.ts'
import { readMetrics } from '../store/metrics.ts'

export interface Diagnosis {
  name: string
  /** `broken` makes doctor exit 1; `notice` is worth knowing. */
  state: 'ok' | 'notice' | 'broken'
  detail: string
  remedy: string | null
}

type Examination = (ground: Ground, deps: LandingDeps) => Promise<Diagnosis> | Diagnosis

const ok = (name: string, detail: string): Diagnosis => ({ name, state: 'ok', detail, remedy: null })
const notice = (name: string, detail: string, remedy: string | null = null): Diagnosis => ({
  name,
  state: 'notice',
  detail,
  remedy,
})
const broken = (name: string, detail: string, remedy: string): Diagnosis => ({
  name,
  state: 'broken',
  detail,
  remedy,
})

const short = (ref: string): string => ref.replace('refs/heads/', '')

/** Settings that could change what git does to a checkout or its objects. */
const CONFIG_OF_INTEREST =
  '^(core\\.(hookspath|autocrlf|eol|fsmonitor|attributesfile)|gc\\.auto|extensions\\..*)$'

/** Indexes without which claiming or settling would scan the queue. */
const INDEXES = [
  'change_queue_claimable',
  'change_queue_leased',
  'change_queue_delayed',
  'change_queue_dedup',
  'change_paths_open',
  'landing_attempts_open',
]

const EXAMINATIONS: readonly Examination[] = [
  async () => ok('git', `git ${await requireGit()}, Node ${process.version}`),
  async ({ repoGit }) => {
    const options = { ...repoGit, operatorConfig: true, expect: [0, 1] }
    const lines = await gitText(['config', '--show-scope', '--get-regexp', CONFIG_OF_INTEREST], options)
    // What the git door itself sets has the scope "command".
    const set = lines.split('\n').filter((line) => line !== '' && !line.startsWith('command'))
    const said = set.length === 0 ? 'nothing that matters is set' : set.join(', ').replaceAll('\t', ' ')
    return ok('git config', `${said}; landing uses none of it`)
  },
  ({ store, dbFile }) => {
    const [row] = store.db.pragma('integrity_check(1)') as { integrity_check: string }[]
    const mode = statSync(dbFile).mode & 0o777
    if (row?.integrity_check !== 'ok') {
      return broken('database', `${dbFile} is damaged: ${row?.integrity_check}`, 'restore it from a backup')
    }
    if (mode !== 0o600 && process.platform !== 'win32') {
      return broken('database', `${dbFile} has mode ${mode.toString(8)}`, `run chmod 600 ${dbFile}`)
    }
    return ok('database', `${dbFile}, integrity ok, mode 600`)
  },
  ({ store }) => {
    const have = new Set(
      store.db
        .sql<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'index'`)
        .all()
        .map((row) => row.name),
    )
    const missing = INDEXES.filter((name) => !have.has(name))
    const [row] = store.db.pragma('user_version') as { user_version: number }[]
    if (missing.length > 0) {
      return broken(
        'schema',
        `indexes are missing: ${missing.join(', ')}`,
        'restore the database from a backup',
      )
    }
    return ok('schema', `version ${row?.user_version} of ${MIGRATIONS.length}, all indexes there`)
  },
  ({ store, clock, ...ground }) => {
    const config = configOrDefault(ground)
    const { logs, changes, facts, db } = store
    const m = readMetrics({ db, clock, changes, logs, facts }, 3600, config.retention)
    const wal = m.wal_checkpoint_stats
    const swept =
      m.last_cleanup_timestamp === null ? 'never' : new Date(m.last_cleanup_timestamp * 1000).toISOString()
    const detail = [
      `${m.stale_applied_rows} applied and ${m.stale_dead_letter_rows} dead-letter rows beyond retention`,
      `${m.dedup_hits} duplicates refused`,
      `timestamp skew ${m.timestamp_skew_secs ?? 'n/a'} s`,
      `WAL ${wal === null ? 'n/a' : `${wal.checkpointed} of ${wal.log} pages checkpointed`}`,
      `last sweep ${swept}`,
    ].join(', ')
    if ((m.timestamp_skew_secs ?? 0) < -300) {
      return broken('queue', `rows were written in the future; ${detail}`, 'set the clock of this machine')
    }
    return m.stale_applied_rows > 0 ? notice('queue', detail, 'run `hyperion cleanup`') : ok('queue', detail)
  },
  async ({ repository, repoGit }, { target }) => {
    const tip = await readRef(repoGit, target)
    if (tip === null)
      return broken('target', `the branch ${short(target)} does not exist`, 'run `hyperion init`')
    const [where] = checkedOutAt(repository.commonDir, target)
    if (where !== undefined) {
      return broken(
        'target',
        `${short(target)} is checked out at ${where.folder}`,
        'check out another branch there',
      )
    }
    return ok('target', `${short(target)} at ${tip.slice(0, 10)}`)
  },
  async ({ repoGit }, { target, upstream }) => {
    if (upstream === null)
      return notice('upstream', 'none is followed', 'set landing.upstream to follow a branch')
    const [up, tip] = [await readRef(repoGit, upstream), await readRef(repoGit, target)]
    if (up === null)
      return broken('upstream', `the branch ${short(upstream)} does not exist`, 'set landing.upstream')
    if (tip === null || up === tip) return ok('upstream', `${short(upstream)}, same as the target`)
    if (await isAncestor(repoGit, up, tip)) {
      return notice(
        'upstream',
        `${short(upstream)} lacks landed commits`,
        'bring them there with `hyperion sync`',
      )
    }
    if (await isAncestor(repoGit, tip, up))
      return ok('upstream', `${short(upstream)} is ahead; the target follows`)
    const remedy = `merge ${short(target)} into ${short(upstream)} with git; the target then follows`
    return notice('upstream', `${short(upstream)} and ${short(target)} have diverged`, remedy)
  },
  async ({ store, repoGit }, { target }) => {
    const lost = await unreachableLandings({ store, repoGit, target })
    if (lost.length === 0)
      return ok('landed', 'every landed change of the live queue is reachable from the target')
    const ids = lost.slice(0, 5).map(({ id }) => id).join(', ') // prettier-ignore
    const remedy = `find them in \`git reflog ${short(target)}\`; they are never landed again by themselves`
    return broken(
      'landed',
      `${lost.length} landed changes are no longer in the target (change ${ids})`,
      remedy,
    )
  },
  ({ store, repository }, { target }) => {
    const lock = readRefLock(repository.commonDir, target)
    const open = store.landings.openIntents().length
    const journals = store.journal
      .open()
      .filter((row) => !isAlive({ pid: row.pid, startedAt: row.pid_started })).length
    if (lock !== null && store.landings.byTip(lock).length === 0) {
      const file = `${repository.commonDir}/${target}.lock`
      return notice('interruptions', `${file} is held by another git`, 'remove it if no git runs')
    }
    if (open + journals > 0) {
      const detail = `${open} attempts and ${journals} checkout jobs were interrupted`
      return notice('interruptions', detail, 'the next worker, `apply` or `sync` settles them')
    }
    return ok('interruptions', 'none to settle')
  },
  async ({ clock, ...ground }) => {
    const { checks } = configOrDefault(ground)
    const found = await detectSandbox(ground.host, { clock })
    const said = describeSandbox(chooseSandbox(checks.sandbox, found))
    return said.isolated
      ? ok('sandbox', said.text)
      : notice('sandbox', said.text, 'install bubblewrap to isolate checks')
  },
  async (_ground, deps) => {
    const tip = await readRef(deps.repoGit, deps.target)
    const policy = tip === null ? null : await deps.readPolicy(tip)
    const names = Object.keys(policy?.checks.allow ?? {})
    if (names.length === 0) {
      return notice(
        'checks',
        'the policy in force allows no command',
        'commit a hyperion.config.json with checks.allow',
      )
    }
    return ok('checks', `allowed in force: ${names.join(', ')}`)
  },
  ({ configFile, readConfig }) => {
    const config = readConfig()
    if (!existsSync(configFile)) return ok('config', `${configFile} is not there: all defaults`)
    const given = JSON.parse(readFileSync(configFile, 'utf8')) as Record<string, Record<string, unknown>>
    const values = Object.entries(config).flatMap(([section, keys]) =>
      Object.keys(keys).map((key) => {
        const set = Object.hasOwn(given, section) && Object.hasOwn(given[section] ?? {}, key)
        const value = JSON.stringify((keys as Record<string, unknown>)[key])
        return { text: `${section}.${key}=${value} (${set ? 'file' : 'default'})`, set }
      }),
    )
    const set = values.filter((one) => one.set).map((one) => one.text)
    return ok(
      'config',
      `${configFile}: ${set.length === 0 ? 'all defaults' : `${set.join(', ')}; the rest are defaults`}`,
    )
  },
  (ground) => {
    const { harness } = configOrDefault(ground).agents
    const env = ground.host.env['HYPERION_AGENT']
    const chosen = env ?? harness
    const by =
      env === undefined
        ? harness === defaultConfig.agents.harness
          ? 'default'
          : 'agents.harness'
        : 'HYPERION_AGENT'
    if (chosen !== 'stub') {
      return broken('agents', `the harness ${chosen} (${by}) is not in this version`, 'use stub')
    }
    return ok('agents', `stub agents (${by}), ready`)
  },
  ({ store }) => {
    const paused = store.facts.get('paused')
    return paused === null
      ? ok('landing', 'not paused')
      : notice('landing', `paused: ${paused}`, 'run `hyperion resume`')
  },
  ({ repository }) => {
    const file = join(repository.commonDir, 'info', 'exclude')
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (text.split('\n').includes('/.hyperion/'))
      return ok('exclude', '.hyperion/ is excluded from the checkout')
    return broken('exclude', `${file} does not list /.hyperion/`, 'run `hyperion init`')
  },
]

/** Examines everything; a part that cannot be examined is broken, not left out. */
export async function examine(ground: Ground, deps: LandingDeps): Promise<Diagnosis[]> {
  const found: Diagnosis[] = []
  for (const examination of EXAMINATIONS) {
    try {
      found.push(await examination(ground, deps))
    } catch (thrown) {
      const error = asHyperionError(thrown)
      const name = error.code.startsWith('config') ? 'config' : error.code
      found.push(broken(name, error.message, error.hint ?? 'see the message'))
    }
  }
  return found
}
