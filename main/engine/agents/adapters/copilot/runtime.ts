/** The Copilot runtime: one process that all runs share, started when it is needed, and the connection to it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import { keep, killTree, signalProcess, startProcess } from '../../../base/process.ts'
import { connect, type Client } from './protocol.ts'
import { runtimeEnv } from './provider.ts'
import { copilotEnv } from './turn.ts'

export interface RuntimeOptions {
  clock: Clock
  program: string
  env: NodeJS.ProcessEnv
  scratch: string
}

export interface Runtime {
  readonly client: Client
  /** An empty folder: the sessions work in it. */
  readonly cwd: string
  /** Why it is no more, once its process has ended. */
  readonly ended: Promise<string>
  isOver(): boolean
  /** Ends it at once. */
  kill(): void
  /** Has it end by itself, and ends it where it does not. */
  stop(): Promise<void>
}

/** Time to begin to answer, on a machine with other things to do. */
const START_MS = 30_000
const GRACE_MS = 2_000
const END_MS = 500
const STDERR_KEPT = 4_000
/** Without work for so long it gives its memory back. */
const IDLE_MS = 5 * 60_000

/** Starts one. Throws an error that says why it cannot be had. */
export async function startRuntime({ clock, program, env, scratch }: RuntimeOptions): Promise<Runtime> {
  const folder = mkdtempSync(join(scratch, 'copilot-'))
  const [cwd, temporary] = [join(folder, 'work'), join(folder, 'tmp')]
  for (const one of [cwd, temporary]) mkdirSync(one)
  const child = startProcess(program, ['--headless', '--no-auto-update', '--stdio'], {
    cwd,
    env: { ...runtimeEnv(copilotEnv(env)), TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    stdio: 'pipe',
  })
  const { pid } = child
  const letGo = pid === undefined ? () => undefined : keep(pid)
  const over = new AbortController()
  let client: Client | null = null
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = `${stderr}${chunk}`.slice(0, STDERR_KEPT)
  })
  /** It is no more, or is not to be any more: from here on nobody is given it. */
  function kill(): void {
    if (over.signal.aborted) return
    over.abort()
    // Where it has ended: what it started and did not end, in its group.
    if (pid !== undefined) killTree(pid)
    letGo()
    client?.close()
  }
  const ended = new Promise<string>((resolve) => {
    const settle = (how: string): void => {
      kill()
      rmSync(folder, { recursive: true, force: true })
      const said = stderr.trim().split('\n')[0] ?? ''
      resolve(said === '' ? how : `${how}: ${said}`)
    }
    child.on('error', (error) => settle(error.message))
    child.on('exit', kill)
    child.on('close', (code) => settle(`the Copilot runtime ended with ${code ?? 'a signal'}`))
  })
  async function stop(): Promise<void> {
    if (pid !== undefined && !over.signal.aborted) signalProcess(pid, 'SIGTERM')
    await clock.sleep(GRACE_MS, over.signal)
    kill()
    await ended
  }

  // That it ended before it read is told by its end.
  child.stdin?.on('error', () => undefined)
  const late = clock.sleep(START_MS, over.signal).then((): Client => {
    throw new Error('it does not answer')
  })
  let trouble: string
  try {
    client = await Promise.race([connect(child), late])
    return { client, cwd, ended, isOver: () => over.signal.aborted, kill, stop }
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error)
  }
  // Where it has ended, its own last word says more than that its pipe is broken.
  await clock.sleep(END_MS, over.signal)
  const why = over.signal.aborted ? await ended : trouble
  await stop()
  throw new Error(
    `the Copilot runtime did not start (${program}): ${why}; update it, or set HYPERION_COPILOT_BY=cli`,
  )
}

export interface SharedRuntime {
  /** The one that runs, or a new one; whoever takes it gives it back. */
  take(): Promise<{ runtime: Runtime; giveBack: () => void }>
  dispose(): Promise<void>
}

/** Keeps one runtime for all who need one. */
export function shareRuntime(options: RuntimeOptions): SharedRuntime {
  let current: Promise<Runtime> | null = null
  let live: Runtime | null = null
  let users = 0
  let resting = new AbortController()

  function start(): Promise<Runtime> {
    const mine = startRuntime(options)
    current = mine
    live = null
    void watch(mine)
    return mine
  }
  async function watch(mine: Promise<Runtime>): Promise<void> {
    const started = await mine.catch(() => null)
    if (current !== mine) return
    if (started === null) current = null
    live = started
  }
  async function rest(): Promise<void> {
    const { signal } = resting
    await options.clock.sleep(IDLE_MS, signal)
    if (!signal.aborted) await dispose()
  }
  async function dispose(): Promise<void> {
    resting.abort()
    const mine = current
    current = null
    live = null
    const runtime = await mine?.catch(() => null)
    await runtime?.stop()
  }
  return {
    async take() {
      users += 1
      resting.abort()
      let isBack = false
      const giveBack = (): void => {
        if (isBack) return
        isBack = true
        users -= 1
        if (users > 0 || current === null) return
        resting = new AbortController()
        void rest()
      }
      try {
        const runtime = await (current === null || live?.isOver() === true ? start() : current)
        return { runtime, giveBack }
      } catch (error) {
        giveBack()
        throw error
      }
    },
    dispose,
  }
}
