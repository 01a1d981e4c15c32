/** The task request: what a person asks for. */
import { z } from 'zod'
import { assignmentSchema } from './assignment.ts'
import { checksSchema } from './check.ts'
import { idSchema, saidSchema } from './ids.ts'
import { metadataSchema } from './metadata.ts'
import { prioritySchema } from './states.ts'

export const MAX_REQUESTED_CHANGES = 500

const SUMMARY_TAKES = 'what is wanted, in words'

export const requestedChangeShape = {
  path: z
    .string({ error: 'a path relative to the repository, with "/" between its parts' })
    .describe('The file this part of the work is about.'),
  summary: saidSchema(SUMMARY_TAKES).describe('What is to happen to it.'),
}
export const requestedChangeSchema = z.strictObject(requestedChangeShape)
export type RequestedChange = z.infer<typeof requestedChangeSchema>

/** Makes the array rule shared by task requests and casts. */
export const requestedChanges = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .min(1, { error: 'at least one requested change' })
    .max(MAX_REQUESTED_CHANGES, { error: `at most ${MAX_REQUESTED_CHANGES} requested changes` })

export const taskRequestShape = {
  request_id: idSchema.describe('Names the request; unique in a workspace.'),
  summary: saidSchema(SUMMARY_TAKES).describe('What is wanted, in one sentence.'),
  requested_changes: requestedChanges(requestedChangeSchema),
  context: z.string().optional().describe('Whatever helps to understand the request.'),
  priority: prioritySchema.optional(),
  acceptance_criteria: z.array(z.string()).optional().describe('What must be true when it is done.'),
  checks: checksSchema.optional(),
  metadata: metadataSchema.optional(),
  assignments: z
    .array(assignmentSchema)
    .min(1, { error: 'at least one assignment, or no such key' })
    .max(500, { error: 'at most 500 assignments' })
    .optional()
    .describe('The split into assignments; used as it is where given.'),
}

export const taskRequestSchema = z.strictObject(taskRequestShape).meta({
  title: 'Task request',
  description: 'What a person asks for: the root of everything that follows.',
})
export type TaskRequest = z.infer<typeof taskRequestSchema>
