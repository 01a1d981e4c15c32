/** Hears the keyboard for the whole window and runs the command a chord or sequence stands for. */
import { useEffect } from 'react'
import type { Command } from '../state/commands.ts'
import { useApp } from '../state/hooks.ts'
import { isMac } from '../ui/kbd.tsx'

/** A sequence is given up when its next key does not come. */
const SEQUENCE_MS = 1_200

interface Press {
  key: string
  /** The place on the keyboard: with Alt a Mac's key is another sign. */
  code?: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

/** A press as commands write it; shift counts only with letters, for a sign has it in itself. */
export function chordOf(press: Press, mac: boolean): string {
  const { ctrlKey, metaKey, altKey, shiftKey } = press
  const plain = altKey && mac ? /^(?:Key([A-Z])|Digit([0-9]))$/.exec(press.code ?? '') : null
  const key = plain?.[1] ?? plain?.[2] ?? press.key
  const mod = mac ? metaKey : ctrlKey
  const letter = /^[a-z]$/i.test(key)
  const parts = [
    mod ? 'mod' : '',
    altKey ? 'alt' : '',
    shiftKey && (letter || key.length > 1) ? 'shift' : '',
    letter ? key.toLowerCase() : key,
  ]
  return parts.filter((part) => part !== '').join('+')
}

export const normalKeys = (keys: string): string =>
  keys
    .split(' ')
    .map((chord) => {
      const parts = chord.split('+')
      const last = parts.at(-1) ?? ''
      const shift =
        /^[A-Z]$/.test(last) && !parts.includes('mod') && !parts.includes('shift') ? ['shift'] : []
      const key = /^[A-Za-z]$/.test(last) ? last.toLowerCase() : last
      return [...parts.slice(0, -1), ...shift, key].join('+')
    })
    .join(' ')

export type Match = { kind: 'run'; command: Command } | { kind: 'wait' } | { kind: 'none' }

/** What the keys so far mean; the registration nearest to the operator wins. */
export function match(commands: readonly (readonly Command[])[], sofar: string): Match {
  let waits = false
  for (const group of commands.toReversed()) {
    for (const command of group) {
      if (command.keys === undefined) continue
      const keys = normalKeys(command.keys)
      if (keys === sofar) return { kind: 'run', command }
      if (keys.startsWith(`${sofar} `)) waits = true
    }
  }
  return waits ? { kind: 'wait' } : { kind: 'none' }
}

/** Where a key is a character, or belongs to what has the keyboard (`data-keys='own'`: the editor). */
const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest('[data-keys=own]') !== null ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit)$/.test(target.type)))

export function useKeys(): void {
  const app = useApp()
  useEffect(() => {
    let before = ''
    let stop = (): void => undefined
    const forget = (): void => {
      stop()
      before = ''
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || /^(Control|Meta|Alt|Shift)$/.test(event.key)) return
      const chord = chordOf(event, isMac())
      const sofar = before === '' ? chord : `${before} ${chord}`
      const inText = isText(event.target)
      // A dialog or list that is open has the keyboard to itself.
      const covered =
        event.target instanceof Element &&
        event.target.closest('[role=dialog],[role=listbox][data-open]') !== null
      const found = match(app.commands.getState(), sofar)
      forget()
      if (found.kind === 'none') return
      if (found.kind === 'wait') {
        if (inText || covered) return
        before = sofar
        stop = app.clock.after(SEQUENCE_MS, forget)
        return
      }
      if ((inText || covered) && found.command.inText !== true) return
      event.preventDefault()
      if (typeof found.command.reason !== 'string') found.command.run()
    }
    window.addEventListener('keydown', onKey)
    return () => {
      forget()
      window.removeEventListener('keydown', onKey)
    }
  }, [app])
}
