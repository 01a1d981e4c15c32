/** Several tabs of one workspace: one of them speaks, and it knows whether a person looks at any of them. */

export interface Tabs {
  /** Whether this is the tab that speaks. */
  speaks(): boolean
  /** Says whether a person looks at this tab. */
  looked(at: boolean): void
  someoneLooks(): Promise<boolean>
  close(): void
}

/**
 * Locks of the browser end with their tab, however it ends: whoever waits for the first then speaks. Where there are
 * none every tab speaks, and their notices take each other's place.
 */
export function openTabs(locks: LockManager | undefined, workspace: string): Tabs {
  if (locks === undefined) {
    return {
      speaks: () => true,
      looked: () => undefined,
      someoneLooks: async () => false,
      close: () => undefined,
    }
  }
  const speaker = `hyperion:speaks:${workspace}`
  const looker = `hyperion:looked-at:${workspace}`
  let mine = false
  let life: AbortController | null = new AbortController()
  let look: AbortController | null = null

  /** Holds a lock, from when it can be had until `signal` aborts. */
  function hold(name: string, mode: LockMode, signal: AbortSignal, had: () => void = () => undefined): void {
    const until = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    const held = (): Promise<void> => {
      had()
      return until
    }
    // Given up while it was waited for.
    locks?.request(name, { mode, signal }, held).catch(() => undefined)
  }
  hold(speaker, 'exclusive', life.signal, () => {
    mine = true
  })
  return {
    speaks: () => mine,
    looked(at) {
      if (life === null || at === (look !== null)) return
      look?.abort()
      look = at ? new AbortController() : null
      if (look !== null) hold(looker, 'shared', look.signal)
    },
    async someoneLooks() {
      const { held = [] } = await locks.query()
      return held.some(({ name }) => name === looker)
    },
    close() {
      look?.abort()
      life?.abort()
      life = null
      mine = false
    },
  }
}
