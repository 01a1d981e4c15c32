/** The newest log rows, live: what was read once and what the feed has told since, in order and without a gap. */
import { useMemo } from 'react'
import type { LogEvent } from '../../schemas/log-event.ts'
import { useRead, useStore, type Reading } from './hooks.ts'

/** Joins two runs of rows, each in the order of their ids, without debug rows, and keeps the newest. */
export function joinLogs(
  read: readonly LogEvent[],
  live: readonly LogEvent[],
  limit: number,
): readonly LogEvent[] {
  const first = live[0]
  if (first === undefined) return read.slice(-limit)
  return [...read.filter((row) => row.id < first.id), ...live.filter(({ level }) => level !== 'debug')].slice(
    -limit,
  )
}

export interface LogTail {
  reading: Reading<LogEvent[]>
  rows: readonly LogEvent[]
}

export function useLogTail(limit: number): LogTail {
  // Read anew after every reset of the feed, which is where the live rows begin again.
  const reading = useRead(`log-tail-${limit}`, (api, signal) =>
    api.logs.page({ before: null, limit, level: 'info', change_id: null, text: null }, { signal }),
  )
  const live = useStore((state) => state.logs)
  const read = reading.value
  const rows = useMemo(() => joinLogs(read ?? [], live, limit), [read, live, limit])
  return { reading, rows }
}
