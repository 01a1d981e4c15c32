/** A cast that is double-clicked, dropped on the app's icon or named on the command line. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { workspaceAround } from '../../main/ipc/cast-file.ts'
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

describe('the file of a cast', () => {
  it('opens the workspace it lies in, where that was opened before, and shows the draft', async () => {
    const one = await start({ args: ['a/taskjson/REQ-1.json'], known: ['a'] })
    expect(one.sessions.map(({ opened, casts }) => [opened, casts])).toEqual([
      [[join(one.root, 'a')], [join(one.root, 'a/taskjson/REQ-1.json')]],
    ])
    expect(goneTo(only(one))).toEqual(['/cast-builder/CAST-1'])
  })

  it('opens no repository that nobody opened yet: it goes into the window in front', async () => {
    const one = await start({ args: ['a'] })
    await secondStart(one, ['elsewhere/x.hyperion-cast'])
    expect(one.sessions.map(({ opened, casts }) => [opened, casts])).toEqual([
      [[join(one.root, 'a')], [join(one.root, 'elsewhere/x.hyperion-cast')]],
    ])
    expect(goneTo(only(one))).toEqual(['/cast-builder/CAST-1'])
  })

  it('goes into the workspace that is named with it', async () => {
    const one = await start({ args: ['a'] })
    one.folder('b')
    await secondStart(one, ['--workspace', 'b', 'x.json'])
    expect(one.sessions.map(({ casts }) => casts.length)).toEqual([0, 1])
    expect(alive(one).map(goneTo)).toEqual([[], ['/cast-builder/CAST-1']])
  })

  it('is taken as macOS hands it over, before there is a window too', async () => {
    const one = await start({ args: ['a'], platform: 'darwin' })
    one.electron.app.emit('open-file', new StandInEvent(), join(one.root, 'y.hyperion-cast'))
    await one.rest()
    expect(one.sessions[0]?.casts).toEqual([join(one.root, 'y.hyperion-cast')])
  })

  it('says what to do where no workspace is open', async () => {
    const one = await start({ args: ['x.hyperion-cast'] })
    const [[, told] = []] = one.electron.callsOf('showMessageBox')
    expect(told).toMatchObject({
      message: 'x.hyperion-cast was not opened.',
      detail: 'no workspace is open; open a repository, or try the sample',
    })
    expect(goneTo(only(one))).toEqual([])
  })
})

describe('the workspace around a file', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'around-')))
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('is the innermost known one, by where the file really is', () => {
    for (const folder of ['a/b/taskjson', 'ab', 'c']) mkdirSync(join(root, folder), { recursive: true })
    for (const file of ['a/b/taskjson/x.json', 'a/x.json', 'ab/x.json', 'c/x.json'])
      writeFileSync(join(root, file), '{}')
    symlinkSync(join(root, 'c/x.json'), join(root, 'a/link.json'))
    const known = ['a', 'a/b', 'gone'].map((name) => ({
      folder: join(root, name),
      opened_at: 1,
      exists: name !== 'gone',
    }))
    const around = (file: string): string | null => workspaceAround(join(root, file), known)
    expect(around('a/b/taskjson/x.json')).toBe(join(root, 'a/b'))
    expect(around('a/x.json')).toBe(join(root, 'a'))
    expect(around('ab/x.json')).toBeNull()
    expect(around('a/link.json')).toBeNull()
    expect(around('a/nothing.json')).toBeNull()
  })
})
