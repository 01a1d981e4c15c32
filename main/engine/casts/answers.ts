/** Answers and casts: what was answered so far as the cast it makes, and a cast that came from elsewhere as answers. */
import { CAST_SCHEMA } from '../../../schemas/cast.ts'
import type { CastAnswers } from '../../../schemas/cast-draft.ts'
import type { CheckEntry } from '../../../schemas/check.ts'
import type { FileChange } from '../../../schemas/change-request.ts'
import type { Config } from '../../../schemas/config.ts'
import { METADATA_KEYS } from '../../../schemas/metadata.ts'
import { canonicalJson, sha256 } from '../base/hash.ts'
import { chooseModel } from '../domain/model-policy.ts'

export const NO_ANSWERS: CastAnswers = {
  request_id: '',
  summary: '',
  intent: '',
  context: '',
  priority: null,
  acceptance_criteria: [],
  items: [],
  base_commit: null,
  checks: null,
  complexity: null,
  agent_model: '',
  telemetry_anchors: [],
  sample_diff: '',
  approvals: [],
  kept: { assignments: null, metadata: {} },
}

/** A JSON object in the making; with answers missing it is no cast yet. */
export type CastInMaking = Record<string, unknown> & { metadata: Record<string, unknown> }

const SAMPLE_LINES = 40

/** The beginning of a finished edit, as an example of what is meant. */
function sampleOf({ patch, replacement, path, operation }: FileChange): string {
  if (patch === undefined) return `${operation} ${path}${replacement === undefined ? '' : ' as a whole text'}`
  const lines = patch.split('\n')
  const shown = lines.slice(0, SAMPLE_LINES)
  return lines.length > SAMPLE_LINES ? `${shown.join('\n')}\n` : patch
}

/** The example that was given, or the one that follows from the first finished edit. */
export function sampleDiffOf({ sample_diff, items }: CastAnswers): string {
  if (sample_diff !== '') return sample_diff
  const first = items.find(({ change }) => change !== null)?.change
  return first === undefined || first === null ? '' : sampleOf(first)
}

/** The model that was named, or the one that follows from the complexity, and why. */
export function modelOf(
  { complexity, agent_model }: Pick<CastAnswers, 'complexity' | 'agent_model'>,
  config: Config['agents'],
): { name: string; why: string } {
  const name = chooseModel({ complexity, explicit: [agent_model.trim()], config })
  if (agent_model.trim() !== '') return { name, why: 'named here' }
  const limit = config.smallModelMaxComplexity
  if (complexity === null) return { name, why: 'not rated yet' }
  return { name, why: complexity <= limit ? `complexity is ${limit} or less` : `complexity is over ${limit}` }
}

const said = (text: string): boolean => text.trim() !== ''
const unless = <T>(absent: boolean, key: string, value: T): Record<string, T> =>
  absent ? {} : { [key]: value }

/** A check that says more than a command is typed as its JSON; anything else that begins like it is a command. */
function checkOf(check: CheckEntry): CheckEntry {
  if (typeof check !== 'string' || !check.startsWith('{')) return check
  try {
    const value: unknown = JSON.parse(check)
    if (typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'string')
      return value as CheckEntry
  } catch {
    // A command.
  }
  return check
}

/**
 * The cast that answers make, its keys in one fixed order: the same answers are the same bytes, whoever asked. What was
 * left empty is left out, so that what is missing is told by the rules for casts; blanks around what is one line go.
 */
export function castOf(answers: CastAnswers, config: Config['agents']): CastInMaking {
  const { kept } = answers
  return {
    schema: CAST_SCHEMA,
    ...unless(!said(answers.request_id), 'request_id', answers.request_id.trim()),
    ...unless(!said(answers.summary), 'summary', answers.summary.trim()),
    ...unless(!said(answers.context), 'context', answers.context),
    ...unless(answers.priority === null, 'priority', answers.priority),
    ...unless(answers.acceptance_criteria.length === 0, 'acceptance_criteria', answers.acceptance_criteria),
    ...unless(answers.checks === null, 'checks', answers.checks?.map(checkOf)),
    ...unless(answers.base_commit === null, 'base_commit', answers.base_commit),
    requested_changes: answers.items.map(({ path, summary, change }) => ({
      path,
      summary: summary.trim(),
      ...unless(change === null, 'change', change === null ? null : inOrder(change)),
    })),
    ...unless(kept.assignments === null, 'assignments', kept.assignments),
    metadata: {
      ...unless(!said(answers.intent), 'intent', answers.intent),
      ...unless(answers.complexity === null, 'complexity', answers.complexity),
      sample_diff: sampleDiffOf(answers),
      telemetry_anchors: answers.telemetry_anchors,
      approvals: answers.approvals,
      agent_model: modelOf(answers, config).name,
      ...kept.metadata,
    },
  }
}

function inOrder({ path, operation, patch, replacement, executable, patch_hash }: FileChange): object {
  return {
    path,
    operation,
    ...unless(patch === undefined, 'patch', patch),
    ...unless(replacement === undefined, 'replacement', replacement),
    ...unless(executable === undefined, 'executable', executable),
    patch_hash,
  }
}

/** The bytes of a cast's file. */
export const castText = (cast: object): string => `${JSON.stringify(cast, null, 2)}\n`

/** Hash of everything that an approval is given for: all of a cast but the approvals it claims. */
export function castContentHash(cast: { metadata: object }): string {
  const { approvals: _claims, ...metadata } = cast.metadata as Record<string, unknown>
  return sha256(canonicalJson({ ...cast, metadata }))
}

/** Metadata that no question is about. */
export const otherMetadata = (metadata: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(metadata).filter(([key]) => !(METADATA_KEYS as readonly string[]).includes(key)),
  )

/** A cast with something in every place that was left empty, so that the rules for the rest can be asked. */
export function filledIn(cast: CastInMaking): CastInMaking {
  const items = cast['requested_changes'] as { path: string; summary: string }[]
  return {
    request_id: 'unnamed',
    summary: 'unsaid',
    ...cast,
    requested_changes:
      items.length === 0
        ? [{ path: 'unnamed', summary: 'unsaid' }]
        : items.map((item) => ({ ...item, summary: said(item.summary) ? item.summary : 'unsaid' })),
    metadata: { intent: 'unsaid', complexity: 1, ...cast.metadata },
  }
}
