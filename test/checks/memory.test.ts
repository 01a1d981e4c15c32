import { afterEach, beforeEach, expect, it } from 'vitest'
import { residentBytes } from '../../main/engine/checks/memory.ts'
import { runCheck } from '../../main/engine/checks/run-check.ts'
import { area, clock, foundSandbox, hostAt, NO_SANDBOX, type Area } from './support.ts'

const bubblewrap = await foundSandbox()
let place: Area
beforeEach(() => void (place = area()))
afterEach(() => place.remove())

/** Holds memory that it wrote to, so that it is really there, until it is ended. */
const HOG = `node -e 'const held = Array.from({ length: 20 }, () => Buffer.alloc(16 << 20, 1)); setTimeout(() => held, 1e6)'`

const run = (command: string, sandbox: typeof bubblewrap, memoryMb: number | null) =>
  runCheck(
    { command, cwd: place.root, timeoutMs: 60_000, sandbox, memoryMb },
    { clock, host: hostAt(place.path('home')) },
  )

it.skipIf(process.platform !== 'linux')('counts what this very process holds', () => {
  const before = residentBytes(process.pid)
  const held = Buffer.alloc(64 << 20, 1)
  expect(residentBytes(process.pid) - before).toBeGreaterThan(60 << 20)
  expect(held.length).toBe(64 << 20)
})

it.each([NO_SANDBOX, bubblewrap])(
  'ends a check that holds more than its limit, and says so ($kind)',
  async (sandbox) => {
    const result = await run(HOG, sandbox, 128)
    expect(result).toMatchObject({
      verdict: 'failed',
      exit_code: null,
      reason: 'used more than 128 MiB of memory',
      output: expect.stringContaining('[ended: it used more than 128 MiB of memory]'),
    })
  },
)

it('adds up all processes of the check, those that left its group too', async () => {
  const part = `node -e 'const held = Buffer.alloc(96 << 20, 1); setTimeout(() => held, 1e6)'`
  const result = await run(
    `${part} & setsid ${part} & setsid sh -c "exec ${part.replaceAll('"', '\\"')}" & wait`,
    NO_SANDBOX,
    256,
  )
  expect(result).toMatchObject({ verdict: 'failed', reason: 'used more than 256 MiB of memory' })
})

it('leaves alone what stays below, and everything where there is no limit', async () => {
  expect((await run('node -e 0', NO_SANDBOX, 256)).verdict).toBe('passed')
  const brief = `node -e 'Buffer.alloc(200 << 20, 1)'`
  expect((await run(brief, NO_SANDBOX, null)).verdict).toBe('passed')
})
