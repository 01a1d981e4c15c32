/** What the audit says: whether log, database and branch agree, and the statements that tell others what landed. */
import { z } from 'zod'
import { idSchema, oidSchema, rowIdSchema, sha256Schema, timeSchema } from './ids.ts'
import { OPERATIONS } from './change-request.ts'

const count = z.int().min(0)

export const logHeadSchema = z.strictObject({
  sequence: count.describe('Id of the newest row; 0 before the first.'),
  hash: z.string(),
})

/** One thing that does not agree with another, as a sentence and for programs. */
export const auditDifferenceSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  row_id: rowIdSchema.nullable().describe('Row of change_queue_logs.'),
  change_id: rowIdSchema.nullable(),
  commit: oidSchema.nullable(),
})
export type AuditDifference = z.infer<typeof auditDifferenceSchema>

export const auditKeySchema = z.strictObject({
  state: z.enum(['ok', 'missing', 'unsafe', 'broken']),
  file: z.string(),
  keyid: sha256Schema.nullable(),
  problem: z.string().nullable(),
  remedy: z.string().nullable(),
})
export type AuditKey = z.infer<typeof auditKeySchema>

export const auditReportSchema = z
  .strictObject({
    clean: z.boolean(),
    difference: auditDifferenceSchema.nullable().describe('The first one found; null when there is none.'),
    log_rows: count.describe('Rows of the log whose hashes were looked at.'),
    head: logHeadSchema,
    landed: count.describe('Applied changes with a commit.'),
    commits: count.describe('Commits on the branch that name a change of this queue.'),
    unsettled: count.describe(
      'Commits that landed while this was looked at, or that nobody has settled yet.',
    ),
    verified_at: timeSchema,
    key: auditKeySchema,
  })
  .meta({ title: 'Audit report', description: 'What `audit verify --format json` prints.' })
export type AuditReport = z.infer<typeof auditReportSchema>

export const auditStateSchema = z.strictObject({
  head: logHeadSchema,
  log_rows: count,
  key: auditKeySchema,
  last: z
    .strictObject({ clean: z.boolean(), verified_at: timeSchema, message: z.string() })
    .nullable()
    .describe('The newest verification of this queue; null when there was none.'),
})
export type AuditState = z.infer<typeof auditStateSchema>

export const auditExportSchema = z.strictObject({
  file: z.string(),
  exported: count,
  left_out: z.array(auditDifferenceSchema).describe('Changes that are not in the file, and why.'),
  keyid: sha256Schema,
})
export type AuditExport = z.infer<typeof auditExportSchema>

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const PREDICATE_TYPE = 'urn:hyperion:landed-change:v1'

const base64 = z.base64()

export const envelopeSchema = z
  .strictObject({
    payloadType: z.literal(PAYLOAD_TYPE),
    payload: base64.describe('The bytes of the statement.'),
    signatures: z.array(z.strictObject({ keyid: sha256Schema, sig: base64 })).min(1),
  })
  .meta({ title: 'Envelope', description: 'One line of an audit export: a signed statement (DSSE).' })
export type Envelope = z.infer<typeof envelopeSchema>

const subject = (digest: z.ZodType) => z.strictObject({ name: z.string(), digest })

export const landedStatementSchema = z
  .strictObject({
    _type: z.literal(STATEMENT_TYPE),
    subject: z.tuple([
      subject(z.strictObject({ gitCommit: oidSchema })),
      subject(z.strictObject({ gitTree: oidSchema })),
    ]),
    predicateType: z.literal(PREDICATE_TYPE),
    predicate: z.strictObject({
      workspace: z.string().describe('Id of the queue, as in the trailer Hyperion-Change.'),
      change_id: rowIdSchema,
      request_id: idSchema.nullable(),
      task_id: idSchema,
      agent: idSchema,
      agent_model: z.string().nullable(),
      intent: z.string().nullable(),
      base_commit: oidSchema.nullable(),
      payload_hash: sha256Schema,
      changes: z.array(
        z.strictObject({
          path: z.string(),
          operation: z.enum(OPERATIONS),
          patch_hash: sha256Schema,
        }),
      ),
      checks: z.strictObject({
        claimed: z.string().describe('The trailer Checks of the commit.'),
        verdict: z.string().nullable(),
        runs: z
          .array(
            z.strictObject({
              name: z.string().nullable(),
              command: z.string(),
              run: count,
              verdict: z.string(),
              exit_code: z.int().nullable(),
              tree: oidSchema,
            }),
          )
          .describe('Every run on exactly the tree that landed.'),
      }),
      approvals: z.array(
        z.strictObject({
          approver: z.string(),
          role: z.string().nullable(),
          content_hash: sha256Schema,
          approved_at: timeSchema,
        }),
      ),
      log: z.strictObject({
        audit_head: sha256Schema
          .nullable()
          .describe('Trailer Audit-Head; null in commits of older versions.'),
        audit_head_row: rowIdSchema.nullable(),
        applied_row: rowIdSchema.describe('The row of the log that tells of the landing.'),
        applied_at: timeSchema,
      }),
    }),
  })
  .meta({ title: 'Landed change', description: 'The in-toto statement in an envelope of an audit export.' })
export type LandedStatement = z.infer<typeof landedStatementSchema>
