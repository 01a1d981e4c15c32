/** `apply` and an operator who goes on editing: what is written while it works is theirs. */
import type { ChangeRequest } from '../../schemas/change-request.ts'
import { expect, test } from 'vitest'
import type { Database } from '../../main/engine/store/database.ts'
import { applyToCheckout } from '../../main/engine/workspace/apply.ts'
import { deleted, replaced, request } from '../support/requests.ts'
import { withBench } from '../support/workbench.ts'

const FILES = { 'a.txt': 'a\n', 'del.txt': 'del\n' }
const CHANGE = request({ task: 'A' }, replaced('a.txt', 'landed\n'), deleted('del.txt'))

test.each(['a.txt', 'del.txt'])(
  '%s, edited while the queue kept it waiting, stays, and nothing is applied',
  (path) =>
    withBench({ files: FILES }, async (bench) => {
      const { store, repository } = bench.engine.ground
      let waited = false
      const db: Database = Object.create(store.db, {
        write: {
          value: <T>(work: () => T): T => {
            // By now git was asked what is edited; the answer is old.
            if (!waited) bench.repo.write(path, 'precious\n')
            waited = true
            return store.db.write(work)
          },
        },
      }) as Database
      const applied = applyToCheckout(
        { store: { ...store, db }, repository, check: null },
        CHANGE as unknown as ChangeRequest,
      )
      await expect(applied).rejects.toMatchObject({ kind: 'not_landed', code: 'local_edits' })
      const kept = { ...FILES, [path]: 'precious\n' }
      for (const [file, text] of Object.entries(kept)) expect(bench.repo.read(file).toString()).toBe(text)
      expect(store.journal.open()).toEqual([])
    }),
)
