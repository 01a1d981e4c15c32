/** Starts a process that writes a report, see write-process.ts. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export const startWriter = (
  queue: string,
  folder: string,
  name: string,
  times: number,
): ChildProcessByStdio<null, Readable, null> =>
  spawn(
    process.execPath,
    [
      '--import',
      pathOf('../support/sql-loader.ts'),
      pathOf('write-process.ts'),
      queue,
      folder,
      name,
      String(times),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
