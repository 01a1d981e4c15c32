/** One open workspace, or none yet, behind the contract: what a window of the app and a browser host have in common. */
import type { Clock } from '../engine/engine.ts'
import type { WorkspaceState } from '../../schemas/view.ts'

export interface SessionOptions {
  clock: Clock
  /** The operator's surroundings. */
  env: NodeJS.ProcessEnv
  home: string | null
  /** Where preferences and recent workspaces are kept, for this user on this machine. */
  dataFolder: string
  version: string
  /** Who acts, for the log. */
  actor: string
  /** Whether workers run inside, with checks on; off for looking only. */
  runWorkers: boolean
  dbFile?: string
  configFile?: string | null
  /** Hears `[progress]` lines and notices, one line each. */
  note(line: string): void
}

export interface Session {
  state(): WorkspaceState
  /** Opens a repository, making it a workspace if it is none yet; never throws, the state says what went wrong. */
  open(folder: string): Promise<WorkspaceState>
  /** Lets workers finish their landing step, then closes the engine; the session can open another workspace. */
  closeWorkspace(): Promise<void>
  /** The end: nothing of this session runs afterwards. */
  close(): Promise<void>
}
