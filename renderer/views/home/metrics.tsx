/** The figures of the `[progress]` line and of the agents, each with its last hour. */
import type { Home } from '../../../schemas/view.ts'
import type { Reading } from '../../state/hooks.ts'
import { Pane } from '../../ui/pane.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { inertLine } from '../../ui/inert.ts'
import { spellMs } from '../../ui/time.tsx'
import { cx } from '../../ui/cx.ts'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

export interface Tile {
  name: string
  /** Null is "no data", never 0. */
  figure: string | null
  hour: readonly (number | null)[]
}

const ms = (value: number | null): string | null => (value === null ? null : spellMs(value))

export function tilesOf({ metrics, hour }: Pick<Home, 'metrics' | 'hour'>): Tile[] {
  const { agent, throughput_per_minute: perMinute } = metrics
  const rate = agent.guard_success_rate
  const perSecond = agent.requests_per_sec
  return [
    {
      name: 'Throughput',
      figure: perMinute === null ? null : `${perMinute.toFixed(1)}/min`,
      hour: hour.throughput,
    },
    { name: 'Dequeue latency', figure: ms(metrics.avg_dequeue_latency_ms), hour: hour.dequeue_latency_ms },
    { name: 'Apply latency', figure: ms(metrics.avg_apply_duration_ms), hour: hour.apply_duration_ms },
    { name: 'Poll interval', figure: ms(metrics.avg_poll_interval_ms), hour: hour.poll_interval_ms },
    {
      name: 'Lease contention',
      figure: String(metrics.lease_contention_events),
      hour: hour.lease_contention,
    },
    {
      name: 'Agent requests',
      figure: perSecond === null ? null : `${perSecond.toFixed(2)}/s`,
      hour: hour.requests,
    },
    {
      name: 'Guard success',
      figure: rate === null ? null : `${Math.round(rate * 100)} %`,
      hour: hour.guard_success_rate,
    },
    { name: 'Approval latency', figure: ms(agent.approval_latency_ms.avg), hour: hour.approval_latency_ms },
  ]
}

export function Metrics({ home, slot }: { home: Reading<Home>; slot: PaneSlot }) {
  const tiles = home.value === undefined ? [] : tilesOf(home.value)
  const window = home.value?.metrics.window_seconds
  const distrusted = home.value?.report?.problem ?? null
  return (
    <Pane
      title="Metrics"
      note={window === undefined ? undefined : `last ${window} s; line: last hour`}
      reading={home}
      flush
      {...slot}
    >
      {distrusted !== null && (
        <p className={styles.distrusted} role="note">
          {inertLine(distrusted)}: it is not trusted. These figures are the queue’s own.
        </p>
      )}
      <div className={styles.tiles}>
        {tiles.map(({ name, figure, hour }) => (
          <div key={name} className={styles.tile}>
            <span className={styles.tileName}>{name}</span>
            <span className={cx(styles.tileFigure, figure === null && styles.none)}>
              {figure ?? 'no data'}
            </span>
            <Sparkline values={hour} label={name} />
          </div>
        ))}
      </div>
    </Pane>
  )
}
