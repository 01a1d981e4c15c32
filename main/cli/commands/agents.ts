/** `agent`, `answer`, `continue` and other acts on the work of agents; what a request came to, in words. */
import type { Command } from 'commander'
import type { AgentRunRow, Costs } from '../../../schemas/agents.ts'
import {
  asHyperionError,
  inert,
  moneyText,
  userError,
  withdrawnText,
  type Engine,
  type QueuedRequest,
  type QuestionRow,
} from '../../engine/engine.ts'
import { integer, model, type Context } from '../context.ts'
import { readDocument } from '../input.ts'
import { table } from '../output.ts'
import { heldLines } from './plan.ts'

/** What a request waits for, with the command that answers it; once its work is split, nobody is asked any more. */
export function questionLines(
  requestId: string,
  questions: readonly QuestionRow[],
  isOver = false,
): string[] {
  return questions.flatMap(({ number, text, answer, skipped, overdue, assumption }) => {
    const said =
      answer !== null
        ? inert(answer, 500)
        : skipped
          ? `${overdue ? 'not answered in time' : 'skipped'}: ${inert(assumption ?? '', 500)}`
          : null
    const ask = `question ${number}: ${inert(text, 1_000)}`
    if (said !== null) return [`${ask} — ${said}`]
    if (isOver)
      return [
        `${ask} — not answered${assumption === undefined ? '' : `; taken as assumed: ${inert(assumption, 500)}`}`,
      ]
    const otherwise = assumption === undefined ? '' : ` (otherwise: ${inert(assumption, 500)})`
    return [`${ask}${otherwise}`, `  hyperion answer ${requestId} --question ${number} TEXT`]
  })
}

const isEstimated = ({ usage_source }: AgentRunRow): boolean => usage_source === 'estimated'

/** What nobody counted is unknown; what was only estimated is about so much. */
function usageCells(run: AgentRunRow): [string, string] {
  if (run.harness === 'stub') return ['', '']
  const about = isEstimated(run) ? 'about ' : ''
  const { input_tokens: input, output_tokens: output, cost_nano: cost } = run
  return [
    input === null ? 'unknown' : `${about}${input} in, ${output ?? 0} out`,
    cost === null ? 'unknown' : `${about}${moneyText(cost, run.currency)}`,
  ]
}

/** One that asks for files ended only by the letter: its agent waits for a person. */
const stateOf = ({ code, status }: AgentRunRow): string =>
  code === 'asks_to_widen' ? 'asks for files' : (code ?? status)

export function runLines(runs: readonly AgentRunRow[]): string[] {
  if (runs.length === 0) return []
  const cells = runs.map((run) => [
    String(run.id),
    run.task_id ?? run.role,
    run.harness === 'stub' ? 'stub' : `${run.harness} ${run.model}`,
    stateOf(run),
    run.repairs === 0 ? '' : String(run.repairs),
    ...usageCells(run),
  ])
  return table(['RUN', 'OF', 'AGENT', 'STATE', 'REPAIRS', 'TOKENS', 'COST'], cells, 40)
}

/** The cost of all of them; what an estimate is part of is one. */
export function costText(
  { cost_nano, unknown_runs, estimated_runs }: Costs['today'],
  currency: string | null,
): string {
  const about = estimated_runs > 0 ? 'about ' : ''
  const rest = unknown_runs === 0 ? '' : `, and ${unknown_runs} run(s) of unknown cost`
  return cost_nano === null ? 'unknown' : `${about}${moneyText(cost_nano, currency)}${rest}`
}

/** Says what a request came to; exit 1 where something of it was not drafted and nobody is asked about it. */
export function tellProcessed(context: Context, engine: Engine, done: QueuedRequest, name: string): void {
  const { out } = context
  for (const warning of done.warnings) out.note(`warning: ${inert(warning, 500)}`)
  for (const { taskId, error } of done.failed)
    out.note(`hyperion: ${taskId} was not drafted: ${inert(error, 500)}`)
  for (const line of questionLines(done.requestId, done.waiting.questions)) out.note(line)
  for (const { taskId, error } of done.waiting.asks)
    out.note(
      `${taskId} ${inert(error, 500)}\n  hyperion widen ${taskId}, or hyperion widen ${taskId} --refuse`,
    )
  if (done.waiting.plan !== null)
    for (const line of heldLines(done.requestId, done.waiting.plan)) out.note(line)
  const isStopped = done.left.length > 0 && engine.agents.costs().stopped
  const isLeft = done.left.length > 0 && (isStopped || done.waiting.asks.length === 0)
  if (done.left.length > 0) out.note(leftText(done, isStopped))
  if (done.isWithdrawn) out.note(`hyperion: ${withdrawnText(done.requestId)}`)
  out.line(`Processed request ${name} and enqueued ${done.fresh.length} change request(s)`)
  if (done.failed.length > 0 || isLeft || done.isWithdrawn) context.exit(1)
}

function leftText({ left, requestId }: QueuedRequest, isStopped: boolean): string {
  const rest = `${left.length} assignment(s) are left; `
  return isStopped
    ? `${rest}agents are stopped; run \`hyperion resume\`, then \`hyperion continue ${requestId}\``
    : `${rest}hyperion continue ${requestId}`
}

async function goOn(engine: Engine, context: Context, requestId: string): Promise<void> {
  try {
    tellProcessed(context, engine, await engine.goOn(requestId, context.interruption()), requestId)
  } catch (thrown) {
    const { code, message } = asHyperionError(thrown)
    // An open app was faster: what was said is kept, and the work goes on there.
    if (code !== 'request_led') throw thrown
    context.out.line(message)
  }
}

export function registerAgents(program: Command, context: Context): void {
  const { out } = context
  program
    .command('agent')
    .description('one prompt through the selected agents; prints the answer')
    .argument('<prompt>')
    .option('--model <model>', 'the model to ask', model)
    .option('--resume-id <id>', 'a recorded session to go on with')
    .action((prompt: string, flags: { model?: string; resumeId?: string }, command: Command) =>
      context.withWorkspace(command, async (engine) => {
        const asked = { prompt, model: flags.model ?? null, resumeId: flags.resumeId ?? null }
        out.line(await engine.agents.ask(asked, context.interruption()))
      }),
    )
  program
    .command('answer')
    .description("answer a question of a request's Engineer; the request goes on once none is open")
    .argument('<request-id>')
    .argument('[text]', 'the answer')
    .option('--question <n>', 'which question, from 1 (default: the only open one)', integer('--question', 1))
    .option('--skip', 'take what is assumed; without --question of all that are open')
    .action(
      (
        requestId: string,
        text: string | undefined,
        flags: { question?: number; skip?: true },
        command: Command,
      ) =>
        context.withEngine(command, async (engine) => {
          if (flags.skip === true && text !== undefined)
            throw userError(
              'answer_and_skip',
              'a question is answered or skipped, not both',
              'leave one of them out',
            )
          const open = answerOrSkip(engine, requestId, text, flags)
          if (open.length === 0) return goOn(engine, context, requestId)
          for (const line of questionLines(requestId, open)) out.line(line)
        }),
    )
  program
    .command('continue')
    .description(
      'go on with a request that was interrupted or stopped, whose change was sent back, or whose plan is held',
    )
    .argument('<request-id>')
    .action((requestId: string, _flags: object, command: Command) =>
      context.withEngine(command, (engine) => {
        engine.agents.requireGoingOn(requestId)
        engine.agents.releasePlan(requestId, null)
        return goOn(engine, context, requestId)
      }),
    )
  program
    .command('withdraw')
    .description('end a request: its runs stop, and what is not queued yet never is')
    .argument('<request-id>')
    .action((requestId: string, _flags: object, command: Command) =>
      context.withEngine(command, (engine) => {
        const { runs } = engine.agents.cancelRequest(requestId)
        out.line(`request ${requestId} is cancelled${runs === 0 ? '' : `, ${runs} run(s) of agents end`}`)
      }),
    )
  program
    .command('widen')
    .description('let an agent have the files it asks for, or have it do without')
    .argument('<task-id>')
    .option('--refuse', 'it does without')
    .action((taskId: string, flags: { refuse?: true }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const asked = engine.agents.openWidenings().find(({ task_id }) => task_id === taskId)
        if (asked === undefined)
          throw userError('not_asked', `${taskId} asks for no files`, 'see `hyperion requests`')
        const decided = engine.agents.decideWidening(asked.id, flags.refuse === true ? 'refused' : 'granted')
        out.line(
          `${taskId}: ${decided.wanted.map(({ path }) => inert(path, 200)).join(', ')} ${decided.decision}`,
        )
        await goOn(engine, context, decided.request_id)
      }),
    )
  program
    .command('replan')
    .description('put another plan in the place of one assignment that is not queued, the rest untouched')
    .argument('<task-id>')
    .argument('<file>', 'the assignment as JSON; - for standard input')
    .action((taskId: string, file: string, _flags: object, command: Command) => {
      const { value } = readDocument(file)
      return context.withEngine(command, (engine) => {
        const requestId = engine.agents.replan(taskId, value, null)
        out.line(`${taskId} is planned anew; hyperion continue ${requestId}`)
      })
    })
}

function answerOrSkip(
  engine: Engine,
  requestId: string,
  text: string | undefined,
  flags: { question?: number; skip?: true },
): QuestionRow[] {
  if (flags.skip === true) return engine.agents.skip(requestId, flags.question ?? null)
  if (text === undefined)
    throw userError('answer_missing', 'an answer is a text', 'give it after the request, or --skip')
  const open = engine.requestTree(requestId).questions.filter((one) => one.answer === null && !one.skipped)
  const question = flags.question ?? (open.length === 1 ? open[0]?.number : undefined)
  if (question === undefined) {
    const said = `request ${requestId} has ${open.length} open questions`
    throw userError('which_question', said, 'name one with --question')
  }
  return engine.agents.answer(requestId, [{ question, text }])
}
