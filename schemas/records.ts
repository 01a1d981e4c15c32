/** Rows of the queue as `list` and `list-dead-letters` print them. */
import { z } from 'zod'
import { checkVerdictSchema } from './check.ts'
import { idSchema, oidSchema, rowIdSchema, sha256Schema, timeSchema } from './ids.ts'
import { changeStatusSchema, prioritySchema } from './states.ts'
import { queuedSchema } from './upstream.ts'

export const listRowSchema = z
  .strictObject({
    id: rowIdSchema,
    status: changeStatusSchema,
    task_id: idSchema,
    agent: idSchema,
    payload: queuedSchema,
    payload_hash: sha256Schema,
    priority: prioritySchema,
    attempts: z.int().min(0),
    last_error: z.string().nullable(),
    leased_until: timeSchema.nullable(),
    lease_owner: z.string().nullable(),
    landed_commit: oidSchema.nullable().describe('Null also where the change was found already present.'),
    check_verdict: checkVerdictSchema.nullable(),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .meta({ title: 'Change', description: 'One change in the queue, as list --format json prints it.' })
export type ListRow = z.infer<typeof listRowSchema>

export const deadLetterRowSchema = z
  .strictObject({
    id: rowIdSchema,
    queue_id: rowIdSchema,
    task_id: idSchema,
    agent: idSchema,
    payload: queuedSchema,
    error: z.string(),
    failed_at: timeSchema,
  })
  .meta({
    title: 'Dead letter',
    description: 'A change that gave up, as list-dead-letters --format json prints it.',
  })
export type DeadLetterRow = z.infer<typeof deadLetterRowSchema>

export const CRITERION_VERDICTS = ['proven', 'not_proven', 'unmet', 'could_not_run', 'not_allowed'] as const
/** What a criterion's probe says: red before and green after proves it; green on both proves nothing. */
export const criterionEvidenceSchema = z.strictObject({
  criterion: z.string(),
  probe: z.string().describe('The command.'),
  verdict: z.enum(CRITERION_VERDICTS),
  tree: oidSchema.describe('The candidate it ran on.'),
  base_tree: oidSchema.describe('What that stands on.'),
  verdict_on_base: z.string().nullable(),
  verdict_on_candidate: z.string().nullable(),
  output: z.string().describe('The end of what it said on the candidate.'),
  created_at: timeSchema,
})
export type CriterionEvidence = z.infer<typeof criterionEvidenceSchema>
export type CriterionVerdict = CriterionEvidence['verdict']
