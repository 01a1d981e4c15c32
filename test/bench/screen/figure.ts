/** What one measurement says, beside what it should say. */

export interface Figure {
  name: string
  unit: 'ms' | '×' | 'KB' | 'MB' | '%' | ''
  /** At most so much; null where nothing is promised. */
  target: number | null
  /** Null where it could not be measured, which is not the same as kept. */
  measured: number | null
  /** How it was measured, and what stands behind the one number. */
  detail: string
}

/** A target that is missed by more than this fails the run; less may be the machine's mood. */
const BY_FAR = 1.5

export const quantile = (values: readonly number[], share: number): number | null =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? null

export const median = (values: readonly number[]): number | null => quantile(values, 0.5)

const digits = (value: number | null): string =>
  value === null ? 'no data' : value.toFixed(value < 10 && value > 0 ? 1 : 0)

/** "p50 12, p95 31, most 40 of 60". */
export const spread = (values: readonly number[]): string =>
  `p50 ${digits(quantile(values, 0.5))}, p95 ${digits(quantile(values, 0.95))}, most ${digits(quantile(values, 1))}; ${values.length} times`

/** The 95th percentile of times, against a target in milliseconds. */
export const timesFigure = (name: string, target: number | null, values: readonly number[]): Figure => ({
  name,
  unit: 'ms',
  target,
  measured: quantile(values, 0.95),
  detail: spread(values),
})

export type Verdict = 'kept' | 'missed' | 'missed by far' | 'not measured' | ''

export function verdictOf({ target, measured }: Figure): Verdict {
  if (measured === null) return 'not measured'
  if (target === null) return ''
  if (measured <= target) return 'kept'
  return target > 0 && measured <= target * BY_FAR ? 'missed' : 'missed by far'
}

const withUnit = (value: number | null, unit: string): string =>
  value === null ? '–' : `${unit === '×' ? value.toFixed(2) : digits(value)}${unit === '' ? '' : ` ${unit}`}`

/** Returns figures as a Markdown table, as the README quotes it. */
export function figureTable(figures: readonly Figure[]): string {
  const lines = figures.map((figure) => {
    const { name, unit, target, measured, detail } = figure
    const promised = target === null ? '–' : `≤ ${withUnit(target, unit)}`
    return `| ${name} | ${promised} | ${withUnit(measured, unit)} | ${verdictOf(figure)} | ${detail} |`
  })
  return ['| what | target | measured | | |', '|---|---|---|---|---|', ...lines].join('\n')
}
