/** `enqueue` and `validate-change`: change requests by file. */
import type { Command } from 'commander'
import {
  asHyperionError,
  inert,
  requireValid,
  skippedText,
  validateChangeRequest,
} from '../../engine/engine.ts'
import type { Context } from '../context.ts'
import { oneOf } from '../context.ts'
import { entriesOf, readDocument, readDocuments } from '../input.ts'

/** More of the same tells nobody anything; `validate-change` names them all. */
const WARNINGS_SHOWN = 5

export function registerEnqueue(program: Command, context: Context): void {
  const { out } = context
  program
    .command('enqueue')
    .description('queue change requests: files with one or an array of them, or folders of such files')
    .argument('<file|dir...>')
    .action(async (places: string[], _options: object, command: Command) => {
      const entries = entriesOf(readDocuments(places))
      // What is refused leaves no workspace behind either.
      for (const entry of entries) requireValid(entry)
      await context.withWorkspace(command, async (engine) => {
        const results = await engine.enqueue(entries)
        const warnings = results.flatMap((result) => (result.kind === 'enqueued' ? result.warnings : []))
        for (const warning of warnings.slice(0, WARNINGS_SHOWN)) out.note(`warning: ${inert(warning, 500)}`)
        if (warnings.length > WARNINGS_SHOWN)
          out.note(`and ${warnings.length - WARNINGS_SHOWN} more warnings`)
        for (const result of results) {
          if (result.kind === 'enqueued') {
            out.line(`Enqueued change request ${result.id}`)
          } else {
            out.note(skippedText(result))
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
      const verdict = verdictOn(file)
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

/** A file that is not JSON is invalid like any other; one that cannot be read is an error. */
function verdictOn(file: string): ReturnType<typeof validateChangeRequest> {
  try {
    return validateChangeRequest(readDocument(file).value)
  } catch (thrown) {
    const { code, message } = asHyperionError(thrown)
    if (code === 'unreadable') throw thrown
    return { ok: false, errors: [{ code, field: '', message }], warnings: [] }
  }
}
