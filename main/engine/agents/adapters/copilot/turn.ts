/** One turn of the Copilot command line: a prompt in, events out, and no process left behind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import { keep, killTree, signalProcess, startProcess, type ChildProcess } from '../../../base/process.ts'
import type { RunEvent, Usage } from '../../harness.ts'
import { lineReader } from '../lines.ts'
import { turnReader, type TurnSaid } from './events.ts'

export interface TurnDeps {
  clock: Clock
  program: string
  env: NodeJS.ProcessEnv
  /** An empty folder of its own: what the agent is to know stands in the prompt. */
  cwd: string
}

export interface TurnWish {
  prompt: string
  model: string
  /** The session to go on with; null begins one. */
  sessionId: string | null
  usageFile: string
}

export interface Turn extends TurnSaid {
  exitCode: number | null
  /** What it said for people, when it could not begin. */
  stderr: string
  usage: Usage
}

/** Time to end by itself once it was asked to; tools it started would outlive a kill without warning. */
const GRACE_MS = 2_000
const STDERR_KEPT = 4_000
/** In characters: a line that is longer is no event, but something without an end. */
const LONGEST_LINE = 64 * 1024 * 1024

/** Nothing of the operator's surroundings that a model's tools could read, but what Copilot signs in and goes out with. */
const PASSED = /^(?:PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|SystemRoot|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_[A-Z_]+|(?:HTTPS?|NO|ALL)_PROXY|(?:https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|GH_TOKEN|GITHUB_TOKEN|COPILOT_[A-Z_]+)$/ // prettier-ignore

export function copilotEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(([name]) => PASSED.test(name) && name !== 'COPILOT_ALLOW_ALL')
  return { ...Object.fromEntries(passed), COPILOT_AUTO_UPDATE: 'false', NO_COLOR: '1' }
}

/** Servers of tools that the operator gave Copilot for work of their own: here they would run for nothing. */
export function ownServers(env: NodeJS.ProcessEnv): string[] {
  const home = env['COPILOT_HOME'] || join(env['HOME'] ?? env['USERPROFILE'] ?? '', '.copilot')
  try {
    const { mcpServers } = JSON.parse(readFileSync(join(home, 'mcp-config.json'), 'utf8')) as {
      mcpServers?: object
    }
    return Object.keys(mcpServers ?? {})
  } catch {
    return []
  }
}

const argumentsOf = ({ model, sessionId, usageFile }: TurnWish, env: NodeJS.ProcessEnv): string[] => [
  '--model', model,
  '--output-format', 'json',
  '--usage-output-file', usageFile,
  // An unknown name leaves none; an empty list would leave all.
  '--available-tools=no-tools',
  '--no-ask-user',
  '--disable-builtin-mcps',
  ...ownServers(env).flatMap((name) => ['--disable-mcp-server', name]),
  // What the repository, or the operator's home, tells agents does not enter.
  '--no-custom-instructions',
  ...(sessionId === null ? [] : ['--resume', sessionId]),
] // prettier-ignore

/** Tokens of the session so far, as Copilot counts them. */
export function readUsage(file: string): Usage {
  try {
    const { modelMetrics } = JSON.parse(readFileSync(file, 'utf8')) as {
      modelMetrics?: Record<string, { usage?: { inputTokens?: number; outputTokens?: number } }>
    }
    const counted = Object.values(modelMetrics ?? {}).flatMap(({ usage }) => usage ?? [])
    if (counted.length === 0) return { source: 'unavailable' }
    const sum = (key: 'inputTokens' | 'outputTokens'): number =>
      counted.reduce((all, one) => all + (one[key] ?? 0), 0)
    return { source: 'reported', inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens') }
  } catch {
    return { source: 'unavailable' }
  }
}

interface Ended {
  exitCode: number | null
  error: Error | null
}

const endOf = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    let error: Error | null = null
    child.on('error', (thrown) => {
      error = thrown
      if (child.pid === undefined) resolve({ exitCode: null, error })
    })
    child.on('close', (exitCode) => resolve({ exitCode, error }))
  })

/** Runs a turn to its end, or ends it. Never rejects for what the program does. */
export async function runTurn(
  { clock, program, env, cwd }: TurnDeps,
  wish: TurnWish,
  hear: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<Turn> {
  const reader = turnReader(wish.model)
  const child = startProcess(program, argumentsOf(wish, env), { cwd, env: copilotEnv(env), stdio: 'pipe' })
  const end = endOf(child)
  const letGo = child.pid === undefined ? () => undefined : keep(child.pid)
  const over = new AbortController()
  let stderr = ''
  let stopping: Promise<void> | null = null

  const lines = lineReader(LONGEST_LINE, (line) => reader.hear(line).forEach(hear))
  child.stdout?.on('data', (chunk: Buffer) => {
    if (!lines.take(chunk)) stop()
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = `${stderr}${chunk}`.slice(0, STDERR_KEPT)
  })
  // That it ended before it read is told by its end.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(wish.prompt)

  function stop(): void {
    const { pid } = child
    if (pid !== undefined) stopping ??= endSoon(pid)
  }
  async function endSoon(pid: number): Promise<void> {
    signalProcess(pid, 'SIGTERM')
    await clock.sleep(GRACE_MS, over.signal)
    if (!over.signal.aborted) killTree(pid)
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const { exitCode, error } = await end
  signal.removeEventListener('abort', stop)
  over.abort()
  await stopping
  // What it started and did not end, in its group.
  if (child.pid !== undefined) killTree(child.pid)
  letGo()
  lines.end()
  return {
    ...reader.said(),
    exitCode,
    stderr: error === null ? stderr : error.message,
    usage: readUsage(wish.usageFile),
  }
}
