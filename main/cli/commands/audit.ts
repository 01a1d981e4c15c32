/** Whether log, database and branch agree, and what landed as statements that others can verify. */
import type { Command } from 'commander'
import { cleanSentence, inert } from '../../engine/engine.ts'
import { oneOf, type Context } from '../context.ts'

export function registerAudit(program: Command, context: Context): void {
  const { out } = context
  const audit = program
    .command('audit')
    .description('verify what landed against the log and the branch; export it')
  audit
    .command('verify')
    .description('walk log, database and branch against each other; exit 1 at the first difference')
    .option('--format <format>', 'text or json', oneOf('--format', ['text', 'json']), 'text')
    .action((flags: { format: string }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const report = await engine.verifyAudit()
        const { difference, head, key } = report
        if (difference !== null) context.exit(1)
        if (flags.format === 'json') return out.json(report)
        if (difference !== null) out.line(`${inert(difference.message, 1000)}; ${difference.hint}`)
        else out.line(`Clean: ${cleanSentence(report)}; head ${head.sequence} ${head.hash}`)
        // Nothing is signed with it here: what is wrong with it does not make the log less sound.
        if (key.problem !== null) out.note(`${inert(key.problem, 1000)}; ${key.remedy}`)
      }),
    )
  audit
    .command('export')
    .description('write one signed in-toto statement for each landed change, as JSON Lines')
    .requiredOption('--out <file>', 'where to')
    .option('--overwrite', 'replace a file that is there')
    .action((flags: { out: string; overwrite?: boolean }, command: Command) =>
      context.withEngine(command, async (engine) => {
        const done = await engine.exportAudit(flags.out, flags.overwrite === true)
        for (const { message, hint } of done.left_out) out.note(`Left out: ${inert(message, 1000)}; ${hint}`)
        const many = done.exported === 1 ? '1 landed change' : `${done.exported} landed changes`
        out.line(`Exported ${many} to ${inert(done.file)}, signed with key ${done.keyid}`)
        if (done.left_out.length > 0) context.exit(1)
      }),
    )
}
