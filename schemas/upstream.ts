/** Upstream, the branch whose own commits the target takes in: the merge that is queued for it, and how it stands. */
import { z } from 'zod'
import { changeRequestSchema, fileChangeSchema } from './change-request.ts'
import { checkEntrySchema } from './check.ts'
import { idSchema, oidSchema, rowIdSchema, timeSchema } from './ids.ts'
import { metadataSchema } from './metadata.ts'
import { changeStatusSchema, prioritySchema } from './states.ts'

/** Who queues merges of upstream. */
export const MERGE_AGENT = 'hyperion'

const absent = z.never().optional()

/** What the queue holds for a merge of upstream; only Hyperion itself makes one, and only of a row of that kind. */
export const upstreamMergeSchema = z
  .strictObject({
    task_id: idSchema,
    agent: z.literal(MERGE_AGENT),
    upstream: z.strictObject({
      commit: oidSchema.describe('The commit that is merged into the target.'),
      ref: z.string().describe('The branch it was found on.'),
    }),
    request_id: absent,
    base_commit: absent,
    depends_on: absent,
    priority: prioritySchema,
    changes: z.array(fileChangeSchema).max(0).describe('None: git makes the merge.'),
    checks: z
      .array(checkEntrySchema)
      .describe('Names on the allow-list when it was queued; all that are on it when it lands are run.'),
    metadata: metadataSchema,
  })
  .meta({ title: 'Upstream merge', description: 'A merge of upstream into the target, queued by Hyperion.' })
export type UpstreamMerge = z.infer<typeof upstreamMergeSchema>

/** What a row of the queue carries. */
export const queuedSchema = z.union([changeRequestSchema, upstreamMergeSchema])
export type Queued = z.infer<typeof queuedSchema>

const count = z.int().min(0)

/** Everything a view shows about the two branches. */
export const upstreamStateSchema = z
  .strictObject({
    target: z.string(),
    target_tip: oidSchema.nullable(),
    upstream: z.string().nullable().describe('Null where none is followed.'),
    upstream_tip: oidSchema.nullable(),
    checkouts: z
      .array(z.string())
      .describe('Folders in which upstream is checked out: syncing moves their files.'),
    follow: z.boolean(),
    sync_checkout: z.enum(['never', 'when-clean']),
    relation: z
      .enum(['same', 'target_ahead', 'upstream_ahead', 'diverged', 'upstream_rewritten', 'unknown'])
      .describe('`upstream_rewritten`: commits that the target has are gone from upstream.'),
    ahead: count.nullable().describe('Commits of the target that upstream lacks.'),
    behind: count.nullable().describe('Commits of upstream that the target lacks.'),
    merge: z
      .strictObject({
        change_id: rowIdSchema,
        status: changeStatusSchema,
        commit: oidSchema,
        last_error: z.string().nullable(),
      })
      .nullable()
      .describe('The merge that is queued, or waits for a person.'),
    last_sync: oidSchema.nullable().describe('What upstream was last moved to.'),
    kept: z
      .strictObject({ code: z.string(), sentence: z.string(), remedy: z.string().nullable(), at: timeSchema })
      .nullable()
      .describe('Why landed commits were last not brought to upstream; null once they were.'),
    trouble: z
      .strictObject({ code: z.string(), sentence: z.string(), remedy: z.string().nullable() })
      .nullable()
      .describe('What is wrong with either branch and stops following, syncing or landing.'),
  })
  .meta({ title: 'Upstream state', description: 'How target and upstream stand to each other.' })
export type UpstreamState = z.infer<typeof upstreamStateSchema>
