/** Agents over the Agent Client Protocol as the engine opens them, each with a script of its own. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openHarness } from '../../main/engine/agents/choose.ts'
import type { AgentHarness, AgentRun, Outcome, RunEvent } from '../../main/engine/agents/harness.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { identify, isAlive } from '../../main/engine/base/process.ts'
import type { AgentScript } from '../support/acp-agent.ts'

const AGENT = fileURLToPath(new URL('../support/acp-agent.ts', import.meta.url))

export interface Logged {
  started?: number
  spawned?: number
  cwd?: string
  env?: Record<string, string>
  method?: string
  params?: Record<string, unknown>
  asked?: string
  result?: unknown
  error?: { code: number; message: string }
}

export interface Scripted {
  harness: AgentHarness
  env: NodeJS.ProcessEnv
  /** What it was told, and how what it asked was answered, so far. */
  log(): Logged[]
  /** What it was told by this name. */
  told(method: string): Record<string, unknown>[]
  /** Its processes, and those it started, that still run. */
  left(): number[]
}

export interface AcpWorld {
  dir: string
  scratch: string
  scripted(script: AgentScript, env?: NodeJS.ProcessEnv): Scripted
  close(): void
}

export function openAcpWorld(): AcpWorld {
  const dir = mkdtempSync(join(tmpdir(), 'acp-world-'))
  const scratch = join(dir, 'scratch')
  mkdirSync(scratch)
  let made = 0
  return {
    dir,
    scratch,
    scripted(script, more = {}) {
      made += 1
      const [file, logFile] = [join(dir, `script-${made}.json`), join(dir, `log-${made}`)]
      writeFileSync(file, JSON.stringify(script))
      const env = {
        PATH: process.env['PATH'],
        HOME: dir,
        HYPERION_ACP_COMMAND: JSON.stringify([process.execPath, AGENT, file, logFile]),
        ...more,
      }
      const log = (): Logged[] =>
        existsSync(logFile)
          ? readFileSync(logFile, 'utf8')
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => JSON.parse(line) as Logged)
          : []
      return {
        harness: openHarness({ name: 'acp', by: 'default' }, { clock: systemClock(), env, scratch }),
        env,
        log,
        told: (method) =>
          log()
            .filter((one) => one.method === method)
            .map(({ params }) => params ?? {}),
        left: () =>
          log()
            .flatMap(({ started, spawned }) => started ?? spawned ?? [])
            .filter((pid) => isAlive(identify(pid))),
      }
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  }
}

export async function ended(run: AgentRun): Promise<{ heard: RunEvent[]; outcome: Outcome }> {
  const heard: RunEvent[] = []
  for await (const event of run.events) heard.push(event)
  return { heard, outcome: await run.outcome }
}
