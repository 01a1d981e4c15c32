/** Where the Copilot command line is: the program itself, not the script of its package that starts it. */
import { realpathSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { userError } from '../../../base/errors.ts'
import { runs } from '../runs.ts'

const PROGRAM = process.platform === 'win32' ? 'copilot.exe' : 'copilot'

/** Packages of the program for this machine; of a Linux one of the two fits. */
const packages = (): string[] =>
  [process.platform, `${process.platform}musl`].map((system) => `copilot-${system}-${process.arch}`)

/** The script of the npm package leaves its child behind when it is killed; beside it lies the program itself. */
function behind(file: string): string {
  const real = realpathSync(file)
  if (!/[\\/]@github[\\/]copilot[\\/][^\\/]+\.js$/.test(real)) return file
  const beside = resolve(dirname(real), '..')
  const inside = join(dirname(real), 'node_modules', '@github')
  const found = packages()
    .flatMap((name) => [join(beside, name, PROGRAM), join(inside, name, PROGRAM)])
    .find(runs)
  return found ?? file
}

/**
 * Returns the program that HYPERION_COPILOT names, or `copilot` on PATH; null where there is none.
 *
 * Throws a user error where HYPERION_COPILOT names no program: what was chosen is never replaced in silence.
 */
export function locateCopilot(env: NodeJS.ProcessEnv): string | null {
  const named = env['HYPERION_COPILOT']
  if (named !== undefined && named !== '') {
    if (runs(named)) return behind(named)
    throw userError(
      'copilot_missing',
      `HYPERION_COPILOT names ${named}, which is no program`,
      'set it to the copilot program, or unset it to look on PATH',
    )
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const found = folders.map((folder) => join(folder, PROGRAM)).find(runs)
  return found === undefined ? null : behind(found)
}
