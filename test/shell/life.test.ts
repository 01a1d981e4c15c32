import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { StandInEvent, type BrowserWindow } from './electron-stand-in.ts'
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

const goneTo = ({ webContents }: BrowserWindow): unknown[] =>
  webContents.sent.filter(({ channel }) => channel === 'hyperion:go').map(({ args }) => args[0])

function clickNewWindow(from: Lab): void {
  const [[template] = []] = from.electron.callsOf('setApplicationMenu')
  const items = (template as { submenu?: unknown }[]).flatMap(({ submenu }) => submenu ?? [])
  const add = (items as { label?: string; click?: () => void }[]).find(({ label }) => label === 'New Window')
  add?.click?.()
}

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

  it('opens a workspace with the queue that --db names, which is another window than the one without', async () => {
    const one = await start({ args: ['--workspace', 'a', '--db', 'other.db'] })
    const db = join(one.root, 'other.db')
    await secondStart(one, ['a'])
    await secondStart(one, ['a', '--db=other.db'])
    await secondStart(one, ['a', '--db', 'a/.hyperion/hyperion.db'])
    expect(one.sessions.map(({ opened, queues }) => [opened, queues])).toEqual([
      [[join(one.root, 'a')], [db]],
      [[join(one.root, 'a')], [undefined]],
    ])
    expect(alive(one).map(({ focused }) => focused)).toEqual([1, 1])
    await secondStart(one, ['--db', 'other.db'])
    expect(one.notes).toContain('--db was left out: it needs --workspace with it.')
  })

  it('joins two windows whose pages open the same folder: the first comes forward, an empty one goes', async () => {
    const one = await start({ args: [] })
    one.folder('a')
    one.folder('b')
    await secondStart(one, ['a'])
    await secondStart(one, ['b'])
    const [first, second] = alive(one)
    // A window with a workspace of its own stays with it.
    expect(one.sessions[1]?.openElsewhere(join(one.root, 'a'))).toBe(true)
    expect([first?.focused, second?.isDestroyed()]).toEqual([2, false])
    // Its own folder again, and one that nobody has, it may open.
    expect(one.sessions[1]?.openElsewhere(join(one.root, 'b'))).toBe(false)
    expect(one.sessions[1]?.openElsewhere(one.folder('c'))).toBe(false)
    expect(alive(one)).toHaveLength(2)
    clickNewWindow(one)
    await one.rest()
    expect(alive(one)).toHaveLength(3)
    expect(one.sessions[2]?.openElsewhere(join(one.root, 'a', '..', 'a'))).toBe(true)
    await one.rest()
    expect(alive(one)).toEqual([first, second])
    expect(first?.focused).toBe(3)
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
