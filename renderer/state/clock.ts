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

/** One timer for all that says how long ago something was, so that they change together. */
function everySecond(): (listener: () => void) => () => void {
  const listeners = new Set<() => void>()
  let timer: ReturnType<typeof setInterval> | undefined
  return (listener) => {
    listeners.add(listener)
    timer ??= setInterval(() => {
      for (const one of listeners) one()
    }, 1000)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }
}

const subscribe = everySecond()

/** Whole seconds since 1970, ticking. */
export const useSeconds = (): number => useSyncExternalStore(subscribe, () => Math.floor(Date.now() / 1000))
