/** The version of the Copilot command line, as it says itself. */
import { killTree, startProcess } from '../../../base/process.ts'
import { copilotEnv, type TurnDeps } from './turn.ts'

const PATIENCE_MS = 15_000

/** Null where it cannot be started, or says none. */
export async function copilotVersion(
  { clock, program, env, cwd }: TurnDeps,
  signal: AbortSignal,
): Promise<string | null> {
  const child = startProcess(program, ['--version'], { cwd, env: copilotEnv(env), stdio: 'pipe' })
  let said = ''
  const over = new AbortController()
  const end = new Promise<void>((resolve) => {
    child.on('error', () => resolve())
    child.on('close', () => resolve())
  }).finally(() => over.abort())
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (said = `${said}${chunk}`.slice(0, 2_000)))
  child.stderr?.resume()
  await Promise.race([end, clock.sleep(PATIENCE_MS, AbortSignal.any([signal, over.signal]))])
  if (child.pid !== undefined && !over.signal.aborted) killTree(child.pid)
  return /\b\d+\.\d+\.\d+[\w.-]*/.exec(said)?.[0].replace(/\.$/, '') ?? null
}
