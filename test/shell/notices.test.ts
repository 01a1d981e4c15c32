/** What a page has main say outside its window: one notification a window, the sum of what waits, nothing forged. */
import { afterEach, describe, expect, it } from 'vitest'
import { OUTSIDE_CHANNEL } from '../../main/ipc/transports/electron.ts'
import type { BrowserWindow, Notification } from './electron-stand-in.ts'
import { alive, only, secondStart, startLab, type Lab, type LabOptions } from './support.ts'

let lab: Lab | null = null
afterEach(() => {
  lab?.remove()
  lab = null
})
async function start(options?: LabOptions): Promise<Lab> {
  lab = await startLab(options)
  return lab
}

function say(
  from: Lab,
  { webContents }: BrowserWindow,
  said: unknown,
  more: Record<string, unknown> = {},
): void {
  const event = { sender: webContents, senderFrame: webContents.mainFrame, ...more }
  from.electron.ipcMain.emit(OUTSIDE_CHANNEL, event, said)
}

const notice = (title: string, path = '/inbox?item=held-1') => ({ say: 'notice', title, body: 'Why', path })
const made = ({ electron }: Lab): [string, string][] =>
  electron.Notification.made.map(({ options, state }: Notification) => [options.title, state])
const badges = ({ electron }: Lab): unknown[] => electron.callsOf('setBadgeCount').map(([count]) => count)
const goneTo = ({ webContents }: BrowserWindow): unknown[] =>
  webContents.sent.filter(({ channel }) => channel === 'hyperion:go').map(({ args }) => args[0])

describe('a notice', () => {
  it('is shown while the window is not in front, and a later one takes its place', async () => {
    const one = await start()
    say(one, only(one), notice('First'))
    say(one, only(one), notice('Second'))
    expect(made(one)).toEqual([
      ['First', 'closed'],
      ['Second', 'shown'],
    ])
    expect(one.electron.Notification.made[1]?.options).toEqual({ title: 'Second', body: 'Why' })
  })

  it('leads back to the window, at what it tells of', async () => {
    const one = await start()
    const window = only(one)
    window.minimized = true
    say(one, window, notice('First'))
    one.electron.Notification.made[0]?.emit('click')
    expect([window.minimized, window.focused, goneTo(window)]).toEqual([false, 1, ['/inbox?item=held-1']])
    expect(made(one)).toEqual([['First', 'closed']])
  })

  it('goes once the person is at the window, once the page says so, and with the window', async () => {
    const one = await start({ platform: 'darwin' })
    const window = only(one)
    say(one, window, notice('First'))
    window.focus()
    window.inFront = false
    say(one, window, notice('Second'))
    say(one, window, { say: 'quiet' })
    say(one, window, notice('Third'))
    window.destroy()
    expect(made(one).map(([, state]) => state)).toEqual(['closed', 'closed', 'closed'])
  })

  it('is not shown over the window itself, nor where the system has none', async () => {
    const one = await start()
    only(one).inFront = true
    say(one, only(one), notice('First'))
    only(one).inFront = false
    one.electron.Notification.supported = false
    say(one, only(one), notice('Second'))
    expect(made(one)).toEqual([])
  })

  it.each([
    ['another frame', notice('x'), { senderFrame: { url: 'app://hyperion/' } }],
    ['a frame that is gone', notice('x'), { senderFrame: null }],
    [
      'contents of no window',
      notice('x'),
      { sender: { id: 999_999, mainFrame: { url: 'app://hyperion/' } } },
    ],
    ['a path out of the page', notice('x', '//evil.example/'), {}],
    ['a path with more than an item', notice('x', '/inbox?item=a&b=c'), {}],
    ['no title', notice(''), {}],
    ['a title without end', notice('a'.repeat(201)), {}],
    ['more than was agreed', { ...notice('x'), icon: 'file:///etc/passwd' }, {}],
    ['a count of nothing', { say: 'count', count: -1 }, {}],
    ['nothing', null, {}],
  ])('is refused where it comes with %s', async (_name, said, more) => {
    const one = await start()
    say(one, only(one), said, more)
    expect([made(one), badges(one)]).toEqual([[], []])
    expect(one.notes).toContain('A notice from an unknown page, or of an unknown shape, was refused.')
  })

  it('is refused from a page that went elsewhere', async () => {
    const one = await start()
    only(one).webContents.mainFrame.url = 'https://evil.example/'
    say(one, only(one), notice('x'))
    expect(made(one)).toEqual([])
  })
})

describe('the count on the icon', () => {
  it('is the sum of all windows, without those that do not know and those that are closed', async () => {
    const one = await start({ args: ['a'], platform: 'darwin' })
    one.folder('b')
    await secondStart(one, ['b'])
    const [a, b] = alive(one)
    if (a === undefined || b === undefined) throw new Error('no windows')
    say(one, a, { say: 'count', count: 2 })
    say(one, b, { say: 'count', count: 3 })
    say(one, a, { say: 'count', count: null })
    say(one, a, { say: 'count', count: 1 })
    b.destroy()
    a.destroy()
    expect(badges(one)).toEqual([2, 5, 3, 4, 1, 0])
  })
})
