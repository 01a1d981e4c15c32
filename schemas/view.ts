/** What the screens show: shapes made for looking, read from the same records as the command line's. */
import { z } from 'zod'
import { agentQuestionSchema, agentWideningSchema, spentSchema } from './agents.ts'
import { overlapSchema, pauseSchema, waitReasonSchema } from './acts.ts'
import { checkVerdictSchema } from './check.ts'
import { conflictRecordSchema } from './conflict.ts'
import { idSchema, oidSchema, rowIdSchema, timeSchema } from './ids.ts'
import { logEventSchema } from './log-event.ts'
import { queueMetricsSchema, statusCountsSchema } from './metrics.ts'
import { criterionEvidenceSchema } from './records.ts'
import { changeStatusSchema, prioritySchema } from './states.ts'
import { queuedSchema } from './upstream.ts'

const count = z.int().min(0)

/** One row of the queue's table: everything a list shows and no payload. */
export const changeSummarySchema = z.strictObject({
  id: rowIdSchema,
  status: changeStatusSchema,
  task_id: idSchema,
  agent: idSchema,
  request_id: idSchema.nullable(),
  priority: prioritySchema,
  attempts: count,
  intent: z.string().nullable(),
  title: z.string().nullable().describe('What it does in a line, or its intent.'),
  paths: z.array(z.string()).describe('The first few in order of name.'),
  path_count: count,
  anchors: z.array(z.string()),
  last_error: z.string().nullable(),
  reason_code: z.string().nullable(),
  lease_owner: z.string().nullable(),
  leased_until: timeSchema.nullable(),
  landed_commit: oidSchema.nullable(),
  check_verdict: checkVerdictSchema.nullable(),
  waiting: z.boolean().describe('Pending, and behind another change or a task it depends on.'),
  created_at: timeSchema,
  updated_at: timeSchema,
})
export type ChangeSummary = z.infer<typeof changeSummarySchema>

/** Every part that is given must fit; texts match anywhere, whatever their case. */
export const changeFilterSchema = z.strictObject({
  states: z.array(changeStatusSchema).max(7).optional(),
  agent: z.string().max(200).optional(),
  request: z.string().max(200).optional(),
  path: z.string().max(4096).optional().describe('A path, or the beginning of paths.'),
  anchor: z.string().max(400).optional(),
  priority: prioritySchema.optional(),
  text: z.string().max(400).optional().describe('In task, agent, request, intent, title or last error.'),
  group: z
    .literal('request')
    .optional()
    .describe('Keeps changes of a request together, the request with the newest first, those of none last.'),
})
export type ChangeFilter = z.infer<typeof changeFilterSchema>

export const changePageSchema = z.strictObject({
  total: count.describe('Changes that fit the filter.'),
  offset: count,
  rows: z.array(changeSummarySchema).describe('Newest first, or by request.'),
})
export type ChangePage = z.infer<typeof changePageSchema>

export const attemptSchema = z.strictObject({
  change_id: rowIdSchema,
  fence: count,
  worker_id: z.string(),
  leased_at_ms: count,
  ended_at_ms: count.nullable(),
  outcome: z.string().nullable(),
  detail: z.string().nullable(),
})

export const checkRunSchema = z.strictObject({
  id: rowIdSchema,
  change_id: rowIdSchema,
  fence: count,
  name: z.string().nullable(),
  command: z.string(),
  run: count,
  tree: oidSchema,
  verdict: z.string(),
  exit_code: z.int().nullable(),
  duration_ms: z.number().min(0),
  output: z.string(),
  created_at: timeSchema,
})

export const approvalRowSchema = z.strictObject({
  id: rowIdSchema,
  change_id: rowIdSchema,
  decision: z.enum(['approved', 'rejected']),
  approver: z.string(),
  role: z.string().nullable(),
  note: z.string().nullable(),
  location: z.string().nullable(),
  content_hash: z.string(),
  latency_ms: z.number().nullable(),
  created_at: timeSchema,
})

export const placeSchema = z.strictObject({
  waits_for: z.array(z.string()),
  waits: z.array(waitReasonSchema).describe('The same with what each is about.'),
  position: z
    .int()
    .min(1)
    .nullable()
    .describe('1 plus those ready to be taken before it; null unless pending.'),
})
export type Place = z.infer<typeof placeSchema>
/** The same of one among several. */
export const placedSchema = placeSchema.extend({ id: rowIdSchema })

/** The chain: changes built one on the other and checked at the same time, in the order in which they are to land. */
export const chainSchema = z.strictObject({
  window: count.describe('So many changes are in it at most, as things go.'),
  most: count.describe('The bound that the configuration gives.'),
  links: z.array(
    z.strictObject({
      change_id: rowIdSchema,
      task_id: z.string(),
      agent: z.string(),
      state: z.enum(['built', 'checking', 'passed', 'failed', 'unfit']),
      on: rowIdSchema.nullable().describe('The change it is built on; null for the target itself.'),
      tree: z.string().nullable(),
      worker_id: z.string().nullable(),
      checks: z.string(),
      reason: z.string().nullable().describe('Why it is set aside.'),
      since_ms: z.int(),
    }),
  ),
  recent: z
    .array(
      z.strictObject({
        change_id: rowIdSchema,
        task_id: z.string(),
        how: z.enum(['landed', 'ejected', 'conflict', 'cancelled']),
        reason: z.string().nullable(),
        at: timeSchema,
      }),
    )
    .describe('What left it most recently, the newest first.'),
})
export type ChainView = z.infer<typeof chainSchema>

/** One change with all that is known of it. */
export const changeDetailSchema = z.strictObject({
  ...changeSummarySchema.shape,
  ...placeSchema.shape,
  payload: queuedSchema,
  payload_hash: z.string(),
  fence: count,
  archived: z.boolean(),
  attempts_made: z.array(attemptSchema),
  check_runs: z.array(checkRunSchema),
  criteria: z.array(criterionEvidenceSchema).describe('What probes found out about its acceptance criteria.'),
  approvals: z.array(approvalRowSchema),
  content_hash: z
    .string()
    .nullable()
    .describe(
      'What a decision made now would be about; null where none was made, and once the change has ended.',
    ),
  conflicts: z.array(conflictRecordSchema),
  resolutions: z.array(
    z.strictObject({
      path: z.string(),
      how: z.string(),
      resolved_by: z.string(),
      tip: oidSchema,
      choices: z
        .record(z.string(), z.int())
        .nullable()
        .describe('How many conflicts of the text were decided how; null where that was not said.'),
      created_at: timeSchema,
    }),
  ),
  overlaps: z.array(overlapSchema).describe('Other open changes that edit the same lines.'),
  log: z.array(logEventSchema).describe('The newest of it, oldest first.'),
})
export type ChangeDetail = z.infer<typeof changeDetailSchema>

/** Something that waits for a person. */
export const inboxItemSchema = z.strictObject({
  key: z.string().describe('Names the item for as long as it waits.'),
  kind: z.enum(['conflict', 'held', 'failed', 'question', 'checkout', 'engine']),
  change_id: rowIdSchema.nullable(),
  task_id: z.string().nullable(),
  request_id: z.string().nullable(),
  agent: z.string().nullable(),
  title: z.string(),
  reason: z.string(),
  code: z.string().nullable(),
  since: timeSchema.nullable(),
})
export type InboxItem = z.infer<typeof inboxItemSchema>

/** Figures of one hour, a value a minute, oldest first; null where nothing was measured. */
const series = z.array(z.number().nullable()).length(60)

export const workerStateSchema = z.strictObject({
  id: z.string(),
  alive: z.boolean().nullable().describe('Null where its process is not on this machine.'),
  changes: z.array(z.strictObject({ id: rowIdSchema, task_id: idSchema })),
  change_count: count,
  leased_until: timeSchema.nullable(),
})

export const homeSchema = z.strictObject({
  /** How many things wait is counted where the Inbox is shown: a person may have set some aside. */
  health: z.strictObject({
    level: z.enum(['ok', 'attention', 'stopped']).describe('Attention: changes wait for a person.'),
    stopped: z.string().nullable().describe('What keeps everything from landing, in words.'),
    queue: z.string().describe('"12 queued, oldest 38 s, 4.1/min".'),
  }),
  paused: pauseSchema
    .nullable()
    .describe('Who stopped claiming and landing; null while the queue is worked.'),
  counts: statusCountsSchema,
  oldest_pending_seconds: count.nullable(),
  metrics: queueMetricsSchema,
  hour: z.strictObject({
    throughput: series,
    dequeue_latency_ms: series,
    apply_duration_ms: series,
    poll_interval_ms: series,
    lease_contention: series,
    guard_success_rate: series,
    requests: series,
    approval_latency_ms: series,
  }),
  runtime: z.strictObject({
    version: z.string(),
    workspace: z.string(),
    target: z.string(),
    upstream: z.string().nullable(),
    behind: count.nullable().describe('Landed commits that upstream does not have; null where unknown.'),
    database: z.strictObject({ file: z.string(), bytes: count, wal_pages: count.nullable() }),
    running: z.boolean().describe('Whether this engine runs workers of its own.'),
    workers: z.array(workerStateSchema),
    harness: z.strictObject({ name: z.string(), ready: z.boolean(), why: z.string() }),
    sessions: count,
  }),
  cast: z
    .strictObject({
      request_id: z.string().nullable(),
      intent: z.string().nullable(),
      complexity: z.number().nullable(),
      approvals: count.describe('As its file states them.'),
      recorded: count.describe('Those that people gave to exactly this content in the cast builder.'),
      generated_at: timeSchema.nullable(),
      accepted: z.boolean(),
      why: z.string().nullable(),
    })
    .nullable()
    .describe('The latest cast, from execution/next_task_context.json.'),
  report: z
    .strictObject({ generated_at: timeSchema.nullable(), problem: z.string().nullable() })
    .nullable()
    .describe('execution/verification_report.json as it is read back; `problem`: why it is not trusted.'),
  guidance: z.array(
    z.strictObject({
      text: z.string(),
      to: z.string().nullable().describe('The view that helps, as a path.'),
      command: z.string().nullable(),
    }),
  ),
})
export type Home = z.infer<typeof homeSchema>

export const requestSummarySchema = z.strictObject({
  request_id: idSchema,
  status: z.string(),
  summary: z.string(),
  priority: prioritySchema,
  error: z.string().nullable(),
  plan_held: z.boolean().describe('Its plan waits for a person to let it run.'),
  changes: statusCountsSchema,
  assignments: count,
  created_at: timeSchema,
  updated_at: timeSchema,
})
export type RequestSummary = z.infer<typeof requestSummarySchema>

export const requestTreeSchema = z.strictObject({
  request: requestSummarySchema,
  payload: z.looseObject({}),
  brief: z.looseObject({}).nullable(),
  questions: z.array(agentQuestionSchema),
  answer_by: timeSchema.nullable().describe('When open questions are taken as assumed.'),
  plan: z.string().describe('Names the plan as it stands, for whoever edits it or lets it run.'),
  widenings: z
    .array(agentWideningSchema)
    .describe('Files that agents asked for beyond their own, oldest first.'),
  spent: spentSchema,
  assignments: z.array(
    z.strictObject({
      task_id: idSchema,
      agent: idSchema,
      status: z.enum(['planned', 'asks', 'drafted', 'queued', 'failed', 'cancelled']),
      summary: z.string(),
      instructions: z.array(z.string()),
      file_targets: z.array(z.string()),
      depends_on: z.array(z.string()),
      acceptance_criteria: z.array(z.string()),
      document: z.looseObject({}).describe('The assignment as it stands.'),
      sent_back: z.string().nullable().describe('Why a person sent its last change back.'),
      in_flight: z.array(rowIdSchema).describe('Changes of others on its files when it was planned.'),
      spent: spentSchema,
      error: z.string().nullable(),
      change: changeSummarySchema.nullable(),
    }),
  ),
})
export type RequestTree = z.infer<typeof requestTreeSchema>

export const diagnosisSchema = z.strictObject({
  name: z.string(),
  state: z.enum(['ok', 'notice', 'broken']),
  detail: z.string(),
  remedy: z.string().nullable(),
})
export type Diagnosis = z.infer<typeof diagnosisSchema>

/** One setting: the value in force, and the one the config file says once that is another. */
export const settingSchema = z.strictObject({
  key: z.string().describe('Section and name: "checks.allow".'),
  value: z.json(),
  from: z.enum(['default', 'file', 'target']),
  policy: z.boolean().describe('Read from the target: in force once landed.'),
})
export type Setting = z.infer<typeof settingSchema>

/** What an open change to the config file would set. */
export const proposedSettingSchema = z.strictObject({
  key: z.string(),
  value: z.json().optional().describe('Absent where it goes back to the default.'),
  change_id: rowIdSchema,
  by: z.string().describe('Who proposes it.'),
  own: z
    .boolean()
    .describe('Whether it was proposed in the settings: the next proposal there takes its place.'),
})
export type ProposedSetting = z.infer<typeof proposedSettingSchema>

/** What is shown of a workspace before and while it is open. */
export const workspaceStateSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('none') }),
  z.strictObject({ state: z.literal('opening'), folder: z.string() }),
  z.strictObject({
    state: z.literal('open'),
    folder: z.string(),
    name: z.string(),
    sample: z.boolean(),
    operator: z
      .string()
      .nullable()
      .describe("Git's user.name there, else the account's; null where neither is usable."),
    terminal: z
      .strictObject({ hyperion: z.string(), git: z.string() })
      .describe('How each is called on this workspace from any folder of a terminal, quoted for its shell.'),
    seq: count.describe(
      'The newest row of its log: a feed from here on misses nothing of what is read after this.',
    ),
  }),
  z.strictObject({
    state: z.literal('failed'),
    folder: z.string(),
    error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().nullable() }),
  }),
])
export type WorkspaceState = z.infer<typeof workspaceStateSchema>

/** What opening a folder would do, before anything is written. */
export const inspectionSchema = z.strictObject({
  folder: z.string().describe('The root of the repository around the folder that was named.'),
  initialised: z.boolean(),
  branch: z.string().nullable().describe('Checked out now; it becomes upstream. Null on a detached HEAD.'),
  head: oidSchema,
  target: z.string(),
  target_exists: z.boolean(),
  dirty: count.describe('Files with local changes, which nothing here touches.'),
  checks: z.array(z.strictObject({ name: z.string(), command: z.string(), from: z.string() })),
  setup: z
    .strictObject({ command: z.string(), from: z.string() })
    .nullable()
    .describe('What makes ready for the checks; null where no lockfile says so.'),
  notices: z.array(z.string()),
})
export type Inspection = z.infer<typeof inspectionSchema>

export const recentSchema = z.strictObject({ folder: z.string(), opened_at: timeSchema, exists: z.boolean() })
export type Recent = z.infer<typeof recentSchema>

const preferenceFields = {
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['compact', 'comfortable']),
  notify: z.boolean(),
  name: z.string().max(200).describe('Who approves and resolves; empty for the account.'),
  tour: z.enum(['new', 'done']),
  layout: z.record(z.string().max(100), z.json()).describe('Sizes of panes, by view.'),
}

/** What is set and nothing else: a default here would reset what is not named. */
export const preferencePatchSchema = z.strictObject(preferenceFields).partial()

/** Personal settings: at once in force, on this machine only. */
export const preferencesSchema = z.strictObject({
  theme: preferenceFields.theme.default('system'),
  density: preferenceFields.density.default('compact'),
  notify: preferenceFields.notify.default(true),
  name: preferenceFields.name.default(''),
  tour: preferenceFields.tour.default('new'),
  layout: preferenceFields.layout.default({}),
})
export type Preferences = z.infer<typeof preferencesSchema>

/** What is this person's on this machine, whichever tab or program changed it. */
export const personalSchema = z.strictObject({
  preferences: preferencesSchema,
  recent: z.array(recentSchema),
})
export type Personal = z.infer<typeof personalSchema>

/**
 * One turn of the live feed. `seq` numbers log rows of the database, of whichever process: asked again with `after`
 * it goes on without a gap; where too much was missed, `reset` says to read everything anew.
 */
export const liveSchema = z.strictObject({
  seq: z.int().min(0),
  reset: z.boolean(),
  at: z.number().describe('Milliseconds since 1970 on the clock of the engine.'),
  logs: z.array(logEventSchema),
  changes: z.array(changeSummarySchema).describe('Changes the log names, as they are now.'),
  gone: z.array(rowIdSchema).describe('Changes the log names that were archived.'),
  requests: z.array(idSchema).describe('Task requests whose tree changed.'),
  counts: statusCountsSchema.nullable().describe('Null where nothing changed.'),
  inbox: z.int().min(0).nullable(),
})
export type Live = z.infer<typeof liveSchema>
