/** The chain: changes checked at the same time, each on the one before it, and landed as far as all of them passed. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { change, diffed, request, type Json } from '../support/requests.ts'
import { withBench, type Workbench, type WorkbenchOptions } from '../support/workbench.ts'

const CHECKED = { runChecks: true }

/** A workspace whose checks run without a sandbox, so that they can wait for each other and tell the test. */
function configured(allow: Record<string, string>, more: Json = {}, landing: Json = {}): WorkbenchOptions {
  const config = {
    checks: { allow, sandbox: 'off', retryFlaky: 0, ...more },
    landing: { window: 8, ...landing },
  }
  return { files: { 'README.md': 'hello\n', 'hyperion.config.json': JSON.stringify(config) } }
}

const adding = (task: string, checks: readonly string[], more: Json = {}): Json =>
  change({ task, path: `${task}.txt`, add: `${task}\n`, checks, ...more })

const outside = (bench: Workbench, name: string): string => join(bench.dir, '..', name)

/** The tasks that landed, in order. */
const landedTasks = (bench: Workbench): (string | undefined)[] =>
  bench.landed().map(({ message }) => /^Task-Id: (.*)$/m.exec(message)?.[1])

/** Every landed commit whose tree has no passed verdict of exactly that tree. */
function unproven(bench: Workbench): string[] {
  const db = new DatabaseSync(join(bench.dir, '.hyperion/hyperion.db'), { readOnly: true })
  try {
    const passed = db.prepare(`SELECT 1 FROM check_runs WHERE tree = ? AND verdict = 'passed'`)
    return bench
      .landed()
      .filter(({ tree }) => passed.get(tree) === undefined)
      .map(({ commit }) => commit)
  } finally {
    db.close()
  }
}

/** How often the target was moved. */
function moves(bench: Workbench): number {
  const db = new DatabaseSync(join(bench.dir, '.hyperion/hyperion.db'), { readOnly: true })
  try {
    const row = db.prepare(
      `SELECT count(DISTINCT new_tip) AS n FROM landing_attempts WHERE state = 'landed' AND change_id > 0`,
    )
    return Number((row.get() as { n: number }).n)
  } finally {
    db.close()
  }
}

test('as many as there are workers are checked at once, and every landed tree was checked', async () => {
  // Each check waits until three have begun: one after the other they would wait for ever.
  const meet = 'touch "$MEET/$$"; until [ "$(ls "$MEET" | wc -l)" -ge 3 ]; do sleep 0.02; done'
  await withBench(configured({}, { unlisted: 'run' }), async (bench) => {
    const folder = outside(bench, 'meet')
    mkdirSync(folder)
    const check = meet.replaceAll('$MEET', folder)
    const ids = await bench.enqueue(...['A', 'B', 'C', 'D', 'E', 'F'].map((task) => adding(task, [check])))
    const { code, stderr } = await bench.workers(3, '--run-checks')
    expect([code, stderr]).toEqual([0, ''])
    expect(ids.map((id) => bench.show(id).status)).toEqual(ids.map(() => 'applied'))
    expect(landedTasks(bench)).toEqual(['A', 'B', 'C', 'D', 'E', 'F'])
    expect(unproven(bench)).toEqual([])
    // None was checked twice: what each stood on is what landed before it.
    expect(readdirSync(folder)).toHaveLength(6)
  })
})

test('what passed behind a slower one lands together with it, by one move of the target', async () => {
  await withBench(configured({ quick: 'true' }, { unlisted: 'run' }), async (bench) => {
    const go = outside(bench, 'go')
    const slow = `until [ -e ${go} ]; do sleep 0.02; done`
    const ids = await bench.enqueue(adding('SLOW', [slow]), adding('B', ['quick']), adding('C', ['quick']))
    const drained = bench.workers(2, '--run-checks')
    const chain = () => bench.engine.chain().links.map(({ task_id, state, on }) => [task_id, state, on])
    await expect.poll(chain, { timeout: 30_000 }).toEqual([
      ['SLOW', 'checking', null],
      ['B', 'passed', ids[0]],
      ['C', 'passed', ids[1]],
    ])
    expect(bench.tip()).toBe(bench.base)
    writeFileSync(go, '')
    await drained
    expect(landedTasks(bench)).toEqual(['SLOW', 'B', 'C'])
    expect(moves(bench)).toBe(1)
    const { recent } = bench.engine.chain()
    expect(recent.map(({ task_id, how }) => `${task_id} ${how}`)).toEqual([
      'C landed',
      'B landed',
      'SLOW landed',
    ])
    expect(unproven(bench)).toEqual([])
  })
})

test('two changes that each pass alone and break together: the second never lands', async () => {
  await withBench(configured({ alone: '! { [ -e A.txt ] && [ -e B.txt ]; }' }), async (bench) => {
    const [a = 0, b = 0] = await bench.enqueue(adding('A', ['alone']), adding('B', ['alone']))
    await bench.workers(2, '--run-checks')
    expect(bench.show(a).status).toBe('applied')
    expect(bench.show(b)).toMatchObject({ status: 'failed', reason_code: 'check_failed' })
    expect(bench.file('B.txt')).toBeNull()
    // The verdict that counted was found on exactly what had landed before it.
    const [red] = bench.show(b).check_runs.filter(({ verdict }) => verdict === 'failed')
    expect(red?.tree).not.toBe(bench.landed()[0]?.tree)
  })
})

test('a failure behind one that fails is none of its own: built and checked again without it, it lands', async () => {
  const allow = { sound: '[ ! -e BAD.txt ]' }
  await withBench(configured(allow), async (bench) => {
    const tasks = ['OK-1', 'BAD', 'OK-2', 'OK-3']
    const ids = await bench.enqueue(...tasks.map((task) => adding(task, ['sound'])))
    await bench.workers(2, '--run-checks')
    expect(ids.map((id) => bench.show(id).status)).toEqual(['applied', 'failed', 'applied', 'applied'])
    expect(landedTasks(bench)).toEqual(['OK-1', 'OK-2', 'OK-3'])
    expect(unproven(bench)).toEqual([])
    // It failed once, on what then landed before it: that is what counted.
    expect(bench.show(ids[1] ?? 0).check_runs.filter(({ verdict }) => verdict === 'failed')).toHaveLength(1)
    const ejected = bench.engine.chain().recent.find(({ how }) => how === 'ejected')
    expect(ejected).toMatchObject({ task_id: 'BAD', reason: 'the check "sound" failed with exit code 1' })
  })
})

test('what did not fit behind a change that then failed is tried again, and fits', async () => {
  const options = configured({ red: '! grep -q two f.txt', green: 'true' })
  await withBench({ ...options, files: { ...options.files, 'f.txt': 'one\n' } }, async (bench) => {
    const edit = (task: string, to: string, check: string): Json =>
      request({ task, checks: [check], base: bench.base }, diffed('f.txt', 'one\n', to))
    const [red = 0, green = 0, contrary = 0] = await bench.enqueue(
      edit('RED', 'two\n', 'red'),
      edit('GREEN', 'three\n', 'green'),
      edit('CONTRARY', 'four\n', 'green'),
    )
    await bench.workers(2, '--run-checks')
    expect(bench.show(red).status).toBe('failed')
    expect(bench.show(green).status).toBe('applied')
    // And what does not fit on what has landed is a conflict, with the commit it does not fit on.
    expect(bench.show(contrary).status).toBe('conflict')
    expect(bench.text('f.txt')).toBe('three\n')
  })
})

test('changes to one file are built on each other and checked at once, in their order', async () => {
  const options = configured({ green: 'true' })
  const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`)
  await withBench(
    { ...options, files: { ...options.files, 'f.txt': `${lines.join('\n')}\n` } },
    async (bench) => {
      const before = `${lines.join('\n')}\n`
      const edits = [0, 10, 20, 30].map((at) =>
        request(
          { task: `AT-${at}`, checks: ['green'], base: bench.base },
          diffed('f.txt', before, `${lines.with(at, `changed ${at}`).join('\n')}\n`),
        ),
      )
      const ids = await bench.enqueue(...edits)
      let longest = 0
      await bench.drain({
        ...CHECKED,
        onStep: (step) => {
          if (step === 'check') longest = Math.max(longest, ids.filter((id) => bench.show(id).status === 'in_progress').length) // prettier-ignore
        },
      })
      expect(longest).toBe(4)
      expect(landedTasks(bench)).toEqual(['AT-0', 'AT-10', 'AT-20', 'AT-30'])
      expect(unproven(bench)).toEqual([])
    },
  )
})

test('a change whose checker is killed still lands before those behind it on its file', async () => {
  const lines = Array.from({ length: 30 }, (_, n) => `line ${n}\n`)
  const text = lines.join('')
  const options = configured({ quick: 'true' }, { unlisted: 'run' })
  await withBench(
    { ...options, files: { ...(options.files as object), 'list.txt': text } },
    async (bench) => {
      const go = outside(bench, 'go')
      const edit = (n: number): Json => diffed('list.txt', text, text.replace(`line ${n}\n`, `LINE ${n}\n`))
      const ids = await bench.enqueue(
        request({ task: 'SLOW', checks: [`until [ -e ${go} ]; do sleep 0.02; done`] }, edit(3)),
        request({ task: 'BEHIND', checks: ['quick'] }, edit(20)),
        request({ task: 'LAST', checks: ['quick'] }, edit(28)),
      )
      const drained = bench.workers(2, '--run-checks')
      const states = () => bench.engine.chain().links.map(({ state }) => state)
      await expect.poll(states, { timeout: 30_000 }).toEqual(['checking', 'passed', 'passed'])
      const { lease_pid: pid } = bench.engine.ground.store.changes.get(ids[0] ?? 0) ?? {}
      process.kill(pid ?? 0, 'SIGKILL')
      await expect.poll(() => bench.show(ids[0] ?? 0).last_error, { timeout: 30_000 }).toMatch(/died$/)
      writeFileSync(go, '')
      await drained
      expect(landedTasks(bench)).toEqual(['SLOW', 'BEHIND', 'LAST'])
      expect(ids.map((id) => bench.show(id).attempts)).toEqual([2, 1, 1])
    },
  )
})

test('a tree that passed once is not checked again, and a change of surroundings is', async () => {
  await withBench(configured({ test: 'true' }), async (bench) => {
    const [id = 0] = await bench.enqueue(adding('T', ['test']))
    // The worker is gone between the verdict and the landing; the next finds the verdict, not the check.
    const stop = new AbortController()
    await bench.drain({
      ...CHECKED,
      signal: stop.signal,
      onStep: (step) => {
        if (step === 'lease' && bench.show(id).check_runs.length === 1) stop.abort()
      },
    })
    expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0 })
    await bench.drain(CHECKED)
    expect(bench.show(id)).toMatchObject({ status: 'applied', check_verdict: 'passed' })
    expect(bench.show(id).check_runs).toHaveLength(1)
    expect(bench.landed()[0]?.message).toMatch(/^Checks: passed test$/m)
    expect(unproven(bench)).toEqual([])
  })
})

test.each([
  ['always', 'other.txt', 2, /^Checks: passed test$/m],
  ['overlap', 'other.txt', 1, /^Checks: passed-on [0-9a-f]{40}$/m],
  ['overlap', 'package-lock.json', 2, /^Checks: passed test$/m],
  ['never', 'package-lock.json', 1, /^Checks: passed-on [0-9a-f]{40}$/m],
] as const)(
  'recheck: %s, with %s landing underneath: checked %i times',
  async (recheck, path, times, told) => {
    await withBench(configured({ test: 'true' }, { recheck }), async (bench) => {
      const [id = 0] = await bench.enqueue(adding('T', ['test']))
      let isMoved = false
      await bench.drain({
        ...CHECKED,
        onStep: (step) => {
          if (isMoved || step !== 'lease' || bench.show(id).check_runs.length !== 1) return
          isMoved = true
          const blob = bench.repo.run(['hash-object', '-w', '--stdin'], { stdin: 'new\n' }).toString().trim()
          const tree = bench.repo
            .run(['mktree'], {
              stdin: `${bench.repo.git('ls-tree', 'hyperion/main')}\n100644 blob ${blob}\t${path}\n`,
            })
            .toString()
            .trim()
          const commit = bench.repo.git('commit-tree', tree, '-p', 'hyperion/main', '-m', 'by hand')
          bench.repo.git('update-ref', 'refs/heads/hyperion/main', commit)
        },
      })
      expect(isMoved).toBe(true)
      expect(bench.show(id).status).toBe('applied')
      expect(bench.show(id).check_runs).toHaveLength(times)
      expect(bench.landed().at(-1)?.message).toMatch(told)
    })
  },
)

test('recheck: never does not carry a verdict over to a command that the policy has since given its name', async () => {
  await withBench(configured({ test: 'true' }, { recheck: 'never' }), async (bench) => {
    const [id = 0] = await bench.enqueue(adding('T', ['test']))
    const config = JSON.parse(bench.text('hyperion.config.json') ?? '') as Json & { checks: Json }
    let isMoved = false
    await bench.drain({
      ...CHECKED,
      onStep: (step) => {
        if (isMoved || step !== 'lease' || bench.show(id).check_runs.length !== 1) return
        isMoved = true
        const checks = { ...config.checks, allow: { test: 'true # another' } }
        bench.repo.write('hyperion.config.json', JSON.stringify({ ...config, checks }))
        bench.repo.commit('another command')
        bench.repo.git('update-ref', 'refs/heads/hyperion/main', 'HEAD')
      },
    })
    expect(isMoved).toBe(true)
    expect(bench.show(id)).toMatchObject({ status: 'applied' })
    expect(bench.show(id).check_runs.map(({ command }) => command)).toEqual(['true', 'true # another'])
    expect(bench.landed().at(-1)?.message).toMatch(/^Checks: passed test$/m)
  })
})

test('another process that took the landing lease meanwhile costs no change its attempt', async () => {
  await withBench(configured({ test: 'true' }), async (bench) => {
    const ids = await bench.enqueue(adding('A', ['test']), adding('B', ['test']))
    let taken = false
    await bench.drain({
      ...CHECKED,
      mayErr: true,
      onStep: (step) => {
        if (taken || step !== 'verify') return
        taken = true
        bench.engine.ground.store.db.exec('UPDATE landing_lease SET fence = fence + 1')
      },
    })
    for (const id of ids) {
      const { status, attempts, attempts_made: made } = bench.show(id)
      expect([status, attempts]).toEqual(['applied', 1])
      expect(made.map(({ outcome }) => outcome)).toEqual(['lease_lost', 'applied'])
    }
  })
})

test('a pause longer than the leases spends no attempt of what waits in the chain', async () => {
  await withBench(configured({ quick: 'true' }, { unlisted: 'run' }), async (bench) => {
    const go = outside(bench, 'go')
    const slow = `until [ -e ${go} ]; do sleep 0.02; done`
    const [first = 0, second = 0] = await bench.enqueue(adding('SLOW', [slow]), adding('B', ['quick']))
    const { child, ended } = bench.start('worker', '--run-checks', '--workers', '2', '--lease-seconds', '1')
    await expect.poll(() => bench.show(second).check_runs.length, { timeout: 30_000 }).toBe(1)
    bench.engine.pause(null)
    writeFileSync(go, '')
    await expect.poll(() => bench.show(first).check_runs.length, { timeout: 30_000 }).toBe(1)
    const until = (): number => bench.engine.ground.store.changes.get(second)?.leased_until ?? 0
    const at = until()
    // Kept beyond the time it had, by nothing but a worker that waits.
    await expect.poll(until, { timeout: 30_000 }).toBeGreaterThan(at + 1)
    bench.engine.resume(null)
    await expect.poll(() => bench.show(second).status, { timeout: 30_000 }).toBe('applied')
    child.kill('SIGINT')
    await ended
    for (const id of [first, second]) expect(bench.show(id)).toMatchObject({ status: 'applied', attempts: 1 })
  })
})

test('what comes behind new settings is checked under them, though both were taken at once', async () => {
  await withBench(configured({ test: 'true' }), async (bench) => {
    const settings = { checks: { allow: { test: 'false' }, sandbox: 'off', retryFlaky: 0 } }
    const before = bench.text('hyperion.config.json') ?? ''
    const [first = 0] = await bench.enqueue(
      request(
        { task: 'SETTINGS', checks: ['test'], base: bench.base },
        diffed('hyperion.config.json', before, JSON.stringify(settings)),
      ),
    )
    await bench.drain(CHECKED)
    expect(bench.show(first).status).toBe('held')
    await bench.engine.approve(first, 'operator', null, null)
    const [second = 0] = await bench.enqueue(adding('BEHIND', ['test']))
    await bench.drain(CHECKED)
    expect(bench.show(first).status).toBe('applied')
    expect(bench.show(second).status).not.toBe('applied')
    expect(bench.show(second).check_runs.map(({ command }) => command)).not.toContain('true')
  })
})

test('cancelled in the middle of the chain: those behind it are built without it, and it runs no further', async () => {
  await withBench(configured({ quick: 'true' }, { unlisted: 'run' }), async (bench) => {
    const go = outside(bench, 'go')
    const slow = `until [ -e ${go} ]; do sleep 0.02; done`
    const [, b = 0, c = 0] = await bench.enqueue(
      adding('A', [slow]),
      adding('B', ['quick']),
      adding('C', ['quick']),
    )
    const drained = bench.workers(2, '--run-checks')
    await expect.poll(() => bench.show(c).check_runs.length, { timeout: 30_000 }).toBe(1)
    await bench.engine.cancel(b)
    await expect.poll(() => bench.show(b).status, { timeout: 30_000 }).toBe('cancelled')
    writeFileSync(go, '')
    await drained
    expect(landedTasks(bench)).toEqual(['A', 'C'])
    expect(bench.show(c).check_runs).toHaveLength(2)
    expect(unproven(bench)).toEqual([])
  })
})

test('an orderly end gives back what waits in the chain, with its attempts', async () => {
  await withBench(configured({ quick: 'true' }, { unlisted: 'run' }), async (bench) => {
    const ids = await bench.enqueue(
      adding('A', ['sleep 600']),
      adding('B', ['quick']),
      adding('C', ['quick']),
    )
    const { child, ended } = bench.start('worker', '--run-checks', '--workers', '2')
    await expect
      .poll(() => ids.slice(1).map((id) => bench.show(id).check_runs.length), { timeout: 30_000 })
      .toEqual([1, 1])
    child.kill('SIGINT')
    await ended
    expect(ids.map((id) => [bench.show(id).status, bench.show(id).attempts])).toEqual(
      ids.map(() => ['pending', 0]),
    )
  })
})
