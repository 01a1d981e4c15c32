/** Words for what agents do and what it costs; what nobody knows is said to be unknown, and is never 0. */
import type { AgentRunRow } from '../../schemas/agents.ts'
import { spellMs } from '../ui/time.tsx'
import type { Tone } from '../views/requests/words.ts'
import type { Spent } from './model.ts'

const NANO = 1_000_000_000

/** "0.0123 USD", to four figures that count. */
export function moneyWords(nano: number | null, currency: string | null): string {
  if (nano === null) return 'unknown'
  const amount = nano / NANO
  const text =
    amount === 0 || Math.abs(amount) >= 1 ? amount.toFixed(2) : Number(amount.toPrecision(4)).toString()
  return currency === null ? text : `${text} ${currency}`
}

const many = (n: number, one: string, more: string): string =>
  n === 1 ? `1 ${one}` : `${n.toLocaleString('en')} ${more}`

export const runsWords = (n: number): string => many(n, 'run', 'runs')

/** "1,200 tokens in, 300 out"; null where none was counted. */
export const tokensWords = (input: number | null, output: number | null): string | null =>
  input === null && output === null
    ? null
    : `${(input ?? 0).toLocaleString('en')} tokens in, ${(output ?? 0).toLocaleString('en')} out`

/** Before a figure that is, in part, an estimate. */
export const aboutWord = ({ estimated_runs }: Pick<Spent, 'estimated_runs'>): string =>
  estimated_runs > 0 ? 'about ' : ''

/** "0.0123 USD", "about 0.0123 USD", "at least 0.0123 USD, 2 runs of unknown cost", "cost unknown". */
export function costWords(
  spent: Pick<Spent, 'cost_nano' | 'unknown_runs' | 'estimated_runs' | 'runs'>,
  currency: string,
): string {
  const { cost_nano, unknown_runs, runs } = spent
  if (cost_nano === null || (cost_nano === 0 && unknown_runs > 0))
    return unknown_runs === runs ? 'cost unknown' : `${runsWords(unknown_runs)} of unknown cost`
  const money = `${aboutWord(spent)}${moneyWords(cost_nano, currency)}`
  if (unknown_runs === 0) return money
  return `at least ${money}, ${runsWords(unknown_runs)} of unknown cost`
}

/** All of it: cost and tokens; null where no model was asked. */
export function spentWords(spent: Spent, currency: string): string | null {
  const tokens = spent.input_tokens + spent.output_tokens
  if (spent.runs === 0 || (tokens === 0 && spent.unknown_runs === 0)) return null
  const counted =
    tokens === 0 ? null : `${aboutWord(spent)}${tokensWords(spent.input_tokens, spent.output_tokens)}`
  return [costWords(spent, currency), counted].filter((part) => part !== null).join(' · ')
}

/** What is left of a limit, or by how much it is crossed; null where there is none, or where nobody can know. */
export function leftWords(
  limit: number | null,
  spent: Pick<Spent, 'cost_nano' | 'unknown_runs' | 'estimated_runs'>,
  currency: string,
): string | null {
  if (limit === null) return null
  const { cost_nano, unknown_runs } = spent
  const of = `of ${moneyWords(limit, currency)}`
  if (cost_nano === null || unknown_runs > 0) return `budget ${of.slice(3)}`
  const left = limit - cost_nano
  return left >= 0
    ? `${aboutWord(spent)}${moneyWords(left, currency)} ${of} left`
    : `${aboutWord(spent)}${moneyWords(-left, currency)} beyond the budget ${of}`
}

export const ROLE: Readonly<Record<AgentRunRow['role'], string>> = {
  engineer: 'Engineer',
  orchestrator: 'Orchestrator',
  developer: 'Developer',
  prompt: 'Agent',
}

export const whoOf = ({ role, agent }: Pick<AgentRunRow, 'role' | 'agent'>): string =>
  role === 'developer' ? agent : ROLE[role]

const FAILED: Readonly<Record<string, string>> = {
  auth: 'Not signed in',
  rate: 'Asked too often',
  provider: 'Service failed',
  unavailable: 'Not there',
  no_submission: 'Handed nothing in',
  invalid: 'Refused',
  timeout: 'Took too long',
  cancelled: 'Cancelled',
  budget: 'Out of budget',
  interrupted: 'Interrupted',
}

/** How a run stands. One that asks for files failed only by the letter: its agent waits for a person. */
export function runStanding(
  { status, code }: Pick<AgentRunRow, 'status' | 'code'>,
  asks: boolean,
  waits = false,
): { label: string; tone: Tone } {
  switch (status) {
    case 'running':
      return waits ? { label: 'Waits', tone: 'warn' } : { label: 'At work', tone: 'accent' }
    case 'submitted':
      return { label: 'Handed in', tone: 'ok' }
    case 'answered':
      return { label: 'Answered', tone: 'ok' }
    case 'failed': {
      if (asks) return { label: 'Asks for files', tone: 'warn' }
      const label = code !== null && Object.hasOwn(FAILED, code) ? FAILED[code] : undefined
      return { label: label ?? 'Failed', tone: code === 'cancelled' ? 'muted' : 'danger' }
    }
  }
}

/** "repair 1 of 2"; null where nothing was refused. `most` is null where it is not known. */
export function repairsWords(refusals: number, most: number | null): string | null {
  if (refusals === 0) return null
  if (most === null) return many(refusals, 'refusal', 'refusals')
  return refusals > most
    ? `refused, all ${many(most, 'repair', 'repairs')} used`
    : `repair ${refusals} of ${most}`
}

/** Words of services that are words of nobody. */
const SERVICE: Readonly<Record<string, string>> = { rate_limit: 'its service is asked too often' }

export const retryReason = (reason: string): string =>
  (Object.hasOwn(SERVICE, reason) ? SERVICE[reason] : undefined) ?? reason

/** "Asked again 3 times", "Asks again after 5.0 s" while that is to come. */
export function retryWords({ delayMs, times }: { delayMs: number; times: number }, waits: boolean): string {
  const after = delayMs === 0 ? '' : ` after ${spellMs(delayMs)}`
  return `${waits && delayMs > 0 ? 'Asks' : 'Asked'} again${after}${times === 1 ? '' : ` ${times} times`}`
}

/** Which place in the settings mends what a run failed for; null where none does. */
export function settingsFor({ code }: Pick<AgentRunRow, 'code'>): string | null {
  if (code === 'budget') return 'Budget in Settings'
  return code === 'auth' || code === 'unavailable' ? 'Agents in Settings' : null
}

/** A remedy in the words of this window: the engine names the commands of a terminal. */
export const hereWords = (detail: string): string =>
  detail
    .replaceAll('run `hyperion resume`', 'press Resume')
    .replaceAll(/, then `hyperion continue [^`]+`/g, ', then Go on')
    .replaceAll(/`hyperion continue [^`]+` goes on/g, 'press Go on')
