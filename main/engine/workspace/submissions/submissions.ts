/** Work handed in by agents that run on their own: guarded and queued as any other, and what became of it. */
import type { z } from 'zod'
import type { WaitReason } from '../../../../schemas/acts.ts'
import type { ChangeRequest } from '../../../../schemas/change-request.ts'
import { ID_PATTERN } from '../../../../schemas/ids.ts'
import {
  listChangesSchema,
  showChangeSchema,
  submitChangeSchema,
  type ChangeOutcome,
  type ListedChange,
  type SubmitChange,
  type SubmittedChange,
} from '../../../../schemas/mcp.ts'
import type { TaskRequest } from '../../../../schemas/task-request.ts'
import { concludeRequest } from '../../agents/requests.ts'
import { bug, HyperionError, userError } from '../../base/errors.ts'
import { inert } from '../../base/inert.ts'
import { checkShape } from '../../base/json.ts'
import type { Ground } from '../../compose.ts'
import { REQUEST_LIMITS } from '../../domain/limits.ts'
import { actAllowed } from '../../domain/states.ts'
import { prepareChanges, type SubmitDeps, type Submitted } from '../../intake/submit.ts'
import type { LandingDeps, Policy } from '../../landing/deps.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { gitHunks, readerAt } from '../agents/texts.ts'
import { closedAssignment, closedRequest, whoseTask, type Submitter } from './assigned.ts'
import { makeRequest, type Task } from './make.ts'
import { listChanges, showChange } from './outcome.ts'

/** Fields that are named where a shape is wrong. */
const NAMED = 5
const WARNINGS = 20
const WARNING = 500
/** Tasks whose refusals in a row are remembered, for the log. */
const TASKS = 1000

export interface Submissions {
  /** Queues what an agent hands in; throws the refusal of the guard, or why it is not queued. */
  submit(value: unknown, by: Submitter, signal: AbortSignal): Promise<SubmittedChange>
  list(value: unknown): ListedChange[]
  show(value: unknown): ChangeOutcome
}

export interface SubmissionsDeps {
  ground: Ground
  deps: LandingDeps
  submitDeps(tip: string | null): SubmitDeps
  policyNow(): Promise<Policy>
  tip(): Promise<string | null>
  /** The commit that new work is written against where it names none. */
  baseNow(signal: AbortSignal): Promise<string>
  waitsOf(row: ChangeRow): WaitReason[]
}

interface Judged {
  request: ChangeRequest
  task: Task
}

/** Returns what was asked for in its shape, or `invalid`, naming each field that is not. */
function shaped<T>(schema: z.ZodType<T>, value: unknown): T | HyperionError {
  const result = checkShape(schema, value, REQUEST_LIMITS, 'the input')
  if (result.ok) return result.value
  const said = result.errors.slice(0, NAMED).map(({ message }) => message)
  const more = result.errors.length > NAMED ? `; and ${result.errors.length - NAMED} more` : ''
  return userError('invalid', said.join('; ') + more)
}

const orThrow = <T>(result: T | HyperionError): T => {
  if (result instanceof HyperionError) throw result
  return result
}

/** Says that the queue has it already, and that nothing was queued. */
function duplicateError({ of, taskId }: Extract<Submitted, { kind: 'duplicate' }>): HyperionError {
  const again = actAllowed('retry', of.status) ? '; a person may have it tried again' : ''
  const said = `the same change of task ${taskId} is change ${of.id} already (${of.status})`
  return userError('duplicate', said, `see show_change ${of.id}${again}`)
}

export function openSubmissions(room: SubmissionsDeps): Submissions {
  const { ground, deps } = room
  const { store, clock } = ground
  const { objects } = deps
  const refusals = new Map<string, number>()

  function taskOf(submission: SubmitChange, row: Task['row']): Task {
    const requestId = row?.request_id ?? submission.request_id
    const known = requestId === undefined ? undefined : store.requests.get(requestId)
    if (known === undefined || requestId === undefined) return { row, request: null, brief: null }
    const request = JSON.parse(known.payload) as TaskRequest
    return { row, request, brief: store.requests.brief(requestId) }
  }

  async function baseOf(
    { base_commit: given }: SubmitChange,
    signal: AbortSignal,
  ): Promise<string | HyperionError> {
    if (given === undefined) return room.baseNow(signal)
    if ((await objects.read(given))?.type === 'commit') return given
    const said = `base_commit ${given} is not a commit of this repository`
    return userError('base_missing', said, 'leave it out to write against the tip of the target')
  }

  /** Returns what refuses the submission, whichever stage it is; throws what is wrong here and not with it. */
  async function judge(value: unknown, by: Submitter, signal: AbortSignal): Promise<Judged | HyperionError> {
    const submission = shaped(submitChangeSchema, value)
    if (submission instanceof HyperionError) return submission
    const row = whoseTask(store.requests, submission, by)
    if (row instanceof HyperionError) return row
    const requestId = row?.request_id ?? submission.request_id
    const closed = requestId === undefined ? null : closedRequest(store.requests, requestId)
    if (closed !== null) return closed
    const task = taskOf(submission, row)
    const base = await baseOf(submission, signal)
    if (base instanceof HyperionError) return base
    const { checks } = await room.policyNow()
    const around = {
      agent: by.agent,
      task,
      base,
      read: readerAt(objects, base),
      allow: checks.allow,
      hunks: gitHunks(deps),
    }
    const request = await makeRequest(submission, around)
    return request instanceof HyperionError ? request : { request, task }
  }

  /** Which submission of the task this is since the last that was accepted: 0 for the first. */
  function countOf(key: string, accepted: boolean): number {
    const before = refusals.get(key) ?? 0
    refusals.delete(key)
    if (!accepted) refusals.set(key, before + 1)
    for (const oldest of refusals.keys()) {
      if (refusals.size <= TASKS) break
      refusals.delete(oldest)
    }
    return before
  }

  function logVerdict(value: unknown, by: Submitter, refusal: HyperionError | null, ms: number): void {
    const named = (value as { task_id?: unknown } | null)?.task_id
    const taskId = typeof named === 'string' && ID_PATTERN.test(named) ? named : null
    const verdict =
      refusal === null
        ? { code: 'ok', output: '' }
        : { code: refusal.code, output: inert(refusal.message, 2000) }
    const repair = countOf(`${by.agent} ${taskId ?? ''}`, refusal === null)
    store.logs.write({
      level: refusal === null ? 'info' : 'warn',
      message: 'guard',
      taskId,
      details: { ...verdict, duration_ms: ms, repair, agent: by.agent },
    })
  }

  /** The assignment is told of its change. */
  function tellAssignment({ row }: Task, request: ChangeRequest, id: number): void {
    if (row === null) return
    store.requests.setDraft(row.task_id, request)
    store.requests.setQueued(row.task_id, id)
    tellRequest(row.request_id)
  }

  /** A request that ended for want of what it has now says so no more; one that is worked on is told when that ends. */
  function tellRequest(requestId: string): void {
    if (store.requests.get(requestId)?.status !== 'failed') return
    const left = store.requests.assignments(requestId).filter(({ status }) => status === 'planned')
    if (left.length === 0) return concludeRequest(store.requests, requestId)
    // Nobody has it go on but who asks for it.
    const said = `${left.map(({ task_id }) => task_id).join(', ')} left; \`hyperion continue ${requestId}\` goes on`
    store.requests.setStatus(requestId, 'failed', said)
  }

  return {
    async submit(value, by, signal) {
      const started = clock.monotonicMs()
      const judged = await judge(value, by, signal)
      const refusal = judged instanceof HyperionError ? judged : null
      logVerdict(value, by, refusal, clock.monotonicMs() - started)
      const { request, task } = orThrow(judged)
      const source = request.task_id
      const insert = await prepareChanges(room.submitDeps(await room.tip()), [{ source, value: request }])
      // Whoever asked has stopped listening, and would not know of what was queued.
      if (signal.aborted) throw userError('cancelled', `the submission of ${source} was cancelled`)
      const [result] = store.db.write(() => {
        const closed = task.row === null ? null : closedAssignment(store, task.row)
        const results = insert()
        // The same once more is told so, whatever became of it.
        if (closed !== null && results.some(({ kind }) => kind === 'enqueued')) throw closed
        for (const one of results) if (one.kind === 'enqueued') tellAssignment(task, request, one.id)
        return results
      })
      if (result === undefined) throw bug('not_queued', `${source} was not queued`)
      if (result.kind === 'duplicate') throw duplicateError(result)
      const warnings = result.warnings.slice(0, WARNINGS).map((warning) => inert(warning, WARNING))
      if (result.warnings.length > WARNINGS) warnings.push(`and ${result.warnings.length - WARNINGS} more`)
      return {
        id: result.id,
        status: store.changes.get(result.id)?.status ?? 'pending',
        task_id: source,
        patch_hashes: request.changes.map(({ path, patch_hash }) => ({ path, patch_hash })),
        warnings,
      }
    },
    list: (value) => listChanges(store, orThrow(shaped(listChangesSchema, value))),
    show: (value) => showChange(store, room.waitsOf, orThrow(shaped(showChangeSchema, value)).id),
  }
}
