/** Files that other programs read while we write them: whole at every moment, and never somebody else's. */
import { randomUUID } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { identify, isAlive } from '../base/process.ts'

/** Writes a text under another name and moves it into place, so that a reader finds the old or the new one. */
export async function writeWhole(folder: string, name: string, text: string): Promise<void> {
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
    await rename(temporary, join(folder, name))
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

/** `why` says what makes a file none of ours, as the end of a sentence about it. */
export type Found<T> = { kind: 'none' } | { kind: 'ours'; value: T } | { kind: 'foreign'; why: string }

/** Reads what is there now: ours where it fits the schema and nobody changed it since. */
export function readReport<T>(
  file: string,
  schema: z.ZodType<T>,
  sealed: (bytes: Uint8Array) => boolean | null,
): Found<T> {
  const foreign = (why: string): Found<T> => ({ kind: 'foreign', why })
  const status = lstatSync(file, { throwIfNoEntry: false })
  if (status === undefined) return { kind: 'none' }
  if (!status.isFile()) return foreign('is not a plain file')
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Somebody who tidies up was quicker.
    return code === 'ENOENT' ? { kind: 'none' } : foreign(`cannot be read (${code})`)
  }
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
  return sealed(bytes) === false ? foreign('was edited by somebody else') : { kind: 'ours', value: read.data }
}
