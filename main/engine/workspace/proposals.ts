/** Wishes about the settings of the repository, queued as ordinary changes to its config file. */
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { bug } from '../base/errors.ts'
import type { Ground } from '../compose.ts'
import { prepareChanges, type SubmitDeps } from '../intake/submit.ts'
import { approveAhead, requireRow, type ActDeps } from '../landing/acts.ts'
import type { LandingDeps, Policy } from '../landing/deps.ts'
import type { ChangeRow } from '../store/changes.ts'
import { configAtTip } from './config-at-tip.ts'
import { allowChange, settingChange } from './propose.ts'
import { agentOf } from './revert.ts'

/** The approval of the person who asks, where they decide by asking. */
export interface OwnApproval {
  by: string
  note: string
}

export interface Proposals {
  /** Queues a change that sets one value, or takes it out; returns its id. */
  propose(wish: { key: string; value?: unknown }, approval?: OwnApproval | null): Promise<number>
  /**
   * "Allow from now on": queues a change that puts a command on the allow-list, with the approval of who decides it by
   * asking; returns its id. It counts once it has landed.
   */
  allow(wish: { name: string; command: string }, by: { by: string; note: string | null }): Promise<number>
}

export interface ProposalDeps {
  ground: Ground
  deps: LandingDeps
  actDeps: ActDeps
  submitDeps(tip: string | null): SubmitDeps
  policyNow(): Promise<Policy>
  contentHashUnder(policy: Policy, row: ChangeRow): string
}

export function openProposals(room: ProposalDeps): Proposals {
  const { ground, deps, actDeps } = room
  const { store, clock } = ground

  const proposedBy = (what: string): { agent: string; taskId: string } => ({
    agent: agentOf(actDeps.actor),
    taskId: `${what}-${clock.nowMs()}`,
  })

  async function queue(source: string, change: ChangeRequest, approval: OwnApproval | null): Promise<number> {
    const policy = await room.policyNow()
    const submit = room.submitDeps(change.base_commit ?? null)
    const insert = await prepareChanges(submit, [{ source, value: change }])
    return store.db.write(() => {
      const [result] = insert()
      if (result?.kind !== 'enqueued') throw bug('not_queued', `the change to ${source} was not queued`)
      const { id } = result
      if (approval !== null) {
        const contentHash = room.contentHashUnder(policy, requireRow(store, id))
        approveAhead(actDeps, { id, ...approval, role: null, contentHash })
      }
      return id
    })
  }

  const against = (change: ChangeRequest, tip: string | null): ChangeRequest =>
    tip === null ? change : { ...change, base_commit: tip }

  return {
    async propose(wish, approval = null) {
      const { text, tip } = await configAtTip(deps)
      return queue(wish.key, against(settingChange(text, wish, proposedBy('SETTINGS')), tip), approval)
    },
    async allow(wish, { by, note }) {
      const { text, tip } = await configAtTip(deps)
      const change = against(allowChange(text, wish, proposedBy('ALLOW')), tip)
      return queue(wish.name, change, { by, note: note ?? `allowed ${wish.name} from now on` })
    },
  }
}
