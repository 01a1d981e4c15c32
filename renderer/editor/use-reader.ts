/** Brings a text into the editor once the editor is there, and keeps it current. */
import { useEffect, useRef, useState, type RefObject } from 'react'
import type { Reader } from './monaco.ts'

export type Loading = 'loading' | 'ready' | 'failed'

/** Lets the editor measure the font it will draw in; a font that is not there is measured as what stands in. */
const font = (): Promise<unknown> =>
  document.fonts.load("12px 'JetBrains Mono Variable'").catch(() => undefined)

export function useReader(
  host: RefObject<HTMLDivElement | null>,
  { text, language, label, wanted }: { text: string; language: string; label: string; wanted: boolean },
): { state: Loading; reader: Reader | null } {
  const [reader, setReader] = useState<Reader | null>(null)
  const [failed, setFailed] = useState(false)
  const latest = useRef(text)
  latest.current = text

  useEffect(() => {
    if (!wanted) return undefined
    let mounted: Reader | null = null
    let gone = false
    const mount = async (): Promise<void> => {
      const [{ mountReader }] = await Promise.all([import('./monaco.ts'), font()])
      if (gone || host.current === null) return
      mounted = mountReader(host.current, { text: latest.current, language, label })
      setReader(mounted)
    }
    void mount().catch(() => {
      if (!gone) setFailed(true)
    })
    return () => {
      gone = true
      mounted?.dispose()
      setReader(null)
    }
  }, [host, language, label, wanted])

  useEffect(() => reader?.setText(text), [reader, text])
  return { state: failed ? 'failed' : reader === null ? 'loading' : 'ready', reader }
}
