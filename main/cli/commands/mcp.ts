/** `mcp`: any agent hands in its work and learns what became of it, over the Model Context Protocol. */
import type { Command } from 'commander'
import { ID_PATTERN } from '../../../schemas/ids.ts'
import { HyperionError, inert } from '../../engine/engine.ts'
import { version } from '../../../package.json'
import type { Context } from '../context.ts'

interface McpFlags {
  agent: string
  taskId?: string
}

const idFor =
  (flag: string) =>
  (text: string): string => {
    if (ID_PATTERN.test(text)) return text
    const takes = 'an id of 1 to 200 letters, digits, ".", "_" or "-" that begins with a letter or digit'
    throw new HyperionError('usage', 'bad_id', `${flag} takes ${takes}, not "${inert(text, 60)}"`)
  }

export function registerMcp(program: Command, context: Context): void {
  program
    .command('mcp')
    .description('an MCP server on standard input and output, through which any agent hands in its work')
    .option('--agent <name>', 'who hands in', idFor('--agent'), 'mcp')
    .option('--task-id <id>', 'the only task that may be handed in (default: any)', idFor('--task-id'))
    .addHelpText(
      'after',
      '\nTools: submit_change, list_changes, show_change. It is started by an agent, listens nowhere and ends when its\n' +
        'standard input does. What an assignment gave to one agent only that one hands in, within its targets.',
    )
    .action(async ({ agent, taskId }: McpFlags, command: Command) => {
      await context.withWorkspace(command, async (engine) => {
        // Better now than with the first piece of work.
        engine.config()
        const { serveMcp } = await import('../mcp/server.ts')
        const options = {
          engine,
          by: { agent, taskId: taskId ?? null },
          version,
          input: process.stdin,
          output: process.stdout,
          note: context.out.note,
        }
        await serveMcp(options, context.interruption())
      })
    })
}
