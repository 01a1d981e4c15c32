/** `enqueue` and `validate-change`: change requests by file. */
import type { Command } from 'commander'
import { inert, validateChangeRequest } from '../../engine/engine.ts'
import type { Context } from '../context.ts'
import { oneOf } from '../context.ts'
import { entriesOf, readDocument, readDocuments } from '../input.ts'

export function registerEnqueue(program: Command, context: Context): void {
  const { out } = context
  program
    .command('enqueue')
    .description('queue change requests: files with one or an array of them, or folders of such files')
    .argument('<file|dir...>')
    .action(async (places: string[], _options: object, command: Command) => {
      const entries = entriesOf(readDocuments(places))
      await context.withWorkspace(command, async (engine) => {
        for (const result of await engine.enqueue(entries)) {
          if (result.kind === 'enqueued') {
            for (const warning of result.warnings) out.note(`warning: ${inert(warning, 500)}`)
            out.line(`Enqueued change request ${result.id}`)
          } else {
            const { id, status } = result.of
            out.note(`Skipped ${result.taskId}: the same change request is change ${id} already (${status})`)
            context.exit(1)
          }
        }
      })
    })
  program
    .command('validate-change')
    .description('say whether a change request is valid, and every reason why not')
    .argument('<file>')
    .option('--format <format>', 'text or json', oneOf('--format', ['text', 'json']), 'text')
    .action((file: string, options: { format: string }) => {
      const verdict = validateChangeRequest(readDocument(file).value)
      const errors = verdict.ok ? [] : verdict.errors
      if (options.format === 'json') {
        const text = (list: readonly { message: string }[]): string[] => list.map(({ message }) => message)
        out.json({ valid: verdict.ok, errors: text(errors), warnings: text(verdict.warnings) })
      } else {
        out.line(verdict.ok ? 'valid' : 'invalid')
        for (const { message } of errors) out.line(`- ${inert(message, 500)}`)
        for (const { message } of verdict.warnings) out.note(`warning: ${inert(message, 500)}`)
      }
      if (!verdict.ok) context.exit(1)
    })
}
