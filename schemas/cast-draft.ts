/** A cast while it is being written: what was answered so far, finished or not, and what the engine says about it. */
import { z } from 'zod'
import { fileChangeSchema } from './change-request.ts'
import { checksSchema } from './check.ts'
import { idSchema, oidSchema, rowIdSchema, sha256Schema, timeSchema } from './ids.ts'
import { approvalClaimSchema, complexitySchema } from './metadata.ts'
import { prioritySchema } from './states.ts'
import { MAX_REQUESTED_CHANGES } from './task-request.ts'

export const CAST_STEPS = ['intent', 'files', 'anchors', 'approvals', 'review'] as const
export const castStepSchema = z.enum(CAST_STEPS)
export type CastStep = z.infer<typeof castStepSchema>

/** How an answer is typed. */
export const CAST_ANSWER_KINDS = ['line', 'text', 'list', 'priority', 'complexity'] as const

/** The questions of the cast builder as every face asks them. */
export const castGuideSchema = z.strictObject({
  steps: z.array(
    z.strictObject({
      id: castStepSchema,
      title: z.string(),
      questions: z.array(
        z.strictObject({
          field: z.string(),
          label: z.string(),
          help: z.string(),
          as: z.enum(CAST_ANSWER_KINDS),
          required: z.boolean(),
        }),
      ),
    }),
  ),
  /** What each rating of complexity means, from 1. */
  complexity: z.array(z.string()),
})
export type CastGuide = z.infer<typeof castGuideSchema>

/** As it was typed: whether it will do is said by the examination, not by the shape. */
const typed = z.string().max(100_000)
const word = z.string().max(4096)

/** What was written as an edit and is none: kept, so that it can be mended, and in no cast. */
export const castUnfitSchema = z.strictObject({
  kind: z.enum(['text', 'patch']),
  /** As it was typed; null where that is too much to keep. */
  text: z
    .string()
    .max(1024 * 1024)
    .nullable(),
  why: z.string().max(4000),
})
export type CastUnfit = z.infer<typeof castUnfitSchema>

export const castItemAnswerSchema = z.strictObject({
  path: word,
  summary: typed,
  /** The finished edit; null where an agent is to make it. */
  change: fileChangeSchema.nullable(),
  unfit: castUnfitSchema.optional(),
})
export type CastItemAnswer = z.infer<typeof castItemAnswerSchema>

export const castAnswersSchema = z.strictObject({
  request_id: word,
  summary: typed,
  intent: typed,
  context: typed,
  priority: prioritySchema.nullable(),
  acceptance_criteria: z.array(typed).max(500),
  items: z.array(castItemAnswerSchema).max(MAX_REQUESTED_CHANGES),
  /** What the finished edits were written against; null until there is one. */
  base_commit: oidSchema.nullable(),
  /** Null: those of the allow-list. */
  checks: checksSchema.nullable(),
  complexity: complexitySchema.nullable(),
  /** Empty: by complexity. */
  agent_model: word,
  telemetry_anchors: z.array(word).max(500),
  /** Empty: taken from the first finished edit. */
  sample_diff: typed,
  approvals: z.array(approvalClaimSchema).max(500),
  /** What a cast holds beside the questions that are asked: assignments, and metadata under other names. */
  kept: z.strictObject({
    assignments: z.array(z.json()).nullable(),
    metadata: z.record(z.string(), z.json()),
  }),
})
export type CastAnswers = z.infer<typeof castAnswersSchema>

export const castDraftSchema = z.strictObject({
  id: idSchema,
  /** Grows with each store; a store that builds on an older one is refused. */
  revision: z.int().min(1),
  /** Which window wrote it last. */
  tab: z.string(),
  step: castStepSchema,
  answers: castAnswersSchema,
  /** The file it was begun from, and what was done to it. */
  source: z.strictObject({ name: z.string(), remarks: z.array(z.string()) }).nullable(),
  created_at: timeSchema,
  updated_at: timeSchema,
})
export type CastDraft = z.infer<typeof castDraftSchema>

/** `field` as in the answers: `items[3].path`. A warning is to be known, an error to be mended. */
export const castFindingSchema = z.strictObject({
  step: castStepSchema,
  field: z.string(),
  code: z.string(),
  message: z.string(),
  level: z.enum(['error', 'warning']),
})
export type CastFinding = z.infer<typeof castFindingSchema>

/** `recorded`: a person gave it here, for exactly this content. `void`: the content changed. `claim`: a file says so. */
export const APPROVAL_STANDINGS = ['recorded', 'void', 'claim'] as const

export const castStepStateSchema = z.strictObject({
  id: castStepSchema,
  title: z.string(),
  errors: z.int().min(0),
  warnings: z.int().min(0),
})

/** What a draft comes to. */
export const castExaminationSchema = z.strictObject({
  /** Exactly the file that would be written now; with errors, as far as it goes. */
  text: z.string(),
  sha256: sha256Schema,
  /** Hash of the content that approvals are bound to: all but the approvals. */
  content_hash: sha256Schema,
  findings: z.array(castFindingSchema),
  steps: z.array(castStepStateSchema),
  approvals: z.array(z.enum(APPROVAL_STANDINGS)),
  model: z.strictObject({ name: z.string(), why: z.string() }),
  sample_diff: z.string(),
  /** For each item: what its finished edit does on its base. */
  edits: z.array(z.strictObject({ plus: z.int(), minus: z.int() }).nullable()),
  /** Where it would be written, from the workspace, and what is there. */
  file: z.strictObject({ path: z.string(), state: z.enum(['none', 'same', 'other']) }).nullable(),
})
export type CastExamination = z.infer<typeof castExaminationSchema>

export const castViewSchema = z.strictObject({ draft: castDraftSchema, examination: castExaminationSchema })
export type CastView = z.infer<typeof castViewSchema>

export const castDraftSummarySchema = z.strictObject({
  id: idSchema,
  request_id: z.string(),
  summary: z.string(),
  step: castStepSchema,
  updated_at: timeSchema,
})
export type CastDraftSummary = z.infer<typeof castDraftSummarySchema>

/** A draft in a list, and how far it is; null where so many are open that it was not looked at. */
export const castDraftStandingSchema = castDraftSummarySchema.extend({
  standing: z
    .strictObject({
      errors: z.int().min(0),
      warnings: z.int().min(0),
      /** The first thing that is wrong. */
      first: z.string().nullable(),
      /** What stands where it would be written. */
      file: z.enum(['none', 'same', 'other']).nullable(),
    })
    .nullable(),
})
export type CastDraftStanding = z.infer<typeof castDraftStandingSchema>

/** A cast that was written, and what became of it in the queue. */
export const castRecordSchema = z.strictObject({
  id: rowIdSchema,
  request_id: idSchema,
  summary: z.string(),
  path: z.string(),
  sha256: sha256Schema,
  written_at: timeSchema,
  /** `gone` and `other`: the file is not there, or not what was written. */
  file: z.enum(['same', 'other', 'gone']),
  /** Null: never queued. */
  request: z
    .strictObject({
      status: z.string(),
      /** Whether the request is of this very content. */
      same: z.boolean(),
      changes: z.record(z.string(), z.int()),
    })
    .nullable(),
})
export type CastRecord = z.infer<typeof castRecordSchema>

export const castPathSchema = z.strictObject({
  path: z.string(),
  tracked: z.boolean(),
  /** Open work that edits it too: ids of requests, or of tasks that came without one. */
  also: z.array(z.string()),
})
export type CastPath = z.infer<typeof castPathSchema>

/** A file as the base has it, to be edited. */
export const castBaseSchema = z.strictObject({
  base_commit: oidSchema,
  text: z.string().nullable().describe('Null where there is no such file, or it cannot be edited as text.'),
  exists: z.boolean(),
  why: z.string().nullable().describe('Why it cannot be edited here.'),
  edited: z
    .string()
    .nullable()
    .describe('What the edit makes of it; null without one, or where it deletes it or does not apply.'),
})

export type CastBase = z.infer<typeof castBaseSchema>

/** What was made of an edit: the entry of `changes[]`, or why there is none. */
export const castAuthoredSchema = z.strictObject({
  base_commit: oidSchema,
  change: fileChangeSchema.nullable(),
  plus: z.int().min(0),
  minus: z.int().min(0),
  problem: z.string().nullable(),
  /** What was made of a patch as it was given. */
  notes: z.array(z.string()),
})
export type CastAuthored = z.infer<typeof castAuthoredSchema>

export const castEditSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    text: z.string().max(16 * 1024 * 1024),
    executable: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('patch'), patch: z.string().max(16 * 1024 * 1024) }),
  z.strictObject({ kind: z.literal('delete') }),
])
export type CastEdit = z.infer<typeof castEditSchema>

export const castWrittenSchema = z.strictObject({
  path: z.string(),
  bytes: z.int().min(0),
  sha256: sha256Schema,
  /** Why next_task_context.json could not be written beside it; null where it was. */
  context_problem: z.string().nullable(),
})
export type CastWritten = z.infer<typeof castWrittenSchema>
