/**
 * An engine of nothing but one run over ACP, which says aloud what the agent says.
 *
 * Usage: node --import sql-loader.ts hanging-acp-engine.ts SCRATCH
 */
import { openHarness } from '../../main/engine/agents/choose.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { plainTask } from './led.ts'

const [scratch = ''] = process.argv.slice(2)
const harness = openHarness(
  { name: 'acp', by: 'default' },
  { clock: systemClock(), env: process.env, scratch, enclosure: { mode: () => 'auto', hidden: [] } },
)
const run = harness.start(plainTask(), new AbortController().signal)
for await (const event of run.events) if (event.kind === 'text') console.log(event.text)
