/** `completion` and `manual`: what shells and man read of the command line, made of its own definitions. */
import type { Command } from 'commander'
import { version } from '../../../package.json'
import { oneOf, type Context } from '../context.ts'
import { completionScript, SHELLS, type Shell } from '../help/completion.ts'
import { manualPage } from '../help/manual.ts'
import { outlineOf } from '../help/outline.ts'

export function registerHelp(program: Command, { out }: Context): void {
  program
    .command('completion')
    .description('print what a shell reads to complete commands, options and their values')
    .argument('<shell>', SHELLS.join(', '), oneOf('SHELL', SHELLS))
    .action((shell: Shell) => out.line(completionScript(shell, outlineOf(program)).trimEnd()))
  program
    .command('manual')
    .description('print the manual as a page for man: `hyperion manual | man -l -`')
    .action(() => out.line(manualPage(outlineOf(program), version).trimEnd()))
}
