/** A draft for as long as its view is there. */
import { useEffect, useState } from 'react'
import { useStore as useZustand } from 'zustand'
import { useApp, useStore } from '../state/hooks.ts'
import { folderOf } from '../state/store.ts'
import { openCast, type CastSession, type CastState } from './session.ts'

export function useCast(id: string): CastSession | null {
  const app = useApp()
  const folder = useStore((state) => folderOf(state.workspace))
  const [session, setSession] = useState<CastSession | null>(null)
  useEffect(() => {
    const opened = openCast({ api: app.api, clock: app.clock, id, tab: crypto.randomUUID() })
    setSession(opened)
    void opened.open()
    // What was typed last is sent before the page goes, or sleeps.
    const hide = (): void => void opened.settle()
    window.addEventListener('pagehide', hide)
    document.addEventListener('visibilitychange', hide)
    return () => {
      window.removeEventListener('pagehide', hide)
      document.removeEventListener('visibilitychange', hide)
      opened.close()
      setSession(null)
    }
  }, [app, id, folder])
  return session
}

export const useCastState = <T>(session: CastSession, pick: (state: CastState) => T): T =>
  useZustand(session.store, pick)
