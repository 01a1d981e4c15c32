/** A full disk says nothing about a change. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fill, mountSmall, NO_MOUNTS } from '../support/mounts.ts'
import { added, request } from '../support/requests.ts'
import { withBench } from '../support/workbench.ts'

test('where objects cannot be written changes keep their attempts, and land once there is room', async ({
  skip,
}) => {
  await withBench({}, async (bench) => {
    // As many as are written as a pack.
    const adding = Array.from({ length: 50 }, (_, n) => added(`${n}.txt`, `${n}\n`))
    const ids = await bench.enqueue(...adding.map((one, n) => request({ task: `T-${n}` }, one)))
    const packs = join(bench.repo.gitDir, 'objects/pack')
    const small = mountSmall(packs, 64)
    if (small === null) return skip(NO_MOUNTS)
    const tried = new AbortController()
    let claims = 0
    const onStep = (step: string): void => {
      if (step !== 'claimed') return
      claims += 1
      if (claims === 2) tried.abort()
    }
    try {
      fill(join(packs, 'filler'))
      const { errors } = await bench.drain({ mayErr: true, signal: tried.signal, onStep })
      expect(errors.map(({ code, hint }) => [code, hint])).toEqual([['disk_full', 'make room and try again']])
      for (const id of ids) expect(bench.show(id)).toMatchObject({ status: 'pending', attempts: 0 })
    } finally {
      small.end()
    }
    await bench.drain()
    for (const id of ids) expect(bench.show(id)).toMatchObject({ status: 'applied', attempts: 1 })
  })
})
