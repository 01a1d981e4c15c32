/** Every documented contract by the name of its file in schemas/json. */
import type { z } from 'zod'
import { eventSchema, overlapSchema, pauseSchema, waitReasonSchema, whySchema } from './acts.ts'
import { assignmentSchema } from './assignment.ts'
import { auditReportSchema, envelopeSchema, landedStatementSchema } from './audit.ts'
import { castSchema } from './cast.ts'
import { changeRequestSchema } from './change-request.ts'
import { checkEntrySchema } from './check.ts'
import { configSchema } from './config.ts'
import { conflictRecordSchema, resolutionSchema } from './conflict.ts'
import { errorShape } from './errors.ts'
import { logEventSchema } from './log-event.ts'
import {
  changeOutcomeSchema,
  listChangesSchema,
  listedChangesSchema,
  showChangeSchema,
  submitChangeSchema,
  submittedSchema,
} from './mcp.ts'
import { queueMetricsSchema } from './metrics.ts'
import { deadLetterRowSchema, listRowSchema } from './records.ts'
import { nextTaskContextSchema, verificationReportSchema } from './reports.ts'
import { bundleResultSchema, bundleVerdictSchema, exportResultSchema, sessionSchema } from './skills.ts'
import { taskRequestSchema } from './task-request.ts'

export const CATALOGUE: Readonly<Record<string, z.ZodType>> = {
  'change-request': changeRequestSchema,
  'task-request': taskRequestSchema,
  assignment: assignmentSchema,
  cast: castSchema,
  check: checkEntrySchema,
  conflict: conflictRecordSchema,
  resolution: resolutionSchema,
  change: listRowSchema,
  'dead-letter': deadLetterRowSchema,
  'submit-change': submitChangeSchema,
  'submitted-change': submittedSchema,
  'list-changes': listChangesSchema,
  'listed-changes': listedChangesSchema,
  'show-change': showChangeSchema,
  'change-outcome': changeOutcomeSchema,
  'log-event': logEventSchema,
  event: eventSchema,
  'wait-reason': waitReasonSchema,
  overlap: overlapSchema,
  pause: pauseSchema,
  why: whySchema,
  'queue-metrics': queueMetricsSchema,
  'verification-report': verificationReportSchema,
  'next-task-context': nextTaskContextSchema,
  'audit-report': auditReportSchema,
  'landed-change': landedStatementSchema,
  envelope: envelopeSchema,
  session: sessionSchema,
  export: exportResultSchema,
  bundle: bundleResultSchema,
  'bundle-verdict': bundleVerdictSchema,
  config: configSchema,
  error: errorShape,
}
