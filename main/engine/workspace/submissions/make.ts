/** Makes the change request of what an agent handed in: diffs and hashes here, policy over what the agent says. */
import type { Brief } from '../../../../schemas/brief.ts'
import type { ChangeRequest, FileChange } from '../../../../schemas/change-request.ts'
import { NO_CHECK, type CheckEntry } from '../../../../schemas/check.ts'
import type { SubmitChange } from '../../../../schemas/mcp.ts'
import type { Metadata } from '../../../../schemas/metadata.ts'
import type { TaskRequest } from '../../../../schemas/task-request.ts'
import { toFileChange, type Hunks } from '../../agents/draft.ts'
import { guard, scopeRefusal } from '../../agents/guard.ts'
import type { ReadFile } from '../../agents/harness.ts'
import { HyperionError, userError } from '../../base/errors.ts'
import { canonicalJson } from '../../base/hash.ts'
import { inheritChecks } from '../../domain/check-policy.ts'
import type { AssignmentRow } from '../../store/requests.ts'

const LONGEST_INTENT = 500
const SAMPLE_LINES = 20
const SAMPLE_WIDTH = 200

/** What there is to know of the task: its assignment and its request, as far as they are known here. */
export interface Task {
  row: AssignmentRow | null
  request: TaskRequest | null
  brief: Brief | null
}

export interface Surroundings {
  agent: string
  task: Task
  base: string
  /** Reads a file as it is in the base. */
  read: ReadFile
  /** Allow-list of checks at the target's tip. */
  allow: Readonly<Record<string, string>>
  hunks: Hunks
}

/** Checks that an assignment, its request or the policy asks for, and those the agent adds: it takes none away. */
function checksOf({ checks }: SubmitChange, { task, allow }: Surroundings): CheckEntry[] {
  const asked = inheritChecks(task.row?.assignment.checks, task.request?.checks, allow)
  const all = new Map([...asked, ...(checks ?? [])].map((check) => [canonicalJson(check), check]))
  const some = [...all.values()].filter((check) => check !== NO_CHECK)
  return some.length > 0 ? some : [NO_CHECK]
}

function sampleOf(changes: readonly FileChange[]): string {
  const text = changes[0]?.patch ?? changes[0]?.replacement ?? ''
  const lines = text.split('\n', SAMPLE_LINES).map((line) => line.slice(0, SAMPLE_WIDTH))
  return lines.join('\n').toWellFormed()
}

/** All six keys. How hard it is decides on approvals, so an agent may rate its work higher than it is, never lower. */
function metadataOf(submission: SubmitChange, task: Task, changes: readonly FileChange[]): Metadata {
  const given = submission.metadata ?? {}
  const asked = { ...task.request?.metadata, ...task.row?.assignment.metadata }
  const rated = asked.complexity ?? task.brief?.complexity ?? Math.min(10, changes.length)
  return {
    ...(task.row === null ? {} : { summary: task.row.assignment.summary }),
    ...given,
    ...asked,
    intent: asked.intent ?? given.intent ?? submission.summary.slice(0, LONGEST_INTENT).toWellFormed(),
    complexity: Math.max(rated, given.complexity ?? rated),
    sample_diff: asked.sample_diff || given.sample_diff || sampleOf(changes),
    telemetry_anchors: asked.telemetry_anchors ??
      given.telemetry_anchors ?? [task.row?.request_id ?? submission.request_id ?? submission.task_id],
    approvals: asked.approvals ?? given.approvals ?? [],
    // Which model an agent of its own accord uses is known to nobody else.
    agent_model: given.agent_model ?? 'unknown',
  }
}

function assemble(submission: SubmitChange, changes: FileChange[], around: Surroundings): ChangeRequest {
  const { row, request, brief } = around.task
  const dependsOn = new Set([...(row?.assignment.depends_on ?? []), ...(submission.depends_on ?? [])])
  const requestId = row?.request_id ?? submission.request_id
  const priority = row === null ? undefined : (request?.priority ?? brief?.priority)
  return {
    task_id: submission.task_id,
    agent: around.agent,
    ...(requestId === undefined ? {} : { request_id: requestId }),
    base_commit: around.base,
    ...(dependsOn.size === 0 ? {} : { depends_on: [...dependsOn] }),
    ...(priority === undefined ? {} : { priority }),
    changes,
    checks: checksOf(submission, around),
    metadata: metadataOf(submission, around.task, changes),
  }
}

/** Names the field as the agent wrote it: it handed in `files`, not `changes`. */
const asHandedIn = (message: string): string => message.replaceAll(/\bchanges\[(\d+)\]/g, 'files[$1]')

/** Returns the request that the guard lets through, or the refusal, fit to be repaired after. */
export async function makeRequest(
  submission: SubmitChange,
  around: Surroundings,
): Promise<ChangeRequest | HyperionError> {
  const { task, base, read } = around
  const refuse = (code: string, message: string): HyperionError =>
    userError(
      code,
      asHandedIn(message),
      `files are taken as they are in ${base}; correct it and hand in again`,
    )
  // Where nobody assigned anything, every path is as good as the one named, if it may be changed at all.
  const targets = task.row?.assignment.file_targets ?? submission.files.map(({ path }) => path)
  const changes: FileChange[] = []
  try {
    for (const edit of submission.files) {
      const outside = scopeRefusal(edit.path, targets)
      if (outside !== null) return refuse(outside.code, outside.message)
      const made = await toFileChange(edit as Parameters<typeof toFileChange>[0], read, around.hunks)
      if (!made.ok) return refuse(made.code, made.message)
      changes.push(made.value)
    }
    const judged = await guard(assemble(submission, changes, around), { fileTargets: targets, read })
    return judged.ok ? judged.request : refuse(judged.code, judged.message)
  } catch (thrown) {
    // A base that may not be changed: a link, a submodule, a folder.
    if (thrown instanceof HyperionError && thrown.kind === 'user') return refuse(thrown.code, thrown.message)
    throw thrown
  }
}
