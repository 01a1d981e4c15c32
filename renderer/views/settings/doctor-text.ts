/** Doctor's findings in order and as text, for whoever asks somebody else about them. */
import type { Diagnosis } from '../../../schemas/view.ts'
import { inertLine } from '../../ui/inert.ts'

export const STATE_LABEL: Readonly<Record<Diagnosis['state'], string>> = {
  broken: 'Broken',
  notice: 'Notice',
  ok: 'In order',
}

const ORDER: Readonly<Record<Diagnosis['state'], number>> = { broken: 0, notice: 1, ok: 2 }

/** What is broken first; among equals as they were looked at. */
export const worstFirst = (findings: readonly Diagnosis[]): Diagnosis[] =>
  findings.toSorted((a, b) => ORDER[a.state] - ORDER[b.state])

export const brokenIn = (findings: readonly Diagnosis[]): number =>
  findings.filter(({ state }) => state === 'broken').length

/** "2 of 18 are broken, 1 to note.", or that none is. */
export function summaryOf(findings: readonly Diagnosis[]): string {
  const broken = brokenIn(findings)
  const notices = findings.filter(({ state }) => state === 'notice').length
  const noted = notices === 0 ? '' : `, ${notices} to note`
  if (broken === 0) return `None of ${findings.length} is broken${noted}.`
  return `${broken} of ${findings.length} ${broken === 1 ? 'is' : 'are'} broken${noted}.`
}

/** A line a finding, its remedy below it. */
export const asText = (findings: readonly Diagnosis[]): string =>
  worstFirst(findings)
    .map(({ name, state, detail, remedy }) => {
      const line = `${STATE_LABEL[state]}: ${inertLine(name)}: ${inertLine(detail, 4000)}`
      return remedy === null ? line : `${line}\n  ${inertLine(remedy, 4000)}`
    })
    .join('\n')
