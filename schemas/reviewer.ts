/** What the conflict reviewer reads and writes: the sides as texts, drafts, why, a check of a result before it counts. */
import { z } from 'zod'
import { conflictRecordSchema } from './conflict.ts'
import { idSchema, oidSchema, rowIdSchema, timeSchema } from './ids.ts'
import { changeStatusSchema } from './states.ts'

/** A text of 16 MiB or a draft of it; what is larger is not sent to a window. */
export const MAX_SIDE = 16 * 1024 * 1024

/** What a person chose for one conflict of a text; `typed` is neither side, nor both, nor anything suggested. */
export const CHUNK_CHOICES = [
  'open', 'current', 'incoming', 'both', 'both_reversed', 'base', 'suggestion', 'typed',
] as const // prettier-ignore
export type ChunkChoice = (typeof CHUNK_CHOICES)[number]

export const PATH_PICKS = ['ours', 'theirs', 'base', 'delete'] as const
export type PathPick = (typeof PATH_PICKS)[number]

/** Where a conflict of the sides is in the text of the draft: UTF-16 offsets, `to` behind the last. */
export const spanSchema = z.strictObject({ from: z.int().min(0), to: z.int().min(0) })
export type Span = z.infer<typeof spanSchema>

/** How far a person has come with one path. */
export const draftSchema = z.strictObject({
  /** A whole side instead of a text; null where the text counts. */
  pick: z.enum(PATH_PICKS).nullable(),
  /** The result as it stands, conflict markers where it is open; null where nothing was begun. */
  text: z.string().max(MAX_SIDE).nullable(),
  /** One for each conflict of the sides that it was begun on, in their order; empty without a text. */
  spans: z.array(spanSchema).max(100_000),
  /** What was chosen for each, for lists; the text is what counts. */
  choices: z.array(z.enum(CHUNK_CHOICES)).max(100_000),
})
export type Draft = z.infer<typeof draftSchema>

export const storedDraftSchema = draftSchema.extend({
  path: z.string(),
  /** Counts up with each write, of any window; 0 is never a revision. */
  revision: z.int().min(1),
  /** Which sides it was begun on, as `sidesKey` of its path was then. */
  sides_key: z.string(),
  /** The window that wrote it. */
  tab: z.string(),
  updated_at: timeSchema,
})
export type StoredDraft = z.infer<typeof storedDraftSchema>

/** A verdict on a result that is not landed yet. It is of exactly the decisions of which `key` is the hash. */
export const trialSchema = z.strictObject({
  key: z.string(),
  tip: oidSchema.describe('What it was built on.'),
  tree: oidSchema.nullable().describe('What was checked; null where no tree could be built.'),
  verdict: z
    .enum(['passed', 'failed', 'also_red_on_base', 'could_not_run', 'timed_out', 'cancelled', 'not_run'])
    .describe('`not_run`: nothing is there to be run, or it needs an approval first; `reason` says which.'),
  reason: z.string().nullable(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      verdict: z.string(),
      exit_code: z.int().nullable(),
      duration_ms: z.int().min(0).nullable(),
      output: z.string(),
    }),
  ),
  ended_at: timeSchema,
})
export type Trial = z.infer<typeof trialSchema>

export const reviewedPathSchema = z.strictObject({
  record: conflictRecordSchema,
  /** Another text where any side is another one: what a draft, or a decision, was made on. */
  sides_key: z.string(),
  /** Whether the target's file is another one by now than the record's. */
  moved: z.boolean(),
  draft: storedDraftSchema.nullable(),
})
export type ReviewedPath = z.infer<typeof reviewedPathSchema>

/** Someone or something that changed the target, or wants to. */
export const partySchema = z.strictObject({
  change_id: rowIdSchema.nullable(),
  request_id: idSchema.nullable(),
  task_id: idSchema.nullable(),
  agent: z.string().nullable(),
  title: z.string().nullable().describe('What it does in a line, or its intent.'),
  intent: z.string().nullable(),
  summary: z.string().nullable().describe('Of the request.'),
})
export type Party = z.infer<typeof partySchema>

export const reviewSchema = z.strictObject({
  id: rowIdSchema,
  status: changeStatusSchema,
  target: z.string().describe('The short name of the branch.'),
  tip: oidSchema.nullable().describe('Where the target is now; null where it is gone.'),
  /** Why the target cannot be landed on at all now (deleted, rewound, checked out), in a sentence; else null. */
  target_problem: z.string().nullable(),
  incoming: partySchema,
  /** What landed on the target since the records were made, newest first, at most 20. */
  landed_since: z.array(partySchema.extend({ commit: oidSchema })),
  paths: z.array(reviewedPathSchema),
  trial: trialSchema.nullable(),
  /** Whether there are checks, and why they would not run; null where they would. */
  checks_off: z.string().nullable(),
})
export type Review = z.infer<typeof reviewSchema>

/** One side's file; `text` is null where there is no file (`absent`) or no text of it to show (`reason` says why). */
export const sideTextSchema = z.strictObject({
  text: z.string().nullable(),
  absent: z.boolean(),
  /** Bytes of the file; null where that is not known. */
  bytes: z.int().min(0).nullable(),
  reason: z.enum(['binary', 'not_utf8', 'too_large', 'gone']).nullable(),
})
export type SideText = z.infer<typeof sideTextSchema>

export const sidesSchema = z.strictObject({
  sides_key: z.string(),
  base: sideTextSchema,
  ours: sideTextSchema,
  theirs: sideTextSchema,
})
export type SideTexts = z.infer<typeof sidesSchema>

export const pathTextsSchema = z.strictObject({
  path: z.string(),
  now: sidesSchema,
  /** The sides of the draft, where those are not the present ones. */
  drafted: sidesSchema.nullable(),
  /** For `base_unknown`: the patch as it was sent. */
  patch: z.string().nullable(),
})
export type PathTexts = z.infer<typeof pathTextsSchema>

export const whyCommitsSchema = z.strictObject({
  path: z.string(),
  sides_key: z.string(),
  commits: z.array(
    partySchema.extend({
      commit: oidSchema,
      subject: z.string(),
      author: z.string(),
      committed_at: timeSchema,
      /** What it did to this path, as a unified diff; null where that is too long or not text. */
      diff: z.string().nullable(),
    }),
  ),
  /** Lines of `ours` (1-based, both ends included) that came after the base; `commit` is an index into `commits`. */
  lines: z.array(z.strictObject({ from: z.int().min(1), to: z.int().min(1), commit: z.int().min(0) })),
  /** Lines of `base` that `ours` has no more: which commit took them away. */
  removed: z.array(z.strictObject({ from: z.int().min(1), to: z.int().min(1), commit: z.int().min(0) })),
  /** Why blame could not tell (no common base, not text); `commits` then is all that touched the path. */
  unknown: z.string().nullable(),
})
export type WhyCommits = z.infer<typeof whyCommitsSchema>

/** What somebody decided before about the same three texts. */
export const precedentSchema = z.strictObject({
  key: z.string(),
  text: z.string(),
  choice: z.enum(CHUNK_CHOICES),
  by: z.string(),
  change_id: rowIdSchema,
  task_id: idSchema.nullable(),
  /** How that change stands now, and how its checks went. */
  status: z.string(),
  check_verdict: z.string().nullable(),
  decided_at: timeSchema,
})
export type Precedent = z.infer<typeof precedentSchema>

/** How one conflict of a text was decided, to be remembered for the same one. */
export const decidedChunkSchema = z.strictObject({
  /** As `chunkKey` makes it. */
  key: z.string().max(200),
  choice: z.enum(CHUNK_CHOICES),
  text: z.string().max(MAX_SIDE),
})
export type DecidedChunk = z.infer<typeof decidedChunkSchema>

export const decisionSchema = z.strictObject({
  path: z.string(),
  how: z.enum(['from', 'delete', 'ours', 'theirs', 'base']),
  content: z.string().max(MAX_SIDE).nullable(),
  /** On which sides it was decided; refused where the path has others by now. Left out by the command line. */
  sides_key: z.string().optional(),
  chunks: z.array(decidedChunkSchema).max(100_000).optional(),
})
export type Decision = z.infer<typeof decisionSchema>

/** What a trial tells while it runs. */
export const trialEventSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('preparing'), what: z.string() }),
  z.strictObject({ kind: z.literal('started'), check: z.string(), command: z.string() }),
  z.strictObject({ kind: z.literal('output'), check: z.string(), text: z.string() }),
  z.strictObject({ kind: z.literal('ended'), check: z.string(), verdict: z.string() }),
  z.strictObject({ kind: z.literal('done'), trial: trialSchema }),
])
export type TrialEvent = z.infer<typeof trialEventSchema>

/** What a window that has a conflict open hears: another window's draft, another status, another tip. */
export const reviewEventSchema = z.strictObject({
  status: changeStatusSchema,
  tip: oidSchema.nullable(),
  drafts: z.array(z.strictObject({ path: z.string(), revision: z.int().min(1), tab: z.string() })),
  /** Whether any path's record is not of the present target. */
  moved: z.boolean(),
})
export type ReviewEvent = z.infer<typeof reviewEventSchema>
