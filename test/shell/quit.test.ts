import { afterEach, describe, expect, it } from 'vitest'
import { StandInEvent } from './electron-stand-in.ts'
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

  it('has drafts on the disk within a second, and once more at the end', async () => {
    const one = await start({ landing: true })
    const flushes = (): number => one.electron.callsOf('flushStorageData').length
    await one.clock.pass(1_000)
    expect(flushes()).toBe(1)
    await one.clock.pass(2_000)
    expect(flushes()).toBe(3)
    one.electron.app.quit()
    await one.rest()
    expect(flushes()).toBe(3)
    one.sessions[0]?.finishLanding()
    await one.rest()
    const names = one.electron.calls.map(({ name }) => name)
    expect(names.lastIndexOf('flushStorageData')).toBeLessThan(names.indexOf('exit'))
    const atEnd = flushes()
    expect(atEnd).toBeGreaterThan(3)
    await one.clock.pass(5_000)
    expect(flushes()).toBe(atEnd)
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

describe('a page that hangs', () => {
  const boxes = ({ electron }: Lab): unknown[] =>
    electron.callsOf('showMessageBox').map(([, options]) => options)

  it('is told of while the engine goes on, and left alone where the person waits', async () => {
    const one = await start()
    only(one).emit('unresponsive')
    await one.rest()
    expect(boxes(one)).toMatchObject([
      { message: 'The view does not answer.', buttons: ['Wait', 'Load again'] },
    ])
    expect(one.notes).toContain('The view does not answer.')
    expect(one.electron.callsOf('forcefullyCrashRenderer')).toEqual([])
    expect([only(one).webContents.reloads, one.sessions[0]?.closes]).toEqual([0, 0])
  })

  it('is ended and loaded again where the person says so, which is no crash', async () => {
    const one = await start()
    one.electron.answers.response = 1
    only(one).emit('unresponsive')
    await one.rest()
    await one.clock.pass(300)
    expect(one.electron.callsOf('forcefullyCrashRenderer')).toHaveLength(1)
    expect(only(one).webContents.reloads).toBe(1)
    expect(boxes(one)).toHaveLength(1)
    // A crash after it is one again.
    only(one).webContents.emit('render-process-gone', new StandInEvent(), { reason: 'crashed', exitCode: 1 })
    await one.clock.pass(300)
    expect(only(one).webContents.reloads).toBe(2)
  })

  it('is asked about once, and not any more once it answers', async () => {
    const one = await start()
    const answer = Promise.withResolvers<void>()
    one.electron.answers.wait = answer.promise
    one.electron.answers.response = 1
    only(one).emit('unresponsive')
    only(one).emit('unresponsive')
    await one.rest()
    expect(boxes(one)).toHaveLength(1)
    only(one).emit('responsive')
    answer.resolve()
    await one.rest()
    await one.clock.pass(300)
    expect(only(one).webContents.reloads).toBe(0)
    only(one).emit('unresponsive')
    await one.rest()
    expect(boxes(one)).toHaveLength(2)
  })
})
