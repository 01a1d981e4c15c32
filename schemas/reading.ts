/** What is read without deciding anything: the files of a change, both texts of one, a file of the target. */
import { z } from 'zod'
import { oidSchema } from './ids.ts'

/** A longer text is not sent to a window: nobody reads it there, and the editor would not take it. */
export const MAX_READ = 4 * 1024 * 1024
/** So many files of one change are listed; a merge of upstream may bring more. */
export const MAX_LISTED = 2_000

const count = z.int().min(0)

export const FILE_STATES = ['added', 'changed', 'deleted', 'refused', 'unknown'] as const

export const changedFileSchema = z.strictObject({
  path: z.string(),
  state: z
    .enum(FILE_STATES)
    .describe('`refused`: the patch is not taken; `unknown`: nothing is known that it fits on.'),
  added: count.nullable().describe('Lines; null where git sees no text, or there is no result.'),
  removed: count.nullable(),
  note: z.string().nullable().describe('Why it is refused or unknown, or what else changes: a mode.'),
})
export type ChangedFile = z.infer<typeof changedFileSchema>

export const changedFilesSchema = z.strictObject({
  landed: oidSchema.nullable().describe('The commit that is compared with its parent; null: as written.'),
  files: z.array(changedFileSchema).max(MAX_LISTED),
  more: count.describe('Files that are not listed.'),
  note: z.string().nullable().describe('What must be known about the comparison as a whole.'),
})
export type ChangedFiles = z.infer<typeof changedFilesSchema>

/** One side of a file. `text` is null where there is no file (`absent`), or none that can be shown (`reason`). */
export const readTextSchema = z.strictObject({
  text: z.string().nullable(),
  absent: z.boolean(),
  bytes: count.nullable(),
  executable: z.boolean(),
  reason: z.enum(['binary', 'not_utf8', 'too_large', 'not_a_file', 'gone']).nullable(),
})
export type ReadText = z.infer<typeof readTextSchema>

export const changedTextsSchema = z.strictObject({
  path: z.string(),
  base_origin: z
    .enum(['landed', 'given', 'inferred', 'unknown'])
    .describe('What `before` is: the parent of the landed commit, or what the patch was written on.'),
  before: readTextSchema.nullable().describe('Null where it is not known.'),
  after: readTextSchema.nullable().describe('Null where the patch makes nothing of it.'),
  before_commit: oidSchema.nullable(),
  after_commit: oidSchema.nullable(),
  note: z.string().nullable(),
})
export type ChangedTexts = z.infer<typeof changedTextsSchema>

export const fileTextSchema = z.strictObject({
  path: z.string(),
  target: z.string().describe('The short name of the branch.'),
  tip: oidSchema,
  ...readTextSchema.shape,
})
export type FileText = z.infer<typeof fileTextSchema>

/** A side of a change that has landed, to ask where a line of it comes from. */
export const sideOfSchema = z.strictObject({ id: z.int().min(1), side: z.enum(['before', 'after']) })
export type SideOf = z.infer<typeof sideOfSchema>
