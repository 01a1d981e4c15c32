/** Looks at everything a workspace stands on and says what is broken, in words and with a remedy. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { chosenHarness, openHarness, standingOf } from '../agents/choose.ts'
import { instant } from '../base/clock.ts'
import { asHyperionError } from '../base/errors.ts'
import { isAlive } from '../base/process.ts'
import { chooseSandbox, describeSandbox, detectSandbox } from '../checks/sandbox.ts'
import { configOrDefault, enclosureOf, type Ground } from '../compose.ts'
import { branchName } from '../domain/branch-name.ts'
import { gitText } from '../git/git.ts'
import { readRef, readRefLock } from '../git/refs.ts'
import { requireGit } from '../git/repository.ts'
import { checkedOutAt, nameOf } from '../git/worktrees.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { dividedBy } from '../landing/divided.ts'
import { foreignOwner } from '../landing/owner.ts'
import { leftAt, rewoundSentence, targetStanding, unreachableLandings } from '../landing/rewound.ts'
import { readKept } from '../landing/sync.ts'
import { ownerOf } from '../landing/target.ts'
import { peekUpstream } from '../landing/upstream.ts'
import { MIGRATIONS } from '../store/database.ts'
import { readMetrics } from '../store/metrics.ts'
import { pauseRemedy, pauseText, readPause } from '../store/pause.ts'
import { configValues } from './config-values.ts'
import { WORK } from './examine-work.ts'
import { broken, notice, ok, type Diagnosis, type Examination } from './finding.ts'

export type { Diagnosis }

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

const EXAMINATIONS: readonly (readonly [name: string, look: Examination])[] = [
  ['git', async () => ok(`git ${await requireGit()}, Node ${process.version}`)],
  [
    'git config',
    async ({ repoGit }) => {
      const options = { ...repoGit, operatorConfig: true, expect: [0, 1] }
      const lines = await gitText(['config', '--show-scope', '--get-regexp', CONFIG_OF_INTEREST], options)
      // What the git door itself sets has the scope "command".
      const set = lines.split('\n').filter((line) => line !== '' && !line.startsWith('command'))
      const said = set.length === 0 ? 'nothing that matters is set' : set.join(', ').replaceAll('\t', ' ')
      return ok(`${said}; landing uses none of it`)
    },
  ],
  [
    'database',
    ({ store, dbFile }) => {
      const [row] = store.db.pragma('integrity_check(1)') as { integrity_check: string }[]
      const mode = statSync(dbFile).mode & 0o777
      if (row?.integrity_check !== 'ok') {
        return broken(`${dbFile} is damaged: ${row?.integrity_check}`, 'restore it from a backup')
      }
      if (mode !== 0o600 && process.platform !== 'win32') {
        return broken(`${dbFile} has mode ${mode.toString(8)}`, `run chmod 600 ${dbFile}`)
      }
      return ok(`${dbFile}, integrity ok, mode 600`)
    },
  ],
  [
    'schema',
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
        return broken(`indexes are missing: ${missing.join(', ')}`, 'restore the database from a backup')
      }
      return ok(`version ${row?.user_version} of ${MIGRATIONS.length}, all indexes there`)
    },
  ],
  [
    'queue',
    ({ store, clock, ...ground }) => {
      const config = configOrDefault(ground)
      const { logs, changes, facts, db } = store
      const m = readMetrics({ db, clock, changes, logs, facts }, 3600, config.retention)
      const wal = m.wal_checkpoint_stats
      const swept = m.last_cleanup_timestamp === null ? 'never' : instant(m.last_cleanup_timestamp)
      const detail = [
        `${m.stale_applied_rows} applied and ${m.stale_dead_letter_rows} dead-letter rows beyond retention`,
        `${m.dedup_hits} duplicates refused`,
        `timestamp skew ${m.timestamp_skew_secs ?? 'n/a'} s`,
        `WAL ${wal === null ? 'n/a' : `${wal.checkpointed} of ${wal.log} pages checkpointed`}`,
        `last sweep ${swept}`,
      ].join(', ')
      if ((m.timestamp_skew_secs ?? 0) < -300) {
        return broken(`rows were written in the future; ${detail}`, 'set the clock of this machine')
      }
      const stale = m.stale_applied_rows + m.stale_dead_letter_rows
      if (stale === 0) return ok(detail)
      // What is removed by the hour and not by hand needs nothing but somebody who runs.
      const remedy =
        m.stale_applied_rows > 0 ? 'run `hyperion cleanup`' : 'the next hourly sweep of a worker removes them'
      return notice(detail, remedy)
    },
  ],
  [
    'target',
    async ({ repository, repoGit }, deps) => {
      const { target } = deps
      const tip = await readRef(repoGit, target)
      if (tip === null)
        return broken(`the branch ${branchName(target)} does not exist`, 'run `hyperion init`')
      const [where] = checkedOutAt(repository.commonDir, target)
      if (where !== undefined) {
        return broken(
          `${branchName(target)} is checked out at ${nameOf(where)}`,
          'check out another branch there',
        )
      }
      const other = foreignOwner(repository.commonDir, target, ownerOf(deps))
      if (other !== null) {
        return broken(
          `${branchName(target)} is what the workspace ${other.workspace} lands on (${other.database})`,
          'use that one, or set landing.target to another branch here',
        )
      }
      const standing = await targetStanding(deps, leftAt(deps), tip)
      if (standing.kind === 'rewound') {
        const { sentence, remedy } = rewoundSentence(deps, standing)
        return broken(sentence, remedy)
      }
      return ok(`${branchName(target)} at ${tip.slice(0, 10)}`)
    },
  ],
  [
    'upstream',
    async ({ store }, deps) => {
      const { upstream } = deps
      if (upstream === null) return notice('none is followed', 'set landing.upstream to follow a branch')
      const look = await peekUpstream(deps)
      if (look.kind === 'forward' && deps.settings.follow)
        return ok(`${branchName(upstream)} is ahead; the target follows`)
      const divided = look.tip === null ? null : dividedBy(deps, look)
      if (divided !== null) {
        const finding = look.kind === 'diverged' || look.kind === 'forward' ? notice : broken
        return finding(divided.message, divided.hint ?? '')
      }
      if (look.tip === look.up || look.tip === null) return ok(`${branchName(upstream)}, same as the target`)
      const kept = readKept(store)
      const why = kept === null ? '' : `; the last sync, at ${instant(kept.at)}, did not: ${kept.sentence}`
      const remedy = kept?.remedy ?? 'bring them there with `hyperion sync`'
      return notice(`${branchName(upstream)} lacks landed commits${why}`, remedy)
    },
  ],
  [
    'landed',
    async ({ store, repoGit }, { target }) => {
      const tip = await readRef(repoGit, target)
      const lost = tip === null ? [] : await unreachableLandings({ store, repoGit }, tip)
      if (lost.length === 0) return ok('every landed change of the live queue is reachable from the target')
      const ids = lost.slice(0, 5).map(({ id }) => id).join(', ') // prettier-ignore
      const remedy = `find them in \`git reflog ${branchName(target)}\`; they are never landed again by themselves`
      return broken(`${lost.length} landed changes are no longer in the target (change ${ids})`, remedy)
    },
  ],
  [
    'interruptions',
    ({ store, repository }, { target }) => {
      const lock = readRefLock(repository.commonDir, target)
      const open = store.landings.openIntents().length
      const journals = store.journal
        .open()
        .filter((row) => !isAlive({ pid: row.pid, startedAt: row.pid_started })).length
      if (lock !== null && store.landings.byTip(lock).length === 0) {
        const file = `${repository.commonDir}/${target}.lock`
        return notice(`${file} is held by another git`, 'remove it if no git runs')
      }
      if (open + journals > 0) {
        const detail = `${open} attempts and ${journals} checkout jobs were interrupted`
        return notice(detail, 'the next worker, `apply` or `sync` settles them')
      }
      return ok('none to settle')
    },
  ],
  [
    'sandbox',
    async ({ clock, ...ground }) => {
      const { checks } = configOrDefault(ground)
      const found = await detectSandbox(ground.host, { clock })
      const said = describeSandbox(chooseSandbox(checks.sandbox, found))
      return said.isolated ? ok(said.text) : notice(said.text, 'install bubblewrap to isolate checks')
    },
  ],
  [
    'checks',
    async (_ground, deps) => {
      const tip = await readRef(deps.repoGit, deps.target)
      const policy = tip === null ? null : await deps.readPolicy(tip)
      const names = Object.keys(policy?.checks.allow ?? {})
      if (names.length === 0) {
        return notice(
          'the policy in force allows no command',
          'commit a hyperion.config.json with checks.allow',
        )
      }
      return ok(`allowed in force: ${names.join(', ')}`)
    },
  ],
  [
    'config',
    async (ground, deps) => {
      const values = await configValues(ground, deps)
      const set = values.filter(({ from }) => from !== 'default')
      const said = set.map(({ key, value, from }) => `${key}=${JSON.stringify(value)} (${from})`)
      const rest = set.length === 0 ? 'all defaults' : `${said.join(', ')}; the rest are defaults`
      const by = ground.host.env['HYPERION_CONFIG'] ? ' (HYPERION_CONFIG)' : ''
      const file = `${ground.configFile}${by}${existsSync(ground.configFile) ? '' : ' is not there'}`
      return { ...ok(`${file}: ${rest}`), values }
    },
  ],
  [
    'agents',
    async (ground, { clock, scratch }) => {
      const { agents } = configOrDefault(ground)
      const { env } = ground.host
      const chosen = chosenHarness({ agents }, env)
      const standing = standingOf(chosen, env)
      if (!standing.ready) return broken(`${standing.why} (${chosen.by})`, standing.remedy)
      if (standing.program === null) return ok(`stub agents (${chosen.by}), ready`)
      const deps = { clock, env, scratch, enclosure: enclosureOf(ground) }
      const readiness = await openHarness(chosen, deps).probe(new AbortController().signal)
      if (!readiness.ready) return broken(`${readiness.reason} (${chosen.by})`, readiness.remedy)
      const more = readiness.note === undefined ? '' : `; ${readiness.note}`
      return ok(`${standing.why} (${chosen.by}), version ${readiness.version}${more}`)
    },
  ],
  [
    'work trees',
    async (ground, { clock }) => {
      const { agents } = configOrDefault(ground)
      if (agents.workTree === 'off')
        return ok('Developers only read, unless a request says otherwise (agents.workTree is "off")')
      const found = await detectSandbox(ground.host, { clock })
      if (found.kind === 'bubblewrap')
        return ok(`Developers work in work trees, isolated by bubblewrap ${found.version}`)
      const { reason } = chooseSandbox('auto', found) as { reason: string }
      return agents.workTree === 'anywhere'
        ? notice(`Developers run commands with your own rights, because ${reason}`, 'install bubblewrap')
        : broken(`Developers cannot work: agents.workTree is "sandboxed", and ${reason}`, 'install bubblewrap, or set agents.workTree to "off"') // prettier-ignore
    },
  ],
  [
    'landing',
    ({ store }) => {
      const pause = readPause(store.facts)
      if (pause === null) return ok('not paused')
      // What Hyperion stopped by itself is not in order; what a person paused is.
      return (pause.code === null ? notice : broken)(pauseText(pause), pauseRemedy(pause))
    },
  ],
  [
    'exclude',
    ({ repository }) => {
      const file = join(repository.commonDir, 'info', 'exclude')
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      const lines = text.split('\n')
      const listed = ['/.hyperion/', '/execution/'].filter((line) => lines.includes(line))
      if (listed.length === 2) return ok('.hyperion/ and execution/ are excluded from the checkout')
      if (listed[0] === '/.hyperion/') {
        return notice(`${file} does not list /execution/, where the reports are`, 'run `hyperion init`')
      }
      return broken(`${file} does not list /.hyperion/`, 'run `hyperion init`')
    },
  ],
  ...WORK,
]

/** Examines everything; a part that cannot be examined is broken, not left out. */
export async function examine(ground: Ground, deps: LandingDeps): Promise<Diagnosis[]> {
  const found: Diagnosis[] = []
  for (const [name, look] of EXAMINATIONS) {
    try {
      found.push({ name, ...(await look(ground, deps)) })
    } catch (thrown) {
      const { message, hint } = asHyperionError(thrown)
      found.push({ name, ...broken(message, hint ?? 'see the message') })
    }
  }
  return found
}
