/** Brings an editor of some kind into its place once its chunk and its font are there. */
import { useEffect, useRef, useState, type RefObject } from 'react'

export type Loading = 'loading' | 'ready' | 'failed'

/** Lets the editor measure the font it will draw in; a font that is not there is measured as what stands in. */
const font = (): Promise<unknown> =>
  document.fonts.load("12px 'JetBrains Mono Variable'").catch(() => undefined)

/** `mount` is called anew only where `wanted` comes back. */
export function useEditor<E extends { dispose(): void }>(
  host: RefObject<HTMLElement | null>,
  wanted: boolean,
  mount: (host: HTMLElement) => Promise<E | null>,
): { state: Loading; made: E | null } {
  const [made, setMade] = useState<E | null>(null)
  const [failed, setFailed] = useState(false)
  const latest = useRef(mount)
  latest.current = mount

  useEffect(() => {
    if (!wanted) return undefined
    let mounted: E | null = null
    let gone = false
    const bring = async (): Promise<void> => {
      await font()
      if (gone || host.current === null) return
      const one = await latest.current(host.current)
      if (gone) one?.dispose()
      else {
        mounted = one
        setMade(one)
      }
    }
    void bring().catch(() => {
      if (!gone) setFailed(true)
    })
    return () => {
      gone = true
      mounted?.dispose()
      setMade(null)
    }
  }, [host, wanted])

  return { state: failed ? 'failed' : made === null ? 'loading' : 'ready', made }
}
