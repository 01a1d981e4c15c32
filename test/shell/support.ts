/** Runs the real shell against the stand-in for Electron, with sessions that only say what was asked of them. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { vi } from 'vitest'
import { manualClock, type ManualClock } from '../support/manual-clock.ts'
import type { ShellDeps } from '../../main/shell/shell.ts'
import type { ShellSession } from '../../main/shell/types.ts'
import { StandInEvent, type BrowserWindow } from './electron-stand-in.ts'
import type * as StandIn from './electron-stand-in.ts'

export type Electron = typeof StandIn

export interface FakeSession extends ShellSession {
  opened: string[]
  /** The queue named with each folder. */
  queues: (string | undefined)[]
  /** What its page asks before it opens a folder. */
  openElsewhere: (folder: string) => boolean
  /** Files of casts that were given to it. */
  casts: string[]
  closes: number
  connected: unknown[]
  /** Lets `close` end; it waits for this as for a landing step. */
  finishLanding(): void
}

export function fakeSession(waits: boolean): FakeSession {
  const landing = Promise.withResolvers<void>()
  if (!waits) landing.resolve()
  let folder: string | null = null
  const state = () =>
    folder === null
      ? ({ state: 'none' } as const)
      : ({
          state: 'open',
          folder,
          name: 'a',
          sample: false,
          operator: null,
          terminal: { hyperion: 'hyperion', git: 'git' },
          seq: 0,
        } as const)
  const session: FakeSession = {
    opened: [],
    queues: [],
    openElsewhere: () => false,
    casts: [],
    closes: 0,
    connected: [],
    finishLanding: () => landing.resolve(),
    state,
    async open(asked, dbFile) {
      session.opened.push(asked)
      session.queues.push(dbFile)
      // A workspace is the root of the repository around what was named.
      folder = asked.replace(/\/inside$/, '')
      return state()
    },
    async beginCast(file) {
      if (folder === null) throw new Error('no workspace is open; open a repository, or try the sample')
      session.casts.push(file)
      return `/cast-builder/CAST-${session.casts.length}`
    },
    async close() {
      session.closes += 1
      await landing.promise
    },
    connect: (port) => void session.connected.push(port),
  }
  return session
}

export interface SteppedClock extends ManualClock {
  /** Lets time pass and everybody who slept until then go on, in order. */
  pass(ms: number): Promise<void>
}

/** A manual clock whose sleepers wait until it is moved. */
export function steppedClock(): SteppedClock {
  const clock = manualClock()
  const sleepers = new Set<{ until: number; wake(): void }>()
  return {
    ...clock,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          until: clock.monotonicMs() + ms,
          wake() {
            sleepers.delete(sleeper)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => sleeper.wake(), { once: true })
      }),
    async pass(ms) {
      const end = clock.monotonicMs() + ms
      for (;;) {
        const [next] = [...sleepers].filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)
        if (next === undefined) break
        clock.advance(Math.max(0, next.until - clock.monotonicMs()))
        next.wake()
        await rest()
      }
      clock.advance(end - clock.monotonicMs())
    },
  }
}

export interface Lab {
  electron: Electron
  clock: SteppedClock
  root: string
  notes: string[]
  sessions: FakeSession[]
  signals: EventEmitter
  /** A folder to name as a workspace. */
  folder(name: string): string
  /** Lets everything that is under way come to rest. */
  rest(): Promise<void>
  remove(): void
}

export interface LabOptions {
  args?: string[]
  platform?: NodeJS.Platform
  devTools?: boolean
  /** Whether sessions wait in `close` until told. */
  landing?: boolean
  hasLock?: boolean
  root?: string
  openFails?: boolean
  /** Workspaces that were opened before. */
  known?: string[]
  updater?: ShellDeps['updater']
  resources?: string
  env?: NodeJS.ProcessEnv
}

/** Everything here is done in a few turns of the loop: no file is waited for, and the clock is manual. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A fresh stand-in, for everything that is imported from here on. */
export async function freshElectron(): Promise<Electron> {
  vi.resetModules()
  vi.doMock('electron', () => import('./electron-stand-in.ts'))
  return (await import('electron')) as unknown as Electron
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const electron = await freshElectron()
  const { startShell } = await import('../../main/shell/shell.ts')
  electron.app.hasLock = options.hasLock ?? true
  const root = options.root ?? realpathSync(mkdtempSync(join(tmpdir(), 'shell-')))
  mkdirSync(join(root, 'page/assets'), { recursive: true })
  writeFileSync(join(root, 'page/index.html'), '<!doctype html><title>Hyperion</title>')
  const clock = steppedClock()
  const lab: Lab = {
    electron,
    clock,
    root,
    notes: [],
    sessions: [],
    signals: new EventEmitter(),
    folder(name) {
      mkdirSync(join(root, name), { recursive: true })
      return join(root, name)
    },
    rest,
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
  const note = (line: string): void => void lab.notes.push(line)
  electron.app.becomeReady()
  await startShell({
    async openSession({ openElsewhere }) {
      if (options.openFails === true) throw new Error('no room on the disk')
      const session = fakeSession(options.landing ?? false)
      if (openElsewhere !== undefined) session.openElsewhere = openElsewhere
      lab.sessions.push(session)
      return session
    },
    knownWorkspaceOf: (file) =>
      options.known?.map((name) => join(root, name)).find((folder) => file.startsWith(`${folder}/`)) ?? null,
    updater: options.updater ?? null,
    resources: options.resources ?? null,
    sessionOptions: {
      clock,
      note,
      dataFolder: join(root, 'data'),
      version: '0.0.0',
      env: options.env ?? {},
      home: root,
      actor: 'someone@app',
      runWorkers: false,
    },
    clock,
    paths: { preload: join(root, 'preload.cjs'), renderer: join(root, 'page') },
    args: options.args ?? [],
    cwd: root,
    platform: options.platform ?? 'linux',
    devTools: options.devTools ?? false,
    signals: lab.signals,
    note,
  })
  await rest()
  return lab
}

/** A port as main has it and the page's end of it. */
export function ports(): { main: MessagePort; page: MessagePort } {
  const { port1, port2 } = new MessageChannel()
  return { main: port1, page: port2 }
}

export const alive = ({ electron }: Lab): BrowserWindow[] => electron.BrowserWindow.alive()

export function only({ electron }: Lab): BrowserWindow {
  const [window, ...more] = electron.BrowserWindow.alive()
  if (window === undefined || more.length > 0) throw new Error(`${more.length} windows too many, or none`)
  return window
}

/** What a second start of the app does to the first. */
export async function secondStart(
  { electron, root, rest }: Lab,
  args: unknown,
  cwd: unknown = root,
): Promise<void> {
  electron.app.emit('second-instance', new StandInEvent(), ['ignored'], '/ignored', { args, cwd })
  await rest()
}
