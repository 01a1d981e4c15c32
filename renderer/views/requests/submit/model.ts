/** What of the repository can be submitted and as what, in words and as what is asked of the engine. */
import type { CheckEntry } from '../../../../schemas/check.ts'
import type { SubmitPreview, SubmitSources } from '../../../../schemas/intake.ts'
import type { Failure } from '../../../failure.ts'
import { linesOf } from '../form.ts'

export type Worktree = SubmitSources['worktrees'][number]
export type Branch = SubmitSources['branches'][number]

/** A thing to choose: `from` is what the engine is asked for. */
export interface Choice {
  from: string
  name: string
  /** What is said below the name. */
  place: string
  facts: { text: string; tone: 'muted' | 'accent' | 'warn' }[]
  /** Why it cannot be submitted now, or null. */
  reason: string | null
}

const ahead = (count: number | null): Choice['facts'][number] =>
  count === null
    ? { text: 'commits ahead not known', tone: 'warn' }
    : count === 0
      ? { text: 'no commit ahead', tone: 'muted' }
      : { text: `${count.toLocaleString('en')} ahead`, tone: 'accent' }

const short = (oid: string): string => oid.slice(0, 10)

export function worktreeChoice({ folder, branch, head, main, dirty, busy, ahead: count }: Worktree): Choice {
  const at = head === null ? 'no commit yet' : short(head)
  return {
    from: folder,
    name: folder.split(/[/\\]/).at(-1) ?? folder,
    place: `${folder} · ${branch === null ? `detached at ${at}` : `${branch} at ${at}`}`,
    facts: [
      ...(main ? [{ text: 'this workspace', tone: 'muted' as const }] : []),
      dirty === null
        ? { text: 'not known whether it has uncommitted work', tone: 'warn' }
        : dirty
          ? { text: 'uncommitted work', tone: 'accent' }
          : { text: 'nothing uncommitted', tone: 'muted' },
      ahead(count),
    ],
    reason:
      busy !== null
        ? `${busy} is under way in it: finish it or take it back first`
        : head === null
          ? 'It has no commit yet: commit there first'
          : null,
  }
}

/** The full name, because a folder of the same name would win. */
export const branchChoice = ({ branch, head, subject, ahead: count }: Branch): Choice => ({
  from: `refs/heads/${branch}`,
  name: branch,
  place: `${short(head)} ${subject}`,
  facts: [ahead(count)],
  reason: null,
})

export function matching(choices: readonly Choice[], text: string): Choice[] {
  const wanted = text.trim().toLowerCase()
  return choices.filter(({ name, place }) => `${name} ${place}`.toLowerCase().includes(wanted))
}

/** What was written over what Hyperion proposes; null where nothing was. */
export interface Written {
  taskId: string | null
  agent: string | null
  checks: string | null
  base: string
}

export const nothingWritten: Written = { taskId: null, agent: null, checks: null, base: '' }

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/
const ID_TAKES = 'Up to 200 letters, digits, “.”, “_” or “-”, beginning with a letter or digit'

/** Where a field is wrong, by name; an empty one is left to Hyperion. */
export function wrongIn({ taskId, agent }: Written): { taskId?: string; agent?: string } {
  const wrong = (id: string | null): boolean => id !== null && id.trim() !== '' && !ID.test(id.trim())
  return {
    ...(wrong(taskId) ? { taskId: ID_TAKES } : {}),
    ...(wrong(agent) ? { agent: ID_TAKES } : {}),
  }
}

const orNull = (text: string | null): string | null =>
  text === null || text.trim() === '' ? null : text.trim()

export interface Wish {
  from: string
  base: string | null
  task_id: string | null
  agent: string | null
  checks: CheckEntry[] | null
}

export function wishOf(from: string, { taskId, agent, checks, base }: Written): Wish {
  const lines = checks === null ? [] : linesOf(checks)
  return {
    from,
    base: orNull(base),
    task_id: orNull(taskId),
    agent: orNull(agent),
    checks: lines.length === 0 ? null : lines,
  }
}

/** Checks a line each; what is expected of one is kept as long as nothing is written. */
export const checksText = (checks: readonly CheckEntry[]): string =>
  checks.map((entry) => (typeof entry === 'string' ? entry : entry.run)).join('\n')

/** Why a preview cannot be queued, or null. */
export function whyNotQueue({ refused, files, duplicate_of }: SubmitPreview): string | null {
  if (refused.length > 0)
    return refused.length === 1
      ? 'It holds a path that no change can carry'
      : `It holds ${refused.length.toLocaleString('en')} paths that no change can carry`
  if (files.length === 0) return 'It changes no file'
  if (duplicate_of !== null) return `Change ${duplicate_of.id} has exactly this content already`
  return null
}

/** Fields of the form for flags of the command line that a remedy names. */
export const inTheForm = (failure: Failure): Failure => ({
  ...failure,
  hint:
    failure.hint
      ?.replaceAll('leave --base out', 'leave the field “Base” empty')
      .replaceAll('with --base', 'in the field “Base”')
      .replaceAll('with --agent', 'in the field “Agent”') ?? null,
})
