/** Whole texts that name no base: queued, and their sender is told what goes with them. */
import { expect, test } from 'vitest'
import { added, deleted, replaced, request } from '../support/requests.ts'
import { land, withBench, type Workbench } from '../support/workbench.ts'

const warningsOf = async (bench: Workbench, value: unknown): Promise<string[]> => {
  const [result] = await bench.engine.enqueue([{ source: 'x.json', value }])
  if (result?.kind !== 'enqueued') return ['not queued']
  return result.warnings.filter((said) => !said.includes('metadata is absent'))
}

const files = { 'list.txt': 'one\ntwo\n}\n', 'other.txt': 'x\n' }

test('an update or delete without a base names what landed and goes with it, and what is logged says the same', () =>
  withBench({ files }, async (bench) => {
    const old = bench.tip()
    const [first = 0] = await land(
      bench,
      request({ task: 'LANDED', base: old }, replaced('list.txt', 'one\nmine\nours\n}\n')),
    )
    const stale = replaced('list.txt', 'ONE\ntwo\n')
    const warnings = await warningsOf(bench, request({ task: 'STALE' }, stale, deleted('other.txt')))
    expect(warnings).toEqual([
      expect.stringMatching(
        /^x\.json: list\.txt \(and 1 more\) is given as a whole without base_commit: .*give base_commit$/,
      ),
      `x.json: list.txt loses 2 lines that LANDED (change ${first}) landed`,
    ])
    const [{ id = 0 } = {}] = bench.engine.list({ status: 'pending' })
    expect(bench.show(id).log.find(({ message }) => message === 'base missing')).toMatchObject({
      level: 'warn',
      details: {
        paths: ['list.txt', 'other.txt'],
        takes_out: [{ path: 'list.txt', change_id: first, task_id: 'LANDED', lines: 2 }],
      },
    })
  }))

test('with a base, for a new file, and for a file that is not there, nothing is said', () =>
  withBench({ files }, async (bench) => {
    const quiet = [
      request({ task: 'BASE', base: bench.tip() }, replaced('list.txt', 'ONE\n')),
      request({ task: 'NEW' }, added('new.txt', 'new\n')),
      request({ task: 'GONE' }, replaced('gone.txt', 'x\n')),
    ]
    for (const value of quiet) expect(await warningsOf(bench, value)).toEqual([])
  }))
