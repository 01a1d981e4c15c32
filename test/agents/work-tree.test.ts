/** The real Copilot at work in a work tree: by the tools it is given, and by its own inside the sandbox. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copilotSdk } from '../../main/engine/agents/adapters/copilot/sdk.ts'
import { stubHarness } from '../../main/engine/agents/adapters/stub.ts'
import { openHarness } from '../../main/engine/agents/choose.ts'
import type { AgentHarness } from '../../main/engine/agents/harness.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { fingerprint } from '../support/fingerprint.ts'
import type { Reply } from '../support/scripted-model.ts'
import { withBench, type Workbench } from '../support/workbench.ts'
import { foundSandbox } from '../checks/support.ts'
import { openWorld, program, type Kind, type World } from './copilot-world.ts'

const cannot = program === null || (await foundSandbox()).kind !== 'bubblewrap'
const kind: Kind = { name: 'Copilot over the protocol of its SDK', byTool: true, open: copilotSdk }
const never = new AbortController().signal
const OPTIONS = { source: 'request.json', model: null, agents: 1 }
const FILES = { 'sum.js': 'module.exports = (a, b) => a - b\n', 'test.js': "if (require('./sum.js')(1, 2) !== 3) { console.log('red'); process.exit(1) }\nconsole.log('green')\n" } // prettier-ignore
const REQUEST = {
  request_id: 'REQ-1',
  summary: 'Mend the sum.',
  requested_changes: [{ path: 'sum.js', summary: 'add, and do not subtract' }],
}
const call = (name: string, args: object): Reply => ({ call: name, args })

let w: World
beforeEach(async () => void (w = await openWorld(kind)))
afterEach(() => w.close())

const withCopilot = (
  harness: (bench: { hidden: readonly string[] }) => AgentHarness,
  model: string,
  body: (bench: Workbench) => Promise<void>,
): Promise<void> => {
  const roles = { engineer: { harness: 'stub' }, orchestrator: { harness: 'stub' } }
  const config = { agents: { workTree: 'sandboxed', harness: 'copilot', model, smallModel: model, roles } }
  return withBench(
    {
      files: { ...FILES, 'hyperion.config.json': JSON.stringify(config) },
      openHarness: ({ name }, { enclosure }) =>
        name === 'stub' ? stubHarness() : harness({ hidden: enclosure?.hidden ?? [] }),
    },
    body,
  )
}

describe.skipIf(cannot)('Copilot in a work tree', () => {
  test('runs the test, mends the file, runs it again, and hands in the difference', async () => {
    const steps = [
      call('run_command', { command: 'node test.js' }),
      call('edit_file', { path: 'sum.js', search: 'a - b', replace: 'a + b' }),
      call('run_command', { command: 'node test.js; git commit -qam mine' }),
      call('submit_change', { summary: 'It adds' }),
    ]
    const model = w.says(...steps)
    await withCopilot(
      // Whoever opened it ends it.
      () => ({ ...w.harness, dispose: () => Promise.resolve() }),
      model,
      async (bench) => {
        const done = await bench.engine.request(REQUEST, OPTIONS, never)
        expect(done.failed).toEqual([])
        const told = w.asked(model).map(({ messages }) => JSON.stringify(messages.at(-1)))
        expect(told[1]).toMatch(/exit code 1, after [\d.]+ s\\+nred/)
        expect(told[3]).toMatch(/green/)
        expect(told[3]).toMatch(/Read-only file system|Permission denied/)
        await bench.drain()
        expect(bench.text('sum.js')).toBe('module.exports = (a, b) => a + b\n')
      },
    )
  })
})

describe.skipIf(cannot)('an agent over ACP in the sandbox', () => {
  /** Copilot with all its own tools, as far as it is let. */
  const overAcp = (hidden: readonly string[], more: readonly string[] = []): AgentHarness => {
    const { XDG_CACHE_HOME: cache = '', COPILOT_HOME: home = '', ...own } = w.env()
    const env = {
      ...own,
      COPILOT_MODEL: 'by-acp',
      COPILOT_AUTO_UPDATE: 'false',
      XDG_CACHE_HOME: cache,
      COPILOT_HOME: home,
      HYPERION_ACP_COMMAND: JSON.stringify([program, '--acp', '--no-custom-instructions', '--disable-builtin-mcps', ...more]), // prettier-ignore
      HYPERION_ACP_ENV: ['COPILOT_MODEL', 'COPILOT_AUTO_UPDATE', ...Object.keys(own), 'COPILOT_HOME'].join(
        ',',
      ),
      HYPERION_ACP_FOLDERS: [cache, home].join(':'),
    }
    for (const folder of [cache, home]) mkdirSync(folder, { recursive: true })
    const deps = { clock: systemClock(), env, scratch: w.scratch }
    return openHarness(
      { name: 'acp', by: 'default' },
      { ...deps, enclosure: { mode: () => 'required', hidden } },
    )
  }

  test('works with tools of its own, cannot leave its tree, and the difference is what it hands in', async () => {
    w.script((_, n) => {
      const commands = [
        'sed -i "s/a - b/a + b/" sum.js && node test.js',
        'echo x > /etc/hyperion-was-here; ls -A /root /home; cat "$0" "$CHECKOUT_SECRET"; ls / | head -3',
        'find / -name secret-of-the-checkout 2>/dev/null; git commit -qam mine',
      ]
      const command = commands[n]
      if (command !== undefined) return call('bash', { command, description: 'work' })
      return { say: 'Done.\n\n```json\n{"summary": "It adds"}\n```\n' }
    }, 'by-acp')
    await withCopilot(
      ({ hidden }) => overAcp(hidden),
      'gpt-5-mini',
      async (bench) => {
        writeFileSync(join(bench.dir, 'secret-of-the-checkout'), 'mine\n')
        const before = fingerprint(bench.dir, { without: ['.hyperion'] })
        const done = await bench.engine.request(REQUEST, OPTIONS, never)
        const told = w.asked('by-acp').map(({ messages }) => JSON.stringify(messages.at(-1)))
        expect(done.failed).toEqual([])
        expect(told[1]).toContain('green')
        expect(told[2]).toMatch(/Read-only file system/)
        expect(told[3]).not.toContain('secret-of-the-checkout\\n')
        expect(fingerprint(bench.dir, { without: ['.hyperion'] })).toEqual(before)
        await bench.drain()
        expect(bench.text('sum.js')).toBe('module.exports = (a, b) => a + b\n')
      },
    )
  })
})
