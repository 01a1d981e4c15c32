/** `request`, `requests` and `orchestrate`: from a person's wish to change requests in the queue. */
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { inert, userError } from '../../engine/engine.ts'
import { integer, model, oneOf, type Context } from '../context.ts'
import { readDocument } from '../input.ts'
import { table, time } from '../output.ts'
import { costText, questionLines, runLines, tellProcessed } from './agents.ts'

function writeDocument(file: string, value: unknown): void {
  try {
    writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code
    throw userError('unwritable', `${file} cannot be written (${why})`, 'name another file with --out')
  }
}

const format = oneOf('--format', ['text', 'json'])

export function registerRequests(program: Command, context: Context): void {
  const { out } = context
  program
    .command('request')
    .description('take a task request or cast to the queue: brief, assignments, change requests')
    .argument('<file>')
    .option('--model <model>', 'the model every agent uses (default: by complexity)', model)
    .option('--agents <n>', 'how many developers share the work', integer('--agents', 1, 64), 2)
    .option('--plan', 'hold the plan until `continue`, whatever agents.holdPlans says')
    .option('--no-plan', 'do not hold it, whatever agents.holdPlans says')
    .option('--work-tree', 'developers build and test in a work tree, whatever agents.workTree says')
    .option('--no-work-tree', 'they only read, whatever agents.workTree says')
    .action(
      async (
        file: string,
        flags: { model?: string; agents: number; plan?: boolean; workTree?: boolean },
        command: Command,
      ) => {
        const { value } = readDocument(file)
        await context.withWorkspace(command, async (engine) => {
          const options = {
            source: file,
            model: flags.model ?? null,
            agents: flags.agents,
            holdPlan: flags.plan ?? null,
            workTree: flags.workTree ?? null,
          }
          const done = await engine.request(value, options, context.interruption())
          tellProcessed(context, engine, done, file)
        })
      },
    )
  program
    .command('requests')
    .description('what became of task requests')
    .argument('[id]', 'one request, with its assignments')
    .option('--limit <n>', 'only the newest n', integer('--limit', 1), 100)
    .option('--format <format>', 'text or json', format, 'text')
    .action((id: string | undefined, flags: { limit: number; format: string }, command: Command) =>
      context.withEngine(command, (engine) => {
        if (id === undefined) {
          const rows = engine.requests(flags.limit)
          if (flags.format === 'json')
            return out.json(rows.map((row) => ({ ...row, payload: JSON.parse(row.payload) })))
          if (rows.length === 0) return out.note('no requests')
          const cells = rows.map((row) => [row.request_id, row.status, time(row.created_at), row.error ?? ''])
          for (const line of table(['REQUEST', 'STATUS', 'RECEIVED', 'ERROR'], cells, 100)) out.line(line)
          return
        }
        const { row, brief, questions, assignments } = engine.requestTree(id)
        const runs = engine.agents.runs({ requestId: id })
        const costs = engine.agents.costsOf({ requestId: id })
        if (flags.format === 'json') {
          const payload: unknown = JSON.parse(row.payload)
          return out.json({ ...row, payload, brief, questions, assignments, runs, costs })
        }
        out.line(
          `request ${row.request_id}  ${row.status}${row.error === null ? '' : `: ${inert(row.error, 500)}`}`,
        )
        if (brief !== null) out.line(`intent ${inert(brief.intent, 500)}  complexity ${brief.complexity}`)
        const cells = assignments.map((one) => [
          one.task_id,
          one.agent,
          one.change_id === null ? one.status : `change ${one.change_id} ${one.change_status ?? 'gone'}`,
          one.assignment.file_targets.join(', '),
          one.error ?? '',
        ])
        for (const line of table(['ASSIGNMENT', 'AGENT', 'STATE', 'FILES', 'ERROR'], cells, 80))
          out.line(line)
        for (const line of runLines(runs)) out.line(line)
        if (runs.some(({ harness }) => harness !== 'stub'))
          out.line(`cost ${costText(costs, engine.agents.costs().currency)}`)
        for (const line of questionLines(id, questions, assignments.length > 0)) out.line(line)
        if (row.plan_hold === 'held')
          out.line(`its plan is held: hyperion plan ${id}, hyperion continue ${id}`)
      }),
    )
  program
    .command('orchestrate')
    .description('print the assignments a task request would become; queues nothing')
    .argument('<file>')
    .option('--out <file>', 'write them to a file instead')
    .action(async (file: string, flags: { out?: string }, command: Command) => {
      const { value } = readDocument(file)
      await context.withEngine(command, async (engine) => {
        const assignments = await engine.orchestrate(file, value, new AbortController().signal)
        if (flags.out === undefined) out.json(assignments)
        else writeDocument(flags.out, assignments)
      })
    })
}
