/** Closing and reloading a window without losing a draft: the page may hold on for a moment, not for ever. */
import type { BrowserWindow } from 'electron'
import type { ShellClock } from './types.ts'

/** How long a page with unsaved work is waited for, and how often it is asked. */
export const PATIENCE_MS = 5_000
const ASK_AGAIN_MS = 150
/** A page that does not even answer is given this much more. */
const GRACE_MS = 2_000

/**
 * Lets a page keep its window by `beforeunload` while it saves, the way it does in a browser: asked again every moment,
 * and let go of once it agrees or its time is over.
 */
export function guardUnload(window: BrowserWindow, clock: ShellClock): void {
  let closing = false
  let since: number | null = null
  const contents = window.webContents

  async function askAgain(close: boolean): Promise<void> {
    await clock.sleep(ASK_AGAIN_MS)
    if (window.isDestroyed()) return
    if (close) window.close()
    else contents.reload()
  }

  window.on('close', () => {
    if (!closing) since = null
    closing = true
  })
  contents.on('did-finish-load', () => {
    since = null
  })
  contents.on('will-prevent-unload', (event) => {
    const now = clock.monotonicMs()
    since ??= now
    if (now - since >= PATIENCE_MS) {
      // Prevents the prevention: the page is left.
      event.preventDefault()
      return
    }
    void askAgain(closing)
  })
}

/** Closes a window and resolves once it is gone, at the latest when a page that hangs has had its time. */
export async function closeGently(window: BrowserWindow, clock: ShellClock): Promise<void> {
  if (window.isDestroyed()) return
  const gone = new AbortController()
  window.once('closed', () => gone.abort())
  window.close()
  if (!gone.signal.aborted) await clock.sleep(PATIENCE_MS + GRACE_MS, gone.signal)
  if (!window.isDestroyed()) window.destroy()
}
