/** What a page says outside its window: one notification a window, and how much waits, on the app's icon. */
import { app, ipcMain, Notification, type BrowserWindow } from 'electron'
import { z } from 'zod'
import { OUTSIDE_CHANNEL } from '../ipc/transports/electron.ts'
import { isPlace } from './deep-links.ts'
import type { Note } from './types.ts'

const saidSchema = z.union([
  z.strictObject({
    say: z.literal('notice'),
    title: z.string().min(1).max(200),
    body: z.string().max(500),
    path: z.string().max(400).refine(isPlace),
  }),
  z.strictObject({ say: z.literal('quiet') }),
  /** Null where it is not known. */
  z.strictObject({ say: z.literal('count'), count: z.int().min(0).max(1_000_000).nullable() }),
])

export interface NoticesDeps {
  /** Whether an address is a page of the app. */
  isOurs(address: string): boolean
  /** The window of a page, or null for contents that are none of the shell's. */
  windowOf(contentsId: number): BrowserWindow | null
  /** Brings a window to the front, at a page of the app. */
  show(contentsId: number, path: string): void
  note: Note
}

/** Hears pages from now on; what no page of the app could have said is refused, and told. */
export function openNotices({ isOurs, windowOf, show, note }: NoticesDeps): void {
  /** Kept until they are over: one that nobody holds is collected, and its click with it. */
  const shown = new Map<number, Notification>()
  const counts = new Map<number, number>()
  const known = new Set<number>()

  function badge(): void {
    const sum = [...counts.values()].reduce((all, count) => all + count, 0)
    // Windows has no badge; there the title in the taskbar says it.
    app.setBadgeCount(sum)
  }

  function quiet(id: number): void {
    shown.get(id)?.close()
    shown.delete(id)
  }

  function follow(id: number, window: BrowserWindow): void {
    if (known.has(id)) return
    known.add(id)
    // Whoever looks at the window needs no notice of what is in it.
    window.on('focus', () => quiet(id))
    window.on('closed', () => {
      quiet(id)
      known.delete(id)
      if (counts.delete(id)) badge()
    })
  }

  ipcMain.on(OUTSIDE_CHANNEL, ({ sender, senderFrame }, said: unknown) => {
    const { id } = sender
    const window = windowOf(id)
    const read = saidSchema.safeParse(said)
    const trusted = senderFrame !== null && senderFrame === sender.mainFrame && isOurs(senderFrame.url)
    if (window === null || window.isDestroyed() || !trusted || !read.success) {
      note('A notice from an unknown page, or of an unknown shape, was refused.')
      return
    }
    follow(id, window)
    const { data } = read
    if (data.say === 'quiet') return quiet(id)
    if (data.say === 'count') {
      if (data.count === null) counts.delete(id)
      else counts.set(id, data.count)
      return badge()
    }
    // The page looked before it asked; the window may have come to the front since.
    if (window.isFocused() || !Notification.isSupported()) return
    quiet(id)
    const notification = new Notification({ title: data.title, body: data.body })
    shown.set(id, notification)
    notification.on('click', () => {
      quiet(id)
      show(id, data.path)
    })
    notification.on('close', () => {
      if (shown.get(id) === notification) shown.delete(id)
    })
    notification.show()
  })
}
