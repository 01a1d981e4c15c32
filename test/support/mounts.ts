/** Disks that cannot be written, where a test may mount one: root would write through mere modes. */
import { execFileSync } from 'node:child_process'

export interface Mount {
  /** Lets it be written from here on. */
  mend(): void
  /** Takes it away; whoever still stands in it stays there. */
  end(): void
}

/** Why a test that needs a mount is skipped. */
export const NO_MOUNTS = 'a read-only bind mount is not allowed here'

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
