/** Commands that this version does not have yet, so that a script hears so instead of "unknown command". */
import type { Command } from 'commander'
import { HyperionError } from '../../engine/engine.ts'

const LATER = ['mcp'] as const

export function registerLater(program: Command): void {
  for (const name of LATER) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .helpOption(false)
      .action(() => {
        throw new HyperionError('usage', 'not_in_this_version', `${name} is not in this version`)
      })
  }
}
