/** Single keys of a view: they do nothing while a text is written, a dialog is open or a place is being jumped to. */
import { useEffect, useRef } from 'react'

const WRITING = 'input:not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]'
const ABOVE = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]'
/** `g` and a letter within this time goes to another place. */
const JUMP_MS = 1500

/** Where every view stands; what else is open in the page lies over it. */
export function takesKeys(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return true
  return target.closest(WRITING) === null && target.closest(ABOVE) === null
}

export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    let jump = -JUMP_MS
    const hear = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (!takesKeys(event.target) || document.querySelector('[role="dialog"]') !== null) return
      if (event.timeStamp - jump < JUMP_MS) {
        jump = -JUMP_MS
        return
      }
      if (event.key === 'g') {
        jump = event.timeStamp
        return
      }
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', hear)
    return () => window.removeEventListener('keydown', hear)
  }, [])
}
