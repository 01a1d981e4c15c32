/** Newer versions are looked for when somebody asks, and nothing is fetched before they say so. */
import { afterEach, describe, expect, it } from 'vitest'
import { menuTemplate } from '../../main/shell/menu.ts'
import type { Updater } from '../../main/shell/updates.ts'
import { startLab, type Lab, type LabOptions } from './support.ts'

let lab: Lab | null = null
afterEach(() => {
  lab?.remove()
  lab = null
})

interface Item {
  label?: string
  click?: () => void
  submenu?: Item[]
}

async function start(options: LabOptions): Promise<{ lab: Lab; item: Item | undefined }> {
  const made = await startLab(options)
  lab = made
  const [[template] = []] = made.electron.callsOf('setApplicationMenu')
  const items = (template as Item[]).flatMap(({ submenu }) => submenu ?? [])
  return { lab: made, item: items.find(({ label }) => label === 'Check for Updates…') }
}

/** An updater that says what was asked of it. */
function updaterOf(answer: { newer: boolean } | 'unreachable', did: string[]): Updater {
  return {
    autoDownload: true,
    async checkForUpdates() {
      did.push(`check, downloads by itself: ${String(this.autoDownload)}`)
      if (answer === 'unreachable') throw new Error('net::ERR_NAME_NOT_RESOLVED')
      return { isUpdateAvailable: answer.newer, updateInfo: { version: '9.0.0' } }
    },
    async downloadUpdate() {
      did.push('download')
    },
    quitAndInstall() {
      did.push('install')
    },
  }
}

const told = (from: Lab): string[] =>
  from.electron.callsOf('showMessageBox').map((args) => (args.at(-1) as { message: string }).message)

describe('updates', () => {
  it('are no item of the menu where the package names no place for them, and nothing is loaded', async () => {
    const { item } = await start({ args: ['a'] })
    expect(item).toBeUndefined()
    const acts = { newWindow() {}, openRepository() {}, go() {}, checkForUpdates() {}, installCommand: null }
    for (const platform of ['darwin', 'linux', 'win32'] as const)
      expect(JSON.stringify(menuTemplate({ platform, devTools: false }, acts))).toContain(
        'Check for Updates…',
      )
  })

  it('are not looked for by themselves', async () => {
    const did: string[] = []
    const { lab: one } = await start({
      args: ['a'],
      async updater() {
        did.push('loaded')
        return updaterOf({ newer: true }, did)
      },
    })
    await one.clock.pass(60_000)
    expect(did).toEqual([])
  })

  it('are fetched and put in place after a yes to each, once every window is closed in order', async () => {
    const did: string[] = []
    const { lab: one, item } = await start({
      args: ['a'],
      updater: async () => updaterOf({ newer: true }, did),
    })
    item?.click?.()
    await one.rest()
    expect(told(one)).toEqual(['Hyperion 9.0.0 is there.', 'Hyperion 9.0.0 is ready.'])
    expect(did).toEqual(['check, downloads by itself: false', 'download', 'install'])
    expect(one.sessions.map(({ closes }) => closes)).toEqual([1])
  })

  it('are left alone after a no', async () => {
    const did: string[] = []
    const { lab: one, item } = await start({
      args: ['a'],
      updater: async () => updaterOf({ newer: true }, did),
    })
    one.electron.answers.response = 1
    item?.click?.()
    await one.rest()
    expect(did).toEqual(['check, downloads by itself: false'])
  })

  it.each([
    [{ newer: false }, 'Hyperion is up to date.'],
    ['unreachable', 'No newer version could be had.'],
  ] as const)('says so where there is none, or none can be had: %j', async (answer, message) => {
    const did: string[] = []
    const { lab: one, item } = await start({ args: ['a'], updater: async () => updaterOf(answer, did) })
    item?.click?.()
    await one.rest()
    expect(told(one)).toEqual([message])
    expect(did).toHaveLength(1)
  })
})
