/** A small line of figures; where nothing was measured there is a gap, not a zero. */
import styles from './sparkline.module.css'

const WIDTH = 120
const HEIGHT = 24
const PAD = 2

/** The parts of the line between gaps, as SVG path data; a lone value is a short dash. */
export function sparkPath(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return ''
  const top = Math.max(...known)
  const low = Math.min(0, ...known)
  const span = top - low || 1
  const step = (WIDTH - 2 * PAD) / Math.max(1, values.length - 1)
  const parts: string[] = []
  values.forEach((value, index) => {
    if (value === null) return
    const x = (PAD + index * step).toFixed(1)
    const y = (HEIGHT - PAD - ((value - low) / span) * (HEIGHT - 2 * PAD)).toFixed(1)
    const joined = index > 0 && values[index - 1] !== null
    parts.push(joined ? `L${x} ${y}` : `M${x} ${y}h0.01`)
  })
  return parts.join('')
}

export function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const path = sparkPath(values)
  const said = path === '' ? `${label}: no data in the last hour` : `${label}, last hour`
  return (
    <svg
      className={styles.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={said}
    >
      <path className={styles.base} d={`M${PAD} ${HEIGHT - PAD}H${WIDTH - PAD}`} />
      {path !== '' && <path className={styles.line} d={path} />}
    </svg>
  )
}
