/**
 * An engine of nothing but one run, which says aloud what the agent says.
 *
 * Usage: node --import sql-loader.ts hanging-engine.ts sdk|cli SCRATCH MODEL
 */
import { openHarness } from '../../main/engine/agents/choose.ts'
import { systemClock } from '../../main/engine/base/clock.ts'
import { plainTask } from './led.ts'

const [by, scratch = '', model = ''] = process.argv.slice(2)
const env = { ...process.env, HYPERION_COPILOT_BY: by }
const harness = openHarness({ name: 'copilot', by: 'default' }, { clock: systemClock(), env, scratch })
const run = harness.start(plainTask({ model }), new AbortController().signal)
for await (const event of run.events) if (event.kind === 'text') console.log(event.text)
