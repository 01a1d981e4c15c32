/** A link inside the window: a real one, so that it can be copied and opened in another tab. */
import type { AnchorHTMLAttributes, MouseEvent } from 'react'
import { navigate } from '../router.ts'

export function Link({ to, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { to: string }) {
  const go = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event)
    const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0
    if (event.defaultPrevented || other) return
    event.preventDefault()
    navigate(to)
  }
  return <a {...rest} href={to} onClick={go} />
}
