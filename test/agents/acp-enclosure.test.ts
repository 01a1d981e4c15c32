/** What an agent with tools of its own sees of the machine: the command line that starts it, really run. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs' // prettier-ignore
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEnclosure } from '../../main/engine/agents/adapters/acp/enclose.ts'
import { presetOf } from '../../main/engine/agents/adapters/acp/presets.ts'
import type { SandboxMode } from '../../main/engine/checks/sandbox.ts'
import { clock, foundSandbox } from '../checks/support.ts'

const cannot = (await foundSandbox()).kind !== 'bubblewrap'
const isRoot = process.getuid?.() === 0

let home: string
let at: (name: string) => string
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'enclosed-')))
  at = (name) => join(home, name)
  for (const folder of ['.codex', 'work', 'tmp', 'secrets']) mkdirSync(at(folder))
  writeFileSync(at('.codex/auth.json'), 'token\n')
  writeFileSync(at('.codex/config.toml'), 'as it was\n')
  writeFileSync(at('secrets/key'), 'of the operator\n')
})
afterEach(() => rmSync(home, { recursive: true }))

const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: home, ...more }) // prettier-ignore
const opened = (program: string, mode: SandboxMode, hidden: readonly string[] = [], more: NodeJS.ProcessEnv = {}) => {
  const surroundings = env(more)
  const options = { clock, preset: presetOf('codex', surroundings), program, env: surroundings, scratch: at('tmp') }
  return openEnclosure(options, { mode: () => mode, hidden })
} // prettier-ignore

/** Runs a script as if it were the agent. */
async function run(
  script: string,
  hidden: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
  program = '/bin/sh',
) {
  // prettier-ignore
  const enclosure = opened(program, 'required', hidden, more)
  const args = program === '/bin/sh' ? ['-c', script] : []
  const wish = { args, cwd: at('work'), temporary: at('tmp'), tree: null }
  const command = enclosure.wrap(await enclosure.sandbox(), wish)
  const ran = spawnSync(command.program, command.args, { cwd: at('work'), env: env(more), encoding: 'utf8' })
  return ran.stdout + ran.stderr
}

describe.skipIf(cannot)('inside the sandbox an agent', () => {
  test('finds its account, and nothing else of the home', async () => {
    expect(await run('cat ~/.codex/auth.json; ls -A ~; cat ~/secrets/key')).toMatch(
      /^token\n[^]*No such file/,
    )
    expect(await run('ls -A ~')).not.toContain('secrets')
  })

  test('writes its account anew, never what would run for its user later, nor anywhere else', async () => {
    const said = await run('echo new > ~/.codex/auth.json; echo x > ~/.codex/config.toml; echo x > ~/here; echo x > /etc/here') // prettier-ignore
    expect(said.match(/Read-only file system/g)).toHaveLength(2)
    expect(readFileSync(at('.codex/auth.json'), 'utf8')).toBe('new\n')
    expect(readFileSync(at('.codex/config.toml'), 'utf8')).toBe('as it was\n')
    // Of the home it has one of its own, which goes with it.
    expect(existsSync(at('here'))).toBe(false)
  })

  test('whose settings stand elsewhere finds them there', async () => {
    const elsewhere = at('secrets')
    expect(await run('cat "$CODEX_HOME/key"', [], { CODEX_HOME: elsewhere })).toBe('of the operator\n')
  })

  test('is started from below a home by its name or by what that leads to', async () => {
    mkdirSync(at('apps/node_modules/agent'), { recursive: true })
    writeFileSync(at('apps/node_modules/agent/cli.sh'), '#!/bin/sh\ncat "$(dirname "$0")/beside"\n', { mode: 0o755 }) // prettier-ignore
    writeFileSync(at('apps/node_modules/agent/beside'), 'found\n')
    symlinkSync('node_modules/agent/cli.sh', at('apps/agent'))
    expect(await run('', [], {}, at('apps/agent'))).toBe('found\n')
  })

  test.skipIf(!isRoot)('does not see the checkout, wherever it is', async () => {
    const checkout = mkdtempSync('/var/lib/hyperion-test-')
    try {
      writeFileSync(join(checkout, 'mine'), 'mine\n')
      expect(await run(`cat ${checkout}/mine`)).toBe('mine\n')
      expect(await run(`cat ${checkout}/mine; ls -A ${checkout}`, [checkout])).toMatch(/No such file/)
    } finally {
      rmSync(checkout, { recursive: true })
    }
  })
})

describe('the setting', () => {
  test('"off" starts it as it is, and says so', async () => {
    expect(await opened('/bin/sh', 'off').sandbox()).toEqual({ kind: 'none', reason: 'agents.sandbox is "off"' }) // prettier-ignore
  })

  test('"required" starts nothing where there is no sandbox; "auto" says why there is none', async () => {
    const bare = { PATH: at('work') }
    expect(await opened('/bin/sh', 'required', [], bare).sandbox()).toEqual({ kind: 'refused', reason: expect.stringMatching(/^agents\.sandbox is "required", and /) }) // prettier-ignore
    expect(await opened('/bin/sh', 'auto', [], bare).sandbox()).toMatchObject({ kind: 'none', reason: expect.stringContaining('not') }) // prettier-ignore
  })
})
