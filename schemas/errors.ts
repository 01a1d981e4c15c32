/** The kinds of error a caller can tell apart, and the exit code of each (SCHEMAS.md, "Exit codes"). */
import { z } from 'zod'

export const ERROR_KINDS = [
  'user',
  'usage',
  'not_landed',
  'transient',
  'database_newer',
  'permanent',
  'bug',
] as const

export type ErrorKind = (typeof ERROR_KINDS)[number]

/** Exit code of the command line for each kind of error. */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  user: 1,
  usage: 2,
  not_landed: 3,
  transient: 4,
  database_newer: 5,
  permanent: 1,
  bug: 70,
}

export const errorShape = z
  .strictObject({
    kind: z.enum(ERROR_KINDS),
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
  })
  .meta({ title: 'Error', description: 'What went wrong, as a program receives it.' })

/** What crosses a process or transport boundary in place of an exception. */
export type ErrorShape = z.infer<typeof errorShape>
