/** A copy of the queue is of one moment, whatever others commit while it is made. */
import { join, dirname } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../main/engine/store/database.ts'
import { tempStore } from '../support/temp-store.ts'

test('what another connection commits while the copy is made is not in it, and does not make it begin anew', async () => {
  const temp = tempStore()
  const { db, logs } = temp.store
  const other = temp.again()
  const count = 'SELECT count(*) AS n FROM change_queue_logs'
  db.write(() => {
    for (let n = 0; n < 2_000; n += 1) logs.write({ message: 'noise', details: { text: 'x'.repeat(4_000) } })
  })
  const copyFile = join(dirname(temp.file), 'copy.db')
  let over = false
  let wrote = 0
  const write = (): void => {
    if (over) return
    other.logs.write({ message: 'meanwhile' })
    wrote += 1
    setImmediate(write)
  }
  try {
    const copying = db.backup(copyFile)
    write()
    await copying
    over = true
    expect(wrote).toBeGreaterThan(5)
    const copy = openDatabase(copyFile)
    expect(copy.sql(count).get()).toEqual({ n: 2_000 })
    copy.close()
    expect(db.sql(count).get()).toEqual({ n: 2_000 + wrote })
  } finally {
    over = true
    temp.dispose()
  }
})
