/** The assignment: one isolated unit of work for a Developer. */
import { z } from 'zod'
import { checksSchema } from './check.ts'
import { idSchema, saidSchema } from './ids.ts'
import { metadataSchema } from './metadata.ts'

export const assignmentSchema = z
  .strictObject({
    task_id: idSchema.describe('<request_id>-<n>'),
    parent_request_id: idSchema.describe('The task request it comes from.'),
    summary: saidSchema('what is to be done, in words'),
    file_targets: z
      .array(z.string({ error: 'a path relative to the repository, or a folder ending in "/"' }))
      .min(1, { error: 'at least one path or folder' })
      .max(500, { error: 'at most 500 paths' })
      .describe('All that its change request may touch: exact paths, or folders ending in "/".'),
    instructions: z.array(z.string()),
    depends_on: z.array(idSchema).max(500).optional().describe('Tasks that must be applied first.'),
    acceptance_criteria: z.array(z.string()).optional(),
    checks: checksSchema.optional(),
    metadata: metadataSchema.optional(),
  })
  .meta({ title: 'Assignment', description: 'One isolated unit of a task request, for one Developer.' })
export type Assignment = z.infer<typeof assignmentSchema>
