import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runChecks, type CheckRun, type ChecksRequest } from '../../main/engine/checks/run-checks.ts'
import { openSlot, type CheckSlot } from '../../main/engine/checks/worktrees.ts'
import { resolveChecks } from '../../main/engine/domain/check-policy.ts'
import type { CheckEntry } from '../../schemas/check.ts'
import { area, clock, git, hostAt, NO_SANDBOX, repository, type Area, type TestRepo } from './support.ts'

let place: Area
let slot: CheckSlot
let repo: TestRepo
let at: { commit: string; tree: string }
let runs: CheckRun[]

beforeEach(async () => {
  place = area()
  runs = []
  repo = repository(place, 'repo')
  place.write('repo/a', '1\n')
  at = repo.commit()
  slot = await openSlot(
    { cacheDir: place.path('cache'), slot: 0, objectsDir: repo.objectsDir },
    { clock, git },
  )
})
afterEach(async () => {
  await slot.release()
  await place.remove()
})

function check(entries: CheckEntry[], extra: Partial<ChecksRequest> = {}): ReturnType<typeof runChecks> {
  const { checks } = resolveChecks(entries, { allow: {}, unlisted: 'run', trustAll: true })
  const request: ChecksRequest = {
    slot,
    treeOid: at.tree,
    parentCommit: at.commit,
    parentTree: null,
    provision: { setup: null, share: [], checkout: place.path('repo') },
    memoryMb: null,
    sandbox: NO_SANDBOX,
    timeoutMs: 30_000,
    retryFlaky: 1,
    onRun: (run) => void runs.push(run),
    ...extra,
  }
  return runChecks(checks, request, { clock, host: hostAt(place.path('home')) })
}

describe('runChecks', () => {
  it('passes when all pass, and reports every run with the tree it ran on', async () => {
    expect(await check(['cat a', 'true'])).toEqual({ verdict: 'passed', decisive: null, reason: null })
    expect(runs).toMatchObject([
      { name: null, command: 'cat a', verdict: 'passed', exit_code: 0, output: '1\n', tree: at.tree, run: 1 },
      { command: 'true', verdict: 'passed', run: 1 },
    ])
  })

  it('never calls it passed when nothing ran', async () => {
    expect(await check(['none'])).toEqual({ verdict: 'not_run', decisive: null, reason: null })
  })

  it('gives every run the candidate’s own files', async () => {
    const spoil = 'echo 2 >a; echo x >left; echo y >>.git'
    expect((await check([spoil, 'grep 1 a && ! test -e left'])).verdict).toBe('passed')
  })

  it('passes a flaky check on its retry, on clean files', async () => {
    const counter = place.path('counter')
    const flaky = `test ! -e junk && touch junk && echo x >>${counter} && test $(wc -l <${counter}) -ge 2`
    expect((await check([flaky, 'true'])).verdict).toBe('passed')
    expect(runs.map((run) => [run.verdict, run.run])).toEqual([
      ['failed', 1],
      ['passed', 2],
      ['passed', 1],
    ])
  })

  it.each([0, 2])('fails for good after %i retries and runs nothing after it', async (retryFlaky) => {
    const later = place.path('later')
    const outcome = await check(['exit 4', `touch ${later}`], { retryFlaky })
    expect(outcome).toMatchObject({ verdict: 'failed', decisive: { exit_code: 4, run: retryFlaky + 1 } })
    expect(runs).toHaveLength(retryFlaky + 1)
    expect(existsSync(later)).toBe(false)
  })

  it('retries a check that ran out of time, and says so when it does again', async () => {
    const outcome = await check(['sleep 1000'], { timeoutMs: 100 })
    expect(outcome.verdict).toBe('timed_out')
    expect(runs.map((run) => run.verdict)).toEqual(['timed_out', 'timed_out'])
  })

  it('does not retry what could not run', async () => {
    expect((await check(['no-such-tool-here'])).verdict).toBe('could_not_run')
    expect(runs).toHaveLength(1)
  })

  it('stops when it is cancelled between two runs', async () => {
    const stop = new AbortController()
    const outcome = await check(['false', 'true'], { signal: stop.signal, onRun: () => stop.abort() })
    expect(outcome.verdict).toBe('cancelled')
  })

  describe('a failure is looked into on the untouched parent', () => {
    let parent: { commit: string; tree: string }
    beforeEach(() => {
      parent = at
      place.write('repo/b', '2\n')
      at = repo.commit()
    })
    const onParent = (entries: CheckEntry[], extra: Partial<ChecksRequest> = {}) =>
      check(entries, { parentCommit: parent.commit, parentTree: parent.tree, ...extra })

    it('which passes: it is the change that fails', async () => {
      expect((await onParent(['test ! -e b'])).verdict).toBe('failed')
      expect(runs.map(({ verdict, tree }) => [verdict, tree])).toEqual([
        ['failed', at.tree],
        ['failed', at.tree],
        ['passed', parent.tree],
      ])
    })

    it.each([
      ['fails', 'exit 3', 'failed'],
      ['runs out of time', 'sleep 1000', 'timed_out'],
    ])('which %s as well: it is not the change', async (_, command, verdict) => {
      const outcome = await onParent([command], { timeoutMs: 200, retryFlaky: 0 })
      expect(outcome).toMatchObject({ verdict: 'also_red_on_base', decisive: { verdict, tree: at.tree } })
      expect(runs.map(({ tree }) => tree)).toEqual([at.tree, parent.tree])
    })

    it('where it cannot run: nobody knows, and the failure counts', async () => {
      expect((await onParent(['test ! -e b || exit 127; exit 1'])).verdict).toBe('could_not_run')
      expect((await onParent(['test -e b && exit 1; exit 127'])).verdict).toBe('failed')
    })

    it('unless it is known to have passed there', async () => {
      const known: string[] = []
      const knownPassed = (tree: string): boolean => known.push(tree) > 0
      expect((await onParent(['false'], { retryFlaky: 0, knownPassed })).verdict).toBe('failed')
      expect([runs.length, known]).toEqual([1, [parent.tree]])
    })

    it('with as many tries, so that a flaky parent is no excuse', async () => {
      const counter = place.path('counter')
      const flaky = `echo x >>${counter}; test -e b && exit 1; test $(wc -l <${counter}) -ge 4`
      expect((await onParent([flaky])).verdict).toBe('failed')
      expect(runs).toHaveLength(4)
    })
  })

  it('leaves nothing of the checks behind but the slot', async () => {
    await check(['echo x >"$HOME/x"; echo x >"$TMPDIR/x"'])
    expect(existsSync(path.join(slot.scratch, 'home'))).toBe(false)
    expect(readFileSync(path.join(slot.tree, 'a'), 'utf8')).toBe('1\n')
  })
})
