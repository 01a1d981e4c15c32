/** What the window may ask of the cast builder. */
import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import {
  castAnswersSchema,
  castAuthoredSchema,
  castBaseSchema,
  castDraftStandingSchema,
  castEditSchema,
  castGuideSchema,
  castPathSchema,
  castRecordSchema,
  castStepSchema,
  castViewSchema,
  castWrittenSchema,
} from './cast-draft.ts'
import { fileChangeSchema } from './change-request.ts'
import { idSchema, oidSchema, rowIdSchema } from './ids.ts'
import { filePath, nothing, person, queuedRequestSchema, route, said } from './ipc-parts.ts'

/** Which state of a draft an act builds on, and which window it comes from. */
const draftAt = { id: idSchema, revision: z.int().min(1), tab: z.string().min(1).max(100) }

export const casts = {
  /** Its steps and questions, in the words every face uses. */
  guide: route.input(nothing).output(castGuideSchema),
  /** Those that were not put away, the last edited first. */
  drafts: route.input(nothing).output(z.array(castDraftStandingSchema)),
  begin: route
    .input(
      z.strictObject({
        tab: z.string().min(1).max(100),
        beginning: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('blank') }),
          z.strictObject({
            kind: z.literal('file'),
            name: z.string().min(1).max(400),
            text: z.string().max(16 * 1024 * 1024),
          }),
          z.strictObject({ kind: z.literal('draft'), id: idSchema }),
          z.strictObject({ kind: z.literal('written'), id: rowIdSchema }),
        ]),
      }),
    )
    .output(castViewSchema),
  open: route.input(z.strictObject({ id: idSchema })).output(castViewSchema),
  /** Stores answers; where another window wrote since `revision` nothing is stored, and what it wrote comes back. */
  store: route
    .input(z.strictObject({ ...draftAt, step: castStepSchema, answers: castAnswersSchema }))
    .output(castViewSchema.extend({ stored: z.boolean() })),
  /** Puts a draft away, or takes it out again. */
  discard: route.input(z.strictObject({ id: idSchema, discarded: z.boolean() })).output(nothing),
  watch: route
    .input(z.strictObject({ id: idSchema }))
    .output(eventIterator(z.strictObject({ revision: z.int(), tab: z.string() }))),
  /** Paths of the target that are like what was typed, the nearest first; for the intake form as well. */
  paths: route
    .input(z.strictObject({ query: z.string().max(4096), limit: z.int().min(1).max(200) }))
    .output(z.array(castPathSchema)),
  /** A file as the base has it; without a base as the target does. With an edit, what that makes of it as well. */
  base: route
    .input(
      z.strictObject({
        base_commit: oidSchema.nullable(),
        path: filePath,
        change: fileChangeSchema.nullable(),
      }),
    )
    .output(castBaseSchema),
  /** Makes patch and hash of an edit, and tries it on the base. */
  author: route
    .input(z.strictObject({ base_commit: oidSchema.nullable(), path: filePath, edit: castEditSchema }))
    .output(castAuthoredSchema),
  /** Records an approval of exactly what the draft holds. */
  approve: route
    .input(z.strictObject({ ...draftAt, by: person, role: person.nullable(), note: said.nullable() }))
    .output(castViewSchema),
  withdraw: route.input(z.strictObject({ ...draftAt, index: z.int().min(0) })).output(castViewSchema),
  write: route
    .input(z.strictObject({ id: idSchema, revision: z.int().min(1), overwrite: z.boolean() }))
    .output(castWrittenSchema),
  /** Queues a cast's file as it was written. */
  queue: route
    .input(z.strictObject({ request_id: idSchema, agents: z.int().min(1).max(64) }))
    .output(queuedRequestSchema),
  history: route.input(nothing).output(z.array(castRecordSchema)),
}
