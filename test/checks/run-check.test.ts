import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify, isAlive } from '../../main/engine/base/process.ts'
import { OUTPUT_CAP } from '../../main/engine/checks/output.ts'
import { runCheck, type CheckRunRequest, type CheckRunResult } from '../../main/engine/checks/run-check.ts'
import { chooseSandbox } from '../../main/engine/checks/sandbox.ts'
import { findStrays, TREE_VARIABLE } from '../../main/engine/checks/strays.ts'
import { mountSmall, NO_MOUNTS } from '../support/mounts.ts'
import { appears, area, clock, foundSandbox, hostAt, NO_SANDBOX, type Area } from './support.ts'

const bubblewrap = await foundSandbox()
const KINDS = [
  { kind: 'without a sandbox', sandbox: NO_SANDBOX, skip: false },
  { kind: 'under bubblewrap', sandbox: bubblewrap, skip: bubblewrap.kind !== 'bubblewrap' },
]

let place: Area
beforeEach(() => {
  place = area()
  mkdirSync(place.path('tree'))
  mkdirSync(place.path('home'))
})
afterEach(async () => {
  const left = findStrays({ variable: `${TREE_VARIABLE}=${place.path('tree')}`, since: 0 })
  if (left.length > 0) throw new Error(`the check left processes: ${left.join(', ')}`)
  await place.remove()
})

type Extra = Partial<CheckRunRequest>
const run = (command: string, extra: Extra = {}, env: Record<string, string> = {}): Promise<CheckRunResult> =>
  runCheck(
    {
      command,
      cwd: place.path('tree'),
      timeoutMs: 30_000,
      sandbox: NO_SANDBOX,
      scratch: place.path('scratch'),
      ...extra,
    },
    { clock, host: hostAt(place.path('home'), env) },
  )

const pidIn = (file: string): number => Number(readFileSync(place.path('tree', file), 'utf8').trim())

describe.each(KINDS)('a check $kind', ({ sandbox, skip }) => {
  it.skipIf(skip).each([
    ['true', 'passed', 0],
    ['exit 3', 'failed', 3],
    ['no-such-tool-here', 'could_not_run', 127],
    ['/etc/passwd', 'could_not_run', 126],
    ['kill -9 $$', 'failed', 137],
  ] as const)('`%s` is %s', async (command, verdict, code) => {
    expect(await run(command, { sandbox })).toMatchObject({ verdict, exit_code: code })
  })

  it.skipIf(skip)('honours what is expected of it', async () => {
    const verdict = async (command: string, expectation: CheckRunRequest['expect']): Promise<string> =>
      (await run(command, { sandbox, expect: expectation ?? {} })).verdict
    expect(await verdict('exit 3', { exit_code: 3 })).toBe('passed')
    expect(await verdict('exit 0', { exit_code: 3 })).toBe('failed')
    expect(await verdict('echo 5 passed', { stdout_includes: '5 passed' })).toBe('passed')
    expect(await verdict('echo 5 passed >&2', { stdout_includes: '5 passed' })).toBe('failed')
    expect(await verdict('echo 5 passed; exit 1', { stdout_includes: '5 passed' })).toBe('failed')
  })

  it.skipIf(skip)('keeps both streams in the order they were written', async () => {
    const { output } = await run('for n in 1 2 3 4 5; do echo out $n; echo err $n >&2; done', { sandbox })
    expect(output).toBe('out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nout 4\nerr 4\nout 5\nerr 5\n')
  })

  it.skipIf(skip)('keeps 64 KiB of a flood and still finds what is in its middle', async () => {
    const flood = 'head -c 3000000 /dev/zero | tr "\\0" x'
    const result = await run(`echo first; ${flood}; echo needle; ${flood}; echo last`, {
      sandbox,
      expect: { stdout_includes: 'needle' },
    })
    expect(result.verdict).toBe('passed')
    expect(result.output.length).toBeLessThan(OUTPUT_CAP + 100)
    expect(result.output.slice(0, 8)).toBe('first\nxx')
    expect(result.output.slice(-7)).toBe('xxlast\n')
    expect(result.output).toMatch(/\n\[\d+ bytes left out\]\n/)
  })

  it.skipIf(skip)('sees none of the caller’s variables beyond the allow-list', async () => {
    const env = { NPM_TOKEN: 'geheim-1', AWS_SECRET_ACCESS_KEY: 'geheim-2', GIT_DIR: '/geheim-3', LANG: 'C' }
    const { output } = await run(
      'env; echo "home: $HOME"; ls -A "$HOME"; tr "\\0" "\\n" </proc/self/environ',
      {
        sandbox,
        environment: { FEATURE: 'on' },
      },
      env,
    )
    expect(output).not.toContain('geheim')
    expect(output).toContain('FEATURE=on')
    expect(output).toContain('CI=1')
    expect(output).not.toContain(`HOME=${place.path('home')}\n`)
  })

  it.skipIf(skip)('has a private home and temporary folder that are gone afterwards', async () => {
    const command = 'mkdir -p "$HOME/a/b" && chmod 500 "$HOME/a" && touch "$TMPDIR/x" && echo "$TMPDIR" >tmp'
    expect((await run(command, { sandbox })).verdict).toBe('passed')
    expect(existsSync(place.read('tree/tmp').trim())).toBe(false)
    expect(readdirSync(place.path('scratch'))).toEqual([])
  })

  it.skipIf(skip)('is ended at its time limit with what it started', async () => {
    const result = await run('echo begun; sleep 1000 & sleep 1000', { sandbox, timeoutMs: 1500 })
    expect(result).toMatchObject({ verdict: 'timed_out', exit_code: null })
    expect(result.output).toContain('begun\n')
    expect(result.output).toContain('time limit')
    expect(result.duration_ms).toBeLessThan(20_000)
  })

  it.skipIf(skip)('is ended when it is cancelled', async () => {
    const stop = new AbortController()
    const running = run('touch begun; setsid sleep 1000', { sandbox, signal: stop.signal })
    await appears(place.path('tree/begun'))
    stop.abort()
    expect(await running).toMatchObject({ verdict: 'cancelled', exit_code: null })
  })

  it.skipIf(skip)('does not start when it was cancelled before', async () => {
    const result = await run('touch begun', { sandbox, signal: AbortSignal.abort() })
    expect(result.verdict).toBe('cancelled')
    expect(existsSync(place.path('tree/begun'))).toBe(false)
  })

  it.skipIf(skip)('reads nothing from a terminal', async () => {
    expect(await run('read line; echo "got $?"', { sandbox })).toMatchObject({ output: 'got 1\n' })
  })
})

describe('what a check leaves running', () => {
  const daemons = [
    ['a background child', 'sh -c "echo \\$\\$ >pid; exec sleep 1000" &'],
    ['nohup', 'nohup sh -c "echo \\$\\$ >pid; exec sleep 1000" >/dev/null 2>&1 &'],
    ['a session of its own', 'setsid sh -c "echo \\$\\$ >pid; exec sleep 1000" >/dev/null 2>&1 &'],
    [
      'a daemon forked twice, its output closed',
      '(setsid sh -c "sh -c \'echo \\$\\$ >pid; exec sleep 1000\' & exit" >/dev/null 2>&1 &)',
    ],
    [
      'a daemon without the environment that holds on to the output',
      '(env -i /bin/sh -c "PATH=$PATH; setsid sh -c \'echo \\$\\$ >pid; exec sleep 1000\' &")',
    ],
  ] as const

  it.each(daemons)('is ended with it: %s', async (_name, command) => {
    const result = await run(`${command} while ! test -s pid; do :; done`.replace(') while', '); while'))
    expect(result.verdict).toBe('passed')
    expect(isAlive(identify(pidIn('pid')))).toBe(false)
  })

  it.skipIf(bubblewrap.kind !== 'bubblewrap')(
    'is ended with it: a daemon that leaves no trace, isolated',
    async () => {
      const hidden =
        '(env -i /bin/sh -c "(setsid sleep 987654 </dev/null >/dev/null 2>&1 &)" >/dev/null 2>&1)'
      expect((await run(hidden, { sandbox: bubblewrap })).verdict).toBe('passed')
      const alive = readdirSync('/proc').filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === 'sleep\u0000987654\u0000'
        } catch {
          return false
        }
      })
      expect(alive).toEqual([])
    },
  )

  it.skipIf(bubblewrap.kind !== 'bubblewrap')('dies with a worker that is killed, isolated', async () => {
    const script = place.write(
      'worker.mts',
      `import { runCheck } from '${path.resolve('main/engine/checks/run-check.ts')}'
       import { systemClock } from '${path.resolve('main/engine/base/clock.ts')}'
       const host = { env: process.env, home: null }
       const [cwd, sandbox] = process.argv.slice(2)
       const command = 'touch begun; setsid sleep 1000 & sleep 1000'
       const request = { command, cwd, timeoutMs: 1e9, sandbox: JSON.parse(sandbox), scratch: cwd + '/../scratch' }
       await runCheck(request, { clock: systemClock(), host })`,
    )
    const worker = spawn(process.execPath, [script, place.path('tree'), JSON.stringify(bubblewrap)])
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    await appears(place.path('tree/begun'))
    worker.kill('SIGKILL')
    await ended
    // The kernel ends them; the test's own time limit is the proof that it does.
    const marks = { variable: `${TREE_VARIABLE}=${place.path('tree')}`, since: 0 }
    while (findStrays(marks).length > 0) await new Promise((next) => setImmediate(next))
    expect(findStrays(marks)).toEqual([])
  })

  it('is ended with it: what is just starting a program, fifty times over', async () => {
    for (let n = 0; n < 50; n++) {
      const starting = 'setsid sh -c "echo >begun; exec sleep 1000" >/dev/null 2>&1 &'
      await run(`rm -f begun; ${starting} while ! test -e begun; do :; done`)
      expect(findStrays({ variable: `${TREE_VARIABLE}=${place.path('tree')}`, since: 0 })).toEqual([])
    }
  })

  it('does not keep the result waiting', async () => {
    const result = await run('sleep 1000 & echo done')
    expect(result).toMatchObject({ verdict: 'passed', output: 'done\n' })
  })
})

describe('a check that cannot be started', () => {
  it('could not run when its folder is missing', async () => {
    const result = await run('true', { cwd: place.path('nowhere') })
    expect(result).toMatchObject({ verdict: 'could_not_run', exit_code: null })
  })

  it('could not run when isolation is required and there is none', async () => {
    const sandbox = chooseSandbox('required', { kind: 'none', reason: 'bubblewrap is not installed' })
    const result = await run('touch begun', { sandbox })
    expect(result.verdict).toBe('could_not_run')
    expect(result.output).toContain('bubblewrap is not installed')
    expect(existsSync(place.path('tree/begun'))).toBe(false)
  })

  it.skipIf(bubblewrap.kind !== 'bubblewrap')(
    'could not run when the sandbox breaks, which is no red test',
    async () => {
      const result = await run('true', { sandbox: bubblewrap, readOnly: [place.path('not-there')] })
      expect(result.verdict).toBe('could_not_run')
      expect(result.output).toContain('not-there')
    },
  )
})

it('is not blamed for a full disk, and is for failing on one with room', async ({ skip }) => {
  mkdirSync(place.path('scratch'))
  const small = mountSmall(place.path('scratch'), 4096)
  if (small === null) return skip(NO_MOUNTS)
  try {
    const full = await run('head -c 8388608 /dev/zero > "$TMPDIR/big"')
    expect(full).toMatchObject({ verdict: 'could_not_run', exit_code: 1 })
    expect(full.reason).toMatch(/^the disk that holds .*scratch.* is full$/)
    expect(await run('echo x > "$TMPDIR/small"; false')).toMatchObject({ verdict: 'failed', exit_code: 1 })
  } finally {
    small.end()
  }
})
