/** `plan`: the plan of a request as it stands, and another one in its place while it is held. */
import type { Command } from 'commander'
import type { Assignment } from '../../../schemas/assignment.ts'
import { inert, userError, type Plan } from '../../engine/engine.ts'
import { oneOf, type Context } from '../context.ts'
import { readDocument } from '../input.ts'
import { table } from '../output.ts'

const counted = (assignments: readonly unknown[]): string =>
  assignments.length === 1 ? '1 assignment' : `${assignments.length} assignments`

function assignmentLines(assignments: readonly Assignment[]): string[] {
  const cells = assignments.map(({ task_id, file_targets, depends_on, metadata, summary }) => [
    task_id,
    file_targets.join(', '),
    depends_on?.join(', ') ?? '',
    String(metadata?.complexity ?? ''),
    summary,
  ])
  return table(['ASSIGNMENT', 'FILES', 'AFTER', 'COMPLEXITY', 'SUMMARY'], cells, 100)
}

/** A plan that waits, and how to go on. */
export function heldLines(requestId: string, assignments: readonly Assignment[]): string[] {
  return [
    `the plan of ${requestId} is held: ${counted(assignments)}`,
    ...assignmentLines(assignments),
    `  hyperion continue ${requestId} runs it`,
    `  hyperion plan ${requestId} --edit FILE puts another one in its place`,
  ]
}

/** What is handed in: the assignments, or the whole of what `--format json` printed, which says what it was made of. */
function readEdit(requestId: string, file: string): { assignments: unknown; revision: string | null } {
  const { value } = readDocument(file)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { assignments: value, revision: null }
  const { request_id: of = requestId, assignments, revision } = value as Record<string, unknown>
  if (of !== requestId) {
    const said = `${file} is the plan of ${inert(String(of), 200)}, not of ${inert(requestId, 200)}`
    throw userError('plan_of_another', said, 'name the request it is of, or the file that is meant')
  }
  return { assignments, revision: typeof revision === 'string' ? revision : null }
}

export function registerPlan(program: Command, context: Context): void {
  const { out } = context
  const tell = (plan: Plan): void => {
    if (plan.held) for (const line of heldLines(plan.request_id, plan.assignments)) out.line(line)
    else {
      out.line(`the plan of ${plan.request_id} is not held: ${counted(plan.assignments)}`)
      for (const line of assignmentLines(plan.assignments)) out.line(line)
    }
  }
  program
    .command('plan')
    .description('the plan of a request; while it is held, another one in its place')
    .argument('<request-id>')
    .option('--edit <file>', 'the plan to put in its place, as --format json prints it; - for standard input')
    .option('--format <format>', 'text or json', oneOf('--format', ['text', 'json']), 'text')
    .action((requestId: string, flags: { edit?: string; format: string }, command: Command) => {
      const edit = flags.edit === undefined ? null : readEdit(requestId, flags.edit)
      return context.withEngine(command, (engine) => {
        const before = engine.agents.plan(requestId)
        const plan =
          edit === null ? before : engine.agents.editPlan(requestId, edit.assignments, edit.revision)
        if (flags.format === 'json') return out.json(plan)
        const became = plan.revision === before.revision ? 'is as it was' : 'was replaced'
        if (edit !== null) out.line(`the plan of ${inert(requestId, 200)} ${became}`)
        tell(plan)
      })
    })
}
