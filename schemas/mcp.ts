/** What the tools of `hyperion mcp` take and answer: work handed in by any agent, and what became of it. */
import { z } from 'zod'
import { checksSchema, checkVerdictSchema } from './check.ts'
import { idSchema, oidSchema, rowIdSchema, saidSchema, sha256Schema, timeSchema } from './ids.ts'
import { metadataSchema } from './metadata.ts'
import { CHANGE_STATUSES, changeStatusSchema } from './states.ts'
import { fileEditSchema } from './submission.ts'

/** Rows that `list_changes` answers with unless asked for fewer or more, and at the most. */
export const LISTED = 20
export const MOST_LISTED = 100

const LIMIT_TAKES = `a whole number from 1 to ${MOST_LISTED}`
const BASE_TAKES = 'The commit the files were read at, in full; the tip of the target branch unless given.'

export const submitChangeSchema = z
  .strictObject({
    task_id: idSchema.describe('The task this work belongs to: the one assigned, else an id of your own.'),
    summary: saidSchema('what was done, in a sentence').describe('What was done and why, in a sentence.'),
    files: z
      .array(fileEditSchema, { error: 'a list of files, each with "path" and "action"' })
      .min(1, { error: 'at least one file' })
      .max(500, { error: 'at most 500 files' })
      .describe(
        'What happens to each file, all of it or none. "create" takes the text of a file that is not there yet, ' +
          '"replace" the whole new text of one that is, "delete" nothing more; each "search" of an "edit" is text that ' +
          'is in the file exactly once. Never a diff.',
      ),
    checks: checksSchema
      .optional()
      .describe('Checks to run beside those that the task, its request or the policy asks for.'),
    base_commit: oidSchema.optional().describe(BASE_TAKES),
    depends_on: z.array(idSchema).max(500).optional().describe('Tasks that must be applied first.'),
    request_id: idSchema.optional().describe('The task request that the task is part of.'),
    metadata: metadataSchema.optional(),
  })
  .meta({ title: 'Submit change', description: 'What submit_change takes: work as an agent hands it in.' })
export type SubmitChange = z.infer<typeof submitChangeSchema>

export const submittedSchema = z
  .strictObject({
    id: rowIdSchema.describe('The change; show_change tells what becomes of it.'),
    status: changeStatusSchema,
    task_id: idSchema,
    patch_hashes: z.array(z.strictObject({ path: z.string(), patch_hash: sha256Schema })),
    warnings: z.array(z.string()),
  })
  .meta({ title: 'Submitted change', description: 'What submit_change answers.' })
export type SubmittedChange = z.infer<typeof submittedSchema>

export const listChangesSchema = z
  .strictObject({
    status: z
      .enum(CHANGE_STATUSES, { error: `one of ${CHANGE_STATUSES.join(', ')}` })
      .optional()
      .describe('Only changes in this state.'),
    task_id: idSchema.optional().describe('Only changes of this task.'),
    limit: z
      .int({ error: LIMIT_TAKES })
      .min(1, { error: LIMIT_TAKES })
      .max(MOST_LISTED, { error: LIMIT_TAKES })
      .optional()
      .describe(`Only the newest this many; ${LISTED} unless given.`),
  })
  .meta({ title: 'List changes', description: 'What list_changes takes.' })
export type ListChanges = z.infer<typeof listChangesSchema>

const summaryFields = {
  id: rowIdSchema,
  task_id: idSchema,
  agent: idSchema,
  status: changeStatusSchema,
  paths: z.array(z.string()).describe('The first 20 in a list, the first 100 of one change.'),
  paths_total: z.int().min(0),
  last_error: z.string().nullable(),
  landed_commit: oidSchema.nullable().describe('Null also where the change was found already present.'),
  check_verdict: checkVerdictSchema.nullable(),
  updated_at: timeSchema,
}

export const listedChangeSchema = z
  .strictObject(summaryFields)
  .meta({ title: 'Listed change', description: 'One change, as list_changes tells of it.' })
export type ListedChange = z.infer<typeof listedChangeSchema>

export const listedChangesSchema = z
  .strictObject({ changes: z.array(listedChangeSchema).describe('Oldest first.') })
  .meta({ title: 'Listed changes', description: 'What list_changes answers.' })

export const showChangeSchema = z
  .strictObject({ id: rowIdSchema.describe('The id that submit_change answered, or one of list_changes.') })
  .meta({ title: 'Show change', description: 'What show_change takes.' })

export const changeOutcomeSchema = z
  .strictObject({
    ...summaryFields,
    request_id: idSchema.nullable(),
    archived: z.boolean(),
    attempts: z.int().min(0),
    reason_code: z.string().nullable().describe('Why it failed or waits for a person, as a word.'),
    waits_for: z
      .array(z.string())
      .describe('In words, what concerns it alone first; empty where nothing does.'),
    position: z.int().min(1).nullable().describe('Its place in line; null unless pending.'),
    guard: z
      .array(
        z.strictObject({
          agent: z.string().nullable(),
          code: z.string().describe('`ok`, or why the submission was refused.'),
          output: z.string(),
          created_at: timeSchema,
        }),
      )
      .describe('Verdicts on submissions of the same task, the newest first.'),
    checks: z
      .array(
        z.strictObject({
          check: z.string().describe('Its name on the allow-list, else the command.'),
          verdict: z.string(),
          exit_code: z.int().nullable(),
          duration_ms: z.int().min(0),
          output: z.string().describe('The end of what it printed.'),
        }),
      )
      .describe('The run of each that decided, those that did not pass first.'),
    conflicts: z.array(z.strictObject({ path: z.string(), kind: z.string() })),
    approvals: z
      .array(
        z.strictObject({
          decision: z.enum(['approved', 'rejected']),
          by: z.string(),
          role: z.string().nullable(),
          note: z.string().nullable().describe('The reason, where it is a rejection.'),
          about: z.string().nullable().describe('`PATH:LINE`, where it is about one line.'),
          created_at: timeSchema,
        }),
      )
      .describe('Decisions of people, the newest first.'),
    created_at: timeSchema,
  })
  .meta({ title: 'Change outcome', description: 'What show_change answers: what became of a change.' })
export type ChangeOutcome = z.infer<typeof changeOutcomeSchema>
