/** Runs a program of our own choosing and collects what it prints; for probing, not for checks. */
import type { Clock } from '../base/clock.ts'
import { killTree, startProcess } from '../base/process.ts'
import { outputBuffer } from './output.ts'

export interface Collected {
  /** Null when it could not be started or was ended by a signal. */
  exitCode: number | null
  output: string
}

export function spawnAndCollect(
  program: string,
  args: readonly string[],
  options: { timeoutMs: number },
  deps: { clock: Clock },
): Promise<Collected> {
  return new Promise((resolve) => {
    const output = outputBuffer()
    const ended = new AbortController()
    const child = startProcess(program, args, {
      cwd: '/',
      env: { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout?.on('data', (chunk: Buffer) => output.add(chunk))
    child.stderr?.on('data', (chunk: Buffer) => output.add(chunk))
    const finish = (exitCode: number | null, text: string): void => {
      ended.abort()
      resolve({ exitCode, output: text })
    }
    child.on('error', (error) => finish(null, error.message))
    child.on('close', (code) => finish(code, output.text()))
    const stopInTime = async (): Promise<void> => {
      await deps.clock.sleep(options.timeoutMs, ended.signal)
      if (!ended.signal.aborted && child.pid !== undefined) killTree(child.pid)
    }
    void stopInTime()
  })
}
