/** Examinations of what runs: checks and what they are given, workers, reports, inbox. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '../base/process.ts'
import { chooseSandbox, detectSandbox, type Sandbox } from '../checks/sandbox.ts'
import { resolveShares } from '../checks/share.ts'
import { privateFolder, type Ground } from '../compose.ts'
import { readRef } from '../git/refs.ts'
import { trackedBelow } from '../git/tracked.ts'
import type { LandingDeps, Policy } from '../landing/deps.ts'
import { NEXT_TASK_CONTEXT, REPORTS_FOLDER, VERIFICATION_REPORT } from '../reports/reporter.ts'
import { reportsFolderProblem } from '../reports/files.ts'
import { broken, notice, ok, type Examination, type Finding } from './finding.ts'
import { readReports } from './reports.ts'

async function policyInForce(ground: Ground, deps: LandingDeps): Promise<Policy> {
  const tip = await readRef(deps.repoGit, deps.target)
  return tip === null ? ground.readConfig() : deps.readPolicy(tip)
}

async function sandboxOf(ground: Ground, policy: Policy): Promise<Sandbox> {
  const found = await detectSandbox(ground.host, { clock: ground.clock })
  return chooseSandbox(policy.checks.sandbox, found)
}

const setup: Examination = async (ground, deps) => {
  const policy = await policyInForce(ground, deps)
  const command = policy.checks.setup
  if (command === null) return ok('none; checks find the files of the change and what is shared')
  const sandbox = await sandboxOf(ground, policy)
  const said = `"${command}" runs in new check worktrees and when a lockfile changed`
  if (sandbox.kind === 'none') {
    return notice(`${said}, with your own rights`, 'install bubblewrap to hide your files from it')
  }
  if (sandbox.kind === 'refused') return notice(`${said}, but nothing runs: ${sandbox.reason}`)
  return ok(`${said}, isolated but for the network, which it needs to fetch`)
}

const share: Examination = async (ground, deps) => {
  const policy = await policyInForce(ground, deps)
  const paths = policy.checks.share
  if (paths.length === 0) return ok('no path of the checkout is shared with checks')
  const { refused } = resolveShares(ground.repository.workspace, paths)
  if (refused !== null) {
    return broken(`${refused}; no check can run`, 'put it there, or take it out of checks.share')
  }
  const sandbox = await sandboxOf(ground, policy)
  const how = sandbox.kind === 'bubblewrap' ? 'bound read-only' : 'copied'
  return ok(`${paths.join(', ')}, ${how}`)
}

const limits: Examination = async (ground, deps) => {
  const { timeoutSeconds, memoryMb } = (await policyInForce(ground, deps)).checks
  const time = `a check may run ${timeoutSeconds} s`
  if (memoryMb === null) return notice(`${time}; its memory has no limit`, 'set checks.memoryMb')
  if (!existsSync('/proc/self/status')) {
    return notice(`${time}; its memory is not watched, because there is no /proc on ${process.platform}`)
  }
  return ok(`${time} and hold ${memoryMb} MiB`)
}

const workers: Examination = ({ store }) => {
  const counts = store.changes.counts()
  const alive = store.workers.list().filter(({ process }) => isAlive(process))
  const waiting = counts.pending + counts.in_progress
  if (alive.length > 0) return ok(`${alive.map(({ id }) => id).join(', ')} at work`)
  if (waiting === 0) return ok('none runs, and nothing waits for one')
  return notice(`none runs, and ${waiting} change(s) wait`, 'run `hyperion worker` or `hyperion run`')
}

const reports: Examination = async (ground) => {
  const { repository, clock } = ground
  const folder = join(repository.workspace, REPORTS_FOLDER)
  const problem = reportsFolderProblem(folder)
  if (problem !== null) return broken(problem, 'it is made again by the next worker')
  const names = [VERIFICATION_REPORT, NEXT_TASK_CONTEXT]
  const tracked = await trackedBelow(repository, REPORTS_FOLDER)
  const taken = names.filter((name) => tracked.has(name)).map((name) => `${REPORTS_FOLDER}/${name}`)
  if (taken.length > 0) {
    const said = `the repository tracks ${taken.join(' and ')}, so that no report is written there`
    return notice(said, `stop tracking it with \`git rm --cached ${taken.join(' ')}\``)
  }
  const { cast, report } = readReports(ground)
  const distrusted = report?.problem ?? (cast?.generated_at === null ? cast.why : null)
  if (distrusted !== null)
    return notice(distrusted, 'workers keep it aside and write another; see who else writes there')
  const written = statSync(join(folder, VERIFICATION_REPORT), { throwIfNoEntry: false })
  if (written === undefined) return ok('none yet; workers write them while they run')
  const age = Math.max(0, Math.round((clock.nowMs() - written.mtimeMs) / 1000))
  return ok(`${folder}, written ${age} s ago`)
}

const jsonIn = (folder: string): number =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')).length : 0

const inbox: Examination = ({ repository }): Finding => {
  const folder = join(privateFolder(repository), 'inbox')
  if (!existsSync(folder)) return ok(`${folder} is not there; nothing is taken in from it`)
  if (!statSync(folder).isDirectory()) return broken(`${folder} is not a folder`, 'remove or rename it')
  const errors = existsSync(join(folder, 'rejected')) ? readdirSync(join(folder, 'rejected')) : []
  const rejected = errors.filter((name) => name.endsWith('.error.json')).length
  const detail = `${folder}: ${jsonIn(folder)} waiting, ${rejected} rejected`
  return rejected > 0
    ? notice(detail, `read why in ${join(folder, 'rejected')}, then remove them`)
    : ok(detail)
}

export const WORK: readonly (readonly [name: string, look: Examination])[] = [
  ['setup', setup],
  ['share', share],
  ['limits', limits],
  ['workers', workers],
  ['reports', reports],
  ['inbox', inbox],
]
