import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProtocolStep } from '../../main/engine/landing/deps.ts'
import { appears } from '../checks/support.ts'
import { added, change, diffed, request, type Json } from '../support/requests.ts'
import {
  attempt,
  drainQueue,
  withBench,
  type Workbench,
  type WorkbenchOptions,
} from '../support/workbench.ts'

const CHECKED = { runChecks: true }

const configured = (checks: Json): WorkbenchOptions => ({
  files: { 'README.md': 'hello\n', 'hyperion.config.json': JSON.stringify({ checks }) },
})

const one = (
  task: string,
  checks: readonly unknown[],
  more: Partial<Parameters<typeof change>[0]> = {},
): Json => change({ task, path: `${task}.txt`, add: `${task}\n`, checks, ...more })

const messages = (bench: Workbench, id: number): string[] => bench.show(id).log.map(({ message }) => message)
const trailersOf = (bench: Workbench, at = -1): string[] =>
  (bench.landed().at(at)?.trailers ?? '').split('\n')

/** A place outside every worktree, for checks that run without a sandbox to say something to the test. */
const outsideOf = (bench: Workbench, name: string): string => join(bench.repo.dir, '..', name)

test('passed: the commit, the row and the log say so, of the tree that landed', () =>
  withBench(
    configured({ allow: { lint: 'test -f a.txt', test: 'grep -q a a.txt && echo fine' } }),
    async (bench) => {
      const value = change({
        task: 'a',
        path: 'a.txt',
        add: 'a\n',
        checks: ['lint', { run: 'test', expect: { stdout_includes: 'fine' } }],
      })
      const shown = await attempt(bench, value, CHECKED)
      expect(shown).toMatchObject({ status: 'applied', check_verdict: 'passed' })
      const [landed] = bench.landed()
      expect(trailersOf(bench)).toContain('Checks: passed lint, test')
      const told = shown.log.filter(({ message }) => message === 'check').map(({ details }) => details)
      const told_of = {
        verdict: 'passed',
        exit_code: 0,
        duration_ms: expect.any(Number),
        tree: landed?.tree,
        run: 1,
      }
      expect(told).toMatchObject([
        { command: 'test -f a.txt', ...told_of },
        { command: 'grep -q a a.txt && echo fine', ...told_of },
      ])
      expect(shown.check_runs.map(({ name, verdict, output }) => [name, verdict, output])).toEqual([
        ['lint', 'passed', ''],
        ['test', 'passed', 'fine\n'],
      ])
    },
  ))

test('failed: dead at once after its retries, nothing lands, later checks do not run', () =>
  withBench(
    configured({
      allow: { fails: 'test ! -e T.txt || { echo why; exit 3; }', other: 'true' },
      retryFlaky: 2,
    }),
    async (bench) => {
      const shown = await attempt(bench, one('T', ['fails', 'other']), CHECKED)
      expect(shown).toMatchObject({
        status: 'failed',
        reason_code: 'check_failed',
        check_verdict: 'failed',
        attempts: 1,
      })
      expect(shown.last_error).toBe('the check "fails" failed with exit code 3')
      const runs = shown.check_runs.map(({ run, verdict, exit_code, output }) => [
        run,
        verdict,
        exit_code,
        output,
      ])
      // Last of all on the parent, to see whether the change is to blame.
      expect(runs).toEqual([...[1, 2, 3].map((run) => [run, 'failed', 3, 'why\n']), [1, 'passed', 0, '']])
      expect(shown.check_runs.at(-1)?.tree).toBe(bench.repo.git('rev-parse', `${bench.base}^{tree}`))
      expect(messages(bench, shown.id)).toContain('checks failed')
      expect(bench.engine.deadLetters({})).toMatchObject([{ queue_id: shown.id, error: shown.last_error }])
      expect(bench.tip()).toBe(bench.base)
    },
  ))

test('failed: a command that passes without printing what is expected', () =>
  withBench(
    configured({ allow: { says: 'test -e T.txt && echo one || echo two' }, retryFlaky: 0 }),
    async (bench) => {
      const shown = await attempt(
        bench,
        one('T', [{ run: 'says', expect: { stdout_includes: 'two' } }]),
        CHECKED,
      )
      expect(shown).toMatchObject({ status: 'failed', check_verdict: 'failed' })
    },
  ))

test('timed out: ended with all it started, and failed', () =>
  withBench(
    configured({
      allow: { slow: 'test ! -e T.txt || { sleep 600 & sleep 600; }' },
      timeoutSeconds: 1,
      retryFlaky: 0,
    }),
    async (bench) => {
      const shown = await attempt(bench, one('T', ['slow']), CHECKED)
      expect(shown).toMatchObject({
        status: 'failed',
        check_verdict: 'timed_out',
        last_error: 'the check "slow" ran out of time',
      })
      expect(bench.tip()).toBe(bench.base)
    },
  ))

test('also red on base: the change is not to blame, and a person decides when it is tried again', () =>
  withBench(configured({ allow: { test: 'grep -q fixed state.txt' }, retryFlaky: 0 }), async (bench) => {
    const shown = await attempt(bench, one('T', ['test']), CHECKED)
    expect(shown).toMatchObject({
      status: 'held',
      reason_code: 'also_red_on_base',
      check_verdict: 'also_red_on_base',
      attempts: 0,
      last_error: 'the check "test" failed with exit code 2, and fails on the untouched parent as well',
    })
    expect(bench.engine.deadLetters({})).toEqual([])
    expect(bench.tip()).toBe(bench.base)
    const fix = await attempt(
      bench,
      change({ task: 'F', path: 'state.txt', add: 'fixed\n', checks: ['test'] }),
      CHECKED,
    )
    expect(fix).toMatchObject({ status: 'applied', check_verdict: 'passed' })
    await bench.engine.approve(shown.id, 'operator', null, null)
    await bench.drain(CHECKED)
    expect(bench.show(shown.id)).toMatchObject({ status: 'applied', check_verdict: 'passed' })
  }))

test('set-up: once for the slot, in the record, and held with its reason where it fails', () => {
  const checks = { allow: { test: 'cat made' }, setup: 'test ! -e broken && echo made >made' }
  return withBench(configured(checks), async (bench) => {
    const first = await attempt(bench, one('A', ['test']), CHECKED)
    const second = await attempt(bench, one('B', ['test']), CHECKED)
    expect(
      [first, second].map(({ status, check_runs }) => [status, check_runs.map(({ name }) => name)]),
    ).toEqual([
      ['applied', ['setup', 'test']],
      ['applied', ['test']],
    ])
    expect(trailersOf(bench)).toContain('Checks: passed test')
    const broken = change({ task: 'C', path: 'broken', add: 'x\n', checks: ['test'] })
    const lock = added('go.sum', 'x\n')
    const value = { ...broken, changes: [...(broken['changes'] as Json[]), lock] }
    const shown = await attempt(bench, value, CHECKED)
    expect(shown).toMatchObject({
      status: 'held',
      reason_code: 'could_not_run',
      check_verdict: 'could_not_run',
    })
    expect(shown.last_error).toBe('setup failed with exit code 1')
    expect(bench.file('broken')).toBeNull()
  })
})

test('a path that cannot be shared holds the change and says which', () =>
  withBench(configured({ allow: { test: 'true' }, share: ['node_modules'] }), async (bench) => {
    const shown = await attempt(bench, one('T', ['test']), CHECKED)
    expect(shown).toMatchObject({ status: 'held', reason_code: 'could_not_run' })
    expect(shown.last_error).toBe(`checks.share names node_modules, which is not in ${bench.dir}`)
  }))

test('a check that holds too much memory fails with that reason', () => {
  const hog = `test ! -e T.txt || node -e 'const held = Buffer.alloc(200 << 20, 1); setTimeout(() => held, 1e6)'`
  return withBench(configured({ allow: { hog }, memoryMb: 100, retryFlaky: 0 }), async (bench) => {
    const shown = await attempt(bench, one('T', ['hog']), CHECKED)
    expect(shown).toMatchObject({
      status: 'failed',
      last_error: 'the check "hog" used more than 100 MiB of memory',
    })
  })
})

test.each([
  ['a command that is not there', 'no-such-command-anywhere', 127],
  ['a file that is no program', './README.md', 126],
])('could not run: %s says nothing about the change, so a person decides', (_, command, exitCode) =>
  withBench(configured({ allow: { tool: command } }), async (bench) => {
    const shown = await attempt(bench, one('T', ['tool']), CHECKED)
    expect(shown).toMatchObject({
      status: 'held',
      reason_code: 'could_not_run',
      check_verdict: 'could_not_run',
      attempts: 0,
    })
    expect(shown.check_runs).toMatchObject([{ verdict: 'could_not_run', exit_code: exitCode }])
    expect(bench.tip()).toBe(bench.base)
  }),
)

test('none: not run is not passed; approved, it lands as not run', () =>
  withBench(configured({}), async (bench) => {
    const { id, status } = await attempt(bench, one('T', ['none']), CHECKED)
    expect(status).toBe('held')
    await bench.engine.approve(id, 'operator', null, null)
    await bench.drain(CHECKED)
    expect(bench.show(id)).toMatchObject({ status: 'applied', check_verdict: 'not_run', check_runs: [] })
    expect(trailersOf(bench)).toEqual(expect.arrayContaining(['Checks: not-run', 'Approved-By: operator']))
  }))

test('flaky: a retry that passes counts, and the log keeps both runs', () =>
  withBench(configured({ sandbox: 'off', unlisted: 'run' }), async (bench) => {
    const marker = outsideOf(bench, 'ran-before')
    const command = `test -e ${marker} || { touch ${marker}; exit 1; }`
    const shown = await attempt(bench, one('T', [command]), CHECKED)
    expect(shown).toMatchObject({ status: 'applied', check_verdict: 'passed' })
    const told = shown.log.filter(({ message }) => message === 'check')
    expect(told.map(({ level, details }) => [level, details['verdict'], details['run']])).toEqual([
      ['warn', 'failed', 1],
      ['info', 'passed', 2],
    ])
  }))

test('what lands is what was checked, even when somebody else lands between the check and the landing', () =>
  withBench(configured({ allow: { test: 'ls' }, unlisted: 'hold' }), async (bench) => {
    const [id = 0] = await bench.enqueue(one('CHECKED', ['test']))
    const overtake = ['FIRST', 'SECOND']
    const ran = await bench.drain({
      ...CHECKED,
      onStep: async (step) => {
        // With the lease in reach after its checks passed, and once more after they passed again.
        if (step !== 'lease' || bench.show(id).check_runs.length !== 3 - overtake.length) return
        const task = overtake.shift()
        if (task === undefined) return
        await bench.enqueue(one(task, ['none'], { priority: 'urgent' }))
        await drainFirst(bench, id)
      },
    })
    expect(ran.touched.has(id)).toBe(true)
    const shown = bench.show(id)
    expect(shown).toMatchObject({ status: 'applied', attempts: 1 })
    const landed = bench.landed()
    expect(landed.map(({ message }) => /^Task-Id: (.*)$/m.exec(message)?.[1])).toEqual([
      'FIRST',
      'SECOND',
      'CHECKED',
    ])
    // Checked anew on each tip it met; the last of those trees is the one that landed.
    expect(shown.check_runs.map(({ output }) => output.includes('FIRST.txt'))).toEqual([false, true, true])
    expect(shown.check_runs.map(({ output }) => output.includes('SECOND.txt'))).toEqual([false, false, true])
    expect(new Set(shown.check_runs.map(({ tree }) => tree)).size).toBe(3)
    expect(shown.check_runs.at(-1)?.tree).toBe(landed.at(-1)?.tree)
    expect(landed.at(-1)?.parents).toEqual([landed.at(-2)?.commit])
  }))

/** Lands everything but one change that another worker holds, as a worker of its own that runs no checks. */
async function drainFirst(bench: Workbench, held: number): Promise<void> {
  const stop = new AbortController()
  // A drain would wait for the other worker's change, so it ends by what it was started for.
  await drainQueue(bench.dir, {
    workerId: 'overtaker',
    signal: stop.signal,
    onStep: (step, ids) => {
      if (step === 'told' && !ids.includes(held)) stop.abort()
    },
  })
}

/** Moves the target by a commit that changes nothing, as somebody with another tool could. */
function moveTarget({ repo }: Workbench): void {
  const tree = repo.git('rev-parse', 'hyperion/main^{tree}')
  const moved = repo.git('commit-tree', tree, '-p', 'hyperion/main', '-m', 'moved')
  repo.git('update-ref', 'refs/heads/hyperion/main', moved)
}

test('a tip that always moves gives an unchecked change back after ten rebuilds, its attempt unspent', () =>
  withBench({}, async (bench) => {
    const [id = 0] = await bench.enqueue(one('LATE', ['test']))
    let moves = 0
    const stop = new AbortController()
    await bench.drain({
      signal: stop.signal,
      onStep: (step) => {
        if (step === 'claimed' && moves > 0) stop.abort()
        if (step !== 'verify') return
        moves += 1
        moveTarget(bench)
      },
    })
    expect(moves).toBe(11)
    expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0 })
    expect(bench.show(id).attempts_made.map(({ outcome }) => outcome)).toContain('tip_moved')
    await bench.drain()
    expect(bench.show(id).status).toBe('applied')
  }))

test('a tip that moves and holds the same tree: what passed on it lands on it, checked once', () =>
  withBench(configured({ allow: { test: 'true' } }), async (bench) => {
    const [id = 0] = await bench.enqueue(one('LATE', ['test']))
    let moves = 0
    await bench.drain({
      ...CHECKED,
      onStep: (step) => {
        if (step !== 'intent' || moves === 5) return
        moves += 1
        moveTarget(bench)
      },
    })
    expect(moves).toBe(5)
    expect(bench.show(id)).toMatchObject({ status: 'applied', attempts: 1 })
    expect(bench.show(id).check_runs).toHaveLength(1)
  }))

test('cancelled while its check runs: the check ends with all it started, and nothing lands', () =>
  withBench(configured({ sandbox: 'off', unlisted: 'run' }), async (bench) => {
    const marker = outsideOf(bench, 'started')
    const [id = 0] = await bench.enqueue(one('T', [`touch ${marker}; sleep 600 & sleep 600`]))
    const drained = bench.drain(CHECKED)
    await appears(marker)
    await bench.engine.cancel(id)
    await drained
    expect(bench.show(id)).toMatchObject({ status: 'cancelled', reason_code: 'cancelled' })
    expect(bench.tip()).toBe(bench.base)
  }))

const UNTIL_LAST_LOOK: readonly ProtocolStep[] = [
  'claimed',
  'settle',
  'build',
  'verify',
  'check',
  'lease',
  'intent',
  'prepare',
]

test.each(UNTIL_LAST_LOOK)('cancelled at "%s": honoured, and what was built with it lands without it', (at) =>
  withBench({}, async (bench) => {
    const ids = await bench.enqueue(one('A', ['none']), one('B', ['none']), one('C', ['none']))
    const [a = 0, b = 0, c = 0] = ids
    let done = false
    await bench.drain({
      onStep: async (step) => {
        if (step !== at || done || bench.show(b).status !== 'in_progress') return
        done = true
        await bench.engine.cancel(b)
      },
    })
    expect(done).toBe(true)
    expect([a, b, c].map((id) => bench.show(id).status)).toEqual(['applied', 'cancelled', 'applied'])
    expect(bench.landed().length).toBe(2)
    expect(bench.file('B.txt')).toBeNull()
  }),
)

test('cancelled and then ended for another reason, it stays cancelled', () =>
  withBench({ files: { 'f.txt': 'a\n' } }, async (bench) => {
    bench.repo.write('f.txt', 'b\n')
    bench.repo.commit('moved on')
    const clash = request({ task: 'CLASH', base: bench.base }, diffed('f.txt', 'a\n', 'c\n'))
    const [id = 0] = await bench.enqueue(clash)
    await bench.drain({
      onStep: (step) => (step === 'build' ? bench.engine.cancel(id).then(() => undefined) : undefined),
    })
    expect(bench.show(id)).toMatchObject({ status: 'cancelled', conflicts: [] })

    const [second = 0] = await bench.enqueue(one('STOPPED', ['none']))
    const stop = new AbortController()
    await bench.drain({
      signal: stop.signal,
      onStep: async (step) => {
        if (step !== 'lease') return
        await bench.engine.cancel(second)
        stop.abort()
      },
    })
    // Stopped before it could tell whether anything landed: the next worker finds out, then cancels.
    await bench.drain()
    expect(bench.show(second)).toMatchObject({ status: 'cancelled' })
    expect(bench.file('STOPPED.txt')).toBeNull()
  }))

test('too late to cancel: what has landed is applied', () =>
  withBench({}, async (bench) => {
    const [id = 0] = await bench.enqueue(one('T', ['none']))
    await bench.drain({
      onStep: async (step) => {
        if (step !== 'told') return
        await expect(bench.engine.cancel(id)).rejects.toMatchObject({ code: 'wrong_status' })
      },
    })
    expect(bench.show(id)).toMatchObject({ status: 'applied', landed_commit: bench.tip() })
  }))

test('a check sees exactly the files of its tree, and what it writes lands nowhere', () =>
  withBench(configured({ unlisted: 'run' }), async (bench) => {
    bench.repo.write('untracked.txt', 'of the operator\n')
    const command =
      'test -f T.txt && test ! -e untracked.txt && echo spoilt > README.md && echo new > new.txt && git status --porcelain'
    const shown = await attempt(bench, one('T', [command]), CHECKED)
    expect(shown.check_runs.map(({ verdict, output }) => [verdict, output])).toEqual([
      ['passed', ' M README.md\n?? new.txt\n'],
    ])
    expect([bench.text('README.md'), bench.file('new.txt')]).toEqual(['hello\n', null])
    const again = await attempt(
      bench,
      one('U', ['test -f U.txt && test -f T.txt && test ! -e new.txt && grep -q hello README.md']),
      CHECKED,
    )
    expect(again.status).toBe('applied')
  }))
