#!/usr/bin/env node
/** Starts the built command line, under the packaged Node when this one is too old for it. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { become, isNewEnough, nodeTooOld, packagedNode } from '../build/bootstrap.mjs'

const program = new URL('../out/main/cli.js', import.meta.url)

if (!existsSync(program)) {
  console.error('Hyperion is not built yet: run `npm run build` in its folder first.')
  process.exitCode = 1
} else if (isNewEnough(process.versions.node)) {
  await import(program.href)
} else {
  const node = packagedNode()
  if (node === null) {
    console.error(nodeTooOld())
    process.exitCode = 1
  } else {
    // Over the channel the program hears when this launcher is killed, and ends as it would on a signal.
    become(node, [fileURLToPath(program), ...process.argv.slice(2)], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    })
  }
}
