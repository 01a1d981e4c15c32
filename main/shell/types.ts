/** Shapes the shell asks of others, so that it depends on neither the engine nor a clock of its own. */
import type { Session, SessionOptions } from '../ipc/session.ts'
import type { Served } from '../ipc/transports/electron.ts'

export interface ShellClock {
  monotonicMs(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** What stands behind one window. */
export interface ShellSession extends Pick<Session, 'state' | 'open' | 'close'>, Served {
  /** Begins a draft from the file of a cast once the workspace is open; resolves to the page that shows it. */
  beginCast(file: string): Promise<string>
}

export type OpenSession = (options: SessionOptions) => Promise<ShellSession>

/** What a window is to show: a workspace with the file of its queue, a page, or the app as it is. */
export interface Wanted {
  folder: string | null
  /** Null where the queue is the one in the folder. */
  db: string | null
  path: string | null
}

/** Where the built parts are. */
export interface ShellPaths {
  /** The preload script, CommonJS because the sandbox takes nothing else. */
  preload: string
  /** The built page. */
  renderer: string
}

/** Says one line in the terminal the app was started from. */
export type Note = (line: string) => void
