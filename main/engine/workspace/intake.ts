/** Work on its way into the queue: branches and worktrees, the inbox, and what changes in the workspace's files. */
import { join, resolve } from 'node:path'
import type { FileEvent, InboxFolder, SubmitPreview, SubmitSources } from '../../../schemas/intake.ts'
import { asHyperionError, userError } from '../base/errors.ts'
import { payloadHash } from '../domain/payload-hash.ts'
import { privateFolder, type Ground } from '../compose.ts'
import { readRef, refsStamp } from '../git/refs.ts'
import { watchFiles, type FilesWatch } from '../intake/files/watch.ts'
import { watchInbox, type InboxHears, type InboxWatch } from '../intake/inbox/watch.ts'
import { readInboxFolder } from '../intake/inbox/look.ts'
import { proposeFrom, refusedError, type Proposal, type SourceWish } from '../intake/source/propose.ts'
import { listSources } from '../intake/source/sources.ts'
import { submitChanges, type SubmitDeps, type Submitted } from '../intake/submit.ts'
import { tipOrThrow } from '../landing/attempt.ts'
import type { LandingDeps, Policy } from '../landing/deps.ts'
import { leftAt, TARGET_REWOUND } from '../landing/rewound.ts'
import { followUpstream, mayFollow } from '../landing/target.ts'

export interface IntakeDeps {
  ground: Ground
  deps: LandingDeps
  /** What queueing needs, with the target where it is. */
  submitDeps(tip: string | null): SubmitDeps
  policyNow(): Promise<Policy>
}

export interface Intake {
  /** What new work is written against and compared with: the target's tip, with what upstream has. */
  baseNow(signal: AbortSignal): Promise<string>
  sources(): Promise<SubmitSources>
  /** What a source would be submitted as; queues nothing. */
  preview(wish: SourceWish, signal: AbortSignal): Promise<SubmitPreview>
  /** Queues a source as one change request; throws `not_submittable` after telling `onRefused` what keeps it out. */
  submit(wish: SourceWish, signal: AbortSignal, onProposal?: (proposal: Proposal) => void): Promise<Submitted>
  /** The workspace's own inbox. */
  readonly inboxFolder: string
  /** Takes change requests in as they appear in a folder, until stopped. */
  watchInbox(folder: string | null, poll: boolean, hears: InboxHears): Promise<InboxWatch>
  inbox(watch: InboxWatch | null): Promise<InboxFolder>
  /** Writes down what changes in the workspace's files, until stopped. */
  watchFiles(onTrouble: (thrown: unknown) => void): FilesWatch
  fileEvents(filter: { sinceSeconds?: number; limit?: number }): FileEvent[]
}

export function openIntake({ ground, deps, submitDeps, policyNow }: IntakeDeps): Intake {
  const { store, clock, repository } = ground
  const inboxFolder = join(privateFolder(repository), 'inbox')

  let seen: { stamp: string; tip: string | null } | null = null
  /** The target's tip; git is asked only where it may have moved, for thousands of files may come in a second. */
  async function submitDepsNow(): Promise<SubmitDeps> {
    const stamp = refsStamp(repository.commonDir, [deps.target])
    if (seen?.stamp !== stamp) seen = { stamp, tip: await readRef(deps.repoGit, deps.target) }
    return submitDeps(seen.tip)
  }

  /** Where nothing lands because the target lost what landed, work still comes in: against what it held. */
  async function baseNow(signal: AbortSignal): Promise<string> {
    try {
      // What upstream has is nobody's work: without this it would be taken for that of whoever branched off it.
      if (mayFollow(repository.commonDir, deps.target)) await followUpstream(deps, signal)
      return await tipOrThrow(deps)
    } catch (thrown) {
      const left = leftAt(deps)
      if (left === null || asHyperionError(thrown).code !== TARGET_REWOUND) throw thrown
      return left
    }
  }

  async function propose(wish: SourceWish, signal: AbortSignal): Promise<Proposal> {
    const tip = await baseNow(signal)
    const { checks } = await policyNow()
    const upstreamTip = deps.upstream === null ? null : await readRef(deps.repoGit, deps.upstream)
    const { buildGit, scratch } = deps
    return proposeFrom({ repository, buildGit, scratch, tip, upstreamTip, allow: checks.allow }, wish)
  }

  function duplicateOf(proposal: Proposal): SubmitPreview['duplicate_of'] {
    if (proposal.request === null) return null
    const known = store.changes.findSame(proposal.request.task_id, payloadHash(proposal.request))
    return known === undefined ? null : { id: known.id, status: known.status }
  }

  return {
    baseNow,
    inboxFolder,
    sources: async () =>
      listSources(repository, ground.repoGit, deps.target, await readRef(ground.repoGit, deps.target)),
    async preview(wish, signal) {
      const proposal = await propose(wish, signal)
      const { source, base, taskId, agent, request, files, refused, uncommitted, notices } = proposal
      const { kind, name, branch, head } = source
      return {
        source: { kind, name, branch, head },
        base,
        task_id: taskId,
        agent,
        intent: request?.metadata?.intent ?? null,
        checks: request?.checks ?? [],
        files,
        refused,
        uncommitted,
        notices,
        duplicate_of: duplicateOf(proposal),
      }
    },
    async submit(wish, signal, onProposal) {
      const proposal = await propose(wish, signal)
      onProposal?.(proposal)
      if (proposal.request === null || proposal.refused.length > 0) throw refusedError(proposal)
      const [result] = await submitChanges(await submitDepsNow(), [
        { source: proposal.source.name, value: proposal.request },
      ])
      if (result === undefined) throw userError('not_queued', `${proposal.source.name} was not queued`)
      return result
    },
    watchInbox: (folder, poll, hears) =>
      watchInbox(
        { clock, store, submitDeps: submitDepsNow },
        {
          folder: folder === null ? inboxFolder : resolve(folder),
          own: folder === null || resolve(folder) === inboxFolder,
          poll,
        },
        hears,
      ),
    inbox: (watch) => readInboxFolder(store, inboxFolder, watch),
    watchFiles: (onTrouble) =>
      watchFiles(
        { clock, files: store.files, gitDir: repository.gitDir, folder: repository.workspace },
        (thrown) => onTrouble(asHyperionError(thrown)),
      ),
    fileEvents: (filter) => store.files.list(filter),
  }
}
