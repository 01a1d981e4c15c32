/** The cast: a task request with its metadata and approvals, written in the cast builder, ready to queue. */
import { z } from 'zod'
import { fileChangeSchema } from './change-request.ts'
import { oidSchema } from './ids.ts'
import { completeMetadataSchema } from './metadata.ts'
import { requestedChanges, requestedChangeShape, taskRequestShape } from './task-request.ts'

export const CAST_SCHEMA = 'hyperion.cast/1'

export const castItemSchema = z.strictObject({
  ...requestedChangeShape,
  change: fileChangeSchema
    .optional()
    .describe('The finished edit, as in changes[] of a change request: this item skips the Developer.'),
})
export type CastItem = z.infer<typeof castItemSchema>

export const castSchema = z
  .strictObject({
    schema: z.literal(CAST_SCHEMA),
    ...taskRequestShape,
    requested_changes: requestedChanges(castItemSchema),
    base_commit: oidSchema.optional().describe('The commit the finished edits were written against.'),
    metadata: completeMetadataSchema,
  })
  .meta({ title: 'Cast', description: 'A task request with all its metadata, ready to queue.' })
export type Cast = z.infer<typeof castSchema>
