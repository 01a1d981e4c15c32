/** What an agent hands over: what it does to each file; diffs and hashes are made from this and never asked of it. */
import { z } from 'zod'
import { checksSchema } from './check.ts'
import { saidSchema } from './ids.ts'

const path = z.string({ error: 'a path relative to the repository' }).min(1).max(4096)
const content = z.string({ error: 'the whole text of the file' })

export const fileEditSchema = z.discriminatedUnion('action', [
  z.strictObject({ path, action: z.literal('create'), content, executable: z.boolean().optional() }),
  z.strictObject({
    path,
    action: z.literal('edit'),
    edits: z
      .array(
        z.strictObject({
          search: z.string({ error: 'text that is in the file exactly once' }).min(1),
          replace: z.string({ error: 'the text in its place' }),
        }),
      )
      .min(1, { error: 'at least one edit' })
      .max(1_000),
  }),
  z.strictObject({ path, action: z.literal('replace'), content }),
  z.strictObject({ path, action: z.literal('delete') }),
])

/** Files beyond an assignment's targets, which a person is asked for. */
export const wideningSchema = z.strictObject({
  path: path.describe('An exact path, or a folder ending in "/".'),
  reason: saidSchema('why the assignment needs it, in words'),
})
export type Widening = z.infer<typeof wideningSchema>

export const submissionSchema = z
  .strictObject({
    summary: saidSchema('what was done, in a sentence'),
    files: z.array(fileEditSchema).max(500),
    checks: checksSchema.optional(),
    widen: z.array(wideningSchema).min(1, { error: 'at least one path, or no such key' }).max(50).optional(),
  })
  .refine((one) => one.files.length > 0 || one.widen !== undefined, {
    error: 'at least one file',
    path: ['files'],
  })
export type Submission = z.infer<typeof submissionSchema>

/** The same where the files are what differs in the agent's work tree. */
export const treeSubmissionSchema = z.strictObject({
  summary: saidSchema('what was done, in a sentence'),
  checks: checksSchema.optional(),
  widen: submissionSchema.shape.widen,
})
export const treeSubmissionJson = z.toJSONSchema(treeSubmissionSchema, { unrepresentable: 'any' })
/** The same as JSON Schema, for tools. */
export const submissionJson = z.toJSONSchema(submissionSchema, { unrepresentable: 'any' })
