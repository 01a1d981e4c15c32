/** Entry of the command line: one program made of command definitions; help comes from the same definitions. */
import { Command, CommanderError } from 'commander'
import { asHyperionError } from '../engine/engine.ts'
import { EXIT_CODES } from '../../schemas/errors.ts'
import { registerActs } from './commands/acts.ts'
import { registerAgents } from './commands/agents.ts'
import { registerAudit } from './commands/audit.ts'
import { registerCast } from './commands/cast.ts'
import { registerEnqueue } from './commands/enqueue.ts'
import { registerHelp } from './commands/help.ts'
import { registerInit } from './commands/init.ts'
import { registerInspect } from './commands/inspect.ts'
import { registerMcp } from './commands/mcp.ts'
import { registerOperate } from './commands/operate.ts'
import { registerPlan } from './commands/plan.ts'
import { registerRequests } from './commands/requests.ts'
import { registerSample } from './commands/sample.ts'
import { registerServe } from './commands/serve.ts'
import { registerSessions } from './commands/sessions.ts'
import { registerSkills } from './commands/skills.ts'
import { registerSubmit } from './commands/submit.ts'
import { registerUpkeep } from './commands/upkeep.ts'
import { registerWatch } from './commands/watch.ts'
import { registerWorker } from './commands/worker.ts'
import { leaveOwnTools, openContext } from './context.ts'
import { MORE_HELP } from './help/surroundings.ts'
import { sentenceOf } from './output.ts'
import { version } from '../../package.json'

leaveOwnTools(process.env)
// A launcher that is killed cannot pass a signal on; whoever killed it meant this program.
process.channel?.unref()
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
const context = openContext()
const program = new Command('hyperion')
  .description(
    'Governs coding agents: change requests in, checked commits out, every conflict kept for a person.',
  )
  .version(version)
  .option('--workspace <dir>', 'the repository to work on (default: the one around the current folder)')
  .option('--db <file>', 'the queue (default: <workspace>/.hyperion/hyperion.db)')
  .showHelpAfterError('(add --help for what it takes)')
  .exitOverride()
  .configureOutput({
    writeOut: (text) => context.out.line(text.trimEnd()),
    writeErr: (text) => context.out.note(text.trimEnd()),
    outputError: (text, write) => write(text.replace(/^error: /, 'hyperion: ')),
  })
  .addHelpText('after', MORE_HELP)

for (const register of [
  registerServe,
  registerInit,
  registerEnqueue,
  registerSubmit,
  registerWatch,
  registerMcp,
  registerWorker,
  registerInspect,
  registerActs,
  registerOperate,
  registerRequests,
  registerPlan,
  registerAgents,
  registerCast,
  registerUpkeep,
  registerAudit,
  registerSessions,
  registerSkills,
  registerSample,
  registerHelp,
]) {
  register(program, context)
}

/** Says an error in one sentence with its remedy and returns the exit code it stands for. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_CODES.usage
  const error = asHyperionError(thrown)
  context.out.note(sentenceOf(error))
  if (error.kind === 'bug' && thrown instanceof Error && thrown.stack !== undefined)
    context.out.note(thrown.stack)
  return error.exitCode
}

try {
  await program.parseAsync(process.argv.length === 2 ? [...process.argv, 'run'] : process.argv)
} catch (thrown) {
  context.exit(report(thrown))
}
