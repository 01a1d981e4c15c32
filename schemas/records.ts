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
