/** Commands that only look: `list`, `show`, `list-dead-letters`, `logs`, `queue-metrics`. */
import type { Command } from 'commander'
import { CHANGE_STATUSES, type ChangeStatus } from '../../../schemas/states.ts'
import type { QueueMetrics } from '../../../schemas/metrics.ts'
import type { CriterionVerdict } from '../../../schemas/records.ts'
import {
  HyperionError,
  inert,
  overlapText,
  pauseRemedy,
  pauseText,
  systemClock,
  type Engine,
} from '../../engine/engine.ts'
import { integer, oneOf, type Context } from '../context.ts'
import { table, time } from '../output.ts'

const format = oneOf('--format', ['text', 'json'])
const LEVELS = ['debug', 'info', 'warn', 'error'] as const
const FOLLOW_MS = 250

/** How the conflicts of a resolved text were decided, where that was said. */
function choicesText(choices: Record<string, number> | null): string {
  const told = Object.entries(choices ?? {}).map(([choice, n]) => `${n} ${choice.replaceAll('_', ' ')}`)
  return told.length === 0 ? '' : ` (${told.join(', ')})`
}

interface ListFlags {
  format: string
  status?: ChangeStatus
  since?: number
  limit?: number
}

const filterOf = (flags: ListFlags, status?: ChangeStatus): object => ({
  ...((status ?? flags.status) === undefined ? {} : { status: status ?? flags.status }),
  ...(flags.since === undefined ? {} : { sinceSeconds: flags.since }),
  ...(flags.limit === undefined ? {} : { limit: flags.limit }),
})

/** A probe that passes on both sides says nothing about the change. */
const CRITERION_WORDS: Readonly<Record<CriterionVerdict, string>> = {
  proven: 'proven: its probe fails before the change and passes with it',
  not_proven: 'not proven by this probe: it passes before the change as well',
  unmet: 'not met: its probe fails with the change',
  could_not_run: 'unknown: its probe could not run',
  not_allowed: 'unknown: its probe is not among the allowed checks, so it did not run',
}

export function registerInspect(program: Command, context: Context): void {
  const { out } = context
  const status = oneOf('STATUS', CHANGE_STATUSES)
  program
    .command('list')
    .description('changes, oldest first')
    .argument('[status]', CHANGE_STATUSES.join(', '), status)
    .option('--status <status>', 'only changes in this state', status)
    .option('--format <format>', 'text or json', format, 'text')
    .option('--since <epoch>', 'only changes updated since (epoch seconds)', integer('--since', 0))
    .option('--limit <n>', 'only the newest n', integer('--limit', 0))
    .action((named: ChangeStatus | undefined, flags: ListFlags, command: Command) =>
      context.withEngine(command, (engine) => {
        if (named !== undefined && flags.status !== undefined && named !== flags.status) {
          throw new HyperionError(
            'usage',
            'two_statuses',
            `list takes one status, not ${named} and ${flags.status}`,
          )
        }
        const rows = engine.list(filterOf(flags, named))
        if (flags.format === 'json') return out.json(rows)
        const pause = engine.paused()
        if (pause !== null) out.note(`${pauseText(pause)}; ${pauseRemedy(pause)}`)
        if (rows.length === 0) return out.note('no changes')
        const waits = engine.firstWaits(rows.map(({ id }) => id))
        const cells = rows.map((row) => [
          String(row.id),
          row.status,
          row.task_id,
          row.agent,
          row.landed_commit?.slice(0, 10) ?? '–',
          row.last_error ?? waits.get(row.id) ?? '',
        ])
        for (const line of table(['ID', 'STATUS', 'TASK', 'AGENT', 'COMMIT', 'WHY'], cells, 80))
          out.line(line)
      }),
    )
  program
    .command('list-dead-letters')
    .description('changes that were given up, oldest first')
    .option('--format <format>', 'text or json', format, 'text')
    .option('--since <epoch>', 'only those since (epoch seconds)', integer('--since', 0))
    .option('--limit <n>', 'only the newest n', integer('--limit', 0))
    .action((flags: ListFlags, command: Command) =>
      context.withEngine(command, (engine) => {
        const rows = engine.deadLetters(filterOf(flags))
        if (flags.format === 'json') return out.json(rows)
        if (rows.length === 0) return out.note('no dead letters')
        const cells = rows.map((row) => [
          String(row.queue_id),
          row.task_id,
          row.agent,
          time(row.failed_at),
          row.error,
        ])
        for (const line of table(['CHANGE', 'TASK', 'AGENT', 'FAILED', 'ERROR'], cells, 100)) out.line(line)
      }),
    )
  program
    .command('show')
    .description('one change: payload, attempts, checks, approvals, conflict, log')
    .argument('<id>', 'a change', integer('ID', 1))
    .option('--format <format>', 'text or json', format, 'text')
    .action((id: number, flags: { format: string }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const change = engine.show(id)
        if (flags.format === 'json') return out.json(change)
        const contentHash = change.archived ? null : await engine.contentHash(id)
        for (const line of describeChange(change, contentHash)) out.line(line)
      }),
    )
  program
    .command('logs')
    .description('what happened, oldest first')
    .option('--follow', 'go on with new events until interrupted')
    .option('--level <level>', 'this level and above', oneOf('--level', LEVELS), 'info')
    .option('--change <id>', 'only of this change', integer('--change', 1))
    .option('--limit <n>', 'only the newest n', integer('--limit', 0), 200)
    .option('--format <format>', 'text or json (with --follow one object a line)', format, 'text')
    .action((flags: LogFlags, command: Command) =>
      context.withEngine(command, (engine) => followLogs(engine, flags, context)),
    )
  program
    .command('queue-metrics')
    .description('throughput, latency and contention of the last seconds')
    .option('--format <format>', 'text or json', format, 'text')
    .option('--since <seconds>', 'the window in seconds', integer('--since', 1, 31_536_000), 60)
    .action((flags: { format: string; since: number }, command: Command) =>
      context.withEngine(command, (engine) => {
        const metrics = engine.metrics(flags.since)
        if (flags.format === 'json') out.json(metrics)
        else for (const line of describeMetrics(metrics)) out.line(line)
      }),
    )
}

interface LogFlags {
  follow?: boolean
  level: (typeof LEVELS)[number]
  change?: number
  limit: number
  format: string
}

async function followLogs(engine: Engine, flags: LogFlags, context: Context): Promise<void> {
  const { out } = context
  let afterId = 0
  const read = (limit: number): ReturnType<Engine['logs']> => {
    const filter = { afterId, level: flags.level, limit }
    return engine.logs(flags.change === undefined ? filter : { ...filter, changeId: flags.change })
  }
  // What ends is one array; what goes on can only be one object a line.
  if (flags.format === 'json' && flags.follow !== true) return out.json(read(flags.limit))
  const print = (limit: number): void => {
    for (const row of read(limit)) {
      afterId = row.id
      if (flags.format === 'json') out.jsonLine(row)
      else {
        const about = row.queue_id === null ? '' : ` change=${row.queue_id}`
        const details = inert(JSON.stringify(row.details), 400)
        out.line(`${time(row.created_at)} ${row.level.padEnd(5)} ${row.message}${about} ${details}`)
      }
    }
  }
  print(flags.limit)
  if (flags.follow !== true) {
    if (afterId === 0) out.note('no events')
    return
  }
  const signal = context.interruption()
  while (!signal.aborted) {
    await systemClock().sleep(FOLLOW_MS, signal)
    print(-1)
  }
}

/** `contentHash` is what a decision would be about now; null where none is to come. */
function describeChange(change: ReturnType<Engine['show']>, contentHash: string | null): string[] {
  const lines = [
    `change ${change.id}  ${change.status}${change.archived ? ' (archived)' : ''}`,
    `task ${change.task_id}  agent ${change.agent}  priority ${change.priority}` +
      (change.request_id === null ? '' : `  request ${change.request_id}`),
    `attempts ${change.attempts}  fence ${change.fence}  checks ${change.check_verdict ?? 'not decided'}`,
  ]
  const add = (line: string): void => void lines.push(line)
  if (change.landed_commit !== null) add(`landed as ${change.landed_commit}`)
  if (change.last_error !== null) add(`because ${inert(change.last_error, 500)}`)
  if (change.position !== null) add(`position ${change.position} in line`)
  for (const wait of change.waits_for) add(`waits for ${inert(wait, 500)}`)
  for (const overlap of change.overlaps) add(`overlap: ${overlapText(overlap)}`)
  for (const { path, operation } of change.payload.changes) add(`  ${operation.padEnd(6)} ${inert(path)}`)
  for (const conflict of change.conflicts) {
    add(`conflict ${conflict.kind} in ${inert(conflict.path)} (base ${conflict.base_origin})`)
    for (const touched of conflict.touched_by) {
      const who = touched.change_id === null ? 'a commit of the operator' : `change ${touched.change_id}`
      add(`  touched by ${who} ${touched.commit.slice(0, 10)} ${inert(touched.intent ?? '')}`)
    }
  }
  for (const r of change.resolutions)
    add(`resolved ${inert(r.path)} with ${r.how} by ${inert(r.resolved_by)}${choicesText(r.choices)}`)
  for (const a of change.approvals) {
    const about = a.location === null ? '' : ` about ${inert(a.location)}`
    const note = a.note === null ? '' : `: ${inert(a.note, 500)}`
    const isVoid = contentHash !== null && a.content_hash !== contentHash
    const now = isVoid ? ' (void: the content changed since)' : ''
    add(`${a.decision} by ${inert(a.approver)} at ${time(a.created_at)}${about}${note}${now}`)
  }
  for (const run of change.check_runs) {
    const exit = run.exit_code === null ? '' : ` exit ${run.exit_code}`
    add(
      `check ${inert(run.name ?? run.command)}: ${run.verdict}${exit} in ${run.duration_ms} ms (run ${run.run})`,
    )
  }
  for (const { criterion, verdict } of change.criteria)
    add(`criterion ${inert(criterion, 500)}: ${CRITERION_WORDS[verdict]}`)
  for (const event of change.log) add(`${time(event.created_at)} ${event.message}`)
  return lines
}

function guardText({ guard_success_rate: rate, guard }: QueueMetrics['agent']): string {
  if (rate === null) return 'no data'
  if (guard === undefined) return String(rate)
  return `${rate} first time, ${guard.success_rate_after_repair} after repair, of ${guard.submissions} submission(s)`
}

/** Nothing where nothing was refused. */
function refusalsText(guard: QueueMetrics['agent']['guard']): string[] {
  const told = Object.entries(guard?.refusals ?? {}).map(([code, n]) => `${inert(code, 60)} ${n}`)
  return told.length === 0 ? [] : [`guard refusals   ${told.join(', ')}`]
}

function describeMetrics(metrics: QueueMetrics): string[] {
  const figure = (value: number | null, unit: string): string =>
    value === null ? 'no data' : `${value} ${unit}`
  const counts = Object.entries(metrics.status_counts).map(([name, n]) => `${name} ${n}`)
  return [
    `queue            ${counts.join(', ')}`,
    `throughput       ${figure(metrics.throughput_per_minute, 'per minute')}`,
    `dequeue latency  ${figure(metrics.avg_dequeue_latency_ms, 'ms')}`,
    `apply duration   ${figure(metrics.avg_apply_duration_ms, 'ms')}`,
    `poll interval    ${figure(metrics.avg_poll_interval_ms, 'ms')}`,
    `contention       ${metrics.lease_contention_events} events`,
    `duplicates       ${metrics.dedup_hits}`,
    `guard success    ${guardText(metrics.agent)}`,
    ...refusalsText(metrics.agent.guard),
    `approval latency ${figure(metrics.agent.approval_latency_ms.avg, 'ms')}`,
  ]
}
