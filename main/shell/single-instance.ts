/** One app for all windows of a user: a second start hands over what it was asked for and ends. */
import { app } from 'electron'
import { z } from 'zod'
import { NOTHING, parseArguments, type Asked } from './arguments.ts'

const handedSchema = z.object({ args: z.array(z.string().max(8192)).max(100), cwd: z.string().max(4096) })

const REFUSED: Asked = { ...NOTHING, refused: true }

/**
 * Returns false where another instance runs, which then has the arguments; otherwise later starts are told to `hear`.
 *
 * They travel as data of their own and not as argv, which the runtime reorders.
 */
export function claimInstance(args: readonly string[], cwd: string, hear: (asked: Asked) => void): boolean {
  if (!app.requestSingleInstanceLock({ args: [...args], cwd })) return false
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    const handed = handedSchema.safeParse(data)
    hear(handed.success ? parseArguments(handed.data.args, handed.data.cwd) : REFUSED)
  })
  return true
}
