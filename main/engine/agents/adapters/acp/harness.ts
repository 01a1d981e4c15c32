/** Agents that speak the Agent Client Protocol as a harness: Claude Code, Codex, Gemini CLI, OpenCode, or any other. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describeAround } from './enclose.ts'
import { fieldsOf, textOf } from '../../fields.ts'
import type { AgentHarness, Readiness } from '../../harness.ts'
import { startRun } from '../converse.ts'
import { openPeer, METHOD_NOT_FOUND, RpcError } from './peer.ts'
import { acpEnv, type AcpAgent } from './presets.ts'
import { converse, failureOf, greet, LONGEST_LINE, type AcpOptions } from './session.ts'

const PATIENCE_MS = 15_000

/** Has it say who it is, which needs no account: whether it is signed in is told by the first turn. */
async function probe(options: AcpOptions, signal: AbortSignal): Promise<Readiness> {
  const { clock, preset, program, scratch, enclosure } = options
  const cwd = realpathSync(mkdtempSync(join(scratch, 'acp-')))
  const sandbox = await enclosure.sandbox()
  const command = enclosure.wrap(sandbox, { args: preset.args, cwd, temporary: cwd, tree: null })
  const env = acpEnv(preset, preset.withoutTools, options.env)
  const isWrapped = sandbox.kind === 'bubblewrap'
  const peer = openPeer(
    { clock, ...command, env, cwd, longestLine: LONGEST_LINE, isWrapped },
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
    const version = textOf(fieldsOf(about['agentInfo'])['version']) || 'unknown'
    return { ready: true, version, note: describeAround(sandbox) }
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
      startRun(
        task,
        (_, hear, tree) => Promise.resolve(converse(options, task, tree, hear)),
        { hasTool: false, worksInTree: true },
        signal,
      ),
    dispose: () => Promise.resolve(),
  }
}
