/** `submit`: makes a change request of what an agent or a person left in a branch or a worktree. */
import type { Command } from 'commander'
import { HyperionError, inert, skippedText } from '../../engine/engine.ts'
import type { Context } from '../context.ts'

interface SubmitFlags {
  from: string
  base?: string
  taskId?: string
  agent?: string
  check?: string[]
}

export function registerSubmit(program: Command, context: Context): void {
  const { out } = context
  const collect = (one: string, all: string[] = []): string[] => [...all, one]
  program
    .command('submit')
    .description('queue what is in a branch, a commit or a worktree as one change request')
    .requiredOption(
      '--from <ref|worktree>',
      'a branch, tag or commit, or the folder of a worktree with all that is in it, committed or not',
    )
    .option('--base <ref>', 'the commit it was made from (default: the newest it shares with the target)')
    .option(
      '--task-id <id>',
      'its task (default: the name of the branch or folder, with a hash of its content)',
    )
    .option(
      '--agent <name>',
      'who made it (default: the author of its commits, else the user.name of the worktree)',
    )
    .option(
      '--check <check>',
      'a check that has to pass, may be repeated (default: all allowed ones)',
      collect,
    )
    .addHelpText(
      'after',
      '\nThe worktree, its index and its branch are only read. What no change request can carry (links, submodules,\n' +
        'binary files, changed modes) is listed by name, and nothing is queued.',
    )
    .action(async (flags: SubmitFlags, command: Command) => {
      // What a script leaves unset must not be the operator's own checkout.
      if (flags.from.trim() === '') {
        const takes = '--from takes a branch, a commit or the folder of a worktree, not an empty text'
        throw new HyperionError('usage', 'bad_source', takes)
      }
      const wish = {
        from: flags.from,
        base: flags.base ?? null,
        taskId: flags.taskId ?? null,
        agent: flags.agent ?? null,
        checks: flags.check ?? null,
        cwd: process.cwd(),
      }
      await context.withWorkspace(command, async (engine) => {
        const done = await engine.intake.submit(wish, context.interruption(), ({ notices, refused }) => {
          for (const notice of notices) out.note(inert(notice, 1000))
          for (const { path, message } of refused) out.note(`- ${inert(path, 400)} ${inert(message, 400)}`)
        })
        if (done.kind === 'enqueued') return out.line(`Enqueued change request ${done.id}`)
        out.note(skippedText(done))
        context.exit(1)
      })
    })
}
