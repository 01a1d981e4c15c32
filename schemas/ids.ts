/** Names and hashes as every contract spells them. */
import { z } from 'zod'

/** What a `request_id`, `task_id` or `agent` may be: it becomes a file name and a commit trailer. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/

const ID_TAKES = 'an id of 1 to 200 letters, digits, ".", "_" or "-" that begins with a letter or digit'
const SHA256_TAKES = 'a SHA-256 as 64 lower-case hex digits'
const OID_TAKES = 'a full git object id as 40 or 64 lower-case hex digits'
const TIME_TAKES = 'a time in whole seconds since 1970'

/** Makes a string schema whose every refusal says what the field takes. */
export const textMatching = (pattern: RegExp, takes: string) =>
  z.string({ error: takes }).regex(pattern, { error: takes })

export const idSchema = textMatching(ID_PATTERN, ID_TAKES)
export const sha256Schema = textMatching(/^[0-9a-f]{64}$/, SHA256_TAKES)
export const oidSchema = textMatching(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, OID_TAKES)

/** Text with something to read in it. */
export const saidSchema = (takes: string) => textMatching(/\S/, takes)

const MODEL_TAKES = 'the name of a model, of at most 200 characters and none that cannot be seen'
// Controls, formats (bidi, zero width), halves of surrogate pairs and line separators: a name is shown and compared.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The name of a model where one is set; what a run or an agent says of its own stays as it was said. */
export const modelSchema = z
  .string({ error: MODEL_TAKES })
  .max(200, { error: MODEL_TAKES })
  .regex(/\S/, { error: MODEL_TAKES })
  .refine((name) => !UNSEEN.test(name), { error: MODEL_TAKES })

/** Integer epoch seconds. */
export const timeSchema = z.int({ error: TIME_TAKES }).min(0, { error: TIME_TAKES })

/** A row's id. */
export const rowIdSchema = z.int().min(1)
