/**
 * A worker process that dies or stops at named steps of the protocol, as its first argument tells it; everything else
 * is the worker as it ships. Its second argument is the job, as a supervisor gives it.
 */
import { closeSync, openSync } from 'node:fs'
import { isAlive, type ProcessIdentity } from '../../main/engine/base/process.ts'
import { openGround, openLanding } from '../../main/engine/compose.ts'
import type { RefUpdater } from '../../main/engine/git/refs.ts'
import { runWorker } from '../../main/engine/workers/child.ts'
import type { WorkerJob } from '../../main/engine/workers/protocol.ts'
import type { Fault, FaultPlan, FaultPoint, FaultReport } from './faults.ts'

const plan = JSON.parse(process.argv[2] ?? '{"faults":[]}') as FaultPlan
const job = JSON.parse(process.argv[3] ?? '{}') as WorkerJob

let refs: RefUpdater | null = null
let next = 0
let seen = 0

const tell = (report: FaultReport): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve()
    process.send(report, undefined, undefined, () => resolve())
  })

async function ended(identity: ProcessIdentity): Promise<void> {
  while (isAlive(identity)) await new Promise((resolve) => setTimeout(resolve, 2))
  // The event that tells this process of it comes with the next turns of the loop.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** Takes the next fault if it is due at this point. */
function due(at: FaultPoint): Fault | null {
  const fault = plan.faults[next]
  if (fault === undefined || fault.at !== at) return null
  seen += 1
  if (seen < (fault.nth ?? 1)) return null
  if (fault.once !== undefined) {
    try {
      closeSync(openSync(fault.once, 'wx'))
    } catch {
      return null
    }
  }
  seen = 0
  next += 1
  return fault
}

async function fire(fault: Fault): Promise<void> {
  const git = refs?.identity() ?? { pid: 0, startedAt: null }
  await tell({ kind: 'fault', index: next - 1, git: git.pid })
  switch (fault.action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      break
    case 'stop':
      process.kill(process.pid, 'SIGSTOP')
      break
    case 'stop_git':
      process.kill(git.pid, 'SIGSTOP')
      break
    case 'kill_git':
      process.kill(git.pid, 'SIGKILL')
      if (fault.noticed === true) await ended(git)
      break
    case 'kill_both':
      process.kill(git.pid, 'SIGKILL')
      process.kill(process.pid, 'SIGKILL')
  }
}

await runWorker(job, {
  openGround,
  async openLanding(ground, options) {
    const opened = await openLanding(ground, options)
    const real = opened.deps.refs
    refs = {
      ...real,
      async commit(ref) {
        const moving = real.commit(ref)
        const fault = due('commit_sent')
        if (fault !== null) await Promise.all([moving, fire(fault)])
        return moving
      },
    }
    return { ...opened, deps: { ...opened.deps, refs } }
  },
  async onStep(step) {
    const fault = due(step)
    if (fault !== null) await fire(fault)
  },
  landing: {
    ...(plan.landingLeaseMs === undefined ? {} : { landingLeaseMs: plan.landingLeaseMs }),
    ...(plan.batch === undefined ? {} : { batch: plan.batch }),
  },
})
