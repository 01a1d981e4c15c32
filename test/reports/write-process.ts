/**
 * A process that writes a report over and over, each time counting on from the one that is there and of another length.
 * Usage: node --import sql-loader.ts write-process.ts QUEUE FOLDER NAME TIMES, where 0 times is until it is ended. Prints what it kept aside, and `writing` once it did.
 */
import { z } from 'zod'
import { systemClock } from '../../main/engine/base/clock.ts'
import { replaceReport } from '../../main/engine/reports/replace.ts'
import { openStore } from '../../main/engine/store/store.ts'

const [queue = '', folder = '', name = '', times = ''] = process.argv.slice(2)
const schema = z.strictObject({ n: z.int(), text: z.string() })
const clock = systemClock()
const store = openStore(queue, clock)
// No test pulls the plug.
store.db.pragma('synchronous = OFF')
const onKept = (why: string): void => void process.stdout.write(`kept: ${why}\n`)
const end = Number(times) || Infinity
for (let time = 1; time <= end; time += 1) {
  await replaceReport({ clock, store, folder, onKept }, name, schema, (found) => {
    const n = found.kind === 'ours' ? found.value.n + 1 : 1
    return { n, text: 'x'.repeat((n * 7919) % 100_000) }
  })
  if (time === 3) process.stdout.write('writing\n')
}
store.close()
