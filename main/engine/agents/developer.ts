/** The Developer: an assignment becomes a change request the guard lets through. */
import type { Assignment } from '../../../schemas/assignment.ts'
import type { Brief } from '../../../schemas/brief.ts'
import type { CastItem } from '../../../schemas/cast.ts'
import type { ChangeRequest, FileChange } from '../../../schemas/change-request.ts'
import type { Config } from '../../../schemas/config.ts'
import type { NextTaskContext } from '../../../schemas/reports.ts'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import { submissionJson, submissionSchema, treeSubmissionJson, treeSubmissionSchema, type Submission, type Widening } from '../../../schemas/submission.ts' // prettier-ignore
import type { Clock } from '../base/clock.ts'
import { canonicalJson } from '../base/hash.ts'
import { checkShape } from '../base/json.ts'
import { inheritChecks } from '../domain/check-policy.ts'
import { REQUEST_LIMITS } from '../domain/limits.ts'
import { chooseModel, namedModel } from '../domain/model-policy.ts'
import { askedModel } from './asked-model.ts'
import { readAfter, toFileChange, type Hunks } from './draft.ts'
import { guard, scopeRefusal } from './guard.ts'
import type { AgentTask, Draft, HandIn, OpenWorkTree, Outcome, ReadFile, Refused, Review, Usage, WorkTree } from './harness.ts' // prettier-ignore
import { metadataFor } from './orchestrator.ts'
import { developerPrompt, SUBMISSION_FORM, TREE_SUBMISSION_FORM } from './prompt.ts'

export interface DeveloperTask {
  assignment: Assignment
  /** What is told of it to everybody; the agent is told the same. */
  context: NextTaskContext
  request: TaskRequest
  brief: Brief
  /** Name in the queue: `agent-1`. */
  agent: string
  /** The commit whose files `readBase` reads. */
  baseCommit: string
  readBase: ReadFile
  /** All paths of that commit. */
  paths(): Promise<string[]>
  hunks: Hunks
  /** Opens the work tree it works in, on what `read` reads; null where it only reads. */
  openWorkTree: ((read: ReadFile) => OpenWorkTree) | null
  /** Drafts of the same request that this one stands on, in the order they were made. */
  earlier: readonly ChangeRequest[]
  /** Allow-list of checks at the target's tip. */
  allow: Readonly<Record<string, string>>
  agents: Pick<Config['agents'], 'model' | 'smallModel' | 'smallModelMaxComplexity' | 'maxRepairs'>
  /** What `--model` named; null when it was not given. */
  model: string | null
  /** Why a person sent the change that was made of it before back. */
  sentBack: string | null
  /** What that change did to files; null where nothing was sent back. */
  sentBackChanges: readonly FileChange[] | null
  /** The session that made it. */
  resume: AgentTask['resume']
  /** Hears that the agent asks for more files; null lets the rest of the submission be judged. */
  onWiden(wanted: readonly Widening[]): Promise<Refused | null>
}

/** One look of the guard at one submission, as it is logged. */
export interface GuardEvent {
  /** `ok`, or the code of the refusal. */
  code: string
  output: string
  duration_ms: number
  /** 0 for what was handed in first, n for its nth repair. */
  repair: number
}

export interface DeveloperDeps {
  /** Has an agent do a task, supervised, and tells what came of it. */
  run(task: AgentTask): Promise<Outcome>
  clock: Clock
  onGuard?: (event: GuardEvent) => void | Promise<void>
}

export type Developed =
  | {
      ok: true
      request: ChangeRequest
      model: string
      outcome: Extract<Outcome, { kind: 'submitted' }> | null
    }
  | { ok: false; code: string; message: string; model: string; usage: Usage }

type ModelTask = Pick<DeveloperTask, 'assignment' | 'request' | 'brief' | 'agents' | 'model'>

const namesOf = ({ assignment, request, model }: ModelTask): (string | null | undefined)[] => [
  model,
  assignment.metadata?.agent_model,
  request.metadata?.agent_model,
]

/** Returns the model for an assignment. */
export function modelFor(task: ModelTask): string {
  const { assignment, request, brief } = task
  return chooseModel({
    complexity: assignment.metadata?.complexity ?? request.metadata?.complexity ?? brief.complexity,
    explicit: namesOf(task),
    config: task.agents,
  })
}

/** What a change request is made of, whoever made its edits. */
export type FinishedWork = Pick<
  DeveloperTask,
  'assignment' | 'request' | 'brief' | 'agent' | 'earlier' | 'allow' | 'agents' | 'model'
>

function assemble(
  task: FinishedWork,
  changes: FileChange[],
  checks: Draft['checks'],
  model: string,
  base: string | null,
): ChangeRequest {
  const { assignment, request, brief } = task
  const given = { ...request.metadata, ...assignment.metadata }
  return {
    task_id: assignment.task_id,
    agent: task.agent,
    request_id: request.request_id,
    ...(base === null ? {} : { base_commit: base }),
    ...(assignment.depends_on === undefined ? {} : { depends_on: assignment.depends_on }),
    priority: request.priority ?? brief.priority,
    changes,
    // What the assignment or the request asks for is policy; an agent may add checks, not take them away.
    checks: [
      ...new Set([...inheritChecks(assignment.checks, request.checks, task.allow), ...(checks ?? [])]),
    ],
    // Several changes have their request's intent in common; what each of them does is its own.
    metadata: { summary: assignment.summary, ...metadataFor(brief, given, model) },
  }
}

/** The commit the patches were written against, or null where they stand on a draft that is in no commit yet. */
function baseOf(
  earlier: readonly ChangeRequest[],
  changes: readonly FileChange[],
  base: string | null,
): string | null {
  const drafted = new Set(earlier.flatMap((draft) => draft.changes.map((change) => change.path)))
  return changes.some((change) => drafted.has(change.path)) ? null : base
}

/** The entries of what it says it does to files. */
async function changesOf(task: DeveloperTask, draft: Draft, read: ReadFile): Promise<FileChange[] | Refused> {
  const changes: FileChange[] = []
  for (const edit of draft.files) {
    const refusal = scopeRefusal(edit.path, task.assignment.file_targets)
    if (refusal !== null) return { accepted: false, ...refusal }
    const made = await toFileChange(edit, read, task.hunks)
    if (!made.ok) return { accepted: false, code: made.code, message: made.message }
    changes.push(made.value)
  }
  return changes
}

/** What the guard is asked of one submission, and what came of it so far. */
interface Desk {
  accepted: ChangeRequest | null
  submissions: number
}

const isSame = (changes: readonly FileChange[], before: readonly FileChange[] | null): boolean =>
  before !== null && canonicalJson(changes) === canonicalJson(before)

/** Turns what was handed in into a change request and has it guarded. */
async function judge(
  task: DeveloperTask,
  value: unknown,
  tree: WorkTree | null,
  read: ReadFile,
  model: string,
): Promise<ChangeRequest | Review> {
  const { file_targets: targets } = task.assignment
  const shaped =
    tree === null
      ? checkShape(submissionSchema, value, REQUEST_LIMITS, 'the submission')
      : checkShape(treeSubmissionSchema, value, REQUEST_LIMITS, 'the submission')
  if (!shaped.ok) {
    const said = shaped.errors.map((one) => one.message).slice(0, 5)
    return { accepted: false, code: 'invalid', message: said.join('; ') }
  }
  const { widen } = shaped.value
  if (widen !== undefined) {
    const refusal = await task.onWiden(widen)
    if (refusal !== null) return refusal
  }
  const changes =
    tree === null
      ? await changesOf(task, shaped.value as Submission as Draft, read)
      : await tree.difference(targets)
  if (!Array.isArray(changes)) return changes
  if (isSame(changes, task.sentBackChanges)) {
    const message = `this is the very change that a person sent back: ${task.sentBack ?? 'it will not do'}`
    return { accepted: false, code: 'same_again', message }
  }
  const base = baseOf(task.earlier, changes, task.baseCommit)
  const made = assemble(task, changes, shaped.value.checks, model, base)
  const result = await guard(made, { fileTargets: targets, read })
  return result.ok ? result.request : { accepted: false, code: result.code, message: result.message }
}

const isReview = (one: ChangeRequest | Review): one is Review => 'accepted' in one

const HANDS_IN_FILES = {
  description:
    'Hands in the whole change of the assignment: what happens to each file, never a diff. Answers whether it was accepted, or why not.',
  schema: submissionJson,
  mark: 'files',
  form: SUBMISSION_FORM,
}
const HANDS_IN_ITS_TREE = {
  description:
    'Hands in what differs in the work tree from how you found it, once all is done. Answers whether it was accepted, or why not.',
  schema: treeSubmissionJson,
  mark: 'summary',
  form: TREE_SUBMISSION_FORM,
}

/** Returns how a Developer hands in, and where what the guard accepted is kept. */
function deskOf(
  task: DeveloperTask,
  deps: Pick<DeveloperDeps, 'clock' | 'onGuard'>,
  model: string,
  read: ReadFile,
): { desk: Desk; handIn: HandIn } {
  const desk: Desk = { accepted: null, submissions: 0 }
  const handIn: HandIn = {
    tool: 'submit_change',
    ...(task.openWorkTree === null ? HANDS_IN_FILES : HANDS_IN_ITS_TREE),
    async review(value, tree = null) {
      const started = deps.clock.monotonicMs()
      const verdict = await judge(task, value, tree, read, model)
      const duration_ms = deps.clock.monotonicMs() - started
      const repair = desk.submissions
      desk.submissions += 1
      if (isReview(verdict) && !verdict.accepted) {
        const { code, message: output, final } = verdict
        // What a person is asked is no verdict of the guard's.
        if (final !== true) await deps.onGuard?.({ code, output, duration_ms, repair })
        return verdict
      }
      await deps.onGuard?.({ code: 'ok', output: '', duration_ms, repair })
      desk.accepted = verdict as ChangeRequest
      return { accepted: true }
    },
  }
  return { desk, handIn }
}

/**
 * Has an agent work on an assignment until the guard accepts its submission or it gives up.
 *
 * Throws what reading the base or judging a draft throws; whatever the agent does is a value.
 */
export async function develop(task: DeveloperTask, deps: DeveloperDeps): Promise<Developed> {
  const model = modelFor(task)
  const readDrafted = readAfter(task.readBase, task.earlier)
  let broken: { error: unknown } | null = null
  /** Keeps an error of ours from passing for one of the agent's. */
  async function ours<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      broken ??= { error }
      throw error
    }
  }
  const read: ReadFile = (path) => ours(() => readDrafted(path))
  const { desk, handIn } = deskOf(task, deps, model, read)
  const { assignment, agent, sentBack, resume, openWorkTree } = task
  const context = { ...task.context, agent_model: model }
  const outcome = await deps.run({
    role: 'developer',
    agent,
    model,
    isModelNamed: namedModel(namesOf(task)) !== null,
    prompt: await developerPrompt({ assignment, agent, context, read: readDrafted, sentBack, hasTree: openWorkTree !== null }), // prettier-ignore
    handIn: { ...handIn, review: (value, tree) => ours(() => handIn.review(value, tree)) },
    maxRepairs: task.agents.maxRepairs,
    // A link it looks at is its own mistake, not one of the assignment.
    tree: { read: readDrafted, paths: task.paths },
    openWorkTree: openWorkTree?.(readDrafted) ?? null,
    resume,
    given: { assignment, read },
  })
  const failure = broken as { error: unknown } | null
  if (failure !== null) throw failure.error
  const asked = askedModel(outcome, model)
  if (outcome.kind === 'submitted' && desk.accepted !== null) {
    const made = desk.accepted
    const request = asked === model ? made : { ...made, metadata: { ...made.metadata, agent_model: asked } }
    return { ok: true, request, model: asked, outcome }
  }
  if (outcome.kind === 'failed') {
    const { code, reason, detail, usage } = outcome
    return { ok: false, code: reason ?? code, message: detail, model: asked, usage }
  }
  const message = 'the agent ended without a submission the guard accepted'
  return { ok: false, code: 'no_submission', message, model: asked, usage: outcome.usage }
}

/** Makes the change request of a cast's finished edit, which needs no agent; the queue validates it like any other. */
export function fromFinishedEdit(
  task: FinishedWork,
  change: NonNullable<CastItem['change']>,
  castBase: string | null,
): ChangeRequest {
  return assemble(task, [change], undefined, modelFor(task), baseOf(task.earlier, [change], castBase))
}
