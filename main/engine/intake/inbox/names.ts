/** Names in an inbox: which are change requests on their way in, and how a file is moved without replacing another. */
import { randomBytes } from 'node:crypto'
import { link, lstat, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where what was taken in goes, what was turned away, and what a process has in hand. */
export const ACCEPTED = 'accepted'
export const REJECTED = 'rejected'
export const IN_HAND = '.processing'
export const ERROR_SUFFIX = '.error.json'

/** Whether a name is that of a change request rather than what an editor or a copying program keeps meanwhile. */
export const isRequestName = (name: string): boolean =>
  name.endsWith('.json') && !name.startsWith('.') && !name.startsWith('~') && !name.startsWith('#')

/** File systems take 255 bytes; what a suffix needs is left free. */
const LONGEST = 255 - 40

/** Returns the name with a mark before its ending, short enough for one more ending. */
function marked(name: string, mark: string): string {
  let stem = name.replace(/\.json$/, '')
  while (Buffer.byteLength(stem) > LONGEST) stem = stem.slice(0, -1)
  return `${stem.toWellFormed()}${mark}.json`
}

/** Yields the name itself, then names nobody has. */
function* namesFor(name: string): Generator<string> {
  if (Buffer.byteLength(name) <= 255 - ERROR_SUFFIX.length) yield name
  for (;;) yield marked(name, `-${randomBytes(4).toString('hex')}`)
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

/** Which file a name stands for; null where there is none. */
async function identityOf(file: string): Promise<string | null> {
  try {
    const { dev, ino } = await lstat(file, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Moves a file to a name that is free; tells whether it was. */
async function moveIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') {
      // Somebody was killed between giving the new name and taking the old one.
      if ((await identityOf(from)) !== (await identityOf(to))) return false
      await unlink(from)
      return true
    }
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(code)) throw error
    // No second names on this file system: between the look and the move another could only lose to us.
    if ((await identityOf(to)) !== null) return false
    await rename(from, to)
    return true
  }
  await unlink(from)
  return true
}

/** Moves a file into a folder under its own name, or a similar one where that is taken; returns the name it got. */
export async function moveInto(from: string, folder: string, name: string): Promise<string> {
  for (const candidate of namesFor(name))
    if (await moveIfFree(from, join(folder, candidate))) return candidate
  throw new Error('unreachable')
}

/** The same, with a document beside it that says why; the document is there first. */
export async function moveWithReason(
  from: string,
  folder: string,
  name: string,
  reason: object,
): Promise<string> {
  for (const candidate of namesFor(name)) {
    const there = await identityOf(join(folder, candidate))
    if (there !== null && there === (await identityOf(from))) {
      await unlink(from)
      return candidate
    }
    if (there !== null) continue
    const beside = join(folder, `${candidate}${ERROR_SUFFIX}`)
    try {
      await writeFile(beside, `${JSON.stringify(reason, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      // Half a reason says nothing.
      await unlink(beside).catch(() => undefined)
      throw error
    }
    if (await moveIfFree(from, join(folder, candidate))) return candidate
    await unlink(beside)
  }
  throw new Error('unreachable')
}
