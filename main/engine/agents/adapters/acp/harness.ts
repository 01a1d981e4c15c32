/** Agents that speak the Agent Client Protocol as a harness: Claude Code, Codex, Gemini CLI, OpenCode, or any other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentHarness, Readiness } from '../../harness.ts'
import { startRun } from '../converse.ts'
import { openPeer, METHOD_NOT_FOUND, RpcError } from './peer.ts'
import { acpEnv, type AcpAgent } from './presets.ts'
import { converse, failureOf, greet, LONGEST_LINE, type AcpOptions } from './session.ts'
import { fieldsOf, textOf } from './updates.ts'

const PATIENCE_MS = 15_000

/** Has it say who it is, which needs no account: whether it is signed in is told by the first turn. */
async function probe(options: AcpOptions, signal: AbortSignal): Promise<Readiness> {
  const { clock, preset, program, scratch } = options
  const cwd = mkdtempSync(join(scratch, 'acp-'))
  const peer = openPeer(
    { clock, program, args: preset.args, env: acpEnv(preset, options.env), cwd, longestLine: LONGEST_LINE },
    {
      told: () => undefined,
      asked: (method) => Promise.reject(new RpcError(METHOD_NOT_FOUND, `${method} is not offered here`)),
    },
  )
  const over = new AbortController()
  const late = clock.sleep(PATIENCE_MS, AbortSignal.any([signal, over.signal])).then(() => null)
  try {
    const about = await Promise.race([greet(peer, preset, false), late])
    if (about === null) {
      const reason = `${preset.title} (${program}) does not say in ${PATIENCE_MS / 1000} s that it speaks the Agent Client Protocol`
      return { ready: false, reason, remedy: preset.install }
    }
    return { ready: true, version: textOf(fieldsOf(about['agentInfo'])['version']) || 'unknown' }
  } catch (error) {
    const { detail } = failureOf(error, preset)
    return { ready: false, reason: detail, remedy: `install it anew: ${preset.install}` }
  } finally {
    over.abort()
    await peer.stop()
    rmSync(cwd, { recursive: true, force: true })
  }
}

export function acpHarness(id: AcpAgent, options: AcpOptions): AgentHarness {
  return {
    id,
    probe: (signal) => probe(options, signal),
    start: (task, signal) =>
      startRun(task, (_, hear) => Promise.resolve(converse(options, task, hear)), { hasTool: false, signal }),
    dispose: () => Promise.resolve(),
  }
}
