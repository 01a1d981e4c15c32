/** Runs a request's checks on the operator's checkout itself, for `apply --run-checks`. */
import { join } from 'node:path'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { leftProcessFolders, makeProcessFolder } from '../base/process-folder.ts'
import { removeTree } from '../checks/remove-tree.ts'
import { runCheck } from '../checks/run-check.ts'
import { chooseSandbox, detectSandbox } from '../checks/sandbox.ts'
import { cacheFolder, privateFolder, type Ground } from '../compose.ts'
import { resolveChecks, type ResolvedCheck } from '../domain/check-policy.ts'
import type { Policy } from '../landing/deps.ts'

/** Returns why the checks do not pass, or null when all do. Only listed commands run: nobody is asked here. */
export async function checkCheckout(
  ground: Ground,
  request: ChangeRequest,
  policy: Policy,
  signal: AbortSignal,
): Promise<string | null> {
  const { allow, unlisted } = policy.checks
  const resolved = resolveChecks(request.checks, { allow, unlisted, trustAll: false })
  if (resolved.unlisted.length > 0) return `the check "${resolved.unlisted[0]}" is not on the allow-list`
  // Nothing run is nothing passed: who asked for checks is not told that all is well.
  if (resolved.checks.length === 0) return 'it asks for no check, and --run-checks was given'
  const scratch = await ownScratch(ground)
  try {
    return await runOn(ground, resolved.checks, policy, scratch, signal)
  } finally {
    await removeTree(scratch)
  }
}

/** Returns a new folder for what the checks write; those that killed programs left there are gone. */
async function ownScratch({ host, store }: Ground): Promise<string> {
  const parent = join(cacheFolder(host, store.facts.get('uuid') ?? ''), 'checkout')
  for (const left of leftProcessFolders(parent, 'checks')) await removeTree(left)
  return makeProcessFolder(parent, 'checks')
}

async function runOn(
  { clock, repository, host }: Ground,
  checks: readonly ResolvedCheck[],
  policy: Policy,
  scratch: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { sandbox, timeoutSeconds, memoryMb } = policy.checks
  const found = await detectSandbox(host, { clock }, scratch)
  for (const check of checks) {
    const result = await runCheck(
      {
        command: check.command,
        cwd: repository.workspace,
        timeoutMs: timeoutSeconds * 1000,
        memoryMb,
        scratch,
        sandbox: chooseSandbox(sandbox, found),
        expect: check.expect,
        readOnly: [repository.commonDir, repository.gitDir, privateFolder(repository)],
        signal,
      },
      { clock, host },
    )
    if (result.verdict === 'passed') continue
    if (result.reason !== undefined) return `the check "${check.name ?? check.command}" ${result.reason}`
    const exit = result.exit_code === null ? '' : ` (exit code ${result.exit_code})`
    return `the check "${check.name ?? check.command}" ended ${result.verdict.replaceAll('_', ' ')}${exit}`
  }
  return null
}
