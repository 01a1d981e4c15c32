/** A session that is to be gone on with, and that is not there any more. */
import type { AgentTask, RunEvent } from '../harness.ts'
import type { TurnFailure } from './converse.ts'

/**
 * Says so, and returns null where a new one may be begun: what an agent is told holds all that it needs.
 *
 * A person's prompt means that very session, and ends with the failure that is returned.
 */
export function sessionGone(
  { role }: Pick<AgentTask, 'role'>,
  { title, sessionId, why }: { title: string; sessionId: string; why: string },
  hear: (event: RunEvent) => void,
): TurnFailure | null {
  const detail = `${title} cannot go on with session ${sessionId}: ${why}`
  if (role === 'prompt') return { code: 'unavailable', reason: 'session_gone', detail }
  hear({ kind: 'retry', reason: `${detail}; a new one is begun`, delayMs: 0 })
  return null
}
