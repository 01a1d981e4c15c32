/** Where a waiting change stands: as the feed last told it, or as the list that was read before says. */
import type { ChangeStatus } from '../../../schemas/states.ts'
import type { ChangeSummary, InboxItem } from '../../../schemas/view.ts'
import { standingOf, type Standing } from '../../change/acts.ts'

const STATUS_OF: Readonly<Partial<Record<InboxItem['kind'], ChangeStatus>>> = {
  conflict: 'conflict',
  held: 'held',
  failed: 'failed',
}

export const itemStanding = (
  item: Pick<InboxItem, 'kind' | 'code'>,
  live: Pick<ChangeSummary, 'status' | 'reason_code' | 'priority'> | undefined,
): Standing =>
  live === undefined
    ? { status: STATUS_OF[item.kind] ?? 'pending', code: item.code, priority: null }
    : standingOf(live)
