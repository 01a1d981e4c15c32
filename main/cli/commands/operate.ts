/** Acts on the queue as a whole and on what landed: pause, prioritize, revert, wait, why, events, backup. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { DEFAULT_PRIORITY, PRIORITIES, type Priority } from '../../../schemas/states.ts'
import { EXIT_CODES } from '../../../schemas/errors.ts'
import {
  HyperionError,
  inert,
  pauseRemedy,
  pauseText,
  systemClock,
  userError,
  type Engine,
} from '../../engine/engine.ts'
import { integer, oneOf, type Context } from '../context.ts'
import { sentenceOf } from '../output.ts'
import { describeWhy } from './why.ts'

const id = integer('ID', 1)
const format = oneOf('--format', ['text', 'json'])

/** How often the log's newest row is looked up while somebody waits for it to grow; one indexed read. */
const LOOK_MS = 100

/** Where people put a change ahead of others; "normal" puts it back. */
const AHEAD: Priority = 'urgent'

/** Collects the arguments of a command that takes many. */
const ids = (text: string, before: number[] | undefined): number[] => [...(before ?? []), id(text)]

/** Names the changes another one is behind, which edit the same files. */
function namedChanges(ids: readonly number[]): string {
  const shown = ids.slice(0, 5).join(', ')
  const more = ids.length > 5 ? ` and ${ids.length - 5} more` : ''
  return ids.length === 1
    ? `change ${shown}, which edits the same files`
    : `changes ${shown}${more}, which edit the same files`
}

export function registerOperate(program: Command, context: Context): void {
  const { out } = context
  registerPause(program, context)
  program
    .command('prioritize')
    .description('put changes ahead of others, or behind them')
    .argument('<id...>', 'changes that are pending, or wait for a person', ids)
    .option('--to <priority>', PRIORITIES.join(', '), oneOf('--to', PRIORITIES), AHEAD)
    .addHelpText(
      'after',
      `\nChanges that share a file keep their order. ${DEFAULT_PRIORITY} is where they begin.`,
    )
    .action((changes: number[], flags: { to: Priority }, command: Command) =>
      context.withEngine(command, (engine) => {
        const { done, refused } = engine.prioritize(changes, flags.to)
        for (const { id: change, from, behind } of done) {
          out.line(`change ${change} is ${flags.to}${from === flags.to ? ' already' : `, was ${from}`}`)
          if (behind.length > 0) out.note(`change ${change} stays behind ${namedChanges(behind)}`)
        }
        for (const { error } of refused) out.note(sentenceOf(error))
        if (refused.length > 0) context.exit(1)
      }),
    )
  program
    .command('revert')
    .description('queue the inverse of a landed change, as a change of its own')
    .argument('<id>', 'a change that is applied', id)
    .action((change: number, _flags: object, command: Command) =>
      context.withEngine(command, async (engine) => {
        const { id: made, warnings } = await engine.revert(change)
        for (const warning of warnings) out.note(`warning: ${inert(warning, 500)}`)
        out.line(`Enqueued change request ${made}, which reverts change ${change}`)
      }),
    )
  program
    .command('wait')
    .description('wait until a change has ended or needs a person; exit 0 if it was applied, 3 if not')
    .argument('<id>', 'a change', id)
    .option(
      '--timeout <s>',
      'give up after so many seconds, with exit code 4',
      integer('--timeout', 0, 31_536_000),
    )
    .action((change: number, flags: { timeout?: number }, command: Command) =>
      context.withEngine(command, (engine) => waitFor(engine, change, flags.timeout ?? null, context)),
    )
  program
    .command('why')
    .description(
      'where a line of the target, or a file, comes from: change, assignment, request, who let it pass',
    )
    .argument('<path[:line]>', 'a file of the target, from the root of the repository')
    .option('--format <format>', 'text or json', format, 'text')
    .action((place: string, flags: { format: string }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const { path, line } = await engine.whereMeant(place)
        const found = await engine.why(path, line)
        if (flags.format === 'json') out.json(found)
        else for (const said of describeWhy(found)) out.line(said)
      }),
    )
  program
    .command('events')
    .description('the log for programs: one JSON object a line, with the change as it stands')
    .option('--follow', 'go on with new events, of whichever process, until interrupted')
    .option(
      '--after <seq>',
      'events after this one (default: all; with --follow new ones)',
      integer('--after', 0),
    )
    .action((flags: { follow?: boolean; after?: number }, command: Command) =>
      context.withEngine(command, (engine) => printEvents(engine, flags, context)),
    )
  program
    .command('backup')
    .description('copy the queue to a file, whole and checked, while it is worked')
    .argument('<file>')
    .option('--overwrite', 'replace a file that is there')
    .action((file: string, flags: { overwrite?: boolean }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const done = await engine.backUp(resolve(file), flags.overwrite === true)
        out.line(`Backed up ${done.changes} change(s) to ${done.file} (${done.bytes} bytes)`)
      }),
    )
}

function registerPause(program: Command, context: Context): void {
  const { out } = context
  program
    .command('pause')
    .description('stop claiming and landing, for every program over this queue')
    .option('--reason <text>', 'why, for everybody who asks')
    .option('--agents', 'a hard stop: every run of an agent ends at once as well, and none begins')
    .action((flags: { reason?: string; agents?: true }, command: Command) =>
      context.withEngine(command, (engine) => {
        const reason = flags.reason?.trim() ?? ''
        const { pause, already } = engine.pause(reason === '' ? null : reason, flags.agents === true)
        out.line(`the queue is ${already ? 'already ' : ''}${pauseText(pause)}`)
        if (flags.agents === true) out.line('all agents are stopped')
      }),
    )
  program
    .command('resume')
    .description('go on claiming and landing, and let agents work')
    .option('--accept <code>', 'go on although Hyperion itself stopped for this reason')
    .action((flags: { accept?: string }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const ended = await engine.resume(flags.accept ?? null)
        out.line(
          ended === null
            ? 'the queue is not paused'
            : `the queue is worked again; it was ${pauseText(ended)}`,
        )
      }),
    )
}

/** States in which nothing but a person moves a change on. */
const STANDS: ReadonlySet<string> = new Set(['applied', 'failed', 'cancelled', 'held', 'conflict'])

async function waitFor(
  engine: Engine,
  change: number,
  timeout: number | null,
  context: Context,
): Promise<void> {
  const { out } = context
  const clock = systemClock()
  const signal = context.interruption()
  const since = clock.monotonicMs()
  let seen = -1
  let told = ''
  while (!signal.aborted) {
    const seq = engine.views.lastSeq()
    if (seq !== seen) {
      seen = seq
      const row = engine.look(change)
      if (row === null)
        throw userError('no_such_change', `there is no change ${change}`, 'see `hyperion list`')
      if (STANDS.has(row.status)) return tellEnd(row, context)
      const waits = [...engine.firstWaits([change]).values()][0] ?? ''
      if (waits !== told && waits !== '') out.note(`change ${change} ${waits}`)
      told = waits
    }
    const left = timeout === null ? LOOK_MS : timeout * 1000 - (clock.monotonicMs() - since)
    if (left <= 0) return giveUp(engine, change, timeout ?? 0)
    await clock.sleep(Math.min(LOOK_MS, left), signal)
  }
}

type Looked = NonNullable<ReturnType<Engine['look']>>

function tellEnd({ id: change, status, landed_commit, last_error }: Looked, context: Context): void {
  if (status === 'applied') {
    const as = landed_commit === null ? ': what it asks for was there already' : ` as ${landed_commit}`
    return context.out.line(`change ${change} is applied${as}`)
  }
  context.out.line(`change ${change} is ${status}${last_error === null ? '' : `: ${inert(last_error, 500)}`}`)
  context.exit(EXIT_CODES.not_landed)
}

function giveUp(engine: Engine, change: number, seconds: number): never {
  const status = engine.status(change) ?? 'gone'
  const waits = engine.firstWaits([change]).get(change)
  const pause = engine.paused()
  const [first] = engine.place(change).waits
  const hint =
    pause === null
      ? `see \`hyperion show ${change}\``
      : first?.kind === 'paused'
        ? pauseRemedy(pause)
        : `the queue is paused as well: ${pauseRemedy(pause)}`
  const said = `change ${change} is still ${status} after ${seconds} s${waits === undefined ? '' : `: ${waits}`}`
  throw new HyperionError('transient', 'still_waiting', said, { hint })
}

async function printEvents(
  engine: Engine,
  { follow = false, after }: { follow?: boolean; after?: number },
  { out, interruption }: Context,
): Promise<void> {
  let last = after ?? (follow ? engine.views.lastSeq() : 0)
  // What was there when the command began; with --follow what comes after it as well.
  const end = engine.views.lastSeq()
  const print = (): number => {
    const events = engine.events(last)
    for (const event of events) {
      if (!follow && event.id > end) return 0
      out.jsonLine(event)
      last = event.id
    }
    return events.length
  }
  if (!follow) {
    while (print() > 0);
    return
  }
  const clock = systemClock()
  const signal = interruption()
  while (!signal.aborted) {
    // A turn of the event loop between pages: an interruption is heard however much there is to print.
    await clock.sleep(print() > 0 ? 0 : LOOK_MS, signal)
  }
}
