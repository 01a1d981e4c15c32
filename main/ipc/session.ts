/** One open workspace, or none yet, behind the contract: what a window of the app and a browser host have in common. */
import { mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  asHyperionError,
  makeSample,
  operatorName,
  readJson,
  REQUEST_FILE_LIMITS,
  userError,
  type Clock,
  type HyperionError,
} from '../engine/engine.ts'
import type { WorkspaceState } from '../../schemas/view.ts'
import { beginCast } from './cast-file.ts'
import { openPreferences, type PreferenceStore } from './preferences.ts'
import { terminalOf } from './terminal.ts'
import { openWorkspace, sentenceOf, type OpenWorkspace } from './workspace.ts'

export interface SessionOptions {
  clock: Clock
  /** The operator's surroundings. */
  env: NodeJS.ProcessEnv
  home: string | null
  /** Where preferences, recent workspaces and samples are kept, for this user on this machine. */
  dataFolder: string
  version: string
  /** Who acts, for the log. */
  actor: string
  /** Whether workers run inside, with checks on; off for looking only. */
  runWorkers: boolean
  /** The queue of every folder that is opened without one of its own. */
  dbFile?: string
  configFile?: string | null
  /**
   * Asked before a page opens a folder: whether another window of this program has it already, which is then shown.
   * Left out where there is only one.
   */
  openElsewhere?(folder: string): boolean
  /** Hears `[progress]` lines and notices, one line each. */
  note(line: string): void
}

export interface Session {
  readonly options: SessionOptions
  readonly preferences: PreferenceStore
  state(): WorkspaceState
  /** The open workspace; throws `no_workspace` where there is none. */
  workspace(): OpenWorkspace
  /** Opens a repository, making it a workspace if it is none yet; never throws, the state says what went wrong. */
  open(folder: string, dbFile?: string): Promise<WorkspaceState>
  /** The options a folder is opened with: those of the session, with the queue it was opened with last. */
  optionsFor(folder: string): SessionOptions
  /** Makes the sample in a folder of its own, opens it and queues its requests. */
  openSample(): Promise<WorkspaceState>
  /** Lets workers finish their landing step, then closes the engine; the session can open another workspace. */
  closeWorkspace(): Promise<WorkspaceState>
  /** Begins a draft from the file of a cast once what was asked of this session before is done; returns its page. */
  beginCast(file: string): Promise<string>
  /** The end: nothing of this session runs afterwards. */
  close(): Promise<void>
}

/** Longer than the contract takes for a person is nobody's name. */
const LONGEST_NAME = 200

/** The name a decision is prefilled with; that git cannot say keeps nobody from opening a repository. */
async function nameOf(folder: string, actor: string): Promise<string | null> {
  const account = actor.replace(/@[^@]*$/, '')
  const name = (await operatorName(folder).catch(() => null)) ?? account
  return name === '' || name.length > LONGEST_NAME ? null : name
}

const failedState = (
  folder: string,
  { code, message, hint }: HyperionError,
): Extract<WorkspaceState, { state: 'failed' }> => ({
  state: 'failed',
  folder,
  error: { code, message, hint },
})

/** A workspace as it was opened; its newest row is looked up when somebody asks. */
type Opened = Omit<Extract<WorkspaceState, { state: 'open' }>, 'seq'>

export function openSession(options: SessionOptions): Session {
  const preferences = openPreferences(options.dataFolder, options.clock)
  let state: Exclude<WorkspaceState, { state: 'open' }> | Opened = { state: 'none' }
  let current: OpenWorkspace | null = null
  /** Queues that folders were opened with, so that a page that opens one again finds the same. */
  const queues = new Map<string, string>()
  const isSample = (folder: string): boolean => folder.startsWith(join(options.dataFolder, 'samples'))
  function optionsFor(folder: string): SessionOptions {
    const { dbFile: given, ...rest } = options
    const dbFile = queues.get(folder) ?? (isSample(folder) ? undefined : given)
    return dbFile === undefined ? rest : { ...rest, dbFile }
  }
  /** Opening and closing follow each other, whoever asks. */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work)
    turn = mine.catch(() => undefined)
    return mine
  }

  const stateNow = (): WorkspaceState =>
    state.state === 'open' ? { ...state, seq: current?.engine.views.lastSeq() ?? 0 } : state

  async function closeCurrent(): Promise<void> {
    const closing = current
    current = null
    await closing?.close()
  }

  async function openNow(folder: string): Promise<WorkspaceState> {
    await closeCurrent()
    state = { state: 'opening', folder }
    try {
      const opened = await openWorkspace(
        folder,
        optionsFor(folder),
        (error) => void inTurn(() => lose(opened, error)),
      )
      current = opened
      const root = current.engine.ground.repository.workspace
      const named = queues.get(folder)
      if (named !== undefined) queues.set(root, named)
      preferences.opened(root)
      const operator = await nameOf(root, options.actor)
      const { dbFile } = optionsFor(root)
      const terminal = terminalOf({ folder: root, dbFile, env: options.env })
      state = {
        state: 'open',
        folder: root,
        name: basename(root),
        sample: isSample(root),
        operator,
        terminal,
      }
    } catch (thrown) {
      state = failedState(folder, asHyperionError(thrown))
    }
    return stateNow()
  }

  /** Lets go of a workspace that is not there any more, and says so instead of showing what it was. */
  async function lose(lost: OpenWorkspace, error: HyperionError): Promise<void> {
    if (current !== lost) return
    options.note(sentenceOf(error))
    state = failedState(lost.engine.ground.repository.workspace, error)
    await closeCurrent()
  }

  async function fillSample(files: readonly string[]): Promise<void> {
    for (const file of files) {
      const document = readJson(readFileSync(file), REQUEST_FILE_LIMITS, file)
      const request = { source: file, model: null, agents: 2 }
      await current?.engine.request(document, request, new AbortController().signal)
    }
  }

  function workspace(): OpenWorkspace {
    if (current !== null) return current
    const { message, hint } =
      state.state === 'failed'
        ? state.error
        : { message: 'no workspace is open', hint: 'open a repository, or try the sample' }
    throw userError('no_workspace', message, hint ?? 'open another repository')
  }

  return {
    options,
    preferences,
    state: stateNow,
    workspace,
    optionsFor,
    open(folder, dbFile) {
      if (dbFile !== undefined) queues.set(folder, dbFile)
      return inTurn(() => openNow(folder))
    },
    openSample: () =>
      inTurn(async () => {
        const folder = join(options.dataFolder, 'samples', `sample-${options.clock.nowMs()}`)
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        const sample = await makeSample(folder)
        const opened = await openNow(folder)
        if (opened.state === 'open') await fillSample(sample.requests)
        return opened
      }),
    closeWorkspace: () =>
      inTurn(async () => {
        await closeCurrent()
        state = { state: 'none' }
        return state
      }),
    beginCast: (file) => inTurn(() => beginCast(workspace().engine, file)),
    close: () =>
      inTurn(async () => {
        await closeCurrent()
        state = { state: 'none' }
      }),
  }
}
