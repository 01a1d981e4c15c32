/** The change request: the JSON a Developer submits, and the payload of a change in the queue. */
import { z } from 'zod'
import { checksSchema } from './check.ts'
import { idSchema, oidSchema, sha256Schema } from './ids.ts'
import { metadataSchema } from './metadata.ts'
import { prioritySchema } from './states.ts'

export const MAX_CHANGES = 500

export const OPERATIONS = ['add', 'update', 'delete'] as const
export type Operation = (typeof OPERATIONS)[number]

// Which paths are refused, and why, is decided with a code for each reason where change requests are validated.
const pathSchema = z
  .string({ error: 'a path relative to the repository, with "/" between its parts' })
  .describe('Relative to the repository, "/" between parts, inside the repository.')
const patchHashSchema = sha256Schema.describe(
  'SHA-256 of the UTF-8 bytes of patch or replacement exactly as sent; of the empty string for a delete without either.',
)
const PATCH_TAKES = 'a unified diff for this path (or give "replacement", the whole new text, instead)'
const patchSchema = z
  .string({ error: PATCH_TAKES })
  .min(1, { error: PATCH_TAKES })
  .describe('A unified diff for this path: full headers or bare hunks.')
const replacementSchema = z
  .string({ error: "the file's whole new text" })
  .describe("Instead of patch: the file's whole new text.")
const executableSchema = z
  .boolean()
  .optional()
  .describe('Mode of an added file: true for executable, else a plain file.')

const absent = (why: string) => z.never({ error: why }).optional()
const ONE_OF_TWO = 'nothing beside "patch": give exactly one of "patch" and "replacement"'
const KEEPS_MODE = 'nothing here: only an added file has "executable", others keep their mode'

// A union rather than a refinement, so that the generated JSON Schema says "exactly one of the two" as well.
const shapes = {
  addByPatch: z.strictObject({
    path: pathSchema,
    operation: z.literal('add'),
    patch: patchSchema,
    replacement: absent(ONE_OF_TWO),
    executable: executableSchema,
    patch_hash: patchHashSchema,
  }),
  addByReplacement: z.strictObject({
    path: pathSchema,
    operation: z.literal('add'),
    patch: absent(ONE_OF_TWO),
    replacement: replacementSchema,
    executable: executableSchema,
    patch_hash: patchHashSchema,
  }),
  updateByPatch: z.strictObject({
    path: pathSchema,
    operation: z.literal('update'),
    patch: patchSchema,
    replacement: absent(ONE_OF_TWO),
    executable: absent(KEEPS_MODE),
    patch_hash: patchHashSchema,
  }),
  updateByReplacement: z.strictObject({
    path: pathSchema,
    operation: z.literal('update'),
    patch: absent(ONE_OF_TWO),
    replacement: replacementSchema,
    executable: absent(KEEPS_MODE),
    patch_hash: patchHashSchema,
  }),
  remove: z.strictObject({
    path: pathSchema,
    operation: z.literal('delete'),
    patch: patchSchema.optional().describe('The diff that removes every line; may be left out.'),
    replacement: absent('nothing here: a delete leaves no text behind'),
    executable: absent(KEEPS_MODE),
    patch_hash: patchHashSchema,
  }),
}

export const fileChangeSchema = z
  .union(
    [
      shapes.addByPatch,
      shapes.addByReplacement,
      shapes.updateByPatch,
      shapes.updateByReplacement,
      shapes.remove,
    ],
    { error: 'an object with "path", "operation", "patch_hash" and "patch" or "replacement"' },
  )
  .meta({
    title: 'File change',
    description: 'What happens to one path: exactly one of patch and replacement.',
  })

/** What happens to one path; narrow on `operation`, then on which of `patch` and `replacement` is there. */
export type FileChange = z.infer<typeof fileChangeSchema>

export const changeRequestSchema = z
  .strictObject({
    task_id: idSchema.describe('The task this change belongs to.'),
    agent: idSchema.describe('Who submits it.'),
    request_id: idSchema.optional().describe('The parent task request.'),
    base_commit: oidSchema.optional().describe('The commit the patches were written against.'),
    depends_on: z.array(idSchema).max(500).optional().describe('Tasks that must be applied first.'),
    priority: prioritySchema.optional(),
    changes: z
      .array(fileChangeSchema)
      .min(1, { error: 'at least one change' })
      .max(MAX_CHANGES, { error: `at most ${MAX_CHANGES} changes` })
      .describe('What happens to each path; all of it or none.'),
    checks: checksSchema,
    metadata: metadataSchema.optional(),
  })
  .meta({
    title: 'Change request',
    description: 'One whole change to a repository, as an agent submits it to the merge queue.',
  })
export type ChangeRequest = z.infer<typeof changeRequestSchema>
