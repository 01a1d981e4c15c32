/** Whether an element has room for two things beside each other. */
import { useLayoutEffect, useState, type RefObject } from 'react'

export function useWide(element: RefObject<HTMLElement | null>, width: number): boolean {
  const [wide, setWide] = useState(true)
  useLayoutEffect(() => {
    const { current } = element
    if (current === null) return
    const look = (): void => setWide(current.clientWidth >= width)
    look()
    const observer = new ResizeObserver(look)
    observer.observe(current)
    return () => observer.disconnect()
  }, [element, width])
  return wide
}
