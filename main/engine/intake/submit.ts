/** Change requests into the queue: validated, hashed, deduplicated, all of a call or none. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { DEFAULT_PRIORITY, type Priority } from '../../../schemas/states.ts'
import { userError } from '../base/errors.ts'
import { inert } from '../base/inert.ts'
import type { Finding } from '../base/json.ts'
import { actAllowed } from '../domain/states.ts'
import { payloadHash } from '../domain/payload-hash.ts'
import { validateChangeRequest } from '../domain/validate-change.ts'
import type { Objects } from '../git/objects.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import { overlapText, type Overlaps } from './overlaps.ts'
import { wholeTexts, wholeTextWarnings, type WholeTexts } from './whole-text.ts'

/** One change request and where it came from, for messages. */
export interface Submission {
  source: string
  value: unknown
}

export type Submitted =
  | { kind: 'enqueued'; id: number; taskId: string; warnings: string[] }
  | { kind: 'duplicate'; of: Pick<ChangeRow, 'id' | 'status'>; taskId: string }

/** Says that nothing was queued because the queue has it, and how to try again what ended without landing. */
export function skippedText({ of, taskId }: Extract<Submitted, { kind: 'duplicate' }>): string {
  const again = actAllowed('retry', of.status) ? `; \`hyperion retry ${of.id}\` tries it again` : ''
  return `Skipped ${taskId}: the same change request is change ${of.id} already (${of.status})${again}`
}

export interface SubmitDeps {
  store: Store
  objects: Objects
  /** The target's tip now, kept as a candidate for the base of what comes in. */
  tip: string | null
  overlaps: Overlaps
  /** The priority of a task request, if it is known. */
  priorityOf(requestId: string): Priority | null
}

interface Prepared {
  source: string
  request: ChangeRequest
  hash: string
  whole: WholeTexts | null
  warnings: string[]
}

/** Returns a submission as a valid request; throws a user error that names source, field and remedy. */
export function requireValid({
  source,
  value,
}: Submission): Pick<Prepared, 'request'> & { warnings: Finding[] } {
  const verdict = validateChangeRequest(value)
  if (verdict.ok) return verdict
  const [first, ...more] = verdict.errors
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`
  throw userError(first?.code ?? 'invalid', `${source}: ${first?.message ?? 'invalid'}${rest}`)
}

/** Validates one submission fully, its base against the repository too. */
async function prepare(
  deps: SubmitDeps,
  submission: Submission,
  bases: Map<string, boolean>,
): Promise<Prepared> {
  const { source } = submission
  const { request, warnings: found } = requireValid(submission)
  const base = request.base_commit
  if (base !== undefined) {
    const known = bases.get(base) ?? (await deps.objects.read(base))?.type === 'commit'
    bases.set(base, known)
    if (!known) {
      throw userError(
        'base_missing',
        `${source}: base_commit ${inert(base, 64)} is not a commit of this repository`,
        'fetch it first, or leave base_commit out',
      )
    }
  }
  const { store, objects, tip } = deps
  const whole = tip === null ? null : await wholeTexts({ db: store.db, objects }, request, tip)
  // What may be lost is said before what would be nice to have.
  const said = [...(whole === null ? [] : wholeTextWarnings(whole)), ...found.map(({ message }) => message)]
  const warnings = said.map((message) => `${source}: ${message}`)
  return { source, request, hash: payloadHash(request), whole, warnings }
}

/** Validates all of a call's requests; what it returns queues them, within the caller's transaction if there is one. */
export async function prepareChanges(
  deps: SubmitDeps,
  submissions: readonly Submission[],
): Promise<() => Submitted[]> {
  const bases = new Map<string, boolean>()
  const prepared: Prepared[] = []
  for (const submission of submissions) prepared.push(await prepare(deps, submission, bases))
  return () => {
    try {
      return deps.store.db.write(() => prepared.map((one) => insert(deps, one)))
    } catch (thrown) {
      deps.overlaps.forget()
      throw thrown
    }
  }
}

/**
 * Queues change requests in one transaction and reports duplicates.
 *
 * Any invalid request refuses the whole call, before anything is written.
 */
export async function submitChanges(
  deps: SubmitDeps,
  submissions: readonly Submission[],
): Promise<Submitted[]> {
  return (await prepareChanges(deps, submissions))()
}

function insert(deps: SubmitDeps, { source, request, hash, whole, warnings }: Prepared): Submitted {
  const requestId = request.request_id ?? null
  const inherited = requestId === null ? null : deps.priorityOf(requestId)
  const result = deps.store.changes.insert({
    taskId: request.task_id,
    agent: request.agent,
    requestId,
    payload: JSON.stringify(request),
    payloadHash: hash,
    priority: request.priority ?? inherited ?? DEFAULT_PRIORITY,
    enqueuedTip: deps.tip,
    paths: request.changes.map((change) => change.path),
    dependsOn: request.depends_on ?? [],
    telemetryAnchors: request.metadata?.telemetry_anchors ?? [],
  })
  if (!('id' in result)) return { kind: 'duplicate', of: result.duplicateOf, taskId: request.task_id }
  const { id } = result
  if (whole !== null) {
    const details = { paths: whole.paths, takes_out: whole.takesOut }
    deps.store.logs.write({
      level: 'warn',
      message: 'base missing',
      queueId: id,
      taskId: request.task_id,
      details,
    })
  }
  const met = markOverlaps(deps, id, request).map((said) => `${source}: ${said}`)
  return { kind: 'enqueued', id, taskId: request.task_id, warnings: [...warnings, ...met] }
}

/** Marks a change that edits the same lines as others in the queue, and says so in words. */
function markOverlaps({ store, overlaps }: SubmitDeps, id: number, request: ChangeRequest): string[] {
  const found = overlaps.of(id, request, true)
  if (found.length === 0) return []
  const seen = found.map(({ change_id, task_id, path, lines }) => ({ change_id, task_id, path, lines }))
  store.logs.write({
    level: 'warn',
    message: 'overlap',
    queueId: id,
    taskId: request.task_id,
    details: { overlaps: seen, telemetry_anchors: request.metadata?.telemetry_anchors ?? [] },
  })
  return found.map(overlapText)
}
