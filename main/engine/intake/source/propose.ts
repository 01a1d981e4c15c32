/** Makes one change request of what an agent or a person left in a branch, a commit or a worktree. */
import { join } from 'node:path'
import type { ChangeRequest } from '../../../../schemas/change-request.ts'
import type { CheckEntry } from '../../../../schemas/check.ts'
import { ID_PATTERN } from '../../../../schemas/ids.ts'
import { userError, type HyperionError } from '../../base/errors.ts'
import { canonicalJson, sha256 } from '../../base/hash.ts'
import { inert } from '../../base/inert.ts'
import { inheritChecks } from '../../domain/check-policy.ts'
import { validateChangeRequest } from '../../domain/validate-change.ts'
import { git, type GitOptions } from '../../git/git.ts'
import { openObjects } from '../../git/objects.ts'
import { operatorName } from '../../git/porcelain.ts'
import { isAncestor } from '../../git/refs.ts'
import type { Repository } from '../../git/repository.ts'
import { openProbe, snapshotOf, type LeftOut, type Probe } from '../../git/snapshot.ts'
import { treeOf } from '../../git/trees.ts'
import type { ChangedFile } from '../../domain/file-change.ts'
import { harvest, type Harvest } from './changes.ts'
import { commitOf, resolveSource, type Source } from './resolve.ts'

export interface SourceWish {
  /** A branch, tag, commit or the folder of a worktree. */
  from: string
  base?: string | null
  taskId?: string | null
  agent?: string | null
  checks?: readonly CheckEntry[] | null
  /** What relative folders are relative to. */
  cwd: string
}

export interface SourceDeps {
  repository: Repository
  buildGit: GitOptions
  scratch: string
  /** The target's tip, and upstream's where it is known: what is in one of them is nobody's work any more. */
  tip: string
  upstreamTip: string | null
  allow: Readonly<Record<string, string>>
}

export interface Proposal {
  source: Source
  base: string
  /** Null where something is refused. */
  request: ChangeRequest | null
  taskId: string
  agent: string
  files: ChangedFile[]
  refused: LeftOut[]
  /** Whether it holds what no commit does yet. */
  uncommitted: boolean
  notices: string[]
}

const SUBJECTS = 5
const COMMITS_READ = 200
const SAMPLE_LINES = 20
const LONGEST_LABEL = 120
const LONGEST_INTENT = 500

const short = (oid: string): string => oid.slice(0, 10)

/** Returns a text as an id: what ids do not take becomes `-`; empty where nothing is left. */
const asId = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, LONGEST_LABEL)

/** Returns the commit that the work began at: given, or the newest that target or upstream and the source share. */
async function baseOf(deps: SourceDeps, probe: Probe, source: Source, wish: SourceWish): Promise<string> {
  const { head, name } = source
  if (wish.base !== undefined && wish.base !== null) {
    const said = inert(wish.base, 100)
    const base = await commitOf({ gitDir: deps.repository.gitDir }, wish.base)
    if (base === null) {
      throw userError('base_unknown', `the base "${said}" is no commit of this repository`, 'fetch it first, or leave --base out') // prettier-ignore
    }
    if (!(await isAncestor(probe.git, base, head))) {
      throw userError('base_not_ancestor', `the base "${said}" (${short(base)}) is not in the history of ${name}`, 'name a commit that it was made from, or leave --base out') // prettier-ignore
    }
    return base
  }
  // With several tips git looks for what the source shares with a merge of them.
  const tips = [deps.tip, ...(deps.upstreamTip === null ? [] : [deps.upstreamTip])]
  const answer = await git(['merge-base', head, ...tips], { ...probe.git, expect: [0, 1] })
  const base = answer.stdout.toString('latin1').trim()
  if (answer.exitCode === 0 && base !== '') return base
  throw userError(
    'no_common_history',
    `${name} has no history in common with the target`,
    'name the commit it was made from with --base, or rebase it',
  )
}

interface Commits {
  subjects: string[]
  authors: string[]
}

/** Reads who committed what between base and head, oldest first. */
async function commitsOf(probe: Probe, base: string, head: string): Promise<Commits> {
  const args = ['log', '--no-show-signature', '--reverse', '--no-merges', `--max-count=${COMMITS_READ}`, '-z']
  const { stdout } = await git([...args, '--format=%an%n%s', `${base}..${head}`], probe.git)
  const subjects: string[] = []
  const authors = new Set<string>()
  for (const one of stdout.toString('utf8').split('\0')) {
    const [author = '', subject = ''] = one.split('\n')
    if (author.trim() !== '') authors.add(author.trim())
    if (subject.trim() !== '') subjects.push(subject.trim())
  }
  return { subjects, authors: [...authors] }
}

function intentOf({ subjects }: Commits, source: Source): string {
  const shown = subjects.slice(0, SUBJECTS).join('; ')
  const more = subjects.length > SUBJECTS ? `; and ${subjects.length - SUBJECTS} more commits` : ''
  const text = shown === '' ? `Work of ${source.label}` : `${shown}${more}`
  return text.slice(0, LONGEST_INTENT).toWellFormed()
}

/** Returns who made it: named, else the one author of its commits, else whose checkout it is. Never a guess. */
async function agentOf(wish: SourceWish, source: Source, { authors }: Commits): Promise<string> {
  if (wish.agent !== undefined && wish.agent !== null) return wish.agent
  const names = authors.length > 0 ? authors : source.kind === 'worktree' ? [await operatorName(source.repository.workspace)] : [] // prettier-ignore
  const [name, other] = names
  const id = typeof name === 'string' && other === undefined ? asId(name) : ''
  if (ID_PATTERN.test(id)) return id
  const why =
    other === undefined || typeof other !== 'string'
      ? `who made ${source.name} is not known`
      : `${source.name} has commits of ${authors.map((one) => inert(one, 60)).join(', ')}`
  throw userError('agent_unknown', why, 'name who submits it with --agent')
}

function sampleOf({ changes }: Harvest): string {
  const [first] = changes
  const text = first === undefined ? '' : (first.patch ?? first.replacement ?? '')
  const lines = text.split('\n').slice(0, SAMPLE_LINES).map((line) => line.slice(0, 200)) // prettier-ignore
  return lines.join('\n').toWellFormed()
}

/** Looks at a source and makes the request of it; throws where there is nothing to make one of. Nothing is written. */
export async function proposeFrom(deps: SourceDeps, wish: SourceWish): Promise<Proposal> {
  const source = await resolveSource(deps.repository, wish.from, wish.cwd)
  const { repository: from } = source
  const stores = [...new Set([deps.repository.objectsDir, from.objectsDir])]
  const probe = openProbe(deps.buildGit, stores, join(from.commonDir, 'shallow'), deps.scratch)
  const objects = openObjects(deps.repository.format, probe.git)
  try {
    const base = await baseOf(deps, probe, source, wish)
    const commits = await commitsOf(probe, base, source.head)
    const state =
      source.kind === 'worktree'
        ? await snapshotOf({ gitDir: from.gitDir, folder: from.workspace }, probe)
        : { tree: await treeOf(objects, source.head), dirty: false, leftOut: [] }
    const made = await harvest(probe.git, objects, await treeOf(objects, base), state.tree)
    const refused = [...state.leftOut, ...made.refused]
    if (made.changes.length === 0 && refused.length === 0) {
      throw userError('no_difference', `${source.name} holds nothing that ${short(base)}, its base, does not`, 'there is nothing to submit') // prettier-ignore
    }
    const agent = await agentOf(wish, source, commits)
    const content = sha256(canonicalJson(made.changes)).slice(0, 10)
    const taskId = wish.taskId ?? `${asId(source.label) || source.kind}-${content}`
    const notices = [...source.notices]
    if (state.dirty) notices.push(`${source.name} has uncommitted work, which is included`)
    const about = { source, base, taskId, agent, files: made.files, uncommitted: state.dirty, notices }
    if (refused.length > 0) return { ...about, request: null, refused }
    const request: ChangeRequest = {
      task_id: taskId,
      agent,
      base_commit: base,
      changes: made.changes,
      checks: inheritChecks(wish.checks ?? undefined, undefined, deps.allow),
      metadata: {
        intent: intentOf(commits, source),
        // As with a request that nobody rated.
        complexity: Math.min(10, Math.max(1, made.changes.length)),
        sample_diff: sampleOf(made),
        telemetry_anchors: [],
        approvals: [],
        agent_model: 'unknown',
      },
    }
    return { ...about, request, refused: refusalsOf(request) }
  } finally {
    objects.close()
    probe.remove()
  }
}

/** What the contract says against the request as a whole, by path where it is about one. */
function refusalsOf(request: ChangeRequest): LeftOut[] {
  const verdict = validateChangeRequest(request)
  if (verdict.ok) return []
  const { changes } = request
  return verdict.errors.map(({ code, field, message }) => {
    const index = /^changes\[(\d+)\]/.exec(field)?.[1]
    const path = index === undefined ? null : (changes[Number(index)]?.path ?? null)
    if (path === null) throw userError(code, message)
    return { path, code, message: message.replace(/^changes\[\d+\]\.?\w* /, '') }
  })
}

/** Says in one sentence that nothing was queued because of these; each is named by whoever shows it. */
export function refusedError({ source, refused }: Pick<Proposal, 'source' | 'refused'>): HyperionError {
  const [first] = refused
  const one = first === undefined ? '' : `: ${inert(first.path, 120)} ${first.message}`
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''
  return userError('not_submittable', `${source.name} holds what no change request can carry${one}${more}`, 'take it out, or split the work; nothing was queued') // prettier-ignore
}
