/**
 * A process that competes for leases: waits for a line on stdin, then claims, and releases or finishes what it got,
 * until it has finished its share or the queue is empty; prints as JSON what it was given.
 *
 * Usage: node --import sql-loader.ts lease-process.ts DB NAME SEED SHARE
 */
import { once } from 'node:events'
import { systemClock } from '../../main/engine/base/clock.ts'
import { ownIdentity } from '../../main/engine/base/process.ts'
import { openStore } from '../../main/engine/store/store.ts'

const [file = '', name = '', seed = '1', share = '1'] = process.argv.slice(2)
const store = openStore(file, systemClock())
process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdin.unref()

let state = Number(seed)
const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
const got: { id: number; fence: number }[] = []
let finished = 0
while (finished < Number(share)) {
  const rows = store.claims.claim({
    workerId: name,
    process: ownIdentity(),
    leaseSeconds: 300,
    limit: 1 + Math.floor(random() * 3),
  })
  if (rows.length === 0 && store.changes.counts().pending === 0) break
  let back = false
  for (const row of rows) {
    got.push({ id: row.id, fence: row.fence })
    store.db.write(() => {
      if (!store.claims.isOurs(row.id, row.fence)) throw new Error(`${name} lost change ${row.id}`)
      // Some leases are given back, so that the same change is leased again by whoever comes first; those behind it
      // in the same batch with it, because they keep their order.
      back ||= random() < 0.25 && row.fence < 4
      store.changes.move(row.id, back ? 'pending' : 'applied')
      if (!back) finished += 1
      store.logs.write({ message: back ? 'back' : 'done', queueId: row.id, details: { worker_id: name } })
    })
  }
}
store.close()
process.stdout.write(`${JSON.stringify(got)}\n`)
