/** A request that was sent and never answered, because the line was cut: whether it arrived is found out, not guessed. */
import { useEffect, useRef } from 'react'
import type { TaskRequest } from '../../../schemas/task-request.ts'
import type { Api } from '../../client.ts'
import { failureOf, type Failure } from '../../failure.ts'
import { useApp, useStore } from '../../state/hooks.ts'
import { useKept } from '../inbox/kept.ts'

export function isSent(value: unknown): value is TaskRequest {
  if (typeof value !== 'object' || value === null) return false
  const { request_id: id, requested_changes: changes } = value as Record<string, unknown>
  return typeof id === 'string' && Array.isArray(changes)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => [key, sorted(one)])
}

/** Whether two documents say the same, in whatever order their keys stand. */
export const saysTheSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

/** Whether a request is there that says just this. */
export async function isSame(api: Api, document: TaskRequest, signal?: AbortSignal): Promise<boolean> {
  const { request_id } = document
  try {
    const { payload } = await api.requests.show({ request_id }, signal === undefined ? {} : { signal })
    return saysTheSame(payload, document)
  } catch (thrown) {
    if (failureOf(thrown).code === 'no_such_request') return false
    throw thrown
  }
}

/** What is known of it, and what is safe to do. */
export function sentWords(id: string, offline: boolean): Failure {
  return {
    kind: 'transient',
    code: 'no_answer',
    message: offline
      ? `${id} was sent, and the line was cut before an answer came. It may have arrived`
      : `${id} was sent, and the line was cut before an answer came. It is not among the requests so far`,
    hint: offline
      ? 'Leave its name as it is: once the engine can be reached, it is looked for here.'
      : 'Submit it again under the same name: if it arrived after all, it is done once.',
  }
}

export interface Doubt {
  /** What was sent and not answered; null where there is no doubt. */
  sent: TaskRequest | null
  keep: (sent: TaskRequest | null) => void
  /** A request of its name is there; whether it is this one is being asked. */
  isThere: boolean
}

/** `taken` are names of requests that are there; `busy`: it is on its way, and may still be answered. */
export function useSent(
  taken: readonly string[],
  busy: boolean,
  onArrived: (document: TaskRequest) => void,
): Doubt {
  const app = useApp()
  const online = useStore(({ connection }) => connection.state === 'online')
  // Over a reload as well: a window that is closed meanwhile hears no answer either.
  const [sent, keep] = useKept<TaskRequest>('requests.sent', isSent)
  const latest = useRef(onArrived)
  latest.current = onArrived
  const isThere = sent !== null && taken.includes(sent.request_id)
  useEffect(() => {
    if (sent === null || !isThere || busy || !online) return
    const life = new AbortController()
    const look = async (): Promise<void> => {
      const same = await isSame(app.api, sent, life.signal)
      if (life.signal.aborted) return
      keep(null)
      // Another one under its name: this one never arrived.
      if (same) latest.current(sent)
    }
    // Asked again once the line is there again.
    look().catch(() => undefined)
    return () => life.abort()
  }, [app, sent, isThere, busy, online, keep])
  return { sent, keep, isThere }
}
