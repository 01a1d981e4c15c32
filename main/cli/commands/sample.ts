/** `sample` makes the sample workspace; with `--drive` it shows in a minute what the queue does. */
import type { Command } from 'commander'
import { inert, makeSample, recentCommits, type Engine, type Sample } from '../../engine/engine.ts'
import type { Context } from '../context.ts'
import { readDocument } from '../input.ts'
import { table } from '../output.ts'
import { work } from './worker.ts'

export function registerSample(program: Command, context: Context): void {
  const { out } = context
  program
    .command('sample')
    .description('make the sample workspace: a small repository with six task requests')
    .argument('<dir>', 'a folder that is empty or does not exist yet')
    .option(
      '--drive',
      'also take its requests through stub agents and two workers, and tell what came of them',
    )
    .action(async (dir: string, flags: { drive?: boolean }, command: Command) => {
      const sample = await makeSample(dir)
      out.line(`Made the sample workspace ${sample.folder}`)
      if (flags.drive === true) return drive(sample, command, context)
      out.line('Try:')
      for (const line of nextCommands(sample.folder, [
        `request ${sample.requests[0]}`,
        'worker --run-checks --drain',
      ])) {
        out.line(line)
      }
    })
}

/** Queues the sample's requests, works them off and tells the outcome. */
async function drive(sample: Sample, command: Command, context: Context): Promise<void> {
  const { out } = context
  command.parent?.setOptionValue('workspace', sample.folder)
  await context.withWorkspace(command, async (engine) => {
    for (const file of sample.requests) {
      const options = { source: file, model: null, agents: 2 }
      const done = await engine.request(readDocument(file).value, options, new AbortController().signal)
      out.line(`Processed request ${file} and enqueued ${done.fresh.length} change request(s)`)
    }
    const flags = { runChecks: true, workers: 2, drain: true, pollIntervalMs: 100 }
    const code = await work(engine, flags, context)
    // Not landing everything is what the sample is made to show.
    if (code !== 0 && code !== 3) return context.exit(code)
    await tellOutcome(engine, context)
  })
}

async function tellOutcome(engine: Engine, { out }: Context): Promise<void> {
  const rows = engine.list({})
  const branch = engine.target.replace('refs/heads/', '')
  const landed = rows.filter((row) => row.status === 'applied')
  const waiting = rows.filter((row) => row.status !== 'applied')
  out.line('')
  out.line(`Landed on ${branch}: ${landed.length} of ${rows.length} changes`)
  for (const line of table(
    ['CHANGE', 'TASK', 'AGENT', 'CHECKS', 'COMMIT'],
    landed.map((r) => [
      String(r.id),
      r.task_id,
      r.agent,
      r.check_verdict ?? 'no data',
      r.landed_commit?.slice(0, 10) ?? 'already there',
    ]),
  )) {
    out.line(`  ${line}`)
  }
  out.line('')
  out.line('Waits for a person')
  for (const line of table(
    ['CHANGE', 'TASK', 'STATE', 'WHY'],
    waiting.map((r) => [String(r.id), r.task_id, r.status, r.last_error ?? '']),
    90,
  )) {
    out.line(`  ${line}`)
  }
  out.line('')
  out.line(`git log ${branch}`)
  for (const commit of await recentCommits(engine.ground.repository.workspace, branch, 20)) {
    out.line(`  ${commit.oid.slice(0, 10)} ${inert(commit.subject)} (${inert(commit.author)})`)
  }
  const conflict = waiting.find((row) => row.status === 'conflict')
  const failed = waiting.find((row) => row.status === 'failed')
  const acts = [
    ...(conflict === undefined
      ? []
      : [
          `show ${conflict.id}`,
          `resolve ${conflict.id} --by me --path ${conflict.payload.changes[0]?.path} --theirs`,
        ]),
    ...(failed === undefined ? [] : [`retry ${failed.id}`]),
    'worker --run-checks --drain',
    'logs',
    'sync',
    'doctor',
  ]
  out.line('')
  out.line('Try next')
  for (const line of nextCommands(engine.ground.repository.workspace, acts)) out.line(line)
}

const nextCommands = (folder: string, acts: readonly string[]): string[] =>
  acts.map((act) => `  npx hyperion --workspace ${folder} ${act}`)
