/** What the Engineer and the Orchestrator hand in; what people gave of it before stands above it. */
import { z } from 'zod'
import { checksSchema } from './check.ts'
import { saidSchema } from './ids.ts'
import { complexitySchema } from './metadata.ts'
import { prioritySchema } from './states.ts'

const words = (takes: string) => saidSchema(takes).max(5_000)
const list = <T extends z.ZodType>(of: T, most: number) => z.array(of).max(most, { error: `at most ${most}` })

export const briefSubmissionSchema = z.strictObject({
  intent: words('the request, restated in a sentence'),
  acceptance_criteria: list(words('something that can be checked'), 50).min(1, {
    error: 'at least one criterion',
  }),
  priority: prioritySchema.optional(),
  complexity: complexitySchema,
  risks: list(words('a risk, in words'), 20).optional(),
  questions: list(
    z.strictObject({
      text: words('a question to the person who asked'),
      blocking: z.boolean().describe('Whether the work must wait for the answer.'),
      assumption: words('what is taken to be so where nobody answers'),
    }),
    10,
  ).optional(),
})
export type BriefSubmission = z.infer<typeof briefSubmissionSchema>

export const planSubmissionSchema = z.strictObject({
  assignments: list(
    z.strictObject({
      summary: words('what is to be done, in words'),
      file_targets: list(z.string().min(1).max(4096), 500)
        .min(1, { error: 'at least one path or folder' })
        .describe('All it may touch: exact paths, or folders ending in "/".'),
      instructions: list(words('an instruction'), 50).optional(),
      acceptance_criteria: list(words('something that can be checked'), 50).optional(),
      depends_on: list(z.int().min(1), 50)
        .optional()
        .describe('Numbers of assignments, from 1, that come before it.'),
      complexity: complexitySchema.optional(),
      checks: checksSchema.optional(),
    }),
    50,
  ).min(1, { error: 'at least one assignment' }),
})
export type PlanSubmission = z.infer<typeof planSubmissionSchema>

/** The same as JSON Schema, for tools. */
export const briefSubmissionJson = z.toJSONSchema(briefSubmissionSchema, { unrepresentable: 'any' })
export const planSubmissionJson = z.toJSONSchema(planSubmissionSchema, { unrepresentable: 'any' })
