/** What a run may cost: set aside before it begins, counted while it works, and its end once that is used up. */
import type { Config } from '../../../schemas/config.ts'
import { costOf, estimatedTokens, moneyText, toNano, type Price } from '../domain/money.ts'
import type { AgentRuns, Left, Limits, RunUsage } from '../store/agent-runs.ts'
import type { Usage } from './harness.ts'

/** What is set aside for answers before anything is known of them, in tokens. */
const ANSWER_TOKENS = 4_096

type BudgetConfig = Pick<Config['agents'], 'budget' | 'prices'>

export const limitsOf = ({ budget }: BudgetConfig): Limits => ({
  request: budget.perRequest === null ? null : toNano(budget.perRequest),
  day: budget.perDay === null ? null : toNano(budget.perDay),
})

/** A remedy, and how what it was in the way of goes on after it. */
export const thenGoOn = (remedy: string, requestId: string | null): string =>
  requestId === null ? remedy : `${remedy}, then \`hyperion continue ${requestId}\``

export type Reserve =
  { ok: true; nano: number; price: Price | undefined } | { ok: false; reason: string; detail: string }

/** Returns what has to be set aside for a prompt, or why nothing may be spent on it. */
export function reserveFor(
  config: BudgetConfig,
  model: string,
  promptLength: number,
  requestId: string | null,
): Reserve {
  const { budget, prices } = config
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined
  for (const key of ['perRequest', 'perDay'] as const) {
    if (budget[key] === 0) {
      const detail = `agents.budget.${key} is 0, so no model may be asked; ${thenGoOn('raise it, set it to null for no limit, or use stub agents', requestId)}`
      return { ok: false, reason: 'budget_zero', detail }
    }
    if (budget[key] !== null && price === undefined) {
      const detail = `agents.budget.${key} cannot be kept, because agents.prices has no price for ${model}; ${thenGoOn('add one to agents.prices', requestId)}`
      return { ok: false, reason: 'price_unknown', detail }
    }
  }
  const tokens = { inputTokens: estimatedTokens(promptLength), outputTokens: ANSWER_TOKENS }
  return { ok: true, nano: costOf(tokens, price) ?? 0, price }
}

const which = (left: Left): 'perRequest' | 'perDay' =>
  left.request !== null && (left.day === null || left.request <= left.day) ? 'perRequest' : 'perDay'

/** Says why a run cannot begin. */
export function refusedText(
  { budget }: BudgetConfig,
  left: Left,
  reserve: number,
  requestId: string | null,
): string {
  const key = which(left)
  const rest = moneyText(Math.max(0, left[key === 'perRequest' ? 'request' : 'day'] ?? 0), budget.currency)
  return `agents.budget.${key} (${budget[key]} ${budget.currency}) leaves ${rest}, and this turn sets ${moneyText(reserve, budget.currency)} aside; ${thenGoOn(`raise agents.budget.${key}`, requestId)}`
}

export interface Meter {
  /** It is this model that is asked, not the one that was meant; null where nobody says. */
  asks(model: string | null): void
  /** Of the run so far, as its service counts. */
  counted(usage: Usage): void
  /** Words that were said and not counted yet. */
  heard(characters: number, direction: 'in' | 'out'): void
  /** Writes what is known; returns the sentence that says which limit is crossed and by how much, or null. */
  check(): string | null
  /** The same at the end, without what was only estimated where it was counted. */
  close(): string | null
}

/** Of agents that ask no model: nothing to count. */
export const NO_METER: Meter = {
  asks: () => undefined,
  counted: () => undefined,
  heard: () => undefined,
  check: () => null,
  close: () => null,
}

export interface MeterOptions {
  runs: Pick<AgentRuns, 'charge'>
  id: number
  requestId: string | null
  config: BudgetConfig
  price: Price | undefined
  reserve: number
}

export function openMeter({ runs, id, requestId, config, reserve, ...options }: MeterOptions): Meter {
  const limits = limitsOf(config)
  let { price } = options
  let unpriced: string | null = null
  let counted = { inputTokens: 0, outputTokens: 0 }
  let source: Usage['source'] = 'unavailable'
  let pending = { in: 0, out: 0 }
  let written = ''
  let left: Left = { request: null, day: null }

  function usageNow(): RunUsage {
    const estimate = { in: estimatedTokens(pending.in), out: estimatedTokens(pending.out) }
    if (source === 'unavailable' && estimate.out === 0)
      return { source, inputTokens: null, outputTokens: null, cost: null }
    const tokens = {
      inputTokens: counted.inputTokens + estimate.in,
      outputTokens: counted.outputTokens + estimate.out,
    }
    const isEstimate = source !== 'reported' || estimate.in + estimate.out > 0
    return { source: isEstimate ? 'estimated' : 'reported', ...tokens, cost: costOf(tokens, price) }
  }
  function write(isOver: boolean): void {
    const usage = usageNow()
    // A cost that never became known counts as what was set aside.
    const exposure = isOver ? (usage.cost ?? reserve) : Math.max(reserve, usage.cost ?? 0)
    const now = JSON.stringify([usage, exposure])
    if (now === written) return
    left = runs.charge(id, usage, exposure, limits)
    written = now
  }
  return {
    asks(model) {
      price = model !== null && Object.hasOwn(config.prices, model) ? config.prices[model] : undefined
      const isLimited = limits.request !== null || limits.day !== null
      unpriced = price === undefined && isLimited ? (model ?? 'a model that its agent does not name') : null
    },
    counted(usage) {
      if (usage.source === 'unavailable') return
      counted = { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
      source = usage.source
      pending = { in: 0, out: 0 }
    },
    heard(characters, direction) {
      pending = { ...pending, [direction]: pending[direction] + characters }
    },
    check() {
      write(false)
      return crossed()
    },
    close() {
      write(true)
      return crossed()
    },
  }
  function crossed(): string | null {
    if (unpriced !== null)
      return `agents.budget cannot be kept, because agents.prices has no price for ${unpriced}; ${thenGoOn('add one to agents.prices', requestId)}`
    if ((left.request ?? 0) >= 0 && (left.day ?? 0) >= 0) return null
    const key = which(left)
    const over = -(left[key === 'perRequest' ? 'request' : 'day'] ?? 0)
    const { budget } = config
    return `agents.budget.${key} of ${budget[key]} ${budget.currency} is used up, ${moneyText(over, budget.currency)} beyond it; ${thenGoOn(`raise agents.budget.${key}`, requestId)}`
  }
}
