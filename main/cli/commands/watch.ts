/** `watch`: takes in change requests as they appear in a folder; `files`: what changed in the workspace's files. */
import type { Command } from 'commander'
import { asHyperionError, inert, systemClock } from '../../engine/engine.ts'
import { integer, oneOf, type Context } from '../context.ts'
import { sentenceOf, table, time } from '../output.ts'

/** The same complaint at every look would hide everything else. */
const REPEAT_MS = 60_000

export function registerWatch(program: Command, context: Context): void {
  const { out } = context
  program
    .command('watch')
    .description('queue change requests as their files appear in a folder')
    .argument('[dir]', "the folder (default: the workspace's inbox, .hyperion/inbox)")
    .option(
      '--poll',
      'look every second instead of waiting to be told; for network folders, where it is the default',
    )
    .addHelpText(
      'after',
      '\nA file holds one change request or an array of them, as with enqueue. It is moved to accepted/, or to rejected/\n' +
        'with the reason beside it as NAME.error.json. Ends with Ctrl-C and exit code 130.',
    )
    .action(async (dir: string | undefined, flags: { poll?: boolean }, command: Command) => {
      await context.withWorkspace(command, async (engine) => {
        const interrupted = context.interruption()
        const clock = systemClock()
        const said = new Map<string, number>()
        const watch = await engine.intake.watchInbox(dir ?? null, flags.poll === true, {
          queued(file, result) {
            if (result.kind === 'enqueued') return out.line(`Enqueued change request ${result.id}`)
            const { id, status } = result.of
            out.note(`${inert(file)}: the same change request is change ${id} already (${status})`)
          },
          rejected: (file, error) =>
            out.note(`Rejected ${inert(file)}: ${inert(sentenceOf(error).replace('hyperion: ', ''), 1000)}`),
          trouble(thrown) {
            const sentence = sentenceOf(asHyperionError(thrown))
            const now = clock.monotonicMs()
            if (now - (said.get(sentence) ?? -REPEAT_MS) < REPEAT_MS) return
            said.set(sentence, now)
            out.note(sentence)
          },
        })
        out.note(`Watching ${watch.folder}${watch.how() === 'polling' ? ' by looking every second' : ''}`)
        try {
          if (!interrupted.aborted)
            await new Promise<void>((resolve) =>
              interrupted.addEventListener('abort', () => resolve(), { once: true }),
            )
        } finally {
          await watch.stop()
        }
      })
    })
  program
    .command('files')
    .description("what changed in the workspace's files while the app ran, oldest first")
    .option('--format <format>', 'text or json', oneOf('--format', ['text', 'json']), 'text')
    .option('--since <epoch>', 'only changes since (epoch seconds)', integer('--since', 0))
    .option('--limit <n>', 'only the newest n', integer('--limit', 0), 200)
    .action((flags: { format: string; since?: number; limit: number }, command: Command) =>
      context.withEngine(command, (engine) => {
        const { since, limit } = flags
        const events = engine.intake.fileEvents({
          limit,
          ...(since === undefined ? {} : { sinceSeconds: since }),
        })
        if (flags.format === 'json') return out.json(events)
        if (events.length === 0)
          return out.note('no file events; they are recorded while `hyperion run` or `serve` runs')
        const cells = events.map(({ path, kind, size, created_at }) => [
          time(created_at),
          kind === 'many' ? 'many more' : kind,
          size === null ? '–' : String(size),
          path,
        ])
        for (const line of table(['TIME', 'WHAT', 'BYTES', 'PATH'], cells, 200)) out.line(line)
      }),
    )
}
