/** The folders of an inbox, and the files a process has in hand: taken by a rename, so that nobody else takes them. */
import { lstat, mkdir, readdir, rename, rmdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HyperionError, userError } from '../../base/errors.ts'
import { isAlive, ownIdentity } from '../../base/process.ts'
import { ACCEPTED, IN_HAND, REJECTED } from './names.ts'

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

/** Says what is wrong with an inbox, with the remedy; anything unknown stays what it is. */
export function inboxError(folder: string, error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new HyperionError('transient', 'inbox_full', `the disk of the inbox ${folder} is full`, {
        hint: 'make room; it goes on by itself',
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return userError('inbox_not_writable', `the inbox ${folder} cannot be read and written`, 'make it writable for this user; it goes on by itself') // prettier-ignore
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ESTALE':
      return inboxGone(folder)
    case 'EMFILE':
    case 'ENFILE':
      return new HyperionError(
        'transient',
        'too_many_files',
        'this program has as many files open as it may',
        {
          hint: 'raise the limit (ulimit -n); it goes on by itself',
          cause: error,
        },
      )
    default:
      return error
  }
}

const inboxGone = (folder: string): HyperionError =>
  userError('inbox_gone', `the inbox ${folder} is not there`, 'make the folder again; it goes on by itself')

/** Makes a folder unless it is there; a link to one elsewhere is none. */
async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    if ((await lstat(path)).isDirectory()) return
    throw userError('inbox_blocked', `${path} is a link or a file where the inbox needs a folder`, 'move it away; it goes on by itself') // prettier-ignore
  }
}

/** Makes the inbox and its folders where they are missing; only an inbox of our own is made, others must be there. */
export async function ensureInbox(folder: string, own: boolean): Promise<void> {
  try {
    if (own) await ensureFolder(folder)
    else if (!(await lstat(folder)).isDirectory()) throw inboxGone(folder)
    for (const name of [ACCEPTED, REJECTED, IN_HAND]) await ensureFolder(join(folder, name))
  } catch (error) {
    throw inboxError(folder, error)
  }
}

const machine = hostname().replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 60) // prettier-ignore

/** Names this process's folder of files in hand. */
export function ownHand(): string {
  const { pid, startedAt } = ownIdentity()
  return `${machine}_${pid}_${startedAt ?? ''}`
}

/** Whether what a process has in hand is left behind: it ran on this machine and is dead. */
function isAbandoned(name: string): boolean {
  const [host, pid, rest] = name.split('_')
  if (host !== machine || pid === undefined || !/^\d+$/.test(pid)) return false
  const startedAt = (rest ?? '').split('+')[0] ?? ''
  return !isAlive({ pid: Number(pid), startedAt: startedAt === '' ? null : startedAt })
}

/** Takes over what dead processes had in hand; of several who try, one gets each. */
export async function adoptAbandoned(folder: string, own: string): Promise<void> {
  const inHand = join(folder, IN_HAND)
  let taken = (await readdir(inHand)).filter((name) => name.startsWith(own)).length
  for (const name of await readdir(inHand)) {
    if (name.startsWith(own) || !isAbandoned(name)) continue
    taken += 1
    await rename(join(inHand, name), join(inHand, `${own}+${taken}-${name.split('_')[1]}`)).catch(
      (error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error
      },
    )
  }
}

/** Lists this process's folders of files in hand. */
export async function handsOf(folder: string, own: string): Promise<string[]> {
  const names = await readdir(join(folder, IN_HAND))
  return names
    .filter((name) => name === own || name.startsWith(`${own}+`))
    .map((name) => join(folder, IN_HAND, name))
}

/** Lets go of empty hands; one that still holds something stays. */
export async function dropEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => undefined)
}
