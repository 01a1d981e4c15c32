/** What went wrong, in the words a person is shown, from whatever was thrown. */
import { ORPCError } from '@orpc/client'
import type { ErrorShape } from '../schemas/errors.ts'
import { OfflineError } from './client.ts'

export type Failure = ErrorShape

const offline: Failure = {
  kind: 'transient',
  code: 'offline',
  message: 'Hyperion’s engine cannot be reached',
  hint: 'It is tried again by itself. If it was stopped, start it again with `npm start` or `hyperion run`.',
}

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'hint' in value
  )
}

/** True where the question was withdrawn, which is nothing to tell anybody. */
export const wasWithdrawn = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted || (error instanceof Error && error.name === 'AbortError' && signal.aborted)

export function failureOf(error: unknown): Failure {
  if (error instanceof OfflineError) return offline
  if (error instanceof ORPCError) {
    if (isFailure(error.data)) return error.data
    return {
      kind: 'bug',
      code: error.code.toLowerCase(),
      message: error.message,
      hint: 'Reload the window. If it stays, the window and the engine may be of different versions.',
    }
  }
  // A call under way when the wire closes ends with an error of the transport.
  if (error instanceof Error && (error.name === 'AbortError' || /not open|closed/i.test(error.message)))
    return offline
  return {
    kind: 'bug',
    code: 'unexpected',
    message: error instanceof Error ? error.message : String(error),
    hint: 'Reload the window.',
  }
}
