/** What every route stands on: the connection, how errors are told, the open workspace. */
import { implement, ORPCError } from '@orpc/server'
import { contract } from '../../schemas/ipc.ts'
import type { WorkspaceState } from '../../schemas/view.ts'
import { asHyperionError, userError } from '../engine/engine.ts'
import type { Session } from './session.ts'
import type { OpenWorkspace } from './workspace.ts'

/** What a transport gives with each connection. */
export interface Connection {
  session: Session
  /** The workspace this side was told of last: what it asks and does is meant for that one. */
  page: { folder: string | null }
  /** Resolves once the other side has taken enough of what was sent for more to make sense. */
  writable(): Promise<void>
}

export const connectionTo = (session: Session, writable: () => Promise<void>): Connection => ({
  session,
  page: { folder: null },
  writable,
})

const base = implement(contract).$context<Connection>()

/** Whether an input is an object of another kind than JSON has: a stream, a file, a set. An empty schema takes those. */
function isForeign(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false
  const prototype: unknown = Object.getPrototypeOf(input)
  return prototype !== Object.prototype && prototype !== null
}

/** Whatever goes wrong is told as the error a command line would have printed; its internals stay here. */
export const os = base.use(async ({ next }, input) => {
  if (isForeign(input))
    throw new ORPCError('BAD_REQUEST', {
      message: 'The input of a call is a stream or a file; send one JSON object',
    })
  try {
    return await next()
  } catch (thrown) {
    throw failureOf(thrown)
  }
})

function failureOf(thrown: unknown): unknown {
  if (thrown instanceof ORPCError) return thrown
  const { kind, code, message, hint } = asHyperionError(thrown)
  return new ORPCError('FAILED', {
    defined: true,
    status: 400,
    message,
    data: { kind, code, message, hint },
  })
}

/** The same for what goes wrong while events are told, after the call itself has been answered. */
export async function* events<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* source
  } catch (thrown) {
    throw failureOf(thrown)
  }
}

/** The signal of a call; one that never comes where the transport gives none. */
export const lasting = (signal: AbortSignal | undefined): AbortSignal =>
  signal ?? new AbortController().signal

/** Remembers which workspace this side knows of now. */
export function told({ page }: Connection, state: WorkspaceState): WorkspaceState {
  page.folder = state.state === 'open' ? state.folder : null
  return state
}

/**
 * The open workspace. Numbers mean other changes in another one: a side that was not told yet that somebody opened
 * another is refused until it asks.
 */
export function open({ session, page }: Connection): OpenWorkspace {
  const workspace = session.workspace()
  const folder = workspace.engine.ground.repository.workspace
  if (page.folder !== null && page.folder !== folder)
    throw userError(
      'other_workspace',
      `${folder} was opened meanwhile; this was meant for ${page.folder}`,
      'look again at what is shown now',
    )
  return workspace
}
