/** A folder in place of the desktop's runtime, which need not be here to see what goes into a package of it. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** By this the wire of fuses is found in the runtime's program (https://github.com/electron/fuses). */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

/** How many fuses the runtime has, none of them set: the wire that tools look for in its program. */
const FUSES = 9

/** Writes what a packager asks of the runtime for Linux: a program with a wire of fuses, its version, its licences. */
export function writeStandInRuntime(folder, version) {
  mkdirSync(join(folder, 'locales'), { recursive: true })
  const wire = Buffer.from([1, FUSES, ...Array.from({ length: FUSES }, () => '0'.charCodeAt(0))])
  writeFileSync(
    join(folder, 'electron'),
    Buffer.concat([Buffer.from(`#!/bin/sh\nexit 1\n${SENTINEL}`), wire]),
  )
  chmodSync(join(folder, 'electron'), 0o755)
  writeFileSync(join(folder, 'version'), version)
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak'])
    writeFileSync(join(folder, name), '')
}
