/** One way out: drafts are saved, landing steps finish, then the process ends; asked twice it ends once. */
import { app } from 'electron'
import type { Note } from './types.ts'

const BUG = 70

export interface Quit {
  /** Begins the end, or joins the one that has begun. */
  request(exitCode: number): Promise<void>
  isEnding(): boolean
}

export interface QuitDeps {
  /** Closes every window, then every session behind one. */
  closeAll(): Promise<void>
  platform: NodeJS.Platform
  note: Note
}

export function ordinaryQuit({ closeAll, platform, note }: QuitDeps): Quit {
  let ending: Promise<void> | null = null
  let over = false

  async function end(exitCode: number): Promise<void> {
    note('Closing: the landing step that runs is finished first.')
    let code = exitCode
    try {
      await closeAll()
    } catch (error) {
      note(`Closing failed: ${error instanceof Error ? error.message : 'for an unknown reason'}`)
      code = BUG
    }
    over = true
    app.exit(code)
  }

  function request(exitCode: number): Promise<void> {
    // Begins a turn later: closing the last window asks for the end again before this call returns.
    ending ??= Promise.resolve(exitCode).then(end)
    return ending
  }

  app.on('before-quit', (event) => {
    if (over) return
    event.preventDefault()
    void request(0)
  })
  app.on('window-all-closed', () => {
    // There an app lives on without windows.
    if (platform !== 'darwin') void request(0)
  })
  return { request, isEnding: () => ending !== null }
}
