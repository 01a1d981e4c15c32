/** What every command gets: where it runs, how it talks, how the engine is opened. */
import { homedir, userInfo } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { modelSchema } from '../../schemas/ids.ts'
import {
  HyperionError,
  ensureInitialised,
  inert,
  logLine,
  openEngine,
  systemClock,
  type Engine,
  type OpenEngineOptions,
} from '../engine/engine.ts'
import { openOutput, type Output } from './output.ts'

export interface Context {
  out: Output
  engineOptions(command: Command): OpenEngineOptions & { actor: string }
  /** Opens the engine, runs `work`, closes it. */
  withEngine<T>(command: Command, work: (engine: Engine) => Promise<T> | T): Promise<T>
  /** The same, after initialising a workspace that is not yet. */
  withWorkspace<T>(command: Command, work: (engine: Engine) => Promise<T> | T): Promise<T>
  /** Aborts when the operator interrupts; the command then ends with exit code 130, in its own way. */
  interruption(): AbortSignal
  /** Ends the command with an exit code other than 0 that is no error. */
  exit(code: number): void
}

export const INTERRUPTED = 130

/** Numbers and words of the command line, refused with exit 2 when they are none. */
export function integer(name: string, min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw new HyperionError('usage', 'bad_number', `${name} takes a whole number ${range}, not "${text}"`)
  }
}

export function model(text: string): string {
  if (modelSchema.safeParse(text).success) return text
  const takes = 'the name of a model, up to 200 signs and none that cannot be seen'
  throw new HyperionError('usage', 'bad_model', `--model takes ${takes}, not "${inert(text, 60)}"`)
}

export function oneOf<T extends string>(name: string, words: readonly T[]): (text: string) => T {
  const parse = (text: string): T => {
    if ((words as readonly string[]).includes(text)) return text as T
    throw new HyperionError('usage', 'bad_word', `${name} takes one of ${words.join(', ')}, not "${text}"`)
  }
  return Object.assign(parse, { words })
}

/**
 * Takes this program's own tools off PATH, where `npm start` and `npx` put them first: git and the checks of the
 * operator's repository are to find the operator's.
 */
export function leaveOwnTools(env: NodeJS.ProcessEnv): void {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  const own = join(root, 'node_modules', '.bin')
  const { PATH } = env
  if (PATH !== undefined) env['PATH'] = PATH.split(delimiter).filter((folder) => folder !== own).join(delimiter) // prettier-ignore
}

export function openContext(): Context {
  const out = openOutput()
  function engineOptions(command: Command): OpenEngineOptions & { actor: string } {
    const { workspace, db } = command.optsWithGlobals<{ workspace?: string; db?: string }>()
    const log = process.env['HYPERION_LOG'] === '1'
    const configFile = process.env['HYPERION_CONFIG']
    return {
      workspace: workspace ?? process.cwd(),
      configFile: configFile === undefined || configFile === '' ? null : configFile,
      actor: `${userInfo().username}@cli`,
      clock: systemClock(),
      host: { env: process.env, home: homedir() },
      ...(db === undefined ? {} : { dbFile: db }),
      ...(log
        ? {
            echo: (entry) => out.note(logLine(entry)),
          }
        : {}),
    }
  }
  async function withEngine<T>(command: Command, work: (engine: Engine) => Promise<T> | T): Promise<T> {
    const engine = await openEngine(engineOptions(command))
    try {
      return await work(engine)
    } finally {
      await engine.close()
    }
  }
  return {
    out,
    engineOptions,
    withEngine,
    async withWorkspace(command, work) {
      for (const notice of await ensureInitialised(engineOptions(command))) out.note(notice)
      return withEngine(command, work)
    },
    interruption() {
      const interrupted = new AbortController()
      const onSignal = (): void => {
        process.exitCode = INTERRUPTED
        interrupted.abort()
      }
      process.once('SIGINT', onSignal)
      process.once('SIGTERM', onSignal)
      return interrupted.signal
    },
    exit(code) {
      // Whatever came of it, the operator ended it.
      if (process.exitCode !== INTERRUPTED) process.exitCode = code
    },
  }
}
