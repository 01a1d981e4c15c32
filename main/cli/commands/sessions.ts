/** `session init` and `session list`, also as `session-init` and `session-list`. */
import type { Command } from 'commander'
import { ID_PATTERN } from '../../../schemas/ids.ts'
import { HyperionError, inert } from '../../engine/engine.ts'
import { model, oneOf, type Context } from '../context.ts'
import { table, time } from '../output.ts'

interface InitFlags {
  resumeId: string
  model?: string
  allowAllTools?: boolean
}

function resumeId(text: string): string {
  if (ID_PATTERN.test(text)) return text
  const takes = '1 to 200 letters, digits, ".", "_" or "-", the first a letter or digit'
  throw new HyperionError('usage', 'bad_id', `--resume-id takes ${takes}, not "${inert(text, 80)}"`)
}

export function registerSessions(program: Command, context: Context): void {
  const { out } = context
  const init = (parent: Command, name: string): Command =>
    parent
      .command(name)
      .description('record a session of an agent under the id it is resumed by')
      .requiredOption('--resume-id <id>', 'its id; one that is known is recorded anew', resumeId)
      .option('--model <model>', 'the model it uses (default: by complexity)', model)
      .option('--allow-all-tools', "recorded and shown; never widens a Developer's tools")
      .action((flags: InitFlags, command: Command) =>
        context.withEngine(command, (engine) => {
          const all = flags.allowAllTools === true
          const { session, isNew } = engine.sessions.record(flags.resumeId, flags.model ?? null, all)
          const uses = session.model === null ? 'model by complexity' : `model ${inert(session.model)}`
          out.line(
            `${isNew ? 'Recorded' : 'Recorded anew'} session ${session.resume_id} (agents: ${inert(session.harness)}, ${uses})`,
          )
          if (all) out.note("--allow-all-tools is recorded and shown; it never widens a Developer's tools")
        }),
      )
  const list = (parent: Command, name: string): Command =>
    parent
      .command(name)
      .description('the recorded sessions, the one used last first')
      .option('--format <format>', 'text or json', oneOf('--format', ['text', 'json']), 'text')
      .action((flags: { format: string }, command: Command) =>
        context.withEngine(command, (engine) => {
          const sessions = engine.sessions.list()
          if (flags.format === 'json') return out.json(sessions)
          if (sessions.length === 0) return out.note('no sessions')
          const cells = sessions.map((one) => [
            one.resume_id,
            one.harness,
            one.model ?? 'by complexity',
            one.allow_all_tools ? 'asked for (no effect on Developers)' : 'no',
            time(one.created_at),
            time(one.updated_at),
          ])
          const header = ['SESSION', 'AGENTS', 'MODEL', 'ALL TOOLS', 'RECORDED', 'UPDATED']
          for (const line of table(header, cells)) out.line(line)
        }),
      )
  const session = program.command('session').description('sessions of agents: record one, list them')
  init(session, 'init')
  list(session, 'list')
  init(program, 'session-init').summary('the same as session init')
  list(program, 'session-list').summary('the same as session list')
}
