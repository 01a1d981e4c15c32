/** How figures are said in one line. */
import type { QueueMetrics } from '../../../schemas/metrics.ts'

const figure = (value: number | null, unit: string): string =>
  value === null ? 'n/a' : `${value.toFixed(1)}${unit}`

/** Returns the line that workers print every five seconds. */
export function progressLine(metrics: QueueMetrics): string {
  const { pending, in_progress, applied, failed } = metrics.status_counts
  return [
    `[progress] pending=${pending} in_progress=${in_progress} applied=${applied} failed=${failed}`,
    `throughput=${figure(metrics.throughput_per_minute, '/min')}`,
    `avg_dequeue_latency=${figure(metrics.avg_dequeue_latency_ms, 'ms')}`,
    `avg_apply_duration=${figure(metrics.avg_apply_duration_ms, 'ms')}`,
    `avg_poll_interval=${figure(metrics.avg_poll_interval_ms, 'ms')}`,
    `lease_contention_events=${metrics.lease_contention_events}`,
  ].join(' ')
}
