/** A worker that was stopped and comes back after others did its work does no harm, wherever it stood. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProtocolStep } from '../../main/engine/landing/deps.ts'
import { bundle, type Bundle } from '../support/bundle.ts'
import {
  cancelledUnderHolder,
  diedBeforeTelling,
  diedFollowing,
  gitDiedWithLock,
  givenUpAfterLanding,
  givenUpBeforeLanding,
  lateHolder,
  rebooted,
  settledTooEarly,
  zombie,
} from '../support/scenarios.ts'

let program: Bundle
beforeAll(async () => {
  program = await bundle('test/support/fault-worker.ts')
})
afterAll(() => program.dispose())

/** Where a stopped worker holds nothing that keeps others from working; the rest is its supervisor's. */
const OUTSIDE: readonly ProtocolStep[] = [
  'claimed',
  'settle',
  'lease',
  'build',
  'verify',
  'check',
  'intent',
  'prepare',
  'told',
]

describe.concurrent('a holder stopped', () => {
  test.each(OUTSIDE)('before %s finds its work done', async (at) => {
    expect(await zombie(program.entry, at)).toEqual([])
  })

  test.each(OUTSIDE)('before %s finds its work done, its checks included', async (at) => {
    expect(await zombie(program.entry, at, true)).toEqual([])
  })

  test.each(['build', 'intent', 'prepare'] as const)(
    'before %s lands nothing that another has leased',
    async (at) => {
      expect(await lateHolder(program.entry, at)).toEqual([])
    },
  )

  test.each(['build', 'intent', 'prepare'] as const)(
    'before %s lands nothing that was cancelled',
    async (at) => {
      expect(await cancelledUnderHolder(program.entry, at)).toEqual([])
    },
  )
})

describe.concurrent('a death', () => {
  test('between the move and the telling is settled by a successor that already runs', async () => {
    expect(await diedBeforeTelling(program.entry)).toEqual([])
  })

  test('of the git that holds the lock is no landing', async () => {
    expect(await gitDiedWithLock(program.entry)).toEqual([])
  })

  test.each(['kill', 'kill_both'] as const)('(%s) while following upstream is settled', async (action) => {
    expect(await diedFollowing(program.entry, action)).toEqual([])
  })
})

describe.concurrent('a machine', () => {
  test.each(['claimed', 'commit', 'told'] as const)(
    'that went down at %s goes on where it was',
    async (at) => {
      expect(await rebooted(program.entry, at)).toEqual([])
    },
  )
})

describe.concurrent('a person', () => {
  test('cannot give up what has landed, told or not', async () => {
    expect(await givenUpAfterLanding(program.entry)).toEqual([])
  })

  test.each(['build', 'intent', 'prepare'] as const)(
    'gives up a change whose holder stands before %s',
    async (at) => {
      expect(await givenUpBeforeLanding(program.entry, at)).toEqual([])
    },
  )

  test('who settles too early takes nothing from a holder that may still land', async () => {
    expect(await settledTooEarly(program.entry)).toEqual([])
  })
})
