/** How `why` tells a person where a line comes from. */
import { inert, type Engine } from '../../engine/engine.ts'
import { time } from '../output.ts'

type Why = Awaited<ReturnType<Engine['why']>>

const LONG = 500

function commitLine({ commit, subject, author, committed_at, origin, change_id }: Why['last']): string {
  const whose =
    origin === 'change'
      ? `change ${change_id}`
      : origin === 'operator'
        ? `the operator's own, by ${inert(author)}`
        : `by ${inert(author)}, names a change that did not land here as this commit`
  return `${commit.slice(0, 10)}  ${time(committed_at)}  ${whose}  ${inert(subject)}`
}

function changeLines(change: NonNullable<Why['change']>): string[] {
  const { request, assignment } = change
  const lines = [
    `change     ${change.id}${change.archived ? ' (archived)' : ''}, landed ${time(change.landed_at)}`,
    `agent      ${change.agent}${change.agent_model === null ? '' : `, model ${inert(change.agent_model)}`}`,
  ]
  const add = (name: string, text: string): void => void lines.push(`${name.padEnd(10)} ${inert(text, LONG)}`)
  if (change.intent !== null) add('intent', change.intent)
  add('task', `${change.task_id}${assignment === null ? '' : `: ${assignment.summary}`}`)
  for (const one of assignment?.instructions ?? []) add('', `- ${one}`)
  if (request !== null)
    add('request', `${request.request_id}${request.summary === '' ? '' : `: ${request.summary}`}`)
  for (const { approver, role, note, decision, created_at } of change.approvals) {
    const as = role === null ? '' : ` (${role})`
    add(
      'approval',
      `${decision} by ${approver}${as} at ${time(created_at)}${note === null ? '' : `: ${note}`}`,
    )
  }
  if (change.approvals.length === 0) add('approval', 'none was needed or given')
  for (const { name, verdict, exit_code } of change.checks)
    add('check', `${name}: ${verdict}${exit_code === null ? '' : ` (exit ${exit_code})`}`)
  if (change.checks.length === 0) add('check', change.check_verdict ?? 'not known')
  if (change.reverts !== null) add('reverts', `change ${change.reverts}`)
  if (change.reverted_by !== null) add('reverted', `by change ${change.reverted_by}`)
  return lines
}

export function describeWhy(why: Why): string[] {
  const lines = [
    why.line === null
      ? inert(why.path, LONG)
      : `${inert(why.path, LONG)}:${why.line}  ${inert(why.text ?? '')}`,
    `commit     ${commitLine(why.last)}`,
  ]
  if (why.change !== null) lines.push(...changeLines(why.change))
  for (const [index, one] of why.earlier.entries())
    lines.push(`${(index === 0 ? 'before' : '').padEnd(10)} ${commitLine(one)}`)
  if (why.more) lines.push(`${''.padEnd(10)} and earlier ones`)
  return lines
}
