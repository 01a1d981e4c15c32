/** The one error class of the engine: what went wrong, where, and what to do about it. */
import { EXIT_CODES, type ErrorKind, type ErrorShape } from '../../../schemas/errors.ts'

export interface ErrorDetails {
  /** One clause that names the remedy. */
  hint?: string
  cause?: unknown
}

/**
 * Says that something went wrong, as opposed to an attempt that merely ended without landing.
 *
 * `kind` decides the exit code and whether a retry helps; `code` is a stable snake_case word for programs.
 */
export class HyperionError extends Error {
  override readonly name = 'HyperionError'
  readonly kind: ErrorKind
  readonly code: string
  readonly hint: string | null

  constructor(kind: ErrorKind, code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = kind
    this.code = code
    this.hint = details.hint ?? null
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind]
  }

  toShape(): ErrorShape {
    return { kind: this.kind, code: this.code, message: this.message, hint: this.hint }
  }
}

export const userError = (code: string, message: string, hint?: string): HyperionError =>
  new HyperionError('user', code, message, hint === undefined ? {} : { hint })

export const transientError = (code: string, message: string, cause?: unknown): HyperionError =>
  new HyperionError('transient', code, message, { cause })

export const bug = (code: string, message: string, cause?: unknown): HyperionError =>
  new HyperionError('bug', code, message, { cause })

/** Returns any thrown value as a HyperionError; what is not one already is a bug until someone names it. */
export function asHyperionError(thrown: unknown): HyperionError {
  if (thrown instanceof HyperionError) return thrown
  const { code, path } = thrown as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path === undefined ? null : path, thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new HyperionError('bug', 'unexpected', message, { cause: thrown })
}

/** Code of what a full disk kept from being written: nobody's fault, and over once there is room. */
export const DISK_FULL = 'disk_full'

export const diskFull = (what: string | null, cause?: unknown): HyperionError =>
  new HyperionError('transient', DISK_FULL, `the disk${what === null ? '' : ` that holds ${what}`} is full`, {
    hint: 'make room and try again',
    cause,
  })

/** Makes an exhaustive switch fail to compile when a case is missing, and loudly at run time if one slips by. */
export function unreachable(value: never): never {
  throw bug('unreachable', `unexpected value ${JSON.stringify(value)}`)
}
