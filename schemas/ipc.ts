/**
 * What the app's window may ask of the engine, over whichever transport: queries, commands, one live feed.
 *
 * Inputs and outputs are validated where they arrive; what goes wrong is told as FAILED with the error a command line
 * would have printed.
 */
import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { auditExportSchema, auditReportSchema, auditStateSchema } from './audit.ts'
import { pauseSchema, whySchema } from './acts.ts'
import { checksSchema } from './check.ts'
import { idSchema, modelSchema, rowIdSchema } from './ids.ts'
import { agents } from './ipc-agents.ts'
import { casts } from './ipc-casts.ts'
import { document, filePath, folder, nothing, person, queuedRequestSchema, route, said, shallow } from './ipc-parts.ts' // prettier-ignore
import { fileEventsSchema, inboxFolderSchema, submitPreviewSchema, submitSourcesSchema } from './intake.ts'
import { LOG_LEVELS, logEventSchema } from './log-event.ts'
import { queueMetricsSchema } from './metrics.ts'
import { deadLetterRowSchema, listRowSchema } from './records.ts'
import { prioritySchema } from './states.ts'
import {
  decisionSchema,
  draftSchema,
  pathTextsSchema,
  precedentSchema,
  reviewEventSchema,
  reviewSchema,
  storedDraftSchema,
  trialEventSchema,
  whyCommitsSchema,
} from './reviewer.ts'
import { changedFilesSchema, changedTextsSchema, fileTextSchema, sideOfSchema } from './reading.ts'
import {
  bundleResultSchema,
  bundleVerdictSchema,
  exportPlanSchema,
  exportResultSchema,
  sessionSchema,
  skillSchema,
} from './skills.ts'
import { upstreamStateSchema } from './upstream.ts'
import {
  changeDetailSchema,
  changeFilterSchema,
  changePageSchema,
  changeSummarySchema,
  diagnosisSchema,
  homeSchema,
  inboxItemSchema,
  inspectionSchema,
  liveSchema,
  personalSchema,
  placedSchema,
  placeSchema,
  chainSchema,
  preferencePatchSchema,
  preferencesSchema,
  recentSchema,
  requestSummarySchema,
  requestTreeSchema,
  proposedSettingSchema,
  settingSchema,
  workspaceStateSchema,
} from './view.ts'

/** A path with a line behind it. */
const place = z.string().min(1).max(4200)
const many = z.array(rowIdSchema).min(1).max(10_000)
/** What an act on many changes did: refused ones say why, the others are done. */
export const bulkResultSchema = z.strictObject({
  done: z.array(rowIdSchema),
  sent_back: z
    .array(rowIdSchema)
    .optional()
    .describe('Those of them that went back to the agents that made them: others take their place.'),
  refused: z.array(z.strictObject({ id: rowIdSchema, message: z.string(), hint: z.string().nullable() })),
})
export type BulkResult = z.infer<typeof bulkResultSchema>

export const findingSchema = z.strictObject({ code: z.string(), field: z.string(), message: z.string() })

/** A change as `list` prints it, with the fence that whoever leased it must name. */
export const leasedRowSchema = listRowSchema.extend({ fence: z.int().min(1) })

const sourceWish = z.strictObject({
  /** A branch, tag or commit, or the folder of a worktree. */
  from: z.string().min(1).max(4096),
  base: z.string().min(1).max(400).nullable(),
  task_id: idSchema.nullable(),
  agent: idSchema.nullable(),
  checks: checksSchema.nullable(),
})

const act = (output = bulkResultSchema) => route.input(z.strictObject({ ids: many })).output(output)

export const contract = {
  workspace: {
    state: route.input(nothing).output(workspaceStateSchema),
    inspect: route.input(z.strictObject({ folder })).output(inspectionSchema),
    /** Opens a repository, making it a workspace first; `checks` are written to the config file if given. */
    open: route
      .input(z.strictObject({ folder, checks: z.record(z.string(), z.string()).nullable() }))
      .output(workspaceStateSchema),
    /** Makes the sample in a fresh folder, opens it and queues its requests. */
    sample: route.input(nothing).output(workspaceStateSchema),
    close: route.input(nothing).output(workspaceStateSchema),
    recent: route.input(nothing).output(z.array(recentSchema)),
    forget: route.input(z.strictObject({ folder })).output(z.array(recentSchema)),
    /** Folders of the machine that what was typed could go on to, whole paths with a slash behind them. */
    folders: route
      .input(z.strictObject({ typed: z.string().max(4096), limit: z.int().min(1).max(200) }))
      .output(z.strictObject({ folders: z.array(z.string()) })),
  },
  preferences: {
    read: route.input(nothing).output(preferencesSchema),
    /** Sets the fields given, the last writer winning each; sizes of panes are fields by view. */
    write: route.input(preferencePatchSchema).output(preferencesSchema),
    /** As they are now, and again whenever another tab, window or program changed them. */
    watch: route.input(nothing).output(eventIterator(personalSchema)),
  },
  home: { read: route.input(nothing).output(homeSchema) },
  inbox: { list: route.input(nothing).output(z.array(inboxItemSchema)) },
  changes: {
    page: route
      .input(
        z.strictObject({
          filter: changeFilterSchema,
          offset: z.int().min(0),
          limit: z.int().min(1).max(500),
        }),
      )
      .output(changePageSchema),
    /** Ids of all that fit, for acts on many. */
    ids: route.input(z.strictObject({ filter: changeFilterSchema })).output(z.array(rowIdSchema)),
    show: route.input(z.strictObject({ id: rowIdSchema })).output(changeDetailSchema),
    /** What is built on what, and what left the chain last. */
    chain: route.input(nothing).output(chainSchema),
    /** Where a pending change stands in line, and what it waits for, in words. */
    place: route.input(z.strictObject({ id: rowIdSchema })).output(placeSchema),
    /** The same of those on a screen, in one look; one that is not there any more is left out. */
    places: route
      .input(z.strictObject({ ids: z.array(rowIdSchema).min(1).max(200) }))
      .output(z.array(placedSchema)),
    deadLetters: route.input(nothing).output(z.array(deadLetterRowSchema)),
    metrics: route
      .input(z.strictObject({ window_seconds: z.int().min(1).max(86_400) }))
      .output(queueMetricsSchema),
    validate: route.input(z.strictObject({ document })).output(
      z.strictObject({
        valid: z.boolean(),
        errors: z.array(findingSchema),
        warnings: z.array(findingSchema),
      }),
    ),
    enqueue: route.input(z.strictObject({ source: z.string().min(1).max(400), document })).output(
      z.strictObject({
        enqueued: z.array(rowIdSchema),
        duplicates: z.array(z.strictObject({ task_id: z.string(), id: rowIdSchema, status: z.string() })),
        warnings: z.array(z.string()),
      }),
    ),
    /** The files of a change: landed, as its commit has them; else as it was written. */
    files: route.input(z.strictObject({ id: rowIdSchema })).output(changedFilesSchema),
    /** Both texts of one of them. */
    texts: route.input(z.strictObject({ id: rowIdSchema, path: filePath })).output(changedTextsSchema),
    /** Where a line of the target, or a file, comes from; or one of a side of a landed change. */
    why: route
      .input(z.strictObject({ path: filePath, line: z.int().min(1).nullable(), of: sideOfSchema.optional() }))
      .output(whySchema),
    /** Queues the inverse of a landed change; cancelling that one takes it back. */
    revert: route
      .input(z.strictObject({ id: rowIdSchema }))
      .output(
        z.strictObject({ change_id: rowIdSchema, paths: z.array(z.string()), warnings: z.array(z.string()) }),
      ),
    prioritize: route.input(z.strictObject({ ids: many, to: prioritySchema })).output(bulkResultSchema),
    retry: act(),
    cancel: act(),
    discard: act(),
    approve: route
      .input(z.strictObject({ ids: many, by: person, role: person.nullable(), note: said.nullable() }))
      .output(bulkResultSchema),
    reject: route
      .input(
        z.strictObject({
          ids: many,
          by: person,
          reason: said.min(1),
          at: place.nullable().describe('`PATH:LINE`, where the reason is about a line.'),
        }),
      )
      .output(bulkResultSchema),
    resolve: route
      .input(
        z.strictObject({
          id: rowIdSchema,
          by: person,
          decisions: z.array(decisionSchema),
        }),
      )
      .output(changeSummarySchema),
    markApplied: route
      .input(z.strictObject({ id: rowIdSchema, fence: z.int().nullable() }))
      .output(changeSummarySchema),
    markFailed: route
      .input(z.strictObject({ id: rowIdSchema, fence: z.int().nullable(), error: said }))
      .output(changeSummarySchema),
    release: route.input(z.strictObject({ id: rowIdSchema, fence: z.int() })).output(changeSummarySchema),
    /** Leases one change for a script; null when none is in line. The lease comes back at its expiry. */
    dequeue: route
      .input(z.strictObject({ lease_seconds: z.int().min(1).max(86_400) }))
      .output(leasedRowSchema.nullable()),
    /** Applies a change request to the checkout itself, all or nothing, without a commit; returns the paths. */
    apply: route
      .input(z.strictObject({ source: z.string().min(1).max(400), document, run_checks: z.boolean() }))
      .output(z.strictObject({ applied: z.array(z.string()) })),
  },
  /** The conflict reviewer. */
  conflicts: {
    show: route.input(z.strictObject({ id: rowIdSchema })).output(reviewSchema),
    texts: route.input(z.strictObject({ id: rowIdSchema, path: z.string() })).output(pathTextsSchema),
    why: route.input(z.strictObject({ id: rowIdSchema, path: z.string() })).output(whyCommitsSchema),
    /** Earlier decisions about the same three texts, newest first for each key. */
    precedents: route
      .input(z.strictObject({ keys: z.array(z.string().max(200)).max(10_000) }))
      .output(z.array(precedentSchema)),
    /**
     * Stores how far a path has come. `revision` is the one it builds on (null: none); where another window wrote in
     * between nothing is stored, and `current` is what it wrote.
     */
    draft: route
      .input(
        z.strictObject({
          id: rowIdSchema,
          path: z.string(),
          sides_key: z.string(),
          revision: z.int().min(1).nullable(),
          tab: z.string().min(1).max(100),
          draft: draftSchema,
        }),
      )
      .output(z.strictObject({ stored: z.boolean(), current: storedDraftSchema.nullable() })),
    /** Looks again on the present tip: other sides, fewer paths or none at all, which is requeued with no decisions. */
    refresh: route.input(z.strictObject({ id: rowIdSchema })).output(reviewSchema),
    /** Checks what these decisions would land, in a worktree of its own; ending the subscription ends the run. */
    trial: route
      .input(
        z.strictObject({ id: rowIdSchema, key: z.string().max(200), decisions: z.array(decisionSchema) }),
      )
      .output(eventIterator(trialEventSchema)),
    watch: route.input(z.strictObject({ id: rowIdSchema })).output(eventIterator(reviewEventSchema)),
  },
  requests: {
    list: route
      .input(z.strictObject({ limit: z.int().min(1).max(1000) }))
      .output(z.array(requestSummarySchema)),
    show: route.input(z.strictObject({ request_id: idSchema })).output(requestTreeSchema),
    submit: route
      .input(
        z.strictObject({
          source: z.string().min(1).max(400),
          document,
          model: modelSchema.nullable(),
          agents: z.int().min(1).max(64),
          hold_plan: z
            .boolean()
            .nullable()
            .optional()
            .describe('Whether its plan waits for a person; without, the settings say.'),
          work_tree: z
            .boolean()
            .nullable()
            .optional()
            .describe('Whether its Developers work in work trees; without, the settings say.'),
        }),
      )
      .output(queuedRequestSchema),
    /** Whether a document is a task request or cast, and what it would become; queues nothing. */
    preview: route.input(z.strictObject({ source: z.string().max(400), document })).output(
      z.strictObject({
        by_models: z.boolean().describe('Models split it once it is submitted: nothing is known before.'),
        assignments: z.array(
          z.strictObject({ task_id: z.string(), summary: z.string(), file_targets: z.array(z.string()) }),
        ),
      }),
    ),
  },
  /** Agents at work. */
  agents,
  /** The cast builder. */
  casts,
  intake: {
    /** Worktrees and branches that could be submitted, and whether there is anything in them. */
    sources: route.input(nothing).output(submitSourcesSchema),
    /** What a source would be submitted as; queues nothing. */
    preview: route.input(sourceWish).output(submitPreviewSchema),
    /** Queues a source as one change request; `id` is that of the change that has this content, new or not. */
    submit: route
      .input(sourceWish)
      .output(z.strictObject({ id: rowIdSchema, task_id: idSchema, duplicate: z.boolean() })),
    /** The workspace's inbox, which is watched while the workspace is open. */
    inbox: route.input(nothing).output(inboxFolderSchema),
    /** What changed in the workspace's files, the newest `limit` since a time. */
    files: route
      .input(z.strictObject({ since: z.int().min(0).nullable(), limit: z.int().min(1).max(10_000) }))
      .output(fileEventsSchema),
  },
  /** Answered without a workspace as well; an open one keeps where they were exported to. */
  skills: {
    list: route.input(nothing).output(z.array(skillSchema)),
    /** What an export would do; puts right what an interrupted one left there, which it says. */
    planExport: route.input(z.strictObject({ dest: folder })).output(exportPlanSchema),
    /** `replace`: files that are there and may be replaced, as the plan named them; any other one that differs refuses it. */
    export: route
      .input(z.strictObject({ dest: folder, replace: z.array(filePath).max(10_000) }))
      .output(exportResultSchema),
    bundle: route
      .input(z.strictObject({ file: filePath, overwrite: z.boolean() }))
      .output(bundleResultSchema),
    verifyBundle: route.input(z.strictObject({ file: filePath })).output(bundleVerdictSchema),
  },
  sessions: {
    list: route.input(nothing).output(z.array(sessionSchema)),
    /** Records a session, or what it is from now on; `allow_all_tools` never widens a Developer's tools. */
    init: route
      .input(
        z.strictObject({
          resume_id: idSchema,
          model: modelSchema.nullable(),
          allow_all_tools: z.boolean(),
        }),
      )
      .output(sessionSchema),
  },
  files: {
    /** A file as the target has it. */
    read: route.input(z.strictObject({ path: filePath })).output(fileTextSchema),
  },
  logs: {
    /** The newest that fit before `before` (exclusive; null: the end), oldest first. */
    page: route
      .input(
        z.strictObject({
          before: rowIdSchema.nullable(),
          limit: z.int().min(1).max(2000),
          level: z.enum(LOG_LEVELS),
          change_id: rowIdSchema.nullable(),
          text: z.string().max(400).nullable(),
        }),
      )
      .output(z.array(logEventSchema)),
  },
  system: {
    doctor: route.input(nothing).output(z.array(diagnosisSchema)),
    settings: route.input(nothing).output(
      z.strictObject({
        values: z.array(settingSchema),
        file: z.string().nullable().describe('The config file as it is on disk; null where there is none.'),
        pending: z.array(changeSummarySchema).describe('Open changes to the config file.'),
        proposed: z.array(proposedSettingSchema).describe('What those set, by key, oldest first.'),
      }),
    ),
    /**
     * Queues an ordinary change to hyperion.config.json that sets one value; left out, it goes back to its default. The
     * change takes the place of what was proposed here before and is not decided yet, and holds that as well.
     */
    propose: route
      .input(z.strictObject({ key: z.string().max(200), value: shallow().optional() }))
      .output(z.strictObject({ change_id: rowIdSchema, replaced: z.array(rowIdSchema) })),
    /** How the audit stands, read at once. */
    audit: route.input(nothing).output(auditStateSchema),
    /** Walks log, database and branch against each other; some seconds where there is much. */
    verifyAudit: route.input(nothing).output(auditReportSchema),
    /** Writes one signed statement for each landed change to a file of this machine. */
    exportAudit: route
      .input(z.strictObject({ file: z.string().min(1).max(4096), overwrite: z.boolean() }))
      .output(auditExportSchema),
    /** Stops claiming and landing for every process; one that is there already stands as it is. */
    pause: route
      .input(z.strictObject({ reason: z.string().max(500).nullable() }))
      .output(z.strictObject({ pause: pauseSchema, already: z.boolean() })),
    /** Ends the pause, and returns it; one that Hyperion made ends only where its code is accepted. */
    resume: route
      .input(z.strictObject({ accept: z.string().max(100).nullable() }))
      .output(z.strictObject({ ended: pauseSchema.nullable() })),
    /** Copies the queue to a file named from the root, whole and checked. */
    backup: route
      .input(z.strictObject({ file: folder, overwrite: z.boolean() }))
      .output(z.strictObject({ file: z.string(), bytes: z.int().min(0), changes: z.int().min(0) })),
    /** "Allow from now on": queues an ordinary change that puts a command on the allow-list, approved by who asks. */
    allow: route
      .input(
        z.strictObject({
          name: z.string().min(1).max(200),
          command: z.string().min(1).max(8192),
          by: person,
          note: said.nullable(),
        }),
      )
      .output(z.strictObject({ change_id: rowIdSchema })),
    sync: route.input(nothing).output(z.strictObject({ moved: z.boolean(), sentence: z.string() })),
    /** How target and upstream stand to each other, what is queued between them and what keeps them apart. */
    upstream: route.input(nothing).output(upstreamStateSchema),
    /** Goes on from an upstream whose history was written anew, as it is, and syncs. */
    acceptUpstream: route.input(nothing).output(z.strictObject({ moved: z.boolean(), sentence: z.string() })),
    cleanup: route
      .input(z.strictObject({ ttl_seconds: z.int().min(0).nullable() }))
      .output(z.strictObject({ archived: z.int().min(0) })),
  },
  /** Turns of at most four a second while something happens, and one every few seconds while nothing does. */
  live: route.input(z.strictObject({ after: z.int().min(0).nullable() })).output(eventIterator(liveSchema)),
}

export type Contract = typeof contract
