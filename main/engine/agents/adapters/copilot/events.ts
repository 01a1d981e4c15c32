/** What the Copilot command line says of a turn, a JSON object a line; its exit code says nothing that counts. */
import type { RunEvent } from '../../harness.ts'
import type { TurnFailure } from '../converse.ts'

export interface TurnSaid {
  /** The last whole message. */
  text: string
  sessionId: string | null
  failure: TurnFailure | null
  /** The turn came to its end, and was not cut off. */
  ended: boolean
}

type Fields = Record<string, unknown>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function failureOf(data: Fields): TurnFailure {
  const status = typeof data['statusCode'] === 'number' ? data['statusCode'] : null
  const detail = textOf(data['message']) || 'Copilot ended with an error that says nothing'
  const isAuth = textOf(data['errorType']) === 'authentication' || status === 401 || status === 403
  const code = isAuth ? 'auth' : status === 429 ? 'rate' : status === null ? 'unavailable' : 'provider'
  return { code, detail }
}

/** Hears lines of a turn; returns what is worth showing of each. */
export function turnReader(): { hear(line: string): RunEvent[]; said(): TurnSaid } {
  let text = ''
  let sessionId: string | null = null
  let failure: TurnFailure | null = null
  let ended = false

  function hear(line: string): RunEvent[] {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      // Notices for people come between.
      return []
    }
    const event = fieldsOf(value)
    const data = fieldsOf(event['data'])
    switch (event['type']) {
      case 'assistant.message_delta':
        return [{ kind: 'text', text: textOf(data['deltaContent']) }]
      case 'assistant.message':
        text = textOf(data['content']) || text
        return []
      case 'tool.execution_start':
        return [{ kind: 'tool', name: textOf(data['toolName']), input: data['arguments'] ?? null }]
      case 'tool.execution_complete': {
        const error = fieldsOf(data['error'])
        return data['success'] === false && textOf(error['code']) === 'denied'
          ? [{ kind: 'denied', name: textOf(data['toolName']), reason: textOf(error['message']) }]
          : []
      }
      case 'session.error':
        failure = failureOf(data)
        return []
      case 'assistant.idle':
        ended = true
        if (data['aborted'] === true) failure ??= { code: 'cancelled', detail: 'Copilot was stopped' }
        return []
      case 'result':
        ended = true
        sessionId = textOf(event['sessionId']) || null
        return []
      default:
        return [{ kind: 'alive' }]
    }
  }
  return { hear, said: () => ({ text, sessionId, failure, ended }) }
}
