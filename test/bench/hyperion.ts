/** Hyperion itself as one of the ways to land changes: its own command line, from change requests to commits. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hermeticGitEnv } from '../support/temp-repo.ts'
import { timed, verifyCommits, type Alternative } from './landing-alternatives.ts'
import { copyOf, type Copy, type Workload } from './workload.ts'

const CLI = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

function hyperion(copy: Copy, args: readonly string[]): void {
  const run = spawnSync(process.execPath, [CLI, '--workspace', copy.dir, ...args], {
    env: hermeticGitEnv(),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (run.status !== 0)
    throw new Error(`hyperion ${args[0]} ended with ${run.status}: ${run.stderr.slice(-2000)}`)
}

/** Writes the workload as one file of change requests, outside the repository. */
function requestFile(copy: Copy, workload: Workload): string {
  const requests = workload.changes.map(({ path, patch }, index) => ({
    task_id: `BENCH-${index + 1}`,
    agent: 'bench',
    changes: [
      { path, operation: 'update', patch, patch_hash: createHash('sha256').update(patch).digest('hex') },
    ],
    checks: ['none'],
  }))
  const file = join(copy.dir, '..', 'requests.json')
  writeFileSync(file, JSON.stringify(requests))
  return file
}

async function land(workload: Workload, workers: number, whole: boolean): Promise<number> {
  const copy = copyOf(workload)
  try {
    const file = requestFile(copy, workload)
    const drain = (): void => hyperion(copy, ['worker', '--drain', '--workers', String(workers)])
    const enqueue = (): void => hyperion(copy, ['enqueue', file])
    if (!whole) enqueue()
    const seconds = await timed(() => {
      if (whole) enqueue()
      drain()
    })
    verifyCommits(workload, copy, 'hyperion/main')
    return seconds
  } finally {
    copy.dispose()
  }
}

/** Every figure includes the start of the programs, validation, the journal and every fsync. */
export const HYPERION: readonly Alternative[] = [
  { name: '**Hyperion**, worker --drain', atMost: null, run: (workload) => land(workload, 1, false) },
  { name: 'Hyperion, enqueue and worker --drain', atMost: null, run: (workload) => land(workload, 1, true) },
  { name: 'Hyperion, two worker processes', atMost: null, run: (workload) => land(workload, 2, false) },
]
