/** `init`: makes the repository a workspace. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { initialise, proposeConfig, writeConfig } from '../../engine/engine.ts'
import type { Context } from '../context.ts'

const short = (ref: string): string => ref.replace('refs/heads/', '')

export function registerInit(program: Command, context: Context): void {
  program
    .command('init')
    .description('make this repository a workspace and propose its test commands as checks')
    .option('--write', 'write the proposed hyperion.config.json')
    .action(async (options: { write?: boolean }, command: Command) => {
      const { out } = context
      const made = await initialise(context.engineOptions(command))
      try {
        const { repository } = made.ground
        out.line(`${made.created ? 'Initialised' : 'Already initialised:'} ${repository.workspace}`)
        out.line(`Changes land on ${short(made.target)}; upstream is ${made.upstream ?? 'none'}.`)
        for (const notice of made.notices) out.note(notice)
        // What somebody wrote stands; a proposal beside it would only look like what is in force.
        if (options.write !== true && existsSync(made.ground.configFile)) {
          out.line(`${made.ground.configFile} is there; \`hyperion doctor\` tells what of it is in force.`)
          return
        }
        const proposed = proposeConfig(repository)
        if (options.write === true) {
          out.line(`Wrote ${writeConfig(repository, proposed)}; it counts once it is committed.`)
        } else {
          out.line('Proposed hyperion.config.json (write it with `hyperion init --write`, then commit it):')
          out.json(proposed)
        }
      } finally {
        made.ground.store.close()
      }
    })
}
