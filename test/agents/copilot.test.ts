/** The Copilot command line of the npm registry, with a model on this machine that says what it is told to. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copilotCommandLine } from '../../main/engine/agents/adapters/copilot/command-line.ts'
import { locateCopilot } from '../../main/engine/agents/adapters/copilot/locate.ts'
import { providerOf, runtimeEnv } from '../../main/engine/agents/adapters/copilot/provider.ts'
import { copilotEnv } from '../../main/engine/agents/adapters/copilot/turn.ts'
import { copilotBy, openHarness, standingOf } from '../../main/engine/agents/choose.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { conformance, FILES, inText, change, TASK } from './conformance.ts'
import { BIN, copilots, openWorld, program, type Kind } from './copilot-world.ts'
import { openLed } from './led.ts'
import { through } from './support.ts'

const kind: Kind = { name: 'Copilot by its command line', byTool: false, open: copilotCommandLine }

conformance(kind)

test.skipIf(program === null)('a process that is killed is started anew, once', async () => {
  const w = await openWorld(kind)
  const led = openLed()
  const model = w.script((_, n) => {
    if (n > 0) return inText(change([{ search: 'one()', replace: '1()' }]))
    for (const pid of copilots()) process.kill(pid, 'SIGKILL')
    return { hang: 'at-once' }
  })
  const { results } = await through(TASK, FILES, { model, run: (task) => led.run(w.harness, task) })
  expect(results).toMatchObject([{ ok: true, outcome: { via: 'text' } }])
  led.close()
  await w.close()
})

/** Not for the whole file: what runs at once would share it. */
function withHome(): void {
  beforeEach(() => void (home = mkdtempSync(join(tmpdir(), 'copilot-home-'))))
  afterEach(() => rmSync(home, { recursive: true, force: true }))
}
let home: string

describe('where Copilot is', () => {
  withHome()
  test.skipIf(program === null)('its program, not the script that starts it and leaves it behind', () => {
    expect(program).toMatch(/copilot-linux(musl)?-(x64|arm64)\/copilot$/)
    symlinkSync(join(BIN, 'copilot'), join(home, 'copilot'))
    expect(locateCopilot({ PATH: `/nowhere:${home}` })).toBe(program)
  })

  test('nowhere is null; a name that is no program is refused', () => {
    expect(locateCopilot({ PATH: home })).toBeNull()
    writeFileSync(join(home, 'text'), '')
    expect(() => locateCopilot({ HYPERION_COPILOT: join(home, 'text'), PATH: BIN })).toThrow(/is no program/)
  })

  test('nothing of the surroundings goes along but what it needs', () => {
    const env = copilotEnv({ PATH: '/bin', HOME: '/h', AWS_SECRET_ACCESS_KEY: 's', COPILOT_ALLOW_ALL: '1', GH_TOKEN: 't' })
    expect(env).toEqual({ PATH: '/bin', HOME: '/h', GH_TOKEN: 't', COPILOT_AUTO_UPDATE: 'false', NO_COLOR: '1' })
  }) // prettier-ignore
})

describe('how Copilot is spoken to', () => {
  withHome()
  const chosen = { name: 'copilot', by: 'default' } as const
  const provider = { COPILOT_PROVIDER_BASE_URL: 'http://127.0.0.1:1/v1' }

  test('over the protocol of its SDK, unless it is said otherwise or its key is printed by a command', () => {
    expect(copilotBy({})).toBe('sdk')
    expect(copilotBy({ HYPERION_COPILOT_BY: 'cli' })).toBe('cli')
    const command = { ...provider, COPILOT_PROVIDER_API_KEY_COMMAND: 'print-key' }
    expect(copilotBy(command)).toBe('cli')
    expect(copilotBy({ ...command, HYPERION_COPILOT_BY: 'sdk' })).toBe('sdk')
  })

  test.skipIf(program === null)('doctor says which; a name that is neither is refused with the remedy', () => {
    const env = { PATH: BIN }
    expect(standingOf(chosen, env)).toMatchObject({ ready: true, why: expect.stringMatching(/^copilot over the protocol of its SDK, /) })
    expect(standingOf(chosen, { ...env, HYPERION_COPILOT_BY: 'cli' })).toMatchObject({ why: expect.stringMatching(/^copilot by its command line, /) })
    expect(standingOf(chosen, { ...env, HYPERION_COPILOT_BY: 'telnet' })).toEqual({
      ready: false,
      why: 'HYPERION_COPILOT_BY is "telnet", which is neither sdk nor cli',
      remedy: 'set it to sdk or cli, or unset it for the SDK',
    })
  }) // prettier-ignore

  test('not installed is an error with the remedy, and never a stub', () => {
    const deps = { clock: systemClock(), env: { PATH: home }, scratch: home }
    expect(() => openHarness(chosen, deps)).toThrow(/copilot is not installed/)
  })

  test('a provider in its variables becomes one of a session, and its key is not told to the runtime', () => {
    expect(providerOf({})).toBeNull()
    const env = { ...provider, COPILOT_PROVIDER_API_KEY: 'k', COPILOT_PROVIDER_TYPE: 'azure', COPILOT_PROVIDER_AZURE_API_VERSION: '1', COPILOT_PROVIDER_HEADERS: 'X-A: 1\nX-B: a:b', COPILOT_PROVIDER_MAX_OUTPUT_TOKENS: '9' }
    expect(providerOf(env)).toEqual({
      baseUrl: provider.COPILOT_PROVIDER_BASE_URL,
      type: 'azure',
      apiKey: 'k',
      azure: { apiVersion: '1' },
      headers: { 'X-A': '1', 'X-B': 'a:b' },
      maxOutputTokens: 9,
    })
    expect(() => providerOf({ ...env, COPILOT_PROVIDER_TYPE: 'other' })).toThrow(/neither of openai, azure, anthropic/)
    expect(Object.values(runtimeEnv(env))).not.toContain('k')
  }) // prettier-ignore
})
