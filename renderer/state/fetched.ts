/** Reads something too large to be kept: held by who shows it, gone with them. */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Api } from '../client.ts'
import { failureOf, wasWithdrawn, type Failure } from '../failure.ts'
import { useApp, useStore } from './hooks.ts'
import { folderOf } from './store.ts'

export interface Fetched<T> {
  /** The last that was read, which is of another key while `loading`. */
  value: T | undefined
  error: Failure | null
  loading: boolean
  reload(): void
}

interface Held<T> {
  key: string | null
  value: T | undefined
  error: Failure | null
}

/** `key` names what is read (null: nothing); another one reads anew, and what was asked for before is withdrawn. */
export function useFetched<T>(
  key: string | null,
  read: (api: Api, signal: AbortSignal) => Promise<T>,
): Fetched<T> {
  const { api } = useApp()
  const online = useStore(({ connection }) => connection.state === 'online')
  const folder = useStore(({ workspace }) => folderOf(workspace))
  const [held, setHeld] = useState<Held<T>>({ key: null, value: undefined, error: null })
  const [turn, setTurn] = useState(0)
  const latest = useRef(read)
  latest.current = read
  // What was read of another workspace is none of this one's.
  const whole = key === null ? null : `${folder} ${key} ${turn}`

  useEffect(() => {
    if (whole === null || !online) return
    const life = new AbortController()
    const ask = async (): Promise<void> => {
      try {
        const value = await latest.current(api, life.signal)
        if (!life.signal.aborted) setHeld({ key: whole, value, error: null })
      } catch (thrown) {
        if (!wasWithdrawn(thrown, life.signal))
          setHeld((before) => ({ ...before, key: whole, error: failureOf(thrown) }))
      }
    }
    void ask()
    return () => life.abort()
  }, [api, online, whole])

  const reload = useCallback(() => setTurn((before) => before + 1), [])
  const current = held.key === whole
  return {
    value: whole === null ? undefined : held.value,
    error: current ? held.error : null,
    loading: whole !== null && !current,
    reload,
  }
}
