/** What the parts of the contract with the window have in common. */
import { oc } from '@orpc/contract'
import { z } from 'zod'
import { errorShape } from './errors.ts'
import { idSchema, rowIdSchema } from './ids.ts'
import { DOCUMENT_DEPTH, isNestedWithin, isWithoutForbiddenKey } from './json-depth.ts'
import { FORBIDDEN_KEY } from './json-scan.ts'

export const route = oc.errors({ FAILED: { status: 400, data: errorShape } })

export const nothing = z.strictObject({})
export const folder = z.string().min(1).max(4096)
export const person = z.string().max(200).regex(/\S/, { error: 'is empty; say who it is' })
export const said = z.string().max(10_000)
export const filePath = z.string().min(1).max(4096)

/** Any JSON; its depth is judged first, because the judge of JSON recurses. */
export function shallow() {
  return z
    .unknown()
    .refine((value) => isNestedWithin(value, DOCUMENT_DEPTH), {
      error: `is nested deeper than ${DOCUMENT_DEPTH} levels; flatten it`,
      abort: true,
    })
    .refine(isWithoutForbiddenKey, { error: `has the key "${FORBIDDEN_KEY}"; rename it` })
    .pipe(z.json())
}

/** A document as the command line takes it from a file; judged by the contract it claims to be of. */
export const document: z.ZodType<unknown> = shallow()

export const queuedRequestSchema = z.strictObject({
  request_id: idSchema,
  enqueued: z.array(rowIdSchema),
  failed: z.array(z.strictObject({ task_id: idSchema, error: z.string() })),
  warnings: z.array(z.string()).describe('Who else edits the same lines.'),
  held: z.boolean().describe('Its plan waits for a person to let it run.'),
  going: z.boolean().describe('Agents are at work on it: what it comes to is told as it happens.'),
})
