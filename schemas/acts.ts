/** What an operator's acts tell: a pause, why a line is as it is, what waits for what, who else edits the same lines. */
import { z } from 'zod'
import { idSchema, oidSchema, rowIdSchema, timeSchema } from './ids.ts'
import { logEventSchema } from './log-event.ts'
import { changeStatusSchema, prioritySchema } from './states.ts'

/** Who stopped claiming and landing, for every program over the queue; what is not known is null. */
export const pauseSchema = z
  .strictObject({
    by: z.string().nullable(),
    at: timeSchema.nullable(),
    reason: z.string().nullable(),
    code: z
      .string()
      .nullable()
      .describe('Set where Hyperion itself stopped because going on could lose something.'),
    remedy: z.string().nullable().describe('What to do first, where `code` is set.'),
  })
  .meta({ title: 'Pause', description: 'Why nothing is claimed or landed.' })
export type Pause = z.infer<typeof pauseSchema>

export const WAIT_KINDS = [
  'person',
  'change',
  'task',
  'backoff',
  'lease',
  'chain',
  'paused',
  'target',
  'workers',
] as const

/** One thing a change waits for. */
export const waitReasonSchema = z
  .strictObject({
    kind: z.enum(WAIT_KINDS),
    text: z.string().describe('In words, after "waits for".'),
    change_id: rowIdSchema.nullable().describe('The change it is behind, or that of the task.'),
    task_id: idSchema.nullable(),
    until: timeSchema.nullable().describe('When a lease or a backoff ends.'),
  })
  .meta({ title: 'Wait reason', description: 'One thing an open change waits for.' })
export type WaitReason = z.infer<typeof waitReasonSchema>

/** Another open change that edits the same lines of a path; lines are null where it edits or may edit all of it. */
export const overlapSchema = z
  .strictObject({
    change_id: rowIdSchema,
    task_id: idSchema,
    agent: idSchema,
    status: changeStatusSchema,
    path: z.string(),
    lines: z.strictObject({ first: z.int().min(0), last: z.int().min(0) }).nullable(),
  })
  .meta({ title: 'Overlap', description: 'Another open change that edits the same lines.' })
export type Overlap = z.infer<typeof overlapSchema>

const checkSaidSchema = z.strictObject({
  name: z.string(),
  verdict: z.string(),
  exit_code: z.int().nullable(),
})

/** The change behind a commit, with what led to it and who let it pass. */
export const whyChangeSchema = z.strictObject({
  id: rowIdSchema,
  archived: z.boolean(),
  task_id: idSchema,
  agent: idSchema,
  agent_model: z.string().nullable(),
  intent: z.string().nullable(),
  landed_at: timeSchema,
  check_verdict: z.string().nullable(),
  checks: z.array(checkSaidSchema).describe('The last run of each.'),
  approvals: z.array(
    z.strictObject({
      approver: z.string(),
      role: z.string().nullable(),
      note: z.string().nullable(),
      decision: z.enum(['approved', 'rejected']),
      created_at: timeSchema,
    }),
  ),
  request: z.strictObject({ request_id: idSchema, summary: z.string() }).nullable(),
  assignment: z
    .strictObject({ task_id: idSchema, summary: z.string(), instructions: z.array(z.string()) })
    .nullable(),
  reverts: rowIdSchema.nullable().describe('The change that this one undid.'),
  reverted_by: rowIdSchema.nullable().describe('The newest change that undoes this one and did not fail.'),
})
export type WhyChange = z.infer<typeof whyChangeSchema>

export const whyCommitSchema = z.strictObject({
  commit: oidSchema,
  subject: z.string(),
  author: z.string(),
  committed_at: timeSchema,
  origin: z
    .enum(['change', 'operator', 'unknown'])
    .describe('Unknown: it names a change that this queue did not land as this commit.'),
  change_id: rowIdSchema.nullable().describe('Null unless `origin` is change.'),
})
export type WhyCommit = z.infer<typeof whyCommitSchema>

export const whySchema = z
  .strictObject({
    path: z.string(),
    line: z.int().min(1).nullable(),
    text: z.string().nullable().describe('The line as it is; null without one.'),
    tip: oidSchema,
    last: whyCommitSchema.describe(
      'The commit the line comes from; without a line the last one of the path.',
    ),
    change: whyChangeSchema
      .nullable()
      .describe('The change `last` landed; null where it is not of this queue.'),
    earlier: z.array(whyCommitSchema).describe('Without a line: what touched the path before, newest first.'),
    more: z.boolean().describe('Whether there are more commits than are listed.'),
  })
  .meta({ title: 'Why', description: 'Where a line, or a file, comes from, as why --format json prints it.' })
export type Why = z.infer<typeof whySchema>

/** A log event with the change it is about as it stands when it is read; null where there is none. */
export const eventSchema = z
  .strictObject({
    ...logEventSchema.shape,
    change: z
      .strictObject({
        id: rowIdSchema,
        status: changeStatusSchema,
        archived: z.boolean(),
        task_id: idSchema,
        agent: idSchema,
        request_id: idSchema.nullable(),
        priority: prioritySchema,
        attempts: z.int().min(0),
        reason_code: z.string().nullable(),
        last_error: z.string().nullable(),
        landed_commit: oidSchema.nullable(),
        check_verdict: z.string().nullable(),
        updated_at: timeSchema,
      })
      .nullable(),
  })
  .meta({ title: 'Event', description: 'One line of what events prints.' })
export type Event = z.infer<typeof eventSchema>
