/** What open changes to the config file would set, by their content. */
import { changeRequestSchema } from '../../../schemas/change-request.ts'
import type { ProposedSetting } from '../../../schemas/view.ts'
import { CONFIG_FILE } from '../compose.ts'
import type { LandingDeps } from '../landing/deps.ts'
import type { ChangeRow } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import { configAt } from './config-at-tip.ts'
import { wishesBetween, type Wish } from './propose.ts'

/** The log's word for a change that the form of the settings made: nobody else can say that of theirs. */
export const PROPOSED = 'settings proposed'

/** Every open change to the config file, oldest first. */
export const openConfigRows = (store: Store): ChangeRow[] =>
  store.browse.openOnPath(CONFIG_FILE).flatMap(({ id }) => store.changes.get(id) ?? [])

export const isSettingsProposal = (store: Store, changeId: number): boolean =>
  store.logs.list({ changeId, message: PROPOSED, limit: 1 }).length > 0

/** What a change sets, by key; null where it does not give the file's whole text. */
export async function wishesOf(deps: Pick<LandingDeps, 'objects'>, row: ChangeRow): Promise<Wish[] | null> {
  const request = changeRequestSchema.safeParse(JSON.parse(row.payload))
  const edit = request.data?.changes.find(({ path }) => path === CONFIG_FILE)
  if (edit?.replacement === undefined) return null
  const base = request.data?.base_commit ?? row.enqueued_tip
  const isNew = edit.operation === 'add' || base === null
  return wishesBetween(isNew ? null : await configAt(deps, base), edit.replacement)
}

/** What is proposed of each key, oldest first, whoever proposes it. */
export async function proposedSettings(
  deps: Pick<LandingDeps, 'objects'>,
  store: Store,
): Promise<ProposedSetting[]> {
  const proposed: ProposedSetting[] = []
  for (const row of openConfigRows(store)) {
    const own = isSettingsProposal(store, row.id)
    for (const wish of (await wishesOf(deps, row)) ?? [])
      proposed.push({ ...wish, change_id: row.id, by: row.agent, own } as ProposedSetting)
  }
  return proposed
}
