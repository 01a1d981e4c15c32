/** Disks that cannot be written, where a test may mount one: root would write through mere modes. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'

export interface Mount {
  /** Lets it be written from here on. */
  mend(): void
  /** Takes it away; whoever still stands in it stays there. */
  end(): void
}

/** Why a test that needs a mount is skipped. */
export const NO_MOUNTS = 'mounting is not allowed here'

const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'ignore' })

/** Shows a folder read-only at `target`, or in its own place; null where mounting is not allowed. */
export function mountReadOnly(source: string, target: string = source): Mount | null {
  try {
    mount('--bind', source, target)
  } catch {
    return null
  }
  let there = true
  const end = (): void => {
    if (there) execFileSync('umount', ['--lazy', target], { stdio: 'ignore' })
    there = false
  }
  try {
    mount('-o', 'remount,ro,bind', target)
  } catch (thrown) {
    end()
    throw thrown
  }
  return { mend: () => mount('-o', 'remount,rw,bind', target), end }
}

/** Mounts an empty disk of a few KiB at a folder; null where mounting is not allowed. */
export function mountSmall(target: string, kib: number): { end(): void } | null {
  try {
    mount('-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', target)
  } catch {
    return null
  }
  return { end: () => void execFileSync('umount', ['--lazy', target], { stdio: 'ignore' }) }
}

/** Writes to a file until its disk is full. */
export function fill(file: string): void {
  writeFileSync(file, '')
  try {
    for (;;) appendFileSync(file, Buffer.alloc(4096))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
