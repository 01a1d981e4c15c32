/** Values seen in the rows read so far, to be offered while a filter is typed. */
import { useMemo } from 'react'
import type { Pages } from './page-cache.ts'

const KEPT = 200

export function useKnownValues({ pages }: Pages): Readonly<Record<string, readonly string[]>> {
  return useMemo(() => {
    const seen = {
      agent: new Set<string>(),
      request: new Set<string>(),
      path: new Set<string>(),
      anchor: new Set<string>(),
    }
    const add = (set: Set<string>, value: string | null): void => {
      if (value !== null && set.size < KEPT) set.add(value)
    }
    for (const rows of pages.values()) {
      for (const row of rows) {
        add(seen.agent, row.agent)
        add(seen.request, row.request_id)
        for (const path of row.paths) add(seen.path, path)
        for (const anchor of row.anchors) add(seen.anchor, anchor)
      }
    }
    return Object.fromEntries(Object.entries(seen).map(([key, values]) => [key, [...values].sort()]))
  }, [pages])
}
