/**
 * Which bytes a report has that this queue wrote: a file that has others was written by somebody else.
 *
 * Of each report two hashes are kept with the queue and no more: of what stands there, and of what is about to. The
 * second is noted before the file is moved, so that one that was moved by a program that was killed right after is
 * still known; a file is moved in the transaction that makes it the first, so that however many programs write, each
 * knows what the others wrote and an older report that is put back is not taken for the newest. Where no hash is kept
 * this queue wrote nothing: what is there came from somebody else. A seal says who wrote a file, not that nobody could
 * have: whoever can write the queue can.
 */
import { z } from 'zod'
import type { WorkspaceFacts } from '../store/workspace.ts'
import { readReport, type Found } from './files.ts'

const sealSchema = z.strictObject({
  /** Of the file that was moved into place last; null before the first was. */
  last: z.string().nullable(),
  /** Of the one on its way; null while there is none. */
  coming: z.string().nullable(),
})
export type Seal = z.infer<typeof sealSchema>

const sealsSchema = z.record(z.string(), sealSchema)

function sealsIn(facts: WorkspaceFacts): Record<string, Seal> {
  try {
    // What is not understood vouches for nothing.
    return sealsSchema.safeParse(JSON.parse(facts.get('report_hashes') ?? '{}')).data ?? {}
  } catch {
    return {}
  }
}

export const sealOf = (facts: WorkspaceFacts, name: string): Seal =>
  sealsIn(facts)[name] ?? { last: null, coming: null }

export const setSeal = (facts: WorkspaceFacts, name: string, seal: Seal): void =>
  facts.set('report_hashes', JSON.stringify({ ...sealsIn(facts), [name]: seal }))

export const isSame = (one: Seal, other: Seal): boolean =>
  one.last === other.last && one.coming === other.coming

/** What makes a file none of ours, as the end of a sentence about it; null where it is. */
function refusalOf({ last, coming }: Seal, hash: string): string | null {
  if (hash === last || hash === coming) return null
  return last === null
    ? 'was not written by this queue'
    : 'was edited by somebody else, or put back from an earlier time'
}

export interface Look<T> {
  found: Found<T>
  /** By which it was judged. */
  seal: Seal
}

/** A writer moves a file within a moment; only one that is written without an end takes more looks. */
const LOOKS = 20

/** Reads a report and judges it by the seal of that very moment, though others write it meanwhile. */
export function lookAt<T>(
  { facts }: { facts: WorkspaceFacts },
  file: string,
  name: string,
  schema: z.ZodType<T>,
): Look<T> {
  for (let looks = 1; ; looks += 1) {
    const seal = sealOf(facts, name)
    const found = readReport(file, schema, (hash) => refusalOf(seal, hash))
    // A file is moved only between two changes of its seal: with the same one before and after, the two belong together.
    if (looks === LOOKS || isSame(sealOf(facts, name), seal)) return { found, seal }
  }
}
