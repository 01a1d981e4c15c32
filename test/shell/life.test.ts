import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { StandInEvent, type BrowserWindow } from './electron-stand-in.ts'
import { startLab, type Lab, type LabOptions } from './support.ts'

let lab: Lab | null = null
afterEach(() => {
  lab?.remove()
  lab = null
})
async function start(options?: LabOptions): Promise<Lab> {
  lab = await startLab(options)
  return lab
}

const alive = ({ electron }: Lab): BrowserWindow[] => electron.BrowserWindow.alive()

function only({ electron }: Lab): BrowserWindow {
  const [window, ...more] = electron.BrowserWindow.alive()
  if (window === undefined || more.length > 0) throw new Error(`${more.length} windows too many, or none`)
  return window
}

/** What a second start of the app does to the first. */
async function secondStart({ electron, root, rest }: Lab, args: unknown, cwd: unknown = root): Promise<void> {
  electron.app.emit('second-instance', new StandInEvent(), ['ignored'], '/ignored', { args, cwd })
  await rest()
}

const goneTo = ({ webContents }: BrowserWindow): unknown[] =>
  webContents.sent.filter(({ channel }) => channel === 'hyperion:go').map(({ args }) => args[0])

describe('one app', () => {
  it('hands its arguments over and ends where another runs, with no window and no session', async () => {
    const { electron, sessions, root } = await start({ hasLock: false, args: ['repo'] })
    expect(electron.callsOf('requestSingleInstanceLock')).toEqual([[{ args: ['repo'], cwd: root }]])
    expect(electron.callsOf('quit')).toHaveLength(1)
    expect(electron.app.exits).toEqual([0])
    expect(electron.BrowserWindow.made).toEqual([])
    expect(sessions).toEqual([])
  })

  it('opens the workspace of a second start in the window that has none yet, then in one more', async () => {
    const one = await start()
    await secondStart(one, ['--workspace', one.folder('a')])
    expect(one.sessions.map(({ opened }) => opened)).toEqual([[join(one.root, 'a')]])
    await secondStart(one, ['b'])
    one.folder('b')
    expect(one.sessions.map(({ opened }) => opened)).toEqual([[join(one.root, 'a')], [join(one.root, 'b')]])
    expect(alive(one)).toHaveLength(2)
  })

  it('brings the window of a workspace to the front instead of opening a second', async () => {
    const one = await start({ args: ['a'] })
    one.folder('b')
    await secondStart(one, ['b'])
    const [first, second] = alive(one)
    if (first !== undefined) first.minimized = true
    await secondStart(one, ['a'])
    expect(alive(one)).toHaveLength(2)
    expect([first?.focused, first?.minimized, second?.focused]).toEqual([1, false, 0])
    expect(one.sessions.map(({ opened }) => opened.length)).toEqual([1, 1])
  })

  it('gives way to the window of the workspace around what was named', async () => {
    const one = await start({ args: ['a'] })
    await secondStart(one, ['a/inside'])
    expect(one.sessions.map(({ opened, closes }) => [opened.length, closes])).toEqual([
      [1, 0],
      [1, 1],
    ])
    expect(only(one).focused).toBe(1)
  })

  it('opens from its menu what is chosen, a window more, and places of the page', async () => {
    const one = await start({ args: ['a'] })
    const click = async (label: string): Promise<void> => {
      const [[template] = []] = one.electron.callsOf('setApplicationMenu')
      const items = (template as { submenu?: unknown }[]).flatMap(({ submenu }) => submenu ?? []) as {
        label?: string
        click?: () => void
      }[]
      items.find((item) => item.label === label)?.click?.()
      await one.rest()
    }
    await click('Open Repository…')
    expect(alive(one)).toHaveLength(1)
    one.electron.answers.filePaths = [one.folder('b')]
    await click('Open Repository…')
    expect(one.sessions.map(({ opened }) => opened)).toEqual([[join(one.root, 'a')], [join(one.root, 'b')]])
    await click('New Window')
    expect(alive(one)).toHaveLength(3)
    await click('Settings')
    expect(alive(one).map((window) => goneTo(window))).toEqual([[], [], ['/settings']])
  })

  it('follows links to the window in front, and says so when it refuses one', async () => {
    const one = await start()
    await secondStart(one, ['hyperion://change/87'])
    expect(goneTo(only(one))).toEqual(['/change/87'])
    const { focused } = only(one)
    await secondStart(one, ['hyperion://change/87/../../settings'])
    await secondStart(one, ['hyperion://evil', '--workspace', '/'])
    expect(goneTo(only(one))).toEqual(['/change/87'])
    expect(only(one).focused).toBe(focused)
    expect(one.notes.filter((line) => line.includes('was refused'))).toHaveLength(2)
  })

  it('takes nothing from data of another shape', async () => {
    const one = await start()
    for (const args of [null, 'a', [1], { length: 1 }, Array.from({ length: 200 }, () => 'a')]) {
      await secondStart(one, args)
    }
    await secondStart(one, ['a'], 7)
    expect(one.sessions[0]?.opened).toEqual([])
    expect(alive(one)).toHaveLength(1)
  })

  it('opens a link of its own command line at once', async () => {
    const one = await start({ args: ['hyperion://request/REQ-1'] })
    expect(only(one).webContents.mainFrame.url).toBe('app://hyperion/request/REQ-1')
  })

  it('takes links and folders as macOS hands them', async () => {
    const one = await start({ platform: 'darwin' })
    const link = new StandInEvent()
    one.electron.app.emit('open-url', link, 'hyperion://change/3')
    one.electron.app.emit('open-url', new StandInEvent(), 'hyperion://change/3?x')
    one.electron.app.emit('open-file', new StandInEvent(), one.folder('a'))
    await one.rest()
    expect(link.defaultPrevented).toBe(true)
    expect(goneTo(only(one))).toEqual(['/change/3'])
    expect(one.sessions[0]?.opened).toEqual([join(one.root, 'a')])
  })

  it('says that the engine cannot be started and closes that window', async () => {
    const one = await start({ openFails: true, platform: 'darwin' })
    expect(one.notes).toContain('A workspace could not be opened: no room on the disk')
    expect(one.electron.callsOf('showMessageBox')).toHaveLength(1)
    expect(alive(one)).toEqual([])
  })
})

describe('the place of a window', () => {
  const stateFile = ({ root }: Lab): string => join(root, 'data/windows.json')

  it('is remembered for each workspace, by a file that is replaced whole', async () => {
    const one = await start({ args: ['a'] })
    const window = only(one)
    window.bounds = { x: 10, y: 20, width: 900, height: 600 }
    window.maximized = true
    window.close()
    await one.rest()
    expect(readdirSync(join(one.root, 'data'))).toEqual(['windows.json'])
    expect(JSON.parse(readFileSync(stateFile(one), 'utf8'))).toEqual([
      { workspace: join(one.root, 'a'), place: { x: 10, y: 20, width: 900, height: 600, maximized: true } },
    ])
    const again = await startLab({ args: ['a'], root: one.root })
    expect(only(again).bounds).toEqual({ x: 10, y: 20, width: 900, height: 600 })
    expect(only(again).maximized).toBe(true)
    const other = await startLab({ args: ['b'], root: one.root })
    expect(only(other).bounds).toEqual({ x: 240, y: 60, width: 1440, height: 920 })
  })

  it.each(['{', '[]', '7', '[{"workspace":"","place":{"x":"a"}}]', '[{"workspace":"","place":{"x":1e99}}]'])(
    'is the usual one where the file says %s',
    async (text) => {
      const one = await start()
      mkdirSync(join(one.root, 'data'), { recursive: true })
      writeFileSync(stateFile(one), text)
      const again = await startLab({ root: one.root })
      expect(only(again).bounds).toEqual({ x: 240, y: 60, width: 1440, height: 920 })
    },
  )
})

describe('quitting', () => {
  it('waits for the landing step, once however often it is asked', async () => {
    const one = await start({ landing: true })
    one.electron.app.quit()
    one.electron.app.quit()
    one.signals.emit('SIGINT')
    await one.rest()
    expect(one.electron.app.exits).toEqual([])
    expect(one.sessions.map(({ closes }) => closes)).toEqual([1])
    one.sessions[0]?.finishLanding()
    await one.rest()
    expect(one.electron.app.exits).toEqual([0])
    expect(one.sessions.map(({ closes }) => closes)).toEqual([1])
  })

  it('ends with 130 on Ctrl-C', async () => {
    const one = await start()
    one.signals.emit('SIGINT')
    await one.rest()
    expect(one.electron.app.exits).toEqual([130])
  })

  it('opens nothing any more once it has begun', async () => {
    const one = await start({ landing: true })
    one.electron.app.quit()
    await secondStart(one, ['a'])
    expect([one.sessions.length, alive(one).length]).toEqual([1, 0])
  })

  it('follows the last window, except on macOS', async () => {
    const linux = await start()
    only(linux).close()
    await linux.rest()
    expect(linux.electron.app.exits).toEqual([0])
    linux.remove()
    const mac = await start({ platform: 'darwin' })
    only(mac).close()
    await mac.rest()
    expect(mac.electron.app.exits).toEqual([])
    expect(mac.sessions[0]?.closes).toBe(1)
    mac.electron.app.emit('activate')
    await mac.rest()
    expect(alive(mac)).toHaveLength(1)
  })

  it('leaves a page the time to save, keeps the session until then, and closes once it agrees', async () => {
    const one = await start()
    const window = only(one)
    window.webContents.unsaved = true
    one.electron.app.quit()
    await one.rest()
    await one.clock.pass(1_000)
    expect(window.isDestroyed()).toBe(false)
    expect(one.sessions[0]?.closes).toBe(0)
    window.webContents.unsaved = false
    await one.clock.pass(200)
    await one.rest()
    expect(window.isDestroyed()).toBe(true)
    expect(one.sessions[0]?.closes).toBe(1)
    expect(one.electron.app.exits).toEqual([0])
  })

  it('does not wait for ever for a page that never agrees', async () => {
    const one = await start()
    only(one).webContents.unsaved = true
    one.electron.app.quit()
    await one.rest()
    await one.clock.pass(10_000)
    await one.rest()
    expect(alive(one)).toEqual([])
    expect(one.electron.app.exits).toEqual([0])
  })

  it('ends a page that does not even answer', async () => {
    const one = await start()
    const window = only(one)
    window.close = () => undefined
    one.electron.app.quit()
    await one.rest()
    await one.clock.pass(6_900)
    expect(window.isDestroyed()).toBe(false)
    await one.clock.pass(200)
    await one.rest()
    expect(one.electron.app.exits).toEqual([0])
  })

  it('says what failed and ends with 70', async () => {
    const one = await start()
    const [session] = one.sessions
    if (session !== undefined) session.close = () => Promise.reject(new Error('the lease is lost'))
    one.electron.app.quit()
    await one.rest()
    expect(one.notes).toContain('Closing failed: the lease is lost')
    expect(one.electron.app.exits).toEqual([70])
  })

  it('lets one window go that a person closes, at the latest after five seconds', async () => {
    const one = await start({ platform: 'darwin' })
    const window = only(one)
    window.webContents.unsaved = true
    window.close()
    await one.clock.pass(4_900)
    expect(window.isDestroyed()).toBe(false)
    await one.clock.pass(300)
    expect(window.isDestroyed()).toBe(true)
    await one.rest()
    expect(one.sessions[0]?.closes).toBe(1)
  })

  it('saves before a reload too, which stays a reload', async () => {
    const one = await start()
    const window = only(one)
    window.webContents.unsaved = true
    window.webContents.reload()
    await one.clock.pass(300)
    expect(window.webContents.reloads).toBe(0)
    window.webContents.unsaved = false
    await one.clock.pass(300)
    expect([window.webContents.reloads, window.isDestroyed()]).toEqual([1, false])
  })
})

describe('a page that crashes', () => {
  const crash = async (from: Lab, reason = 'crashed'): Promise<void> => {
    only(from).webContents.emit('render-process-gone', new StandInEvent(), { reason, exitCode: 1 })
    await from.clock.pass(300)
    await from.rest()
    // What the person answered.
    await from.clock.pass(300)
  }

  it('is loaded again and says so, while the session goes on', async () => {
    const one = await start()
    await crash(one)
    expect(only(one).webContents.reloads).toBe(1)
    expect(one.notes).toContain('The view stopped (crashed); it is loaded again.')
    expect(one.electron.callsOf('showMessageBox')).toHaveLength(1)
    expect(one.sessions.map(({ closes }) => closes)).toEqual([0])
  })

  it('is loaded again three times within a minute; then a person is asked', async () => {
    const one = await start()
    one.electron.answers.response = 1
    for (let time = 1; time <= 3; time += 1) await crash(one, 'oom')
    const window = only(one)
    expect(window.webContents.reloads).toBe(3)
    await crash(one)
    expect(window.webContents.reloads).toBe(3)
    expect(one.notes.at(-2)).toBe(
      'The view stopped (crashed) 4 times within a minute; it is not loaded again by itself.',
    )
    expect(window.isDestroyed()).toBe(true)
  })

  it('starts counting anew when the person loads it again, and when a minute has passed', async () => {
    const one = await start()
    /** How often the page was loaded again, and how often a person had to say so. */
    const counts = (): number[] => [
      only(one).webContents.reloads,
      one.electron
        .callsOf('showMessageBox')
        .filter(([, options]) => (options as { type: string }).type === 'error').length,
    ]
    for (let time = 1; time <= 4; time += 1) await crash(one)
    expect(counts()).toEqual([4, 1])
    for (let time = 1; time <= 3; time += 1) await crash(one)
    expect(counts()).toEqual([7, 1])
    await one.clock.pass(60_000)
    await crash(one)
    expect(counts()).toEqual([8, 1])
  })

  it('is left alone when it ended in order', async () => {
    const one = await start()
    await crash(one, 'clean-exit')
    expect(only(one).webContents.reloads).toBe(0)
  })
})
