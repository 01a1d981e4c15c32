import { expect, test } from 'vitest'
import { change, hunksBetween, numbered } from '../support/requests.ts'
import { workbench } from '../support/workbench.ts'

const CHANGES = 200
const GAP = 8

test('200 changes with disjoint hunks in one file, by two worker processes, are 200 commits in their order', async () => {
  const before = numbered(CHANGES * GAP)
  const bench = await workbench({ files: { 'src/all.txt': before } })
  try {
    const lines = before.split('\n')
    const edited = (index: number): string => `change ${index + 1} was here`
    const requests = Array.from({ length: CHANGES }, (_, index) => {
      const after = [...lines]
      after[index * GAP + 3] = edited(index)
      // Each was written against the base, knowing nothing of the others.
      const patch = hunksBetween(before, after.join('\n'))
      return change({ task: `T-${index + 1}`, path: 'src/all.txt', patch, base: bench.base })
    })
    const ids = await bench.enqueue(...requests)
    const ran = await bench.workers(2)
    expect(ran.stderr).toBe('')
    expect(ran.code).toBe(0)

    const expected = lines.map((line, at) =>
      at % GAP === 3 && at < CHANGES * GAP ? edited((at - 3) / GAP) : line,
    )
    expect(bench.text('src/all.txt')).toBe(expected.join('\n'))
    const landed = bench.landed()
    expect(landed.length).toBe(CHANGES)
    expect(landed.map(({ message }) => /^Task-Id: (.*)$/m.exec(message)?.[1])).toEqual(
      requests.map((one) => one['task_id']),
    )
    expect(ids.map((id) => bench.show(id).landed_commit)).toEqual(landed.map(({ commit }) => commit))
    bench.repo.git('fsck', '--strict', '--full')
  } finally {
    bench.dispose()
  }
})
