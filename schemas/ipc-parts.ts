/** What the parts of the contract with the window have in common. */
import { oc } from '@orpc/contract'
import { z } from 'zod'
import { errorShape } from './errors.ts'
import { idSchema, rowIdSchema } from './ids.ts'

export const route = oc.errors({ FAILED: { status: 400, data: errorShape } })

export const nothing = z.strictObject({})
export const folder = z.string().min(1).max(4096)
export const person = z.string().max(200).regex(/\S/, { error: 'is empty; say who it is' })
export const said = z.string().max(10_000)
export const filePath = z.string().min(1).max(4096)

export const queuedRequestSchema = z.strictObject({
  request_id: idSchema,
  enqueued: z.array(rowIdSchema),
  failed: z.array(z.strictObject({ task_id: idSchema, error: z.string() })),
  warnings: z.array(z.string()).describe('Who else edits the same lines.'),
  going: z.boolean().describe('Agents are at work on it: what it comes to is told as it happens.'),
})
