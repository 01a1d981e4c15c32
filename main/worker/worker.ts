/** Entry of a worker process: works the queue and tells its parent that it lives. */
import { openGround, openLanding } from '../engine/compose.ts'
import { runWorker } from '../engine/workers/child.ts'
import type { WorkerJob } from '../engine/workers/protocol.ts'
import { AS_NODE } from '../engine/workers/start.ts'

// Nothing that this process starts is to inherit it.
delete process.env[AS_NODE]
await runWorker(JSON.parse(process.argv[2] ?? '{}') as WorkerJob, { openGround, openLanding })
