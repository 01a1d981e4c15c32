/** What agents do and cost today, in one line under the sentence; nothing where none was asked. */
import type { ReactNode } from 'react'
import type { Costs } from '../../../schemas/agents.ts'
import { StopAgentsButton, StoppedNote } from '../../agents/stop.tsx'
import { useCosts } from '../../agents/use-agents.ts'
import { aboutWord, costWords, leftWords, moneyWords, runsWords, tokensWords } from '../../agents/words.ts'
import { useStale } from '../../state/hooks.ts'
import { cx } from '../../ui/cx.ts'
import styles from './home.module.css'

/** The parts of the line, in order. */
export function agentParts(costs: Costs): string[] {
  const { currency, today, landed_today: landed, running } = costs
  const tokens = today.input_tokens + today.output_tokens
  const asked = tokens > 0 || today.unknown_runs > 0
  const left = leftWords(costs.per_day_nano, today, currency)
  return [
    running === 0 ? 'none at work' : `${running} at work`,
    `${runsWords(today.runs)} today`,
    ...(asked ? [costWords(today, currency)] : today.runs > 0 ? ['no model was asked'] : []),
    ...(tokens > 0 ? [`${aboutWord(today)}${tokensWords(today.input_tokens, today.output_tokens)}`] : []),
    ...(asked && landed > 0
      ? [
          `${aboutWord(today)}${moneyWords(costs.per_landed_change_nano, currency)} per landed change (${landed})`,
        ]
      : []),
    ...(left === null ? [] : [`${left} today`]),
  ]
}

export function AgentsLine(): ReactNode {
  const costs = useCosts()
  const stale = useStale()
  if (costs === undefined || (costs.today.runs === 0 && costs.running === 0 && !costs.stopped)) return null
  return (
    <section aria-label="Agents" className={cx(styles.agents, stale !== null && styles.old)}>
      <StoppedNote />
      <p className={styles.agentsLine}>
        <strong>Agents</strong>
        {agentParts(costs).map((part) => (
          <span key={part}>{part}</span>
        ))}
        {costs.running > 0 && <StopAgentsButton small />}
      </p>
    </section>
  )
}
