/** `doctor`, `sync` and `apply`: the health of a workspace and acts on its checkout. */
import type { Command } from 'commander'
import { asHyperionError, HyperionError, inert, requireValid, type Diagnosis } from '../../engine/engine.ts'
import { oneOf, type Context } from '../context.ts'
import { readDocument } from '../input.ts'
import { sentenceOf } from '../output.ts'

const MARKS = { ok: 'ok     ', notice: 'notice ', broken: 'BROKEN ' } as const

/** What keeps the workspace from being opened at all is a finding like the others. */
async function examineAll(
  context: Context,
  command: Command,
): Promise<{ found: Diagnosis[]; exitCode: number }> {
  try {
    return { found: await context.withEngine(command, (engine) => engine.doctor()), exitCode: 1 }
  } catch (thrown) {
    const { kind, message, hint, exitCode } = asHyperionError(thrown)
    if (kind === 'bug') throw thrown
    return { found: [{ name: 'workspace', state: 'broken', detail: message, remedy: hint }], exitCode }
  }
}

export function registerUpkeep(program: Command, context: Context): void {
  const { out } = context
  program
    .command('doctor')
    .description('look at everything the workspace stands on; exit 1 if anything is broken')
    .option('--format <format>', 'text or json', oneOf('--format', ['text', 'json']), 'text')
    .action(async (flags: { format: string }, command: Command) => {
      const { found, exitCode } = await examineAll(context, command)
      const healthy = found.every(({ state }) => state !== 'broken')
      if (flags.format === 'json') out.json({ healthy, examinations: found })
      else {
        for (const { name, state, detail, remedy } of found) {
          const line = `${MARKS[state]} ${name.padEnd(14)} ${inert(detail, 1000)}`
          out.line(remedy === null ? line : `${line}; ${remedy}`)
        }
      }
      if (!healthy) context.exit(exitCode)
    })
  program
    .command('sync')
    .description('bring landed commits to the upstream branch by fast-forward, if that loses nothing')
    .option('--watch', 'go on whenever one of the branches moves, until Ctrl-C')
    .option('--accept', 'go on from an upstream whose history was written anew, as it is')
    .action((flags: { watch?: boolean; accept?: boolean }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const show = (done: Awaited<ReturnType<typeof engine.sync>>): void => {
          const where = done.checkout === null ? '' : ` and the checkout ${done.checkout}`
          out.line(
            done.kind === 'synced'
              ? `Moved ${done.upstream}${where} from ${done.from.slice(0, 10)} to ${done.to.slice(0, 10)}`
              : `${done.upstream} is up to date at ${done.to.slice(0, 10)}`,
          )
        }
        if (flags.watch !== true) return show(await engine.sync(flags.accept === true))
        if (flags.accept === true) await engine.sync(true)
        await engine.watchSync((outcome) => {
          if (outcome instanceof HyperionError) out.note(sentenceOf(outcome))
          else show(outcome)
        }, context.interruption())
      }),
    )
  program
    .command('apply')
    .description('apply a change request to the checkout itself, all or nothing, without a commit')
    .argument('<file>')
    .option('--run-checks', 'run its checks on the checkout; failing ones put everything back')
    .action(async (file: string, flags: { runChecks?: boolean }, command: Command) => {
      const { value } = readDocument(file)
      const { request } = requireValid({ source: file, value })
      await context.withEngine(command, async (engine) => {
        const paths = await engine.apply(request, flags.runChecks === true, context.interruption())
        for (const path of paths) out.line(`Applied ${inert(path)}`)
      })
    })
}
