/** What travels with a request or a change about why it exists and who made it. */
import { z } from 'zod'
import { saidSchema, sha256Schema, timeSchema } from './ids.ts'

const APPROVED_AT_TAKES = 'whole seconds since 1970, or an ISO 8601 time with its offset'
const COMPLEXITY_TAKES = 'a whole number from 1 to 10'

export const complexitySchema = z
  .int({ error: COMPLEXITY_TAKES })
  .min(1, { error: COMPLEXITY_TAKES })
  .max(10, { error: COMPLEXITY_TAKES })

/** An approval as a payload states it: a claim, shown as one, that never satisfies policy. */
export const approvalClaimSchema = z.looseObject({
  approver: saidSchema('the name of who approved'),
  role: z.string().optional(),
  approved_at: z
    .union([timeSchema, z.iso.datetime({ offset: true, error: APPROVED_AT_TAKES })], {
      error: APPROVED_AT_TAKES,
    })
    .describe('Whole seconds since 1970, or an ISO 8601 time.'),
  payload_hash: sha256Schema.optional().describe('The hash of what was approved.'),
  note: z.string().optional(),
})
export type ApprovalClaim = z.infer<typeof approvalClaimSchema>

const fields = {
  intent: saidSchema('what the change is for, in words').describe('What the change is for.'),
  complexity: complexitySchema.describe('How hard it is, 1 to 10; decides the model and the approvals.'),
  sample_diff: z.string().describe('A short diff that shows the kind of edit meant.'),
  telemetry_anchors: z
    .array(saidSchema('the name of an anchor'))
    .describe('Names under which the log events of this work are found again.'),
  approvals: z
    .array(approvalClaimSchema)
    .describe('Approvals as claimed by whoever wrote this; they never satisfy policy.'),
  agent_model: saidSchema('the name of a model').describe('The model that crafted this.'),
}

/** The keys that everything Hyperion itself makes carries. */
export const METADATA_KEYS = [
  'intent',
  'complexity',
  'sample_diff',
  'telemetry_anchors',
  'approvals',
  'agent_model',
] as const

/** Metadata as it may arrive: any of the six keys, and any other, which is kept. */
export const metadataSchema = z
  .looseObject({
    intent: fields.intent.optional(),
    complexity: fields.complexity.optional(),
    sample_diff: fields.sample_diff.optional(),
    telemetry_anchors: fields.telemetry_anchors.optional(),
    approvals: fields.approvals.optional(),
    agent_model: fields.agent_model.optional(),
  })
  .describe('Intent, complexity, sample diff, telemetry anchors, approvals and model; other keys are kept.')
export type Metadata = z.infer<typeof metadataSchema>

/** Metadata with all six keys, as casts must have it and as everything Hyperion makes has it. */
export const completeMetadataSchema = z
  .looseObject(fields)
  .describe(
    'All of intent, complexity, sample diff, telemetry anchors, approvals and model; other keys are kept.',
  )
export type CompleteMetadata = z.infer<typeof completeMetadataSchema>
