import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dataFolder } from '../../main/ipc/data-folder.ts'
import type { Contract } from '../../schemas/ipc.ts'
import { freshElectron, rest, type Electron } from './support.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const main = fileURLToPath(new URL('../../main', import.meta.url))

const { argv } = process
const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]))
const folders: string[] = []
const said: string[] = []
beforeEach(() => {
  said.length = 0
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text))
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  process.argv = argv
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal)) {
      if (before.get(signal)?.includes(listener) !== true) process.off(signal, listener)
    }
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Runs the entry as the runtime would, with these arguments. */
async function runEntry(...args: string[]): Promise<Electron> {
  const electron = await freshElectron()
  process.argv = ['electron', 'out/main/index.js', ...args]
  await import('../../main/index.ts')
  return electron
}

describe('the entry', () => {
  it('says who it is before the app is ready, and makes its window after', async () => {
    const electron = await runEntry()
    expect(electron.callsOf('setName')).toEqual([['Hyperion']])
    const folder = dataFolder(process.env, homedir())
    expect(electron.callsOf('setPath')).toEqual([['userData', join(folder, 'window')]])
    expect(electron.callsOf('registerSchemesAsPrivileged')).toHaveLength(1)
    expect(electron.BrowserWindow.made).toEqual([])
    electron.app.becomeReady()
    await rest()
    const [window] = electron.BrowserWindow.made
    const preferences = window?.options['webPreferences'] as { preload: string }
    expect(preferences.preload).toBe(join(main, '../preload/index.cjs'))
    electron.app.quit()
    await expect.poll(() => electron.app.exits).toEqual([0])
  })

  it('puts the real session behind the window, and closes it at the end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-repository-'))
    folders.push(folder)
    const electron = await runEntry('--workspace', folder)
    electron.app.becomeReady()
    await rest()
    const contents = electron.BrowserWindow.made[0]?.webContents
    if (contents === undefined) throw new Error('no window')
    const { port1, port2 } = new MessageChannel()
    const port = {
      on: (event: string, listener: (event: { data: unknown }) => void) =>
        port1.on(event, (data: unknown) => listener({ data })),
      postMessage: (data: unknown) => port1.postMessage(data, []),
      start: () => port1.start(),
      close: () => port1.close(),
    }
    electron.ipcMain.emit('hyperion:port', {
      ports: [port],
      senderFrame: contents.mainFrame,
      sender: contents,
    })
    const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port: port2 }))
    port2.start()
    // A folder that is no repository: the window is there and says so.
    await expect
      .poll(() => client.workspace.state({}))
      .toMatchObject({ state: 'failed', error: { code: expect.any(String) } })
    await expect(client.home.read({})).rejects.toMatchObject({ code: 'FAILED' })
    electron.app.quit()
    await expect.poll(() => electron.app.exits).toEqual([0])

    port2.close()
  })

  it('hands over and ends where another instance runs', async () => {
    const electron = await freshElectron()
    electron.app.hasLock = false
    process.argv = ['electron', 'out/main/index.js', 'hyperion://change/87']
    await import('../../main/index.ts')
    await rest()
    expect(electron.callsOf('requestSingleInstanceLock')).toEqual([
      [{ args: ['hyperion://change/87'], cwd: process.cwd() }],
    ])
    expect(electron.app.exits).toEqual([0])
    expect(electron.BrowserWindow.made).toEqual([])
  })

  it('ends with 70 and says why when the app cannot be started', async () => {
    const electron = await freshElectron()
    electron.app.whenReady = () => Promise.reject(new Error('no display'))
    process.argv = ['electron', 'out/main/index.js']
    await import('../../main/index.ts')
    await expect.poll(() => electron.app.exits).toEqual([70])
    expect(said.join('')).toContain('hyperion: Error: no display')
  })
})
