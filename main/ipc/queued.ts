/** A request that a window hands in: done at once by stubs, led in the background where models work on it. */
import type { z } from 'zod'
import type { Engine } from '../engine/engine.ts'
import type { queuedRequestSchema } from '../../schemas/ipc-parts.ts'

export async function queued(
  engine: Engine,
  document: unknown,
  options: Parameters<Engine['request']>[1],
  signal: AbortSignal,
): Promise<z.infer<typeof queuedRequestSchema>> {
  // Nobody waits minutes for an answer on one line; the request's own view tells what happens.
  if (engine.agents.haveModels()) {
    const request_id = await engine.begin(document, options)
    return { request_id, enqueued: [], failed: [], warnings: [], held: false, going: true }
  }
  const done = await engine.request(document, options, signal)
  const failed = done.failed.map(({ taskId, error }) => ({ task_id: taskId, error }))
  return {
    request_id: done.requestId,
    enqueued: done.enqueued,
    failed,
    warnings: done.warnings,
    held: done.waiting.plan !== null,
    going: false,
  }
}
