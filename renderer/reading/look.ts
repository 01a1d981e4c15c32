/** How differences are looked at: of this person, for every change. */
import { useMemo } from 'react'
import { lookFrom, type DiffLook } from '../editor/diff-model.ts'
import { useApp, useStore } from '../state/hooks.ts'

export function useLook(): [DiffLook, (change: Partial<DiffLook>) => void] {
  const app = useApp()
  const kept = useStore(({ preferences }) => preferences.layout['reading'])
  const look = useMemo(() => lookFrom(kept), [kept])
  return [look, (change) => app.prefer({ layout: { reading: { ...look, ...change } } })]
}
