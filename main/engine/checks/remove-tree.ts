/** Removes a folder that a check has had its hands on. */
import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import path from 'node:path'

async function makeRemovable(folder: string): Promise<void> {
  const status = await lstat(folder).catch(() => null)
  // Only real folders: changing the mode of a symbolic link's target would reach outside.
  if (status === null || !status.isDirectory()) return
  if ((status.mode & 0o700) !== 0o700) await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeRemovable(path.join(folder, entry.name))
  }
}

/** Removes a folder with everything in it, read-only folders too; symbolic links are removed, never followed. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true })
  } catch {
    await makeRemovable(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
