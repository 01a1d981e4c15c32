/** Work on its way into the queue while a workspace is open: its inbox and its files are watched. */
import {
  asHyperionError,
  userError,
  type Engine,
  type FilesWatch,
  type HyperionError,
  type InboxWatch,
} from '../engine/engine.ts'
import type { FileEvents } from '../../schemas/intake.ts'

/** What is watched of an open workspace. */
export interface OpenIntake {
  /** Null while it could not be started. */
  inbox(): InboxWatch | null
  files(): FilesWatch | null
  stop(): Promise<void>
}

/** Starts watching; what keeps it from that is told, and the workspace opens without. */
export async function startIntake(
  engine: Engine,
  complain: (error: HyperionError) => void,
): Promise<OpenIntake> {
  const tell = (thrown: unknown): void => complain(asHyperionError(thrown))
  const inbox = await engine.intake.watchInbox(null, false, { trouble: tell }).catch((thrown: unknown) => {
    tell(thrown)
    return null
  })
  const files = engine.intake.watchFiles(tell)
  return {
    inbox: () => inbox,
    files: () => files,
    async stop() {
      await Promise.all([inbox?.stop(), files.stop()])
    },
  }
}

/** For a session that only looks. */
export const NO_INTAKE: OpenIntake = { inbox: () => null, files: () => null, stop: async () => undefined }

interface Wish {
  from: string
  base: string | null
  task_id: string | null
  agent: string | null
  checks: Parameters<Engine['intake']['preview']>[0]['checks'] | null
}

/** A page stands nowhere: what it names is relative to the workspace. */
export function wishOf(input: Wish, engine: Engine): Parameters<Engine['intake']['preview']>[0] {
  const { from, base, task_id: taskId, agent, checks } = input
  if (from.includes('\0')) throw userError('source_unknown', 'the source has a NUL character in its name')
  return { from, base, taskId, agent, checks: checks ?? null, cwd: engine.ground.repository.workspace }
}

export function fileEvents(
  engine: Engine,
  intake: OpenIntake,
  { since, limit }: { since: number | null; limit: number },
): FileEvents {
  const watch = intake.files()
  return {
    events: engine.intake.fileEvents({ limit, ...(since === null ? {} : { sinceSeconds: since }) }),
    watching: watch === null ? null : { folders: watch.folders(), trouble: watch.trouble() },
  }
}
