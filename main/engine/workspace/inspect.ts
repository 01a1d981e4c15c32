/** Looks at a folder that may become a workspace and says what opening it would do; writes nothing. */
import { existsSync } from 'node:fs'
import type { Inspection } from '../../../schemas/view.ts'
import { userError } from '../base/errors.ts'
import { findGround, fullRef, type OpenEngineOptions } from '../compose.ts'
import { branchName } from '../domain/branch-name.ts'
import { gitText } from '../git/git.ts'
import { readRef } from '../git/refs.ts'
import { notInitialised } from '../store/database.ts'
import { openStore } from '../store/store.ts'
import { proposeChecks } from './propose-checks.ts'

/** Throws the sentence that `init` would refuse the folder with. */
export async function inspectFolder(options: OpenEngineOptions): Promise<Inspection> {
  const ground = await findGround(options)
  const { repository } = ground
  const config = ground.readConfig()
  const own = { ...ground.repoGit, gitDir: repository.gitDir }
  const head = await readRef(own, 'HEAD')
  if (head === null) {
    const hint = 'make a first commit; changes land on top of it'
    throw userError('no_commits', `the repository ${repository.workspace} has no commits yet`, hint)
  }
  const branch = await gitText(['symbolic-ref', '--quiet', '--short', 'HEAD'], { ...own, expect: [0, 1] })
  const status = await gitText(['status', '--porcelain', '--untracked-files=no', '-z'], {
    ...own,
    workTree: repository.workspace,
    operatorConfig: true,
  })
  const target = fullRef(config.landing.target)
  const notices =
    branch === '' ? ['HEAD is detached: no branch is followed until landing.upstream names one'] : []
  return {
    folder: repository.workspace,
    initialised: existsSync(ground.dbFile) && isWhole(ground.dbFile, options),
    branch: branch === '' ? null : branch,
    head,
    target: branchName(target),
    target_exists: (await readRef(ground.repoGit, target)) !== null,
    dirty: status.split('\0').filter((entry) => /^[ MADRCUT?!]{2} /.test(entry)).length,
    ...proposeChecks(repository.workspace),
    notices,
  }
}

/** A database that cannot be opened is said to be so now, not after the person agreed. */
function isWhole(file: string, { clock, busyTimeoutMs }: OpenEngineOptions): boolean {
  if (clock === undefined) throw notInitialised(file)
  const wait = busyTimeoutMs === undefined ? {} : { busyTimeoutMs }
  const store = openStore(file, clock, { ...wait, mustExist: true })
  try {
    return store.facts.get('uuid') !== null
  } finally {
    store.close()
  }
}
