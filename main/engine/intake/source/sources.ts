/** What of a repository could be submitted: its worktrees and branches, and whether there is anything in them. */
import type { SubmitSources } from '../../../../schemas/intake.ts'
import { branchName } from '../../domain/branch-name.ts'
import { git, gitText, type GitOptions } from '../../git/git.ts'
import type { Repository } from '../../git/repository.ts'
import { isDirty, underWay } from '../../git/snapshot.ts'
import { existsSync } from 'node:fs'

/** Branches looked at, the latest first: each costs a walk of its history. */
const MOST_BRANCHES = 50
const AT_ONCE = 4

interface Listed {
  folder: string
  head: string | null
  branch: string | null
  bare: boolean
}

/** Reads `git worktree list --porcelain -z`. */
function parseWorktrees(text: string): Listed[] {
  const found: Listed[] = []
  for (const record of text.split('\0\0')) {
    const fields = new Map<string, string>()
    for (const line of record.split('\0')) {
      const space = line.indexOf(' ')
      fields.set(space < 0 ? line : line.slice(0, space), space < 0 ? '' : line.slice(space + 1))
    }
    const folder = fields.get('worktree')
    if (folder === undefined) continue
    const branch = fields.get('branch')?.replace('refs/heads/', '') ?? null
    found.push({ folder, head: fields.get('HEAD') ?? null, branch, bare: fields.has('bare') })
  }
  return found
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))))
  }
  return results
}

/** Returns how many commits a commit has that the target has not; null where git cannot say. */
async function aheadOf(options: GitOptions, tip: string | null, head: string | null): Promise<number | null> {
  if (tip === null || head === null) return null
  const answer = await git(['rev-list', '--count', `${tip}..${head}`], { ...options, expect: [0, 128] })
  return answer.exitCode === 0 ? Number(answer.stdout.toString('latin1')) : null
}

export async function listSources(
  repository: Repository,
  repoGit: GitOptions,
  target: string,
  tip: string | null,
): Promise<SubmitSources> {
  const listed = parseWorktrees(
    (await git(['worktree', 'list', '--porcelain', '-z'], repoGit)).stdout.toString('utf8'),
  ).filter(({ bare, folder }) => !bare && existsSync(folder))
  const worktrees = await inTurns(listed, async ({ folder, head, branch }) => {
    const looking = { cwd: folder, operatorConfig: true }
    const gitDir = await gitText(['rev-parse', '--absolute-git-dir'], looking).catch(() => null)
    return {
      folder,
      branch,
      head,
      main: folder === repository.workspace,
      dirty: gitDir === null ? null : await isDirty({ gitDir, folder }).catch(() => null),
      busy: gitDir === null ? null : underWay(gitDir),
      ahead: await aheadOf(repoGit, tip, head),
    }
  })
  const format = '%(objectname)%00%(refname)%00%(committerdate:unix)%00%(contents:subject)'
  const refs = await gitText(
    [
      'for-each-ref',
      '--sort=-committerdate',
      `--count=${MOST_BRANCHES + 1}`,
      `--format=${format}`,
      'refs/heads/',
    ],
    repoGit,
  )
  const rows = refs.split('\n').filter((line) => line !== '').map((line) => line.split('\0')) // prettier-ignore
  const others = rows.filter(([, ref]) => ref !== target)
  const branches = await inTurns(
    others.slice(0, MOST_BRANCHES),
    async ([head = '', ref = '', at = '', subject = '']) => ({
      branch: branchName(ref),
      head,
      subject,
      committed_at: Number(at),
      ahead: await aheadOf(repoGit, tip, head),
    }),
  )
  return { worktrees, branches, more_branches: others.length > MOST_BRANCHES }
}
