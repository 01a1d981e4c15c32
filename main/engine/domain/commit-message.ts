/** The message of a landed commit: what an agent says it is for, then trailers that only we can write. */
import { inert } from '../base/inert.ts'

export interface CommitFacts {
  workspaceUuid: string
  changeId: number
  requestId: string | null
  taskId: string
  agent: string
  agentModel: string | null
  payloadHash: string
  /** As in `Checks: …`: "passed lint, test", "not-run". */
  checks: string
  approvedBy: readonly string[]
  /** Hash of the newest row of the log when the commit was made. */
  auditHead: string
  /** What it does in a line. */
  title: string | null
  /** What it is for. */
  intent: string | null
  paths: readonly string[]
}

const SUBJECT_LENGTH = 72

function subjectOf(facts: CommitFacts): { subject: string; body: string[] } {
  const title = (facts.title ?? '').trim()
  const intent = (facts.intent ?? '').trim()
  // The title says what, the lines below it why.
  const said = title === intent || intent === '' ? title : `${title}\n\n${intent}`.trim()
  if (said === '') {
    const [first, ...more] = facts.paths
    const rest = more.length === 0 ? '' : ` and ${more.length} more`
    return { subject: `${facts.taskId}: change ${inert(first ?? 'nothing')}${rest}`, body: [] }
  }
  const lines = said.split(/\r?\n/).map((line) => inert(line))
  const first = lines[0] ?? ''
  const room = Math.max(20, SUBJECT_LENGTH - facts.taskId.length - 2)
  const fits = [...first].length <= room
  const subject = fits ? first : `${[...first].slice(0, room - 1).join('')}…`
  return { subject: `${facts.taskId}: ${subject}`, body: fits ? lines.slice(1) : lines }
}

/**
 * Returns the message of a landed commit.
 *
 * The subject starts with the task id and every further line of an agent's text is indented, so that no agent can
 * write a trailer or the `---` line behind which git would not look for trailers (landing rules, "One commit per
 * change").
 */
export function commitMessage(facts: CommitFacts): string {
  const { subject, body } = subjectOf(facts)
  const lines = body.map((line) => (line.trim() === '' ? '' : `    ${line}`))
  const indented = lines.join('\n').replace(/^\n+|\n+$/g, '')
  const trailers = [
    `Hyperion-Change: ${facts.workspaceUuid}/${facts.changeId}`,
    ...(facts.requestId === null ? [] : [`Request-Id: ${facts.requestId}`]),
    `Task-Id: ${facts.taskId}`,
    `Agent: ${facts.agent}`,
    ...(facts.agentModel === null ? [] : [`Agent-Model: ${inert(facts.agentModel)}`]),
    `Payload-Hash: ${facts.payloadHash}`,
    `Checks: ${inert(facts.checks)}`,
    ...facts.approvedBy.map((name) => `Approved-By: ${inert(name)}`),
    `Audit-Head: ${facts.auditHead}`,
  ]
  const paragraphs = [subject, indented, trailers.join('\n')]
  return `${paragraphs.filter((p) => p !== '').join('\n\n')}\n`
}

/** Names of authors: characters git gives a meaning to in an identity are left out. */
const identityName = (name: string): string => name.replace(/[<>\n\0]/g, '') || 'agent'

const COMMITTER = 'Hyperion <hyperion@agents.invalid>'

/** Returns the bytes of a commit object: the agent is its author, null for Hyperion itself, which commits it. */
export function commitBody(commit: {
  tree: string
  parents: readonly string[]
  agent: string | null
  seconds: number
  message: string
}): Buffer {
  const name = commit.agent === null ? null : identityName(commit.agent)
  const author = name === null ? COMMITTER : `${name} <${name}@agents.invalid>`
  const when = `${commit.seconds} +0000`
  return Buffer.from(
    [
      `tree ${commit.tree}`,
      ...commit.parents.map((parent) => `parent ${parent}`),
      `author ${author} ${when}`,
      `committer ${COMMITTER} ${when}`,
      '',
      commit.message,
    ].join('\n'),
    'utf8',
  )
}
