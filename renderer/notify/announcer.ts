/** Follows what waits in one workspace and tells of it outside the window, at the right time and once for all tabs. */
import type { InboxItem } from '../../schemas/view.ts'
import type { Clock } from '../state/clock.ts'
import { decide, noticeOf, type Memory } from './decide.ts'
import type { Outside } from './outside.ts'
import type { Tabs } from './tabs.ts'

export interface AnnouncerParts {
  clock: Clock
  outside: Outside
  tabs: Tabs
  workspace: string
  /** Whether the person wants to be notified. */
  wanted(): boolean
  /** Whether this window is in front. */
  focused(): boolean
}

export interface Announcer {
  /** Everything that waits, as it was just read. */
  hear(items: readonly InboxItem[]): void
  /** The window came to the front or left it. */
  looked(): void
  close(): void
}

export function createAnnouncer(parts: AnnouncerParts): Announcer {
  const { clock, outside, tabs, workspace, wanted, focused } = parts
  let memory: Memory | null = null
  let items: readonly InboxItem[] | null = null
  let stopTimer = (): void => undefined
  let closed = false

  async function tell(say: readonly InboxItem[]): Promise<void> {
    // Each tab keeps account, so that any of them can go on; one speaks.
    if (say.length === 0 || !wanted() || !tabs.speaks()) return
    if ((await tabs.someoneLooks()) || closed) return
    outside.notify(noticeOf(say, workspace))
  }

  function look(): void {
    stopTimer()
    if (items === null || closed) return
    const decision = decide(memory, { items, focused: focused(), at: clock.now() })
    memory = decision.memory
    if (decision.again !== null) {
      stopTimer = clock.after(Math.max(0, decision.again - clock.now()), look)
    }
    void tell(decision.say)
  }

  tabs.looked(focused())
  return {
    hear(heard) {
      items = heard
      look()
    },
    looked() {
      tabs.looked(focused())
      if (focused()) outside.quiet()
      look()
    },
    close() {
      closed = true
      stopTimer()
      tabs.close()
    },
  }
}
