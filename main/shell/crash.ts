/** A page that crashes is loaded again a few times, then a person is asked; one that hangs is theirs to judge. */
import { dialog, type BrowserWindow } from 'electron'
import type { Note, ShellClock } from './types.ts'

export const MOST_RELOADS = 3
export const WITHIN_MS = 60_000
const BREATH_MS = 250

const LOAD_AGAIN = 0
const WAIT = 0

export function recoverFromCrashes(window: BrowserWindow, clock: ShellClock, note: Note): void {
  const contents = window.webContents
  let crashes: number[] = []
  let telling = false
  /** Whether the page is being ended here, so that its end is no crash. */
  let ending = false

  async function reload(): Promise<void> {
    await clock.sleep(BREATH_MS)
    if (!window.isDestroyed()) contents.reload()
  }

  async function tell(): Promise<void> {
    if (telling) return
    telling = true
    await dialog.showMessageBox(window, {
      type: 'warning',
      title: 'Hyperion',
      message: 'The view stopped and was loaded again.',
      detail: 'The engine kept running: nothing that was queued is lost.',
      buttons: ['OK'],
    })
    telling = false
  }

  async function ask(): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      title: 'Hyperion',
      message: `The view stopped ${crashes.length} times within a minute.`,
      detail: 'It is not loaded again by itself. The engine keeps running until the window is closed.',
      buttons: ['Load again', 'Close window'],
      defaultId: LOAD_AGAIN,
      cancelId: LOAD_AGAIN,
      noLink: true,
    })
    if (window.isDestroyed()) return
    if (response !== LOAD_AGAIN) return window.destroy()
    crashes = []
    await reload()
  }

  const failed = (error: unknown): void => note(`A message could not be shown: ${String(error)}`)

  let hang: AbortController | null = null
  async function askAboutHang(over: AbortController): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      title: 'Hyperion',
      message: 'The view does not answer.',
      detail: 'The engine keeps running. Loading the view again keeps drafts, but not what is chosen in it.',
      buttons: ['Wait', 'Load again'],
      defaultId: WAIT,
      cancelId: WAIT,
      noLink: true,
      // Taken away once the page answers again.
      signal: over.signal,
    })
    if (hang === over) hang = null
    if (response === WAIT || over.signal.aborted || window.isDestroyed()) return
    note('The view did not answer; it is loaded again.')
    ending = true
    // A page that hangs would hang in a reload as well.
    contents.forcefullyCrashRenderer()
    await reload()
    ending = false
  }
  window.on('unresponsive', () => {
    if (hang !== null || window.isDestroyed()) return
    hang = new AbortController()
    note('The view does not answer.')
    askAboutHang(hang).catch(failed)
  })
  window.on('responsive', () => {
    hang?.abort()
    hang = null
  })

  contents.on('render-process-gone', (_event, { reason }) => {
    hang?.abort()
    hang = null
    if (ending) return
    if (reason === 'clean-exit' || window.isDestroyed()) return
    const now = clock.monotonicMs()
    crashes = [...crashes.filter((at) => now - at < WITHIN_MS), now]
    if (crashes.length > MOST_RELOADS) {
      note(
        `The view stopped (${reason}) ${crashes.length} times within a minute; it is not loaded again by itself.`,
      )
      ask().catch(failed)
      return
    }
    note(`The view stopped (${reason}); it is loaded again.`)
    reload().catch(failed)
    tell().catch(failed)
  })
}
