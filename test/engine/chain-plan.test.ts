/** The chain's decisions by themselves: what may land, whose failure counts, and how they compare with Zuul's rule. */
import {
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  option,
  property,
  record,
  type Arbitrary,
} from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { planChain, type PlannedLink } from '../../main/engine/landing/chain/plan.ts'
import { grown, shrunk } from '../../main/engine/landing/chain/window.ts'
import { touchesEverything } from '../../main/engine/domain/global-paths.ts'
import { mixedSequence, simulateChain, simulateZuul } from '../support/chain-simulation.ts'
import { seeded } from '../support/workload.ts'

const link = (state: PlannedLink['state'], on: string, tree: string | null): PlannedLink => ({
  state,
  parent_tree: on,
  tree,
})

describe('what lands', () => {
  test('the longest prefix that passed, each on the tree before it', () => {
    const chain = [link('passed', 'tip', 'a'), link('passed', 'a', 'b'), link('checking', 'b', 'c'), link('passed', 'c', 'd')] // prettier-ignore
    expect(planChain(chain, 'tip')).toEqual({ landable: 2, failureCounts: false })
  })

  test('nothing that stands on another tree than the one that is there', () => {
    expect(planChain([link('passed', 'old', 'a')], 'tip').landable).toBe(0)
    expect(planChain([link('passed', 'tip', 'a'), link('passed', 'x', 'b')], 'tip').landable).toBe(1)
  })

  test('a failure counts only at the head, on exactly what is there', () => {
    expect(planChain([link('failed', 'tip', 'a')], 'tip').failureCounts).toBe(true)
    expect(planChain([link('passed', 'tip', 'a'), link('failed', 'a', 'b')], 'tip').failureCounts).toBe(true)
    expect(planChain([link('failed', 'old', 'a')], 'tip').failureCounts).toBe(false)
    expect(planChain([link('built', 'tip', 'a'), link('failed', 'a', 'b')], 'tip').failureCounts).toBe(false)
    expect(planChain([link('unfit', 'tip', null)], 'tip').failureCounts).toBe(false)
  })

  test('never a tree whose own check did not pass, whatever the chain looks like', () => {
    const trees = constantFrom('t0', 't1', 't2', 't3')
    const any = record({
      state: constantFrom('built', 'checking', 'passed', 'failed', 'unfit' as const),
      parent_tree: trees,
      tree: option(trees),
    }) as Arbitrary<PlannedLink>
    assert(
      property(array(any, { maxLength: 8 }), trees, (chain, tip) => {
        const { landable, failureCounts } = planChain(chain, tip)
        let tree: string = tip
        for (const one of chain.slice(0, landable)) {
          expect(one).toMatchObject({ state: 'passed', parent_tree: tree })
          tree = one.tree as string
        }
        const next = chain[landable]
        expect(failureCounts).toBe(next?.state === 'failed' && next.parent_tree === tree)
        if (next?.state === 'passed')
          expect([next.parent_tree === tree, next.tree]).not.toEqual([true, 'string'])
      }),
      { seed: 1, numRuns: 2_000 },
    )
  })
})

test('the window grows by one a landing and halves at a failure, between its floor and its bound', () => {
  expect([20, 10, 4, 3].map((window) => shrunk(window, 20, 2))).toEqual([10, 5, 3, 3])
  // Whoever works is not left without work, and the bound is a bound.
  expect([shrunk(10, 20, 8), shrunk(1, 1, 8)]).toEqual([8, 1])
  expect([grown(3, 1, 20), grown(18, 5, 20)]).toEqual([4, 20])
})

test.each([
  ['package-lock.json', true],
  ['web/package.json', true],
  ['.github/workflows/ci.yml', true],
  ['tsconfig.base.json', true],
  ['hyperion.config.json', true],
  ['crates/a/Cargo.toml', true],
  ['vite.config.ts', true],
  ['src/package.ts', false],
  ['docs/tsconfig.md', false],
  ['README.md', false],
])('%s concerns everything: %s', (path, expected) => {
  expect(touchesEverything(path)).toBe(expected)
})

describe('in virtual time', () => {
  const total = { ours: 0, zuul: 0 }
  afterAll(() => console.log(`makespans in all: ${total.ours} here, ${total.zuul} by Zuul’s rule`))

  const one = (): number => 1

  test.each([
    [100, 4],
    [60, 7],
    [20, 2],
  ])('%i changes that all pass on %i slots take no more than 1.25 × the ideal', (count, slots) => {
    const changes = Array.from({ length: count }, () => ({ fails: false, conflictsWith: null }))
    const { makespan, landed } = simulateChain(changes, { slots, window: 20, duration: one })
    expect(landed).toEqual(changes.map((_, index) => index))
    expect(makespan / Math.ceil(count / slots)).toBeLessThanOrEqual(1.25)
  })

  test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    'one in ten failing and one in ten conflicting, sequence %i: no worse than Zuul’s rule',
    (seed) => {
      for (const slots of [2, 4, 8, 20]) {
        const changes = mixedSequence(200, 10, seeded(seed))
        const options = { slots, window: 20, duration: one }
        const ours = simulateChain(changes, options)
        const zuul = simulateZuul(changes, options)
        expect(ours.landed).toEqual(zuul.landed)
        const said = `sequence ${seed}, ${slots} slots: ${ours.makespan} against ${zuul.makespan} (${ours.checks} against ${zuul.checks} checks)`
        expect(ours.makespan, said).toBeLessThanOrEqual(zuul.makespan)
        total.ours += ours.makespan
        total.zuul += zuul.makespan
      }
    },
  )

  test('whatever fails, does not fit and takes its time: what can land does, once, in order', () => {
    const arbitrary = array(
      record({ fails: boolean(), conflicts: boolean(), takes: integer({ min: 1, max: 5 }) }),
      { maxLength: 30 },
    )
    assert(
      property(
        arbitrary,
        integer({ min: 1, max: 6 }),
        integer({ min: 1, max: 20 }),
        (given, slots, window) => {
          const changes = given.map(({ fails, conflicts }, index) => ({
            fails,
            conflictsWith: conflicts && index > 0 ? index - 1 : null,
          }))
          const duration = (index: number): number => given[index]?.takes ?? 1
          const { landed } = simulateChain(changes, { slots, window, duration })
          const expected: number[] = []
          for (const [index, change] of changes.entries()) {
            const fits = change.conflictsWith === null || !expected.includes(change.conflictsWith)
            if (fits && !change.fails) expected.push(index)
          }
          expect(landed).toEqual(expected)
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })
})
