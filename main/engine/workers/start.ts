/** Starts a set of worker processes over a workspace. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bug, type HyperionError } from '../base/errors.ts'
import { isAlive } from '../base/process.ts'
import type { Ground } from '../compose.ts'
import { backoffSeconds } from '../domain/retry.ts'
import { superviseWorkers, type Supervisor } from './supervisor.ts'

export interface WorkerSettings {
  count: number
  workerId: string
  runChecks: boolean
  trustChecks: boolean
  maxAttempts: number
  leaseSeconds: number
  pollIntervalMs: number
  drain: boolean
  onError(error: HyperionError): void
}

/** Building makes much that lives for a moment: room for it saves collecting it over and over. */
const WORKER_FLAGS = ['--max-semi-space-size=64']

/** Makes the desktop's runtime a plain Node. */
export const AS_NODE = 'ELECTRON_RUN_AS_NODE'

/** A worker that says nothing for so long is stopped or stuck; busy ones still send their heartbeat. */
const SILENT_AFTER_MS = 15_000

/** Finds the built entry of worker processes beside the program that runs. */
function workerEntry(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (let up = 0; up < 6; up += 1) {
    for (const place of ['worker.js', 'out/main/worker.js']) {
      if (existsSync(join(folder, place))) return join(folder, place)
    }
    folder = dirname(folder)
  }
  throw bug('no_worker_program', 'the worker program was not found beside this one; run `npm run build`')
}

export function startWorkers(ground: Ground, settings: WorkerSettings): Supervisor {
  const { store, clock, repository } = ground
  const recover = (): void => {
    store.workers.forgetDead(isAlive)
    store.claims.recover(
      (owner) => !isAlive(owner),
      (attempts) => backoffSeconds(attempts) * 1000,
    )
  }
  const jobs = Array.from({ length: settings.count }, (_, index) => ({
    workspace: repository.workspace,
    dbFile: ground.dbFile,
    configFile: ground.configFile,
    home: ground.host.home,
    workerId: settings.count === 1 ? settings.workerId : `${settings.workerId}-${index + 1}`,
    slot: index + 1,
    runChecks: settings.runChecks,
    trustChecks: settings.trustChecks,
    maxAttempts: settings.maxAttempts,
    leaseSeconds: settings.leaseSeconds,
    pollIntervalMs: settings.pollIntervalMs,
    drain: settings.drain,
  }))
  return superviseWorkers(
    {
      command: [process.execPath, ...WORKER_FLAGS, workerEntry()],
      // The desktop's runtime would otherwise start another app; the worker takes the word out of its environment.
      ...(process.versions['electron'] === undefined ? {} : { env: { ...process.env, [AS_NODE]: '1' } }),
      jobs,
      silentAfterMs: SILENT_AFTER_MS,
      onError: settings.onError,
      onGone: recover,
    },
    clock,
  )
}
