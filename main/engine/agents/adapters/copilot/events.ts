/** What the Copilot command line says of a turn, a JSON object a line; its exit code says nothing that counts. */
import { fieldsOf, textOf, type Fields } from '../../fields.ts'
import type { RunEvent } from '../../harness.ts'
import type { TurnFailure } from '../converse.ts'
import { failureOf, NO_SUCH_TOOL, type CopilotError } from './failure.ts'

export interface TurnSaid {
  /** The last whole message. */
  text: string
  sessionId: string | null
  failure: TurnFailure | null
  /** The turn came to its end, and was not cut off. */
  ended: boolean
}

/** The provider's own word, in what it said. */
export function codeIn(message: string): string {
  try {
    return textOf(fieldsOf(JSON.parse(message))['code'])
  } catch {
    return ''
  }
}

export const errorOf = (data: Fields, errorCode: string): CopilotError => ({
  message: textOf(data['message']),
  errorType: textOf(data['errorType']),
  statusCode: typeof data['statusCode'] === 'number' ? data['statusCode'] : undefined,
  errorCode,
})

/** Hears lines of a turn; returns what is worth showing of each. */
export function turnReader(model: string): { hear(line: string): RunEvent[]; said(): TurnSaid } {
  let text = ''
  let sessionId: string | null = null
  let failure: TurnFailure | null = null
  let ended = false
  let errorCode = ''

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
        // It has none: what it asks for all the same does not exist.
        return [{ kind: 'denied', name: textOf(data['toolName']), reason: NO_SUCH_TOOL }]
      case 'session.error':
        failure = failureOf(errorOf(data, errorCode), model)
        return []
      case 'model.call_failure':
        errorCode = codeIn(textOf(data['errorMessage']))
        return [{ kind: 'alive' }]
      case 'assistant.turn_retry':
        return [{ kind: 'retry', reason: textOf(data['reason']), delayMs: 0 }]
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
