/** The real queue against the reference, command by command, on random sequences that shrink. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OUTCOME_KINDS, Twin, type Command } from './twin.ts'

const LONG = process.env['HYPERION_LONG'] !== undefined
const SEED = Number(process.env['HYPERION_MODEL_SEED'] ?? 20_250_611)
const RUNS = LONG ? 5_000 : 300
const TIMEOUT_MS = LONG ? 1_200_000 : 120_000

/** Mostly a change or lease that the command can do something to, else any. */
const target = fc.record({ index: fc.nat(11), aimed: fc.constantFrom(true, true, true, false) })
const change = target
const lease = target
const none: string[] = []

const enqueue: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('enqueue' as const),
  task: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
  text: fc.constantFrom('one', 'two'),
  paths: fc.subarray(['p', 'q', 'r', 's', 't', 'u'], { minLength: 1, maxLength: 2 }),
  dependsOn: fc.oneof(
    { weight: 3, arbitrary: fc.constant(none) },
    { weight: 2, arbitrary: fc.subarray(['A', 'B', 'C', 'D', 'E'], { minLength: 1, maxLength: 2 }) },
  ),
  priority: fc.constantFrom('low', 'normal', 'high', 'urgent'),
})
const claim: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('claim' as const),
  limit: fc.constantFrom(1, 1, 3, 8),
  mortal: fc.boolean(),
})
const finish: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('finish' as const),
  lease,
  outcome: fc.constantFrom(...OUTCOME_KINDS, 'held', 'held', 'conflict', 'conflict', 'crashed', 'crashed'),
})
const onLease: fc.Arbitrary<Command> = fc.record({ kind: fc.constantFrom('renew', 'release'), lease })
const onChange: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom('cancel', 'cancel', 'discard', 'retry', 'retry', 'approve', 'reject'),
  change,
})
const mark: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom('mark-applied', 'mark-failed'),
  change,
  fence: fc.constantFrom('right', 'wrong', 'none'),
})
const resolve: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('resolve' as const),
  change,
  complete: fc.boolean(),
})
const time: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('advance' as const),
    ms: fc.constantFrom(1, 999, 2_000, 4_000, 10_000, 300_000),
  }),
  fc.record({ kind: fc.constant('jump' as const), ms: fc.constantFrom(-3_600_000, 3_600_000) }),
)
const upkeep: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant('cleanup' as const), ttlSeconds: fc.constantFrom(0, 5, 1_000) }),
  fc.record({
    kind: fc.constantFrom('pause', 'resume', 'resume', 'resume', 'recover', 'recover', 'reopen', 'reboot'),
  }),
)
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 7, arbitrary: enqueue },
  { weight: 6, arbitrary: claim },
  { weight: 7, arbitrary: finish },
  { weight: 2, arbitrary: onLease },
  { weight: 5, arbitrary: onChange },
  { weight: 1, arbitrary: mark },
  { weight: 2, arbitrary: resolve },
  { weight: 3, arbitrary: time },
  { weight: 2, arbitrary: upkeep },
)

test(
  `${RUNS} random sequences leave the real queue and the reference alike after every command`,
  async () => {
    const ran = new Map<string, number>()
    const sequences = fc.asyncProperty(
      fc.noBias(fc.array(command, { minLength: 10, maxLength: 60, size: 'max' })),
      async (commands) => {
        const twin = new Twin()
        try {
          for (const one of commands) {
            const result = await twin.run(one)
            ran.set(`${one.kind} ${result}`, (ran.get(`${one.kind} ${result}`) ?? 0) + 1)
            twin.compare()
          }
          expect(twin.temp.store.db.pragma('quick_check')).toEqual([{ quick_check: 'ok' }])
        } finally {
          twin.dispose()
        }
      },
    )
    await fc.assert(sequences, {
      numRuns: RUNS,
      seed: SEED,
      // What fails is told with its seed, its path and the shortest sequence that still fails.
      verbose: fc.VerbosityLevel.None,
    })
    // Every act was both done and refused somewhere, else the sequences prove nothing about it.
    const acts = [
      'release',
      'cancel',
      'discard',
      'retry',
      'approve',
      'reject',
      'mark-applied',
      'mark-failed',
      'resolve',
    ]
    for (const act of acts) {
      for (const result of ['done', 'refused'])
        expect(ran.get(`${act} ${result}`) ?? 0, `${act} ${result}`).toBeGreaterThan(5)
    }
  },
  TIMEOUT_MS,
)
