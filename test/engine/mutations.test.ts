/**
 * The safeguards are removed one at a time, from a bundled copy of the source, and a scheduled accident then shows
 * the harm: so the tests that play the same accidents with the whole program do watch over these lines.
 */
import { expect, test } from 'vitest'
import { bundle, type Mutation } from '../support/bundle.ts'
import {
  builtWrong,
  diedBeforeTelling,
  diedWhileAsking,
  gitDiedWithLock,
  lateHolder,
  poisoned,
} from '../support/scenarios.ts'

interface Mutant {
  name: string
  /** What the program is changed by to bring the accident about; the safeguard is still in. */
  accident?: readonly Mutation[]
  /** The safeguard, taken out. */
  removal: readonly Mutation[]
  play(program: string): Promise<string[]>
  /** What has to be wrong without it. */
  harm: RegExp
}

const LAND = 'main/engine/landing/land.ts'
const REFS = 'main/engine/git/refs.ts'
const SETTLE = 'main/engine/landing/settle.ts'

const ASKING = 's.child.stdin?.write(`start\\nupdate ${ref} ${newOid} ${oldOid}\\nprepare\\n`)'
const dieAfter = (lines: string): string =>
  `s.child.stdin?.write(\`${lines}\`); process.kill(process.pid, 'SIGKILL')`

const MUTANTS: readonly Mutant[] = [
  {
    name: 'the fence check of the last look',
    removal: [{ file: LAND, from: ' || now.fence !== row.fence', to: '' }],
    play: (program) => lateHolder(program, 'prepare'),
    harm: /landed a change that another had leased/,
  },
  {
    name: 'the settling of old attempts',
    removal: [
      { file: SETTLE, from: 'if (open.length === 0) return null', to: 'if (open.length >= 0) return null' },
    ],
    play: diedBeforeTelling,
    harm: /names the commit null/,
  },
  {
    name: 'the `start` of a move',
    accident: [{ file: REFS, from: ASKING, to: dieAfter('start\\nupdate ${ref} ${newOid} ${oldOid}\\n') }],
    removal: [{ file: REFS, from: ASKING, to: dieAfter('update ${ref} ${newOid} ${oldOid}\\n') }],
    play: diedWhileAsking,
    harm: /moved without a last look/,
  },
  {
    name: 'the post-condition',
    accident: [
      {
        file: 'main/engine/landing/build.ts',
        from: '  const edits = new Map<string, TreeEntry | null>()',
        to: `  const edits = new Map<string, TreeEntry | null>()
  if (request.task_id === 'sabotaged') {
    edits.set('smuggled.txt', { mode: '100644', oid: context.objects.stage('blob', Buffer.from('smuggled')) })
  }`,
      },
    ],
    removal: [
      {
        file: 'main/engine/landing/verify.ts',
        from: 'if (said === null) continue',
        to: 'if (said !== undefined) continue',
      },
    ],
    play: builtWrong,
    harm: /touches smuggled\.txt/,
  },
  {
    name: 'that who was interrupted is tried alone',
    accident: [
      {
        file: 'main/engine/landing/build.ts',
        from: '  const edits = new Map<string, TreeEntry | null>()',
        to: `  const edits = new Map<string, TreeEntry | null>()
  if (request.task_id === 'poison') throw new Error('poisoned')`,
      },
    ],
    removal: [
      {
        file: 'main/engine/store/claims.ts',
        from: '(limit === 1 || first.attempts > 0)',
        to: 'limit === 1',
      },
      { file: 'main/engine/store/claims.ts', from: ' AND attempts = 0', to: '' },
      { file: 'main/engine/store/claims.ts', from: ' || row.attempts > 0', to: '' },
    ],
    play: poisoned,
    harm: /is failed \(gave up/,
  },
  {
    name: 'that only the git which holds the lock is asked to commit',
    removal: [
      {
        file: REFS,
        from: `      const s = prepared
      prepared = null
      s?.child.stdin?.write('commit\\n')`,
        to: `      const s = prepared === null ? null : open()
      prepared = null
      s?.child.stdin?.write('commit\\n')`,
      },
    ],
    play: gitDiedWithLock,
    harm: /landed 0 times/,
  },
]

async function playWith(mutant: Mutant, mutations: readonly Mutation[]): Promise<string[]> {
  const program = await bundle('test/support/fault-worker.ts', mutations)
  try {
    return await mutant.play(program.entry)
  } finally {
    program.dispose()
  }
}

test.concurrent.each(MUTANTS)('without $name there is harm', async (mutant) => {
  const { accident = [], removal } = mutant
  // What takes the place of the accident holds it too.
  const both = removal.some(({ file }) => accident.some((one) => one.file === file))
    ? removal
    : [...accident, ...removal]
  expect((await playWith(mutant, both)).join('\n')).toMatch(mutant.harm)
})

test.concurrent.each(MUTANTS.filter(({ accident }) => accident !== undefined))(
  'with $name the same accident does none',
  async (mutant) => {
    expect(await playWith(mutant, mutant.accident ?? [])).toEqual([])
  },
)
