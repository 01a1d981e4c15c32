/** A small line of figures; where nothing was measured there is a gap, not a zero. */
import styles from './sparkline.module.css'

const WIDTH = 120
const HEIGHT = 24
const PAD = 2

/** The parts of the line between gaps, and values that stand alone, as SVG path data. */
export function sparkPath(values: readonly (number | null)[]): { line: string; dots: string } {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return { line: '', dots: '' }
  const top = Math.max(...known)
  const low = Math.min(0, ...known)
  const span = top - low || 1
  const step = (WIDTH - 2 * PAD) / Math.max(1, values.length - 1)
  const line: string[] = []
  const dots: string[] = []
  values.forEach((value, index) => {
    if (value === null) return
    const x = (PAD + index * step).toFixed(1)
    const y = (HEIGHT - PAD - ((value - low) / span) * (HEIGHT - 2 * PAD)).toFixed(1)
    const before = (values[index - 1] ?? null) !== null
    const after = (values[index + 1] ?? null) !== null
    if (before || after) line.push(`${before ? 'L' : 'M'}${x} ${y}`)
    else dots.push(`M${x} ${y}h0.01`)
  })
  return { line: line.join(''), dots: dots.join('') }
}

export function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const { line, dots } = sparkPath(values)
  const said = line + dots === '' ? `${label}: no data in the last hour` : `${label}, last hour`
  return (
    <svg
      className={styles.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={said}
    >
      <path className={styles.base} d={`M${PAD} ${HEIGHT - PAD}H${WIDTH - PAD}`} />
      {line !== '' && <path className={styles.line} d={line} />}
      {dots !== '' && <path className={styles.dots} d={dots} />}
    </svg>
  )
}
