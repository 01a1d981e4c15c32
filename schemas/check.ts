/** Checks: what a request asks to be run, and the verdicts a run can have. */
import { z } from 'zod'
import { saidSchema } from './ids.ts'

/** The entry that stands for running nothing. */
export const NO_CHECK = 'none'

const commandSchema = saidSchema('a command, or the name of one on the allow-list').max(8192, {
  error: 'a command of at most 8192 characters',
})

export const checkEntrySchema = z
  .union(
    [
      commandSchema,
      z.strictObject({
        run: commandSchema.describe('A command, or the name of one on the allow-list.'),
        expect: z
          .strictObject({
            exit_code: z
              .int({ error: 'an exit code from 0 to 255' })
              .min(0, { error: 'an exit code from 0 to 255' })
              .max(255, { error: 'an exit code from 0 to 255' })
              .optional()
              .describe('The exit code that counts as passed; 0 unless given.'),
            stdout_includes: z.string().optional().describe('Text that standard output must contain.'),
          })
          .optional(),
        why: z.string().optional().describe('What this check is there to show.'),
      }),
    ],
    { error: 'a command as text, or an object with "run"' },
  )
  .meta({
    title: 'Check',
    description: 'A command, the name of an allowed command, or an object that also says what is expected.',
  })
export type CheckEntry = z.infer<typeof checkEntrySchema>

export const checksSchema = z
  .array(checkEntrySchema)
  .min(1, { error: 'at least one check; ["none"] runs nothing' })
  .max(100, { error: 'at most 100 checks' })
  .describe('Checks that must pass on the candidate tree; ["none"] runs nothing.')

export const CHECK_VERDICTS = [
  'passed',
  'failed',
  'also_red_on_base',
  'could_not_run',
  'timed_out',
  'cancelled',
  'not_run',
] as const
export type CheckVerdict = (typeof CHECK_VERDICTS)[number]
export const checkVerdictSchema = z.enum(CHECK_VERDICTS)
