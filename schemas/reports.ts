/** The two files under execution/ that other programs read. */
import { z } from 'zod'
import { idSchema, timeSchema } from './ids.ts'
import { approvalClaimSchema, complexitySchema } from './metadata.ts'
import { exportedSkillsSchema } from './skills.ts'
import { agentMetricsSchema, flowShape } from './metrics.ts'

const queueSchema = z.strictObject({
  depth: z.int().min(0).describe('Changes that have not ended.'),
  ...flowShape,
})

export const verificationReportSchema = z
  .strictObject({
    generated_at: timeSchema,
    window_seconds: z.int().min(1),
    queue: queueSchema,
    agent: agentMetricsSchema,
    history: z
      .array(z.strictObject({ generated_at: timeSchema, queue: queueSchema, agent: agentMetricsSchema }))
      .max(60)
      .describe('One entry a minute, oldest first, the last 60.'),
  })
  .meta({ title: 'Verification report', description: 'execution/verification_report.json' })
export type VerificationReport = z.infer<typeof verificationReportSchema>

export const nextTaskContextSchema = z
  .strictObject({
    generated_at: timeSchema,
    request_id: idSchema.nullable(),
    task_id: idSchema.nullable(),
    intent: z.string().nullable(),
    complexity: complexitySchema.nullable(),
    sample_diff: z.string().nullable(),
    telemetry_anchors: z.array(z.string()),
    approvals: z.array(approvalClaimSchema),
    agent_model: z.string().nullable(),
    exported_skills: exportedSkillsSchema.nullable(),
  })
  .meta({
    title: 'Next task context',
    description: 'execution/next_task_context.json: what the agents receive.',
  })
export type NextTaskContext = z.infer<typeof nextTaskContextSchema>
