/** What Copilot's errors mean, by whichever way they come: a code to act on, and words a person can use. */
import type { TurnFailure } from '../converse.ts'

export const SIGN_IN = 'start `copilot` and run /login, or set COPILOT_GITHUB_TOKEN'

/** What is said to an agent that asks for more. */
export const NO_SUCH_TOOL = 'Hyperion gives its agents no such tool; use those you have.'

export interface CopilotError {
  message: string
  /** Copilot's own sort of error, such as `authentication`. */
  errorType?: string | undefined
  /** Of the provider's answer, where there was one. */
  statusCode?: number | undefined
  /** The provider's own word for it, such as `model_not_found`. */
  errorCode?: string | undefined
}

const NOT_SIGNED_IN = /no github oauth token|not (?:signed|logged) in|no authentication information/i
const NO_MODEL =
  /\bmodel\b.{0,200}\b(?:not (?:available|supported|found|exist)|does not exist|unknown|unavailable)\b/is
/** It answered, with nothing in it. */
const EMPTY = /^no response was returned/i

/** Null where it is none: an empty answer is an answer. */
export function failureOf(error: CopilotError, model: string): TurnFailure | null {
  const { errorType = '', statusCode = null, errorCode = '' } = error
  const detail = error.message || 'Copilot ended with an error that says nothing'
  if (statusCode === null && EMPTY.test(detail)) return null
  if (NOT_SIGNED_IN.test(detail)) return { code: 'auth', detail: `Copilot is not signed in; ${SIGN_IN}` }
  if (errorType === 'authentication' || statusCode === 401 || statusCode === 403)
    return { code: 'auth', detail: `${detail}; for Copilot's own models ${SIGN_IN}` }
  if (statusCode === 429 || errorType === 'rate_limit') return { code: 'rate', detail }
  const isModel =
    errorCode.startsWith('model_not_') ||
    statusCode === 404 ||
    ((statusCode === null || statusCode === 400) && NO_MODEL.test(detail))
  if (isModel) {
    const remedy = 'name one it has by --model, or in agents.model and agents.smallModel'
    return {
      code: 'provider',
      reason: 'unknown_model',
      detail: `${model} could not be asked; ${remedy}: ${detail}`,
    }
  }
  return { code: statusCode === null ? 'unavailable' : 'provider', detail }
}
