/** Files that other programs read while we write them: whole at every moment, and never somebody else's. */
import { randomUUID } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { sha256 } from '../base/hash.ts'
import { identify, isAlive } from '../base/process.ts'

/** Writes a text beside its place, under a name of its own, and returns that: moved there, readers find it whole. */
export async function writeBeside(folder: string, name: string, text: string): Promise<string> {
  // One program may write the same file twice at once.
  const temporary = join(folder, `.${name}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`)
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(text)
      // Else a power cut may leave the new name on an empty file.
      await file.datasync()
    } finally {
      await file.close()
    }
    return temporary
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}

/** Takes away what writers left that were killed in the middle. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/^\..+\.json\.(\d+)(?:-[0-9a-f]+)?\.tmp$/.exec(name)?.[1] ?? 0)
    if (pid > 0 && pid !== process.pid && !isAlive(identify(pid))) rmSync(join(folder, name), { force: true })
  }
}

/** Why reports cannot be written to a folder; null where they can, or where it is not made yet. */
export function reportsFolderProblem(folder: string): string | null {
  const status = lstatSync(folder, { throwIfNoEntry: false })
  if (status?.isSymbolicLink() === true)
    return `${folder} is a link, so no report is written there; replace it`
  if (status === undefined || status.isDirectory()) return null
  return `${folder} is not a folder, so no report is written there; rename it`
}

/** Makes the folder where it is missing, never the workspace around it; returns why it cannot be written to. */
export async function readyFolder(folder: string): Promise<string | null> {
  const problem = reportsFolderProblem(folder)
  if (problem !== null || lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return problem
  await mkdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  })
  // Another program may have been quicker, with whatever it made there.
  return reportsFolderProblem(folder)
}

/**
 * `why` says what makes a file none of ours, as the end of a sentence about it. `hash` is of its bytes, and why they
 * cannot be read where that is so: the same one means the same file.
 */
export type Found<T> =
  | { kind: 'none'; hash: null }
  | { kind: 'ours'; value: T; hash: string }
  | { kind: 'foreign'; why: string; hash: string }

/** The bytes that are there, or why they cannot be read; null where nothing is. */
function bytesAt(file: string): Buffer | string | null {
  const status = lstatSync(file, { throwIfNoEntry: false })
  if (status === undefined) return null
  if (!status.isFile()) return 'is not a plain file'
  try {
    return readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Somebody who tidies up was quicker.
    return code === 'ENOENT' ? null : `cannot be read (${code})`
  }
}

/** The `hash` of what is there. */
export function hashAt(file: string): string | null {
  const bytes = bytesAt(file)
  return bytes === null || typeof bytes === 'string' ? bytes : sha256(bytes)
}

/** Reads what is there now: ours where it fits the schema and `refusalOf` its hash is null. */
export function readReport<T>(
  file: string,
  schema: z.ZodType<T>,
  refusalOf: (hash: string) => string | null,
): Found<T> {
  const bytes = bytesAt(file)
  if (bytes === null) return { kind: 'none', hash: null }
  if (typeof bytes === 'string') return { kind: 'foreign', why: bytes, hash: bytes }
  const hash = sha256(bytes)
  const foreign = (why: string): Found<T> => ({ kind: 'foreign', why, hash })
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return foreign('is not JSON')
  }
  const read = schema.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    return foreign(
      `does not fit its schema (${issue?.path.join('.') ?? 'the whole'}: ${issue?.message ?? 'wrong'})`,
    )
  }
  const why = refusalOf(hash)
  return why === null ? { kind: 'ours', value: read.data, hash } : foreign(why)
}
