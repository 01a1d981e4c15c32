/** Headers inside a message of the contract's library, the same over every transport. */
import { z } from 'zod'

/** Files and forms belong to no route of the contract, and bent ones fail where nobody can catch it. */
function isPlain([name, value]: [string, string | string[]]): boolean {
  const key = name.toLowerCase()
  if (key === 'content-disposition') return false
  return key !== 'content-type' || /^(?:application\/json|text\/event-stream)/.test(String(value))
}

export const frameHeadersSchema = z
  .record(z.string(), z.union([z.string(), z.array(z.string())]))
  .refine((headers) => Object.entries(headers).every(isPlain))
