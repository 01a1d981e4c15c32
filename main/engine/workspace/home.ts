/** What the dashboard shows: health in one sentence, figures, who runs, and what to do next. */
import { statSync } from 'node:fs'
import type { Config } from '../../../schemas/config.ts'
import type { Pause } from '../../../schemas/acts.ts'
import type { Home } from '../../../schemas/view.ts'
import { chosenHarness, standingOf } from '../agents/choose.ts'
import { nowSeconds } from '../base/clock.ts'
import { isAlive } from '../base/process.ts'
import { configOrDefault, type Ground } from '../compose.ts'
import { branchName } from '../domain/branch-name.ts'
import { gitText } from '../git/git.ts'
import { readRefs } from '../git/refs.ts'
import { checkedOutAt } from '../git/worktrees.ts'
import type { LandingDeps } from '../landing/deps.ts'
import { dividedBy } from '../landing/divided.ts'
import { openMerge, peekUpstream } from '../landing/upstream.ts'
import { openHour } from '../store/hour.ts'
import { readMetrics } from '../store/metrics.ts'
import { CHAIN_OWNER } from '../store/chain.ts'
import { readReports } from './reports.ts'
import { pauseText, readPause } from '../store/pause.ts'

/** What only the program around the engine knows. */
export interface HomeSurroundings {
  version: string
  /** Names of the workers this program runs; null where it runs none. */
  workers: readonly string[] | null
  /** What the program last heard from its workers that stops them all; null while they work. */
  trouble: string | null
}

type Runtime = Home['runtime']

const WINDOW_SECONDS = 60
/** What keeps everything from landing, in words, and what landed that the operator's branch lacks. */
export interface Standing {
  trouble: string | null
  behind: number | null
  upstream: string | null
}

export interface HomeReader {
  home(around: HomeSurroundings): Promise<Home>
  /** The part of it that the Inbox lists, without the figures. */
  standing(around: HomeSurroundings): Promise<Standing>
}

/** Returns what reads the dashboard; keeps what is dear to compute and did not change. */
export function openHome(ground: Ground, deps: LandingDeps): HomeReader {
  const { store, clock } = ground
  const readHour = openHour(store.db, clock)
  const apart = openApart(deps)

  function workersNow(own: readonly string[] | null): Runtime['workers'] {
    const leased = store.db
      .sql<{
        owner: string
        pid: number | null
        started: string | null
        until: number | null
        n: number
        first: string
      }>(
        `SELECT lease_owner AS owner, max(lease_pid) AS pid, max(lease_pid_started) AS started,
           max(leased_until) AS until, count(*) AS n,
           json_group_array(json_object('id', id, 'task_id', task_id) ORDER BY id) AS first
         FROM change_queue INDEXED BY change_queue_leased
         WHERE status = 'in_progress' AND lease_owner <> ? GROUP BY lease_owner ORDER BY lease_owner`,
      )
      // What waits in the chain is nobody's work.
      .all(CHAIN_OWNER)
    const busy = leased.map((row) => ({
      id: row.owner,
      alive: row.pid === null ? null : isAlive({ pid: row.pid, startedAt: row.started }),
      changes: (JSON.parse(row.first) as { id: number; task_id: string }[]).slice(0, 3),
      change_count: row.n,
      leased_until: row.until,
    }))
    const names = new Set(busy.map(({ id }) => id))
    const known = store.workers.list().filter(({ process }) => isAlive(process))
    const idle = [...new Set([...(own ?? []), ...known.map(({ id }) => id)])]
      .filter((id) => !names.has(id))
      .sort()
      .map((id) => ({ id, alive: true, changes: [], change_count: 0, leased_until: null }))
    return [...busy, ...idle]
  }

  const upstream = deps.upstream === null ? null : branchName(deps.upstream)
  const isRunning = (workers: Runtime['workers']): boolean => workers.some(({ alive }) => alive === true)
  const blockedBy = (around: HomeSurroundings): string | null => {
    const pause = readPause(store.facts)
    if (pause !== null) return pauseText(pause)
    return checkedOutAt(ground.repository.commonDir, deps.target).length > 0
      ? `${branchName(deps.target)} is checked out; nothing lands while it is`
      : around.trouble
  }

  async function standing(around: HomeSurroundings): Promise<Standing> {
    const running = isRunning(workersNow(around.workers))
    const state = { counts: store.changes.counts(), running, trouble: blockedBy(around) }
    return { trouble: stoppedBy(state), behind: (await apart()).behind, upstream }
  }

  async function home(around: HomeSurroundings): Promise<Home> {
    const config = configOrDefault(ground)
    const { changes, logs, facts, db } = store
    const metrics = readMetrics({ db, clock, changes, logs, facts }, WINDOW_SECONDS, config.retention)
    const counts = metrics.status_counts
    const oldest = store.browse.oldestPending()
    const age = oldest === null ? null : Math.max(0, nowSeconds(clock) - oldest)
    const workers = workersNow(around.workers)
    const running = isRunning(workers)
    const trouble = blockedBy(around)
    const paused = readPause(store.facts)
    const state = { counts, age, running, trouble, paused, perMinute: metrics.throughput_per_minute }
    const { behind, trouble: divided } = await apart()
    return {
      health: healthOf(state),
      paused,
      counts,
      oldest_pending_seconds: age,
      metrics,
      hour: readHour(),
      runtime: {
        version: around.version,
        workspace: ground.repository.workspace,
        target: branchName(deps.target),
        upstream,
        behind,
        database: {
          file: ground.dbFile,
          bytes: sizeOf(ground.dbFile),
          wal_pages: metrics.wal_checkpoint_stats?.wal ?? null,
        },
        running: around.workers !== null,
        workers,
        harness: harnessOf(config, ground.host.env),
        sessions: db.sql<{ n: number }>('SELECT count(*) AS n FROM agent_sessions').get()?.n ?? 0,
      },
      ...readReports(ground),
      guidance: guide(state, { behind, trouble: divided }, upstream, total(counts)),
    }
  }
  return { home, standing }
}

interface State {
  counts: Home['counts']
  age: number | null
  running: boolean
  trouble: string | null
  paused: Pause | null
  perMinute: number | null
}

const total = (counts: Home['counts']): number => Object.values(counts).reduce((sum, n) => sum + n, 0)

const aged = (seconds: number): string => {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

function stoppedBy({
  counts,
  running,
  trouble,
}: Pick<State, 'counts' | 'running' | 'trouble'>): string | null {
  const unworked = !running && counts.pending > 0
  return trouble ?? (unworked ? `${counts.pending} queued and no worker runs` : null)
}

function healthOf(state: State): Home['health'] {
  const { counts, age, perMinute } = state
  const waiting = counts.conflict + counts.held + counts.failed
  const stopped = stoppedBy(state)
  const queued =
    counts.pending + counts.in_progress === 0
      ? 'nothing queued'
      : `${counts.pending + counts.in_progress} queued${age === null ? '' : `, oldest ${aged(age)}`}`
  const rate = perMinute === null || perMinute === 0 ? '' : `, ${perMinute.toFixed(1)}/min`
  const level = stopped !== null ? 'stopped' : waiting > 0 ? 'attention' : 'ok'
  return { level, stopped, queue: `${queued}${rate}` }
}

/** A stop of Hyperion's own is looked into first. */
const resumeCommand = ({ code }: Pause): string => (code === null ? 'hyperion resume' : 'hyperion doctor')

function guide(
  { counts, running, trouble, paused }: State,
  { behind, trouble: divided }: Apart,
  upstream: string | null,
  all: number,
): Home['guidance'] {
  const next: Home['guidance'] = []
  const say = (text: string, to: string | null, command: string | null = null): void =>
    void next.push({ text, to, command })
  if (paused !== null) say(`Resume: ${pauseText(paused)}`, null, resumeCommand(paused))
  else if (trouble !== null) say(trouble, '/settings', 'hyperion doctor')
  if (!running && counts.pending > 0) say('Start workers: nothing lands without one', null, 'hyperion worker')
  if (counts.conflict > 0)
    say(`Decide ${plural(counts.conflict, 'conflict')}`, '/queue?q=state:conflict', 'hyperion list conflict')
  if (counts.held > 0)
    say(`Approve or reject ${plural(counts.held, 'held change')}`, '/inbox', 'hyperion list held')
  if (counts.failed > 0)
    say(`Retry or discard ${plural(counts.failed, 'failed change')}`, '/inbox', 'hyperion list failed')
  if (divided !== null && paused === null) say(divided, '/settings', 'hyperion doctor')
  else if (behind !== null && behind > 0 && upstream !== null)
    say(`Bring ${plural(behind, 'landed commit')} to ${upstream}`, '/inbox', 'hyperion sync')
  if (all === 0) say('Compose a task request, or drop a JSON file', '/requests', 'hyperion request FILE')
  return next
}

/** How upstream stands to the target, as far as a person has to know. */
interface Apart {
  /** Commits of the target that upstream lacks; null where one of the two is not there. */
  behind: number | null
  /** What keeps the two apart and is in the queue for nobody to decide. */
  trouble: string | null
}

/** Returns what tells how the branches stand; asks git for more than the refs only when something moved. */
function openApart(deps: LandingDeps): () => Promise<Apart> {
  const { repoGit, store, target, upstream } = deps
  let known: { key: string; apart: Apart } | null = null
  return async () => {
    if (upstream === null) return { behind: null, trouble: null }
    const [tip = null, up = null] = await readRefs(repoGit, [target, upstream])
    const merge = openMerge(deps)
    const key = `${tip} ${up} ${store.facts.get('upstream_seen')} ${merge?.id} ${merge?.status}`
    if (known?.key === key) return known.apart
    const look = await peekUpstream(deps)
    const divided = tip === null || look.kind === 'forward' || merge !== null ? null : dividedBy(deps, look)
    const count = async (): Promise<number> =>
      Number(await gitText(['rev-list', '--count', `${up}..${tip}`], repoGit))
    const behind = tip === null || up === null ? null : await count()
    known = { key, apart: { behind, trouble: divided?.message ?? null } }
    return known.apart
  }
}

function harnessOf(config: Config, env: NodeJS.ProcessEnv): Runtime['harness'] {
  const chosen = chosenHarness(config, env)
  const standing = standingOf(chosen, env)
  return { name: chosen.name, ready: standing.ready, why: standing.why }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}
