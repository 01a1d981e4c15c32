/** Where the pending changes on screen stand in line and what they wait for, asked in one look. */
import { useEffect, useMemo } from 'react'
import { waitsSentence } from '../../change/reasons.ts'
import { useApp, useRead } from '../../state/hooks.ts'

/** Rows that are only scrolled past are not asked about. */
const LOOK_AFTER_MS = 200
const LOOK_EVERY_MS = 5_000
/** More than fit on a screen. */
const MOST = 200

export function usePlaces(ids: readonly number[]): ReadonlyMap<number, string> {
  const app = useApp()
  const asked = ids.slice(0, MOST)
  const key = asked.join(' ')
  const { value, reload } = useRead(
    'places',
    (api, signal) =>
      asked.length === 0 ? Promise.resolve([]) : api.changes.places({ ids: [...asked] }, { signal }),
    { everyMs: LOOK_EVERY_MS, enabled: asked.length > 0 },
  )
  useEffect(() => app.clock.after(LOOK_AFTER_MS, reload), [app, key, reload])
  return useMemo(
    () =>
      new Map(
        (value ?? []).flatMap(({ id, ...place }) => {
          const told = waitsSentence({ status: 'pending', ...place })
          return told === null ? [] : [[id, told] as const]
        }),
      ),
    [value],
  )
}
