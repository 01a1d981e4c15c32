/**
 * Wishes about the settings of the repository, queued as ordinary changes to its config file.
 *
 * What the form of the settings proposes is one open change, however many keys it sets: every one would be written
 * against the same text, and the first to land would put the others in conflict.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ChangeRequest } from '../../../schemas/change-request.ts'
import { bug, userError } from '../base/errors.ts'
import type { Ground } from '../compose.ts'
import { actAllowed } from '../domain/states.ts'
import { prepareChanges, type SubmitDeps, type Submitted } from '../intake/submit.ts'
import { approveAhead, requireRow, type ActDeps } from '../landing/acts.ts'
import type { LandingDeps, Policy } from '../landing/deps.ts'
import type { ChangeRow } from '../store/changes.ts'
import { configAtTip } from './config-at-tip.ts'
import { allowChange, isSetAlready, settingsChange, type Wish } from './propose.ts'
import { isSettingsProposal, openConfigRows, PROPOSED, wishesOf } from './proposed.ts'
import { agentOf } from './revert.ts'

/** The approval of the person who asks, where they decide by asking. */
export interface OwnApproval {
  by: string
  note: string
}

export interface ProposedChange {
  change_id: number
  /** Open proposals that were cancelled: the new one holds what they set. */
  replaced: number[]
}

export interface Proposals {
  /**
   * Queues a change that sets one value, or takes it out, with all that is proposed and not decided yet.
   *
   * The change takes the place of the open proposals, so that one approval decides about all of it; approvals of those
   * do not count for it. With an approval of its own it is queued by itself, for that was given for nothing else.
   */
  propose(wish: Wish, approval?: OwnApproval | null): Promise<ProposedChange>
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

/** How long one that a worker has is waited for: it is looked at within that, and only what is checked takes longer. */
const PATIENCE_MS = 3000
const LOOK_MS = 20

function idOf([result]: readonly Submitted[], source: string): number {
  if (result?.kind !== 'enqueued') throw bug('not_queued', `the change to ${source} was not queued`)
  return result.id
}

export function openProposals(room: ProposalDeps): Proposals {
  const { ground, deps, actDeps } = room
  const { store, clock } = ground

  const proposedBy = (what: string): { agent: string; taskId: string } => ({
    agent: agentOf(actDeps.actor),
    taskId: `${what}-${clock.nowMs()}`,
  })

  const prepared = async (source: string, change: ChangeRequest) =>
    prepareChanges(room.submitDeps(change.base_commit ?? null), [{ source, value: change }])

  async function queue(source: string, change: ChangeRequest, approval: OwnApproval | null): Promise<number> {
    const policy = await room.policyNow()
    const insert = await prepared(source, change)
    return store.db.write(() => {
      const id = idOf(insert(), source)
      if (approval !== null) {
        const contentHash = room.contentHashUnder(policy, requireRow(store, id))
        approveAhead(actDeps, { id, ...approval, role: null, contentHash })
      }
      return id
    })
  }

  const openRows = (): ChangeRow[] => openConfigRows(store).filter((row) => isSettingsProposal(store, row.id))

  /** Ends a proposal whose place another takes, within the transaction that queues that one. */
  function giveWay({ id, task_id, status }: ChangeRow, taskId: string): void {
    store.changes.move(id, 'cancelled', { reasonCode: 'replaced' })
    const details = { by: actDeps.actor, from: status, replaced_by: taskId }
    store.logs.write({ message: 'cancel', queueId: id, taskId: task_id, details })
  }

  /** Returns null where the open proposals became others meanwhile, so that all of it has to be looked at again. */
  async function proposeWith(open: readonly ChangeRow[], wish: Wish): Promise<ProposedChange | null> {
    // An attempt that a process died in may have landed.
    for (const { id } of open) if ((await actDeps.settle(id)) !== null) return null
    const { text, tip } = await configAtTip(deps)
    const earlier = new Map<string, Wish>()
    for (const row of open) {
      const wishes = await wishesOf(deps, row)
      if (wishes === null) throw bug('no_wishes', `what change ${row.id} proposes cannot be read`)
      for (const one of wishes) earlier.set(one.key, one)
    }
    const [first] = open
    const isSole = open.length === 1 && first?.status !== 'conflict'
    if (isSole && isDeepStrictEqual(earlier.get(wish.key), wish))
      throw userError('no_difference', `change ${first?.id} proposes that value of ${wish.key} already`)
    const wishes = [...earlier.values(), wish].filter(
      (one) => (one === wish || one.key !== wish.key) && !isSetAlready(text, one),
    )
    if (wishes.length === 0) {
      const ids = open.map(({ id }) => id).join(', ')
      throw userError(
        'no_difference',
        `${wish.key} has that value already`,
        earlier.has(wish.key) ? `cancel change ${ids} to take back what is proposed` : undefined,
      )
    }
    const last = open.at(-1)
    const { agent, taskId: task } = proposedBy('SETTINGS')
    const taskId = last === undefined ? task : `${task}-${last.id}`
    const change = against(settingsChange(text, wishes, { agent, taskId }), tip)
    const insert = await prepared(wish.key, change)
    return store.db.write(() => {
      const now = openRows()
      const ids = now.map(({ id }) => id)
      if (
        !isDeepStrictEqual(
          ids,
          open.map(({ id }) => id),
        )
      )
        return null
      if (!now.every(({ status }) => actAllowed('cancel', status))) return null
      for (const row of now) giveWay(row, taskId)
      const id = idOf(insert(), wish.key)
      for (const row of now)
        store.changes.explain(
          row.id,
          `replaced by change ${id}, which holds all that is proposed in the settings`,
        )
      const keys = wishes.map(({ key }) => key)
      store.logs.write({
        message: PROPOSED,
        queueId: id,
        taskId,
        details: { by: actDeps.actor, keys, replaces: ids },
      })
      return { change_id: id, replaced: ids }
    })
  }

  const against = (change: ChangeRequest, tip: string | null): ChangeRequest =>
    tip === null ? change : { ...change, base_commit: tip }

  return {
    async propose({ key, value }, approval = null) {
      const wish: Wish = value === undefined ? { key } : { key, value }
      if (approval !== null) {
        const { text, tip } = await configAtTip(deps)
        const change = against(settingsChange(text, [wish], proposedBy('SETTINGS')), tip)
        return { change_id: await queue(wish.key, change, approval), replaced: [] }
      }
      const until = clock.monotonicMs() + PATIENCE_MS
      for (;;) {
        const open = openRows()
        const taken = open.find(({ status }) => !actAllowed('cancel', status))
        const proposed = taken === undefined ? await proposeWith(open, wish) : null
        if (proposed !== null) return proposed
        if (clock.monotonicMs() > until) {
          const which = open.map(({ id }) => id).join(', ')
          const said = `change ${taken?.id ?? which} with proposed settings is being landed right now`
          throw userError('proposal_landing', said, 'propose it once that has ended')
        }
        if (taken !== undefined) await clock.sleep(LOOK_MS)
      }
    },
    async allow(wish, { by, note }) {
      const { text, tip } = await configAtTip(deps)
      const change = against(allowChange(text, wish, proposedBy('ALLOW')), tip)
      return queue(wish.name, change, { by, note: note ?? `allowed ${wish.name} from now on` })
    },
  }
}
