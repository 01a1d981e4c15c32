/** The window's clock: the one door to time in the renderer. */
import { useSyncExternalStore } from 'react'

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once after that long, unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void
}

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/** Whole seconds, ticking once a second: for what says how long ago something was. */
const subscribe = (listener: () => void): (() => void) => {
  const timer = setInterval(listener, 1000)
  return () => clearInterval(timer)
}

export const useSeconds = (): number => useSyncExternalStore(subscribe, () => Math.floor(Date.now() / 1000))
