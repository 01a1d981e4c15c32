/** What agents used up and what it cost: of a request, a day, a landed change; what is unknown is counted as that. */
import type { Costs } from '../../../../schemas/agents.ts'
import { nowSeconds } from '../../base/clock.ts'
import { configOrDefault, type Ground } from '../../compose.ts'
import { toNano } from '../../domain/money.ts'
import type { Spent } from '../../store/agent-runs.ts'

const DAY = 86_400

/** Sum as it is told: a cost that leaves runs out says so by their number. */
export const toldOf = ({
  cost,
  unknown,
  estimated,
  inputTokens,
  outputTokens,
  runs,
}: Spent): Costs['today'] => ({
  cost_nano: runs > 0 && unknown === runs ? null : cost,
  unknown_runs: unknown,
  estimated_runs: estimated,
  input_tokens: inputTokens,
  output_tokens: outputTokens,
  runs,
})

/** Of today, as the clock of the world has it (UTC), and of each landed change that agents made since then. */
export function readCosts(ground: Pick<Ground, 'store' | 'clock' | 'readConfig'>): Costs {
  const { store, clock } = ground
  const { budget } = configOrDefault(ground).agents
  const today = Math.floor(nowSeconds(clock) / DAY) * DAY
  const spent = store.runs.spent({ sinceSeconds: today })
  const landed =
    store.db
      .sql<{ n: number }>(
        `SELECT count(*) AS n FROM change_queue WHERE status = 'applied' AND updated_at >= ?
           AND task_id IN (SELECT task_id FROM agent_runs WHERE role = 'developer' AND harness != 'stub')`,
      )
      .get(today)?.n ?? 0
  const isKnown = spent.unknown === 0 && landed > 0
  return {
    currency: budget.currency,
    today: toldOf(spent),
    landed_today: landed,
    per_landed_change_nano: isKnown ? Math.round(spent.cost / landed) : null,
    per_day_nano: budget.perDay === null ? null : toNano(budget.perDay),
    per_request_nano: budget.perRequest === null ? null : toNano(budget.perRequest),
    running: store.runs.list({ running: true }).length,
    stopped: store.facts.get('agents_stopped') !== null,
  }
}
