/** What the screens show of work on its way in: sources to submit, the inbox, changed files. */
import { z } from 'zod'
import { OPERATIONS } from './change-request.ts'
import { checkEntrySchema } from './check.ts'
import { rowIdSchema, timeSchema } from './ids.ts'
import { CHANGE_STATUSES } from './states.ts'

/** What of the repository could be submitted as a change. */
export const submitSourcesSchema = z.strictObject({
  worktrees: z.array(
    z.strictObject({
      folder: z.string(),
      branch: z.string().nullable().describe('Null on a detached HEAD.'),
      head: z.string().nullable(),
      main: z.boolean().describe('Whether it is the workspace itself.'),
      dirty: z
        .boolean()
        .nullable()
        .describe('Whether it has uncommitted work; null where git could not say.'),
      busy: z
        .string()
        .nullable()
        .describe('What is under way in it ("a merge"), which keeps it from being submitted.'),
      ahead: z.int().nullable().describe('Commits that the target lacks; null where git could not say.'),
    }),
  ),
  branches: z.array(
    z.strictObject({
      branch: z.string(),
      head: z.string(),
      subject: z.string(),
      committed_at: timeSchema,
      ahead: z.int().nullable(),
    }),
  ),
  more_branches: z.boolean().describe('Whether there are older branches that are not listed.'),
})
export type SubmitSources = z.infer<typeof submitSourcesSchema>

/** What a source would be submitted as; nothing is queued by looking. */
export const submitPreviewSchema = z.strictObject({
  source: z.strictObject({
    kind: z.enum(['worktree', 'ref']),
    name: z.string(),
    branch: z.string().nullable(),
    head: z.string(),
  }),
  base: z.string(),
  task_id: z.string(),
  agent: z.string(),
  intent: z.string().nullable(),
  checks: z.array(checkEntrySchema),
  files: z.array(
    z.strictObject({
      path: z.string(),
      operation: z.enum(OPERATIONS),
      executable: z.boolean(),
      added: z.int().min(0),
      removed: z.int().min(0),
    }),
  ),
  refused: z
    .array(z.strictObject({ path: z.string(), code: z.string(), message: z.string() }))
    .describe('What no change can carry; while there is any, nothing can be queued.'),
  uncommitted: z.boolean().describe('Whether it holds work that no commit does yet.'),
  notices: z.array(z.string()),
  duplicate_of: z
    .strictObject({ id: rowIdSchema, status: z.enum(CHANGE_STATUSES) })
    .nullable()
    .describe('The change that has exactly this content already.'),
})
export type SubmitPreview = z.infer<typeof submitPreviewSchema>

/** The folder from which change requests are taken in, and what was turned away there. */
export const inboxFolderSchema = z.strictObject({
  folder: z.string(),
  how: z
    .enum(['events', 'polling', 'off'])
    .describe(
      'Told by the system, looked at every second (network folders), or not watched by this program.',
    ),
  waiting: z
    .int()
    .min(0)
    .nullable()
    .describe('Files not taken in yet; null where the folder cannot be read.'),
  trouble: z.string().nullable().describe('What keeps it from being taken in, with the remedy.'),
  rejected: z
    .array(
      z.strictObject({
        file: z.string(),
        code: z.string(),
        message: z.string(),
        rejected_at: timeSchema,
      }),
    )
    .describe('The newest files that were turned away, the newest first.'),
  rejected_count: z.int().min(0).nullable(),
})
export type InboxFolder = z.infer<typeof inboxFolderSchema>

export const FILE_EVENT_KINDS = ['added', 'changed', 'removed', 'many'] as const

/** A file of the workspace that changed; `many` stands for more than are listed, below a folder. */
export const fileEventSchema = z.strictObject({
  id: rowIdSchema,
  path: z.string(),
  kind: z.enum(FILE_EVENT_KINDS),
  size: z.int().min(0).nullable(),
  created_at: timeSchema,
})
export type FileEvent = z.infer<typeof fileEventSchema>

export const fileEventsSchema = z.strictObject({
  events: z.array(fileEventSchema).describe('Oldest first.'),
  /** Null where this program does not watch the files. */
  watching: z
    .strictObject({
      folders: z.int().min(0),
      trouble: z.string().nullable().describe('What is not seen, and why.'),
    })
    .nullable(),
})
export type FileEvents = z.infer<typeof fileEventsSchema>
