/** `export`, `export-bundle` and `verify-bundle`: the skills for other folders and other teams. */
import { dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { ExportPlan, ExportResult } from '../../../schemas/skills.ts'
import type { HyperionError } from '../../engine/engine.ts'
import {
  asHyperionError,
  inert,
  openSkills,
  planLine,
  shippedRoot,
  systemClock,
  type Skills,
} from '../../engine/engine.ts'
import { oneOf, type Context } from '../context.ts'

const format = oneOf('--format', ['text', 'json'])

interface ExportFlags {
  dest: string
  overwrite?: boolean
  format: string
}

/** Why a folder is no workspace to record an export in; everything else that is wrong with one is an error. */
const NO_WORKSPACE = new Set(['not_a_repository', 'bare_repository', 'not_initialised', 'git_missing', 'foreign_repository']) // prettier-ignore

/** Asks on a terminal; null where there is none. */
async function confirm(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } catch {
    // Ctrl-C or the end of input: nobody said yes.
    return false
  } finally {
    lines.close()
  }
}

const files = (n: number): string => (n === 1 ? '1 file' : `${n} files`)

export function registerSkills(program: Command, context: Context): void {
  const { out } = context
  const skills = (): Skills =>
    openSkills({ root: shippedRoot(dirname(fileURLToPath(import.meta.url))), clock: systemClock() })

  function showPlan({ dest, creates_dest, files: planned, notes }: ExportPlan): void {
    for (const note of notes) out.note(inert(note, 1000))
    out.note(`${inert(dest, 1000)}${creates_dest ? ', which is made' : ''}:`)
    for (const file of planned) out.note(`  ${planLine(file)}`)
  }

  /** Keeps it in the workspace around the current folder, if that is one; says so if not. */
  async function record(result: Omit<ExportResult, 'recorded'>, command: Command): Promise<boolean> {
    try {
      const problem = await context.withEngine(command, (engine) => engine.recordExport(result))
      if (problem !== null) out.note(`warning: ${inert(problem, 500)}`)
      return true
    } catch (thrown) {
      const error = asHyperionError(thrown)
      if (!NO_WORKSPACE.has(error.code)) throw error
      out.note(`not recorded, for there is no workspace here: ${inert(error.message, 500)}`)
      return false
    }
  }

  program
    .command('export')
    .description('write the skills, the cast builder and a guide into another folder')
    .requiredOption('--dest <dir>', 'the folder; it is made if only it is missing')
    .option('--overwrite', 'replace files that differ, without asking')
    .option('--format <format>', 'text or json', format, 'text')
    .addHelpText(
      'after',
      '\nFiles of others are left alone. What would change is shown first; on a terminal it is asked for.',
    )
    .action(async (flags: ExportFlags, command: Command) => {
      const all = skills()
      const plan = await all.plan(flags.dest)
      showPlan(plan)
      const changed = plan.files.filter(({ state }) => state === 'changed').map(({ path }) => path)
      let replace: 'all' | string[] = flags.overwrite === true ? 'all' : []
      if (changed.length > 0 && replace !== 'all') {
        const answer = await confirm(`Replace ${files(changed.length)}?`)
        if (answer === false) {
          out.note('nothing was changed')
          return context.exit(1)
        }
        // Those that were shown, and no others.
        if (answer === true) replace = changed
      }
      const result = await all.export(flags.dest, replace)
      let failure: HyperionError | null = null
      const recorded = await record(result, command).catch((thrown: unknown) => {
        failure = asHyperionError(thrown)
        return false
      })
      if (flags.format === 'json') out.json({ ...result, recorded })
      else {
        out.line(
          `Exported ${files(result.files.length)}, ${result.bytes} bytes, to ${inert(result.dest, 1000)} (${result.written} written)`,
        )
        out.line(`sha256 ${result.sha256}`)
      }
      if (failure !== null) throw failure
    })
  program
    .command('export-bundle')
    .description('write the cast builder as one reproducible archive, with its checksum beside it')
    .requiredOption('--out <file>', 'where to: FILE.tar.gz')
    .option('--overwrite', 'replace a file that is there and differs, without asking')
    .option('--format <format>', 'text or json', format, 'text')
    .action(async (flags: { out: string; overwrite?: boolean; format: string }) => {
      const all = skills()
      const bundle = (overwrite: boolean) => all.bundle(flags.out, overwrite)
      let done
      try {
        done = bundle(flags.overwrite === true)
      } catch (thrown) {
        const error = asHyperionError(thrown)
        const answer = error.code === 'would_replace' ? await confirm(`${error.message}. Replace?`) : null
        if (answer === null) throw error
        if (!answer) {
          out.note('nothing was changed')
          return context.exit(1)
        }
        done = bundle(true)
      }
      if (flags.format === 'json') return out.json(done)
      const was = done.written ? 'Wrote' : 'Unchanged:'
      out.line(`${was} ${inert(done.file, 1000)}: ${done.entries} entries, ${done.bytes} bytes`)
      out.line(`sha256 ${done.sha256}`)
    })
  program
    .command('verify-bundle')
    .description('check a bundle and its checksum; exit 1 with each reason where it is not in order')
    .argument('<file>')
    .option('--format <format>', 'text or json', format, 'text')
    .action((file: string, flags: { format: string }) => {
      const verdict = skills().verifyBundle(file)
      if (!verdict.ok) context.exit(1)
      if (flags.format === 'json') return out.json(verdict)
      if (verdict.ok) return out.line(`ok  ${verdict.entries} entries  sha256 ${verdict.sha256}`)
      out.line(`not ok  ${inert(verdict.file, 1000)}`)
      for (const { message } of verdict.problems) out.line(`- ${inert(message, 500)}`)
    })
}
