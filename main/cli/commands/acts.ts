/** What an operator or a script does to a change. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { HyperionError, userError, type Engine, type PathDecision } from '../../engine/engine.ts'
import { integer, oneOf, type Context } from '../context.ts'

type Act = (
  engine: Engine,
  id: number,
  flags: Flags,
) => Promise<{ id: number; status: string; said?: string }>

interface Flags {
  fence?: number
  error?: string
  by?: string
  role?: string
  note?: string
  reason?: string
  at?: string
}

const id = integer('ID', 1)

export function registerActs(program: Command, context: Context): void {
  const { out } = context
  const act = (name: string, description: string, run: Act): Command =>
    program
      .command(name)
      .description(description)
      .argument('<id>', 'a change', id)
      .action(async (change: number, flags: Flags, command: Command) => {
        const row = await context.withEngine(command, (engine) => run(engine, change, flags))
        out.line(row.said ?? `change ${row.id} is ${row.status}`)
      })
  const fence = ['--fence <f>', 'the fence of its lease, if it has one', integer('--fence', 1)] as const

  act('mark-applied', 'say that a change is in the target already', (engine, change, flags) =>
    engine.markApplied(change, flags.fence ?? null),
  ).option(...fence)
  act('mark-failed', 'give a change up', (engine, change, flags) =>
    engine.markFailed(change, flags.fence ?? null, flags.error ?? 'marked as failed'),
  )
    .option(...fence)
    .option('--error <text>', 'why')
  act('release', 'give a leased change back', (engine, change, flags) =>
    engine.release(change, flags.fence ?? 0),
  ).requiredOption(...fence)
  act('retry', 'try a failed or cancelled change again', (engine, change) => engine.retry(change))
  act('cancel', 'stop a change from landing', async (engine, change) => {
    const row = await engine.cancel(change)
    if (row.status === 'in_progress')
      out.note('its worker was asked to stop; it lands only if it is past its last look')
    return row
  })
  act('discard', 'drop a change that waits or failed, with its dead letter', (engine, change) =>
    engine.discard(change),
  )
  act('approve', 'approve exactly what a held change asks for', (engine, change, flags) =>
    engine.approve(change, flags.by ?? '', flags.role ?? null, flags.note ?? null),
  )
    .requiredOption('--by <name>', 'who approves')
    .option('--role <role>', 'in what role')
    .option('--note <text>', 'a note for the record')
  act('reject', 'refuse a held change; an agent that made it is told why', async (engine, change, flags) => {
    const row = await engine.reject(change, flags.by ?? '', flags.reason ?? '', flags.at ?? null)
    if (row.sent_back === null) return row
    out.note(`hyperion continue ${row.sent_back} has it mended, unless the app is open`)
    const said = `change ${row.id} was sent back to ${row.agent}; request ${row.sent_back} goes on`
    return { ...row, said }
  })
    .requiredOption('--by <name>', 'who rejects')
    .requiredOption('--reason <text>', 'why')
    .option('--at <path:line>', 'what it is about')

  program
    .command('allow')
    .description('put a command on the list of allowed checks, by an ordinary change that you approve')
    .argument('<name>', 'what requests call it')
    .argument('<command>', 'what it runs, in quotes')
    .requiredOption('--by <name>', 'who decides this')
    .option('--note <text>', 'a note for the record')
    .action(async (name: string, run: string, flags: { by: string; note?: string }, command: Command) => {
      const { by, note = null } = flags
      const change = await context.withEngine(command, (engine) =>
        engine.allow({ name, command: run }, { by, note }),
      )
      out.line(`Enqueued change request ${change}: ${name} counts once it has landed`)
    })
  program
    .command('dequeue')
    .description('lease one change for a script and print it, fence included')
    .option(
      '--lease-seconds <s>',
      'how long the lease lasts, in seconds',
      integer('--lease-seconds', 1, 86_400),
      300,
    )
    .option('--format <format>', 'json, which is all there is', oneOf('--format', ['json']), 'json')
    .action((flags: { leaseSeconds: number }, command: Command) =>
      context.withWorkspace(command, (engine) => {
        const row = engine.dequeue(flags.leaseSeconds)
        if (row === null) out.note('nothing to dequeue')
        else out.json(row)
      }),
    )
  program
    .command('cleanup')
    .description('move changes that ended long ago to the archive')
    .option(
      '--ttl-seconds <s>',
      'ended at least so many seconds ago (default: retention.appliedSeconds of the config, 604800)',
      integer('--ttl-seconds', 0),
    )
    .action((flags: { ttlSeconds?: number }, command: Command) =>
      context.withEngine(command, (engine) => {
        out.line(`Archived ${engine.cleanUp(flags.ttlSeconds)} row(s)`)
      }),
    )
  registerResolve(program, context)
}

/** `--path P` opens a decision that the next of --from, --delete, --ours, --theirs, --base completes. */
function registerResolve(program: Command, context: Context): void {
  const decisions: PathDecision[] = []
  let path: string | null = null
  const decide = (how: PathDecision['how'], content: Buffer | null): void => {
    if (path === null) {
      throw new HyperionError('usage', 'path_first', `--${how} must come after the --path it is about`)
    }
    decisions.push({ path, how, content })
    path = null
  }
  program
    .command('resolve')
    .description('settle every conflicted path of a change and put it back into the queue')
    .argument('<id>', 'a change', id)
    .requiredOption('--by <name>', 'who decides')
    .option(
      '--path <p>',
      'a conflicted path; one of the following says what becomes of it',
      (text: string) => {
        if (path !== null) throw new HyperionError('usage', 'undecided', `--path ${path} has no decision`)
        path = text
        return text
      },
    )
    .option('--from <file>', 'the whole resolved text', (file: string) => {
      try {
        decide('from', readFileSync(file))
      } catch (error) {
        if (error instanceof HyperionError) throw error
        throw userError('unreadable', `${file} cannot be read: ${(error as Error).message}`)
      }
      return file
    })
    .option('--format <format>', 'text or json', oneOf('--format', ['text', 'json']), 'text')
    .option('--delete', 'the path is to be absent')
    .option('--ours', 'what the target has, where both changed the same lines')
    .option('--theirs', 'what the change wants, where both changed the same lines')
    .option('--base', 'what both started from')
    .on('option:delete', () => decide('delete', null))
    .on('option:ours', () => decide('ours', null))
    .on('option:theirs', () => decide('theirs', null))
    .on('option:base', () => decide('base', null))
    .action(async (change: number, flags: { by: string; format: string }, command: Command) => {
      if (path !== null) throw new HyperionError('usage', 'undecided', `--path ${path} has no decision`)
      const row = await context.withEngine(command, (engine) => engine.resolve(change, flags.by, decisions))
      if (flags.format === 'json') context.out.json(row)
      else context.out.line(`change ${row.id} is ${row.status}`)
    })
}
