/** A result is checked before it counts: in a worktree of its own, telling as it goes, of exactly the tree it would land. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockSlot } from '../../main/engine/checks/slot-lock.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { cacheFolder } from '../../main/engine/compose.ts'
import type { Trial, TrialEvent } from '../../schemas/reviewer.ts'
import { trialEventSchema } from '../../schemas/reviewer.ts'
import { diffed, request } from '../support/requests.ts'
import { isGone, until } from '../support/processes.ts'
import { attempt, land, withBench, type Workbench } from '../support/workbench.ts'
import { configured, decided, inConflict, landText, OURS, SETTLED, TEN, THEIRS } from './reviewer-support.ts'

const FILES = { 'a.txt': TEN, 'b.txt': TEN }
const always = (): Promise<void> => Promise.resolve()
const never = (): AbortSignal => new AbortController().signal

/** Everything that a trial of one text for `a.txt` tells. */
async function tryText(
  bench: Workbench,
  id: number,
  text: string,
  signal = never(),
): Promise<{ events: TrialEvent[]; trial: Trial | null }> {
  const decisions = [await decided(bench, id, 'a.txt', text)]
  const events: TrialEvent[] = []
  for await (const event of bench.engine.review.trial(
    id,
    { key: `of ${text.length}`, decisions },
    signal,
    always,
  ))
    events.push(trialEventSchema.parse(event))
  const last = events.at(-1)
  return { events, trial: last?.kind === 'done' ? last.trial : null }
}

const outputOf = (events: readonly TrialEvent[]): string =>
  events.map((event) => (event.kind === 'output' ? event.text : '')).join('')

test('checks run on exactly what would land, tell as they go, and are not run again by the worker that lands it', () =>
  withBench(
    configured({ allow: { lint: 'grep settled a.txt', test: 'echo fine; echo grün >&2' } }, FILES),
    async (bench) => {
      const id = await inConflict(bench, ['a.txt'], { checks: ['lint', 'test'] })
      const { events, trial } = await tryText(bench, id, SETTLED)
      expect(
        events.filter(({ kind }) => kind !== 'output').map((event) => Object.values(event).slice(0, 2)),
      ).toEqual([
        ['preparing', 'building the result'],
        ['preparing', 'putting its files into a check worktree'],
        ['started', 'lint'],
        ['ended', 'lint'],
        ['started', 'test'],
        ['ended', 'test'],
        ['done', expect.anything()],
      ])
      expect(outputOf(events)).toBe('five, as settled\nfine\ngrün\n')
      expect(trial).toMatchObject({
        verdict: 'passed',
        reason: null,
        tip: bench.tip(),
        key: `of ${SETTLED.length}`,
      })
      expect(
        trial?.checks.map(({ name, verdict, exit_code, output }) => [name, verdict, exit_code, output]),
      ).toEqual([
        ['lint', 'passed', 0, 'five, as settled\n'],
        ['test', 'passed', 0, 'fine\ngrün\n'],
      ])
      expect((await bench.engine.review.show(id)).trial).toEqual(trial)
      // Nothing came of it but a verdict.
      expect(bench.show(id)).toMatchObject({ status: 'conflict', resolutions: [] })

      await bench.engine.resolve(id, 'me', [await decided(bench, id, 'a.txt', SETTLED)])
      await bench.drain({ runChecks: true })
      const shown = bench.show(id)
      expect(shown).toMatchObject({ status: 'applied', check_verdict: 'passed' })
      const [landed] = bench.landed().slice(-1)
      expect([landed?.tree, landed?.trailers]).toEqual([
        trial?.tree,
        expect.stringContaining('Checks: passed lint, test'),
      ])
      expect(shown.check_runs.map(({ name, tree }) => [name, tree])).toEqual([
        ['lint', trial?.tree],
        ['test', trial?.tree],
      ])
      expect(await bench.engine.verifyAudit()).toMatchObject({ clean: true })
      expect(bench.engine.ground.store.reviews.trial(id)).toBeNull()
    },
  ))

test('another text is another tree: a verdict serves only the one it was found on', () =>
  withBench(configured({ allow: { lint: '! grep change a.txt' }, retryFlaky: 0 }, FILES), async (bench) => {
    const id = await inConflict(bench, ['a.txt'], { checks: ['lint'] })
    const { trial } = await tryText(bench, id, SETTLED)
    expect(trial?.verdict).toBe('passed')
    await bench.engine.resolve(id, 'me', [await decided(bench, id, 'a.txt', THEIRS)])
    await bench.drain({ runChecks: true })
    expect(bench.show(id)).toMatchObject({ status: 'failed', check_verdict: 'failed' })
    expect(bench.show(id).check_runs[1]?.tree).not.toBe(trial?.tree)
  }))

test('a failure is told with its output and looked into on the target, as a worker would', () =>
  withBench(
    configured({ allow: { lint: 'echo looking; grep settled a.txt', red: 'false' }, retryFlaky: 0 }, FILES),
    async (bench) => {
      const id = await inConflict(bench, ['a.txt'], { checks: ['lint'] })
      const { events, trial } = await tryText(bench, id, THEIRS)
      // The target does not hold it either.
      expect(trial).toMatchObject({
        verdict: 'also_red_on_base',
        reason: expect.stringContaining('untouched parent'),
      })
      expect(
        events.flatMap((event) => (event.kind === 'ended' ? [[event.check, event.verdict]] : [])),
      ).toEqual([
        ['lint', 'failed'],
        ['lint, without this change', 'failed'],
      ])
      expect(trial?.checks[0]).toMatchObject({ name: 'lint', exit_code: 1, output: 'looking\n' })
      await landText(bench, 'THIRD', 'a.txt', SETTLED)
      await bench.engine.review.refresh(id)
      expect((await tryText(bench, id, THEIRS)).trial).toMatchObject({
        verdict: 'failed',
        reason: 'the check "lint" failed with exit code 1',
      })
    },
  ))

test('what could not run, or has nothing to run, is never green', () =>
  withBench(
    configured({ allow: { lint: 'no-such-program-anywhere' }, retryFlaky: 0 }, FILES),
    async (bench) => {
      const id = await inConflict(bench, ['a.txt'], { checks: ['lint'] })
      const { trial } = await tryText(bench, id, SETTLED)
      expect(trial).toMatchObject({
        verdict: 'could_not_run',
        reason: expect.stringContaining('"lint" could not run'),
      })
      // Taking the target's text leaves nothing to land, and so nothing to check.
      expect((await tryText(bench, id, OURS)).trial).toMatchObject({
        verdict: 'not_run',
        reason: 'hyperion/main has all of it already; there is nothing to check',
      })
      await landText(bench, 'THIRD', 'a.txt', OURS.replace('FIVE', 'Fifth'))
      // Decided on what was there before: the result would be a conflict again.
      const decisions = [{ path: 'a.txt', how: 'from' as const, content: Buffer.from(SETTLED) }]
      const events: TrialEvent[] = []
      for await (const event of bench.engine.review.trial(id, { key: 'k', decisions }, never(), always))
        events.push(event)
      expect(events.at(-1)).toMatchObject({
        kind: 'done',
        trial: {
          verdict: 'could_not_run',
          tree: null,
          checks: [],
          reason: expect.stringMatching(/moved: a\.txt conflicts again/),
        },
      })
      await expect(tryNothing(bench, id)).rejects.toMatchObject({ code: 'paths_missing' })
    },
  ))

async function tryNothing(bench: Workbench, id: number): Promise<void> {
  for await (const _ of bench.engine.review.trial(id, { key: 'k', decisions: [] }, never(), always)) {
    // Only its end is looked at.
  }
}

test.each([
  ['hold', 'the check "echo mine" is not on the allow-list and needs an approval first'],
  ['refuse', 'the check "echo mine" is not on the allow-list'],
])('commands that nobody allowed are not run: %s', (unlisted, reason) =>
  withBench(configured({ allow: {}, unlisted }, FILES), async (bench) => {
    const id = await inConflict(bench, ['a.txt'], { checks: ['echo mine'] })
    const { events, trial } = await tryText(bench, id, SETTLED)
    expect(trial).toMatchObject({ verdict: 'not_run', reason, checks: [] })
    expect(events.some(({ kind }) => kind === 'started')).toBe(false)
  }),
)

/** Checks that say where they are to a file, in turn their process and that of a child; without a sandbox. */
const lingering = (bench: Workbench, name: string): string => join(bench.repo.dir, '..', name)

test('ending the listening ends the run: nothing it started is left, and no verdict is kept', () =>
  withBench({ files: FILES }, async (bench) => {
    const where = lingering(bench, 'pids')
    const command = `sleep 1000 & echo $! $$ > ${where}; echo waiting; wait`
    const checks = { allow: { hang: command }, sandbox: 'off' }
    bench.repo.write('hyperion.config.json', JSON.stringify({ checks }))
    bench.repo.commit('settings')
    await land(bench, request({ task: 'ZERO' }, diffed('b.txt', TEN, OURS)))
    const id = await inConflict(bench, ['a.txt'], { checks: ['hang'] })
    const stop = new AbortController()
    const told: TrialEvent[] = []
    const decisions = [await decided(bench, id, 'a.txt', SETTLED)]
    for await (const event of bench.engine.review.trial(id, { key: 'k', decisions }, stop.signal, always)) {
      told.push(event)
      if (event.kind === 'output') stop.abort()
    }
    expect(told.at(-1)?.kind).toBe('output')
    const pids = readFileSync(where, 'utf8').trim().split(' ').map(Number)
    expect(pids).toHaveLength(2)
    // They are dead by the time that the listening has ended, not some time later.
    expect(pids.filter((pid) => !isGone(pid))).toEqual([])
    expect((await bench.engine.review.show(id)).trial).toBeNull()

    // A listener that just goes, as a window that is closed, ends it the same way; and so does closing the engine.
    const loop = bench.engine.review.trial(id, { key: 'k', decisions }, never(), always)
    for await (const event of loop) if (event.kind === 'output') break
    const again = readFileSync(where, 'utf8').trim().split(' ').map(Number)
    expect(again).not.toEqual(pids)
    expect(again.filter((pid) => !isGone(pid))).toEqual([])
  }))

test('a trial takes no worktree of a worker, and while all of its own are in use it says so and waits', () =>
  withBench(configured({ allow: { lint: 'true' } }, FILES), async (bench) => {
    const id = await inConflict(bench, ['a.txt'], { checks: ['lint'] })
    const host = { env: process.env, home: process.env['HOME'] ?? null }
    const cache = cacheFolder(host, bench.engine.ground.store.facts.get('uuid') ?? '')
    const clock = systemClock()
    const held = []
    for (const slot of ['1', '2'])
      held.push(await lockSlot(join(cache, 'reviewer', 'slots', slot), { clock }))
    const stop = new AbortController()
    const told: string[] = []
    const decisions = [await decided(bench, id, 'a.txt', SETTLED)]
    const wish = { key: 'k', decisions }
    for await (const event of bench.engine.review.trial(id, wish, stop.signal, always)) {
      if (event.kind !== 'preparing') throw new Error(`told ${event.kind}`)
      told.push(event.what)
      if (event.what.startsWith('waiting')) stop.abort()
    }
    expect(told.at(-1)).toBe('waiting for a check worktree: others check results too')
    const { trial } = await (async () => {
      const trying = tryText(bench, id, SETTLED)
      await held[0]?.release()
      return trying
    })()
    expect(trial?.verdict).toBe('passed')
    expect(existsSync(join(cache, 'slots'))).toBe(false)
    await held[1]?.release()
  }))

test('setup is told as it goes; where it fails nothing was checked', () =>
  withBench(
    configured({ allow: { lint: 'test -e made' }, setup: 'echo setting up; touch made' }, FILES),
    async (bench) => {
      const id = await inConflict(bench, ['a.txt'], { checks: ['lint'] })
      const { events, trial } = await tryText(bench, id, SETTLED)
      expect(outputOf(events)).toBe('setting up\n')
      expect(trial?.checks.map(({ name, verdict }) => [name, verdict])).toEqual([
        ['setup', 'passed'],
        ['lint', 'passed'],
      ])
      const settings = { checks: { allow: { lint: 'true' }, setup: 'echo broken; exit 1' } }
      writeFileSync(join(bench.dir, 'hyperion.config.json'), JSON.stringify(settings))
      bench.repo.commit('settings')
      await attempt(bench, request({ task: 'LATER' }, diffed('b.txt', TEN, OURS)))
      expect((await tryText(bench, id, SETTLED)).trial).toMatchObject({
        verdict: 'could_not_run',
        reason: 'setup failed with exit code 1',
        checks: [{ name: 'setup', output: 'broken\n' }],
      })
    },
  ))

test('a change that lands while its result is checked has no use for the verdict', () =>
  withBench(configured({ allow: { lint: 'true' } }, FILES), async (bench) => {
    const id = await inConflict(bench, ['a.txt'], { checks: ['lint'] })
    const decisions = [await decided(bench, id, 'a.txt', SETTLED)]
    for await (const event of bench.engine.review.trial(id, { key: 'k', decisions }, never(), always))
      if (event.kind === 'started') await bench.engine.markApplied(id, null)
    expect(bench.engine.ground.store.reviews.trial(id)).toBeNull()
    await until('the change has ended', () => bench.show(id).status === 'applied')
  }))
