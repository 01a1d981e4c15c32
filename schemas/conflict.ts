/** What is stored about a change that no longer fits, path by path, and about how a person settled it. */
import { z } from 'zod'
import { idSchema, oidSchema, rowIdSchema, timeSchema } from './ids.ts'

export const CONFLICT_KINDS = [
  'content',
  'add_add',
  'modify_delete',
  'delete_modify',
  'mode',
  'binary',
  'rename',
  'base_unknown',
] as const
export type ConflictKind = (typeof CONFLICT_KINDS)[number]

export const FILE_MODES = ['100644', '100755', '120000', '160000'] as const

/** One side's file at the path; null where that side has none. */
const blobSchema = z.strictObject({ oid: oidSchema, mode: z.enum(FILE_MODES) }).nullable()
export type ConflictBlob = z.infer<typeof blobSchema>

/** A landed change that touched `ours` since the base. */
const landedSchema = z.strictObject({
  change_id: rowIdSchema.nullable().describe('Null for a commit that did not come from this queue.'),
  commit: oidSchema,
  task_id: idSchema.nullable(),
  agent: z.string().nullable(),
  intent: z.string().nullable(),
})

export const conflictRecordSchema = z
  .strictObject({
    path: z.string(),
    kind: z.enum(CONFLICT_KINDS),
    base: blobSchema.describe('Where the patch was written.'),
    ours: blobSchema.describe("The target's tip."),
    theirs: blobSchema.describe('The incoming change; null where it deletes or its base is unknown.'),
    markers: z
      .string()
      .nullable()
      .describe('The merged text with conflict markers; null where there is none.'),
    rename_source: z.string().nullable().describe('The path in the base, if the tip has renamed it.'),
    base_commit: oidSchema.nullable(),
    base_origin: z.enum(['given', 'inferred', 'unknown']),
    tip: oidSchema.describe('The tip the change was built on.'),
    line_ending: z.enum(['lf', 'crlf', 'mixed', 'none']),
    final_newline: z.boolean(),
    touched_by: z.array(landedSchema).describe('Landed changes that touched ours since the base.'),
  })
  .meta({ title: 'Conflict', description: 'Why one path of a change no longer fits, with all three sides.' })
export type ConflictRecord = z.infer<typeof conflictRecordSchema>

export const RESOLUTION_CHOICES = ['file', 'delete', 'ours', 'theirs', 'base'] as const
export type ResolutionChoice = (typeof RESOLUTION_CHOICES)[number]

export const resolutionSchema = z
  .strictObject({
    by: z.string(),
    resolved_at: timeSchema,
    tip: oidSchema.describe('The tip it was made against.'),
    paths: z.array(
      z.strictObject({
        path: z.string(),
        choice: z.enum(RESOLUTION_CHOICES),
        result: blobSchema.describe('The resolved file; null where it is deleted.'),
      }),
    ),
  })
  .meta({ title: 'Resolution', description: 'How a person settled a conflict; stored beside the payload.' })
export type Resolution = z.infer<typeof resolutionSchema>
