/** What a draft comes to: the very file, what is wrong at which field, how its approvals stand. */
import type { CastAnswers, CastExamination, CastFinding } from '../../../../schemas/cast-draft.ts'
import type { FileChange } from '../../../../schemas/change-request.ts'
import type { Config } from '../../../../schemas/config.ts'
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../../base/hash.ts'
import { inert } from '../../base/inert.ts'
import { readJson } from '../../base/json.ts'
import {
  castContentHash,
  castOf,
  castText,
  filledIn,
  modelOf,
  sampleDiffOf,
  type CastInMaking,
} from '../../casts/answers.ts'
import { castOfSource } from '../../casts/import.ts'
import { atField, STEPS, stepOf } from '../../casts/steps.ts'
import { configOrDefault, type Ground } from '../../compose.ts'
import { REQUEST_LIMITS } from '../../domain/limits.ts'
import { isProtected } from '../../domain/paths.ts'
import { validateCast } from '../../domain/validate-task.ts'
import { readRef } from '../../git/refs.ts'
import type { LandingDeps, Policy } from '../../landing/deps.ts'
import type { CastApproval, CastSource } from '../../store/casts.ts'
import { tried } from './author.ts'
import { castPath, stateOf } from './file.ts'
import type { Paths } from './paths.ts'

export interface ExamineDeps {
  ground: Ground
  deps: LandingDeps
  paths: Paths
  policyNow(): Promise<Policy>
}

type Edit = { plus: number; minus: number } | { problem: string }
type Say = (level: CastFinding['level'], field: string, code: string, message: string) => void

/** Findings of one kind are named so often, so that five hundred items do not become five hundred sentences. */
const NAMED = 50

/** The file that a draft was begun from where it still is what was answered, or what the answers make; and its bytes. */
function fileOf(
  answers: CastAnswers,
  source: CastSource | null,
  config: Config['agents'],
): { cast: CastInMaking; text: string } {
  const given = source === null ? null : castOfSource(source, answers)
  // A file that breaks a rule is put right as far as the answers can.
  const cast = given !== null && validateCast(given.cast).ok ? given.cast : castOf(answers, config)
  return {
    cast,
    text: source !== null && given?.asItIs === true && cast === given.cast ? source.text : castText(cast),
  }
}

/** Whether a file says of an approval all that was recorded of it. */
const isRecord = (claim: CastAnswers['approvals'][number], own: CastApproval): boolean =>
  claim.approved_at === own.approved_at &&
  (claim.role ?? null) === own.role &&
  (claim.note ?? null) === own.note

export interface Examiner {
  examine(answers: CastAnswers, source: CastSource | null): Promise<CastExamination>
}

export function openExaminer(room: ExamineDeps): Examiner {
  const { ground, deps } = room
  const { store } = deps
  const edits = new WeakMap<FileChange, { base: string; edit: Edit }>()
  const byHash = new Map<string, Edit>()

  /** What an edit does on its base; the same edit is tried once, for a draft is examined with every key. */
  async function editOf(base: string, change: FileChange): Promise<Edit> {
    const known = edits.get(change)
    if (known?.base === base) return known.edit
    const key = `${base} ${change.operation} ${change.patch_hash} ${change.path}`
    const edit = byHash.get(key) ?? (await tried(deps, base, change))
    if (byHash.size > 2_000) byHash.clear()
    byHash.set(key, edit)
    edits.set(change, { base, edit })
    return edit
  }

  async function examineItems(answers: CastAnswers, say: Say): Promise<CastExamination['edits']> {
    const { items, base_commit: base } = answers
    const baseKnown = base === null || (await deps.objects.read(base))?.type === 'commit'
    if (!baseKnown)
      say(
        'error',
        'base_commit',
        'base_missing',
        'base_commit is not a commit of this repository; fetch it, or make the edits again',
      )
    const isFloating = base === null && items.some(({ change }) => change !== null)
    const tip = isFloating ? await readRef(deps.repoGit, deps.target) : null
    if (isFloating)
      say(
        'warning',
        'base_commit',
        'no_base',
        'the finished edits name no base_commit: they are tried on the target as it is',
      )
    const tracked = await room.paths.all()
    const seen = new Map<string, number>()
    const results: CastExamination['edits'] = []
    for (const [index, { path, change, unfit }] of items.entries()) {
      const field = `items[${index}]`
      if (unfit !== undefined)
        say(
          'error',
          `${field}.change`,
          'unfit_edit',
          `${field}.change: the ${unfit.kind} is not in the cast: ${inert(unfit.why, 400)}; mend it, or take it out`,
        )
      const first = seen.get(path)
      if (path !== '' && first !== undefined)
        say(
          'warning',
          `${field}.path`,
          'path_again',
          `${inert(path, 120)} is item ${first + 1} as well: the two are made one after the other`,
        )
      else seen.set(path, index)
      const also = path === '' ? [] : room.paths.also(path, answers.request_id)
      if (also.length > 0)
        say(
          'warning',
          `${field}.path`,
          'also_edited',
          `${also.slice(0, 3).join(', ')} also edit${also.length === 1 ? 's' : ''} ${inert(path, 120)}`,
        )
      if (change === null) {
        results.push(null)
        if (path !== '' && !tracked.has(path))
          say(
            'warning',
            `${field}.path`,
            'untracked',
            `${inert(path, 120)} is not tracked on the target: it would be a new file`,
          )
        continue
      }
      const on = base === null ? tip : baseKnown ? base : null
      const edit = on === null ? null : await editOf(on, change)
      if (edit !== null && 'problem' in edit) {
        if (base === null)
          say(
            'warning',
            `${field}.change`,
            'does_not_apply_now',
            `${field}.change does not apply to the target as it is now: ${edit.problem}`,
          )
        else
          say('error', `${field}.change`, 'does_not_apply', `${field}.change does not apply: ${edit.problem}`)
      }
      results.push(edit === null || 'problem' in edit ? null : edit)
    }
    return results
  }

  function examineId(answers: CastAnswers, text: string, say: Say): void {
    const row = store.requests.get(answers.request_id.trim())
    if (row === undefined) return
    if (row.payload === canonicalJson(readJson(Buffer.from(text), REQUEST_LIMITS)))
      say('warning', 'request_id', 'queued_already', `${row.request_id} was queued already (${row.status})`)
    else
      say(
        'error',
        'request_id',
        'request_id_taken',
        `request_id ${row.request_id} stands for another request already (${row.status}); give this one a new one`,
      )
  }

  async function examineApprovals(
    answers: CastAnswers,
    hash: string,
    say: Say,
  ): Promise<CastExamination['approvals']> {
    const recorded = store.casts.approvals(hash)
    const standings = answers.approvals.map((claim, index): CastExamination['approvals'][number] => {
      const { approver, payload_hash } = claim
      const field = `approvals[${index}]`
      const name = inert(approver, 80)
      if (payload_hash !== undefined && payload_hash !== hash) {
        say('warning', field, 'approval_void', `${name}'s approval is void: the content changed since`)
        return 'void'
      }
      const own = payload_hash === undefined ? [] : recorded.filter((one) => one.approver === approver)
      if (own.some((one) => isRecord(claim, one))) return 'recorded'
      say(
        'warning',
        field,
        'approval_claim',
        own.length === 0
          ? `${name}'s approval is a claim of the file: it counts only once it is recorded here`
          : `${name}'s approval is a claim of the file: role, time or note are not those that were recorded here`,
      )
      return 'claim'
    })
    const { approvals } = await room.policyNow()
    const guarded = answers.items.find(({ path }) => isProtected(path, approvals.protectedPaths))
    const complex = approvals.fromComplexity !== null && (answers.complexity ?? 0) >= approvals.fromComplexity
    const needed = Math.max(approvals.required, complex || guarded !== undefined ? 1 : 0)
    const given = new Set(recorded.map(({ approver }) => approver)).size
    if (given < needed) {
      const why =
        guarded !== undefined
          ? `${inert(guarded.path, 120)} is protected`
          : complex
            ? `complexity is ${answers.complexity}`
            : `the policy asks for ${needed}`
      say(
        'warning',
        'approvals',
        'approval_needed',
        `${why}: it will wait for an approval until ${needed === 1 ? 'one is' : `${needed} are`} recorded`,
      )
    }
    return standings
  }

  return {
    async examine(answers, source) {
      const { cast, text } = fileOf(answers, source, configOrDefault(ground).agents)
      const content_hash = castContentHash(cast)
      const findings: CastFinding[] = []
      const counts = new Map<string, number>()
      const say: Say = (level, field, code, message) => {
        const count = (counts.get(code) ?? 0) + 1
        counts.set(code, count)
        if (level === 'error' || count <= NAMED)
          findings.push({ step: stepOf(field), field, code, message, level })
      }
      const shaped = validateCast(cast)
      // While something is missing the rules look no further: what is there is judged with the gaps filled in.
      const verdict = shaped.ok ? shaped : validateCast(filledIn(cast))
      const missing = shaped.ok ? [] : shaped.errors
      const others = verdict.ok
        ? []
        : verdict.errors.filter((one) => !missing.some(({ field }) => field === one.field))
      findings.push(...[...missing, ...others].map((one) => atField(one, 'error')))
      findings.push(...verdict.warnings.map((one) => atField(one, 'warning')))
      const edits = await examineItems(answers, say)
      examineId(answers, text, say)
      const approvals = await examineApprovals(answers, content_hash, say)
      const path = castPath(answers.request_id.trim())
      const hash = sha256(text)
      return {
        text,
        sha256: hash,
        content_hash,
        findings,
        steps: STEPS.map(({ id, title }) => {
          const mine = findings.filter((one) => one.step === id)
          const errors = mine.filter(({ level }) => level === 'error').length
          return { id, title, errors, warnings: mine.length - errors }
        }),
        approvals,
        model: modelOf(answers, configOrDefault(ground).agents),
        sample_diff: sampleDiffOf(answers),
        edits,
        file: path === null ? null : { path, state: stateOf(join(ground.repository.workspace, path), hash) },
      }
    },
  }
}
