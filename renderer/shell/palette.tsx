/** Everything that can be done from here, by typing a part of its name. */
import { Dialog } from '@base-ui/react/dialog'
import { Command as Cmdk } from 'cmdk'
import { useState } from 'react'
import { useStore as useZustand } from 'zustand'
import { navigate } from '../router.ts'
import type { Command } from '../state/commands.ts'
import { useApp, useStore } from '../state/hooks.ts'
import { Kbd } from '../ui/kbd.tsx'
import styles from './palette.module.css'

/** What was typed, where it names something itself: a change by number, a request by id. */
export function jumpsOf(typed: string): { label: string; to: string }[] {
  const text = typed.trim().replace(/^#/, '')
  if (/^[1-9][0-9]{0,14}$/.test(text)) return [{ label: `Open change ${text}`, to: `/change/${text}` }]
  if (/^[A-Za-z][A-Za-z0-9._]*-[A-Za-z0-9._-]{1,150}$/.test(text)) {
    return [{ label: `Open request ${text}`, to: `/request/${text}` }]
  }
  return []
}

/** Groups in the order nearest first; a command registered twice stands once. */
export function groupsOf(registered: readonly (readonly Command[])[]): [string, Command[]][] {
  const groups = new Map<string, Command[]>()
  const seen = new Set<string>()
  for (const command of registered.toReversed().flat()) {
    if (seen.has(command.id)) continue
    seen.add(command.id)
    groups.set(command.group, [...(groups.get(command.group) ?? []), command])
  }
  return [...groups]
}

/** Every word typed must be in the name; names that begin with it come first. */
export function fits(value: string, typed: string): number {
  const name = value.toLowerCase()
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (!words.every((word) => name.includes(word))) return 0
  return words.some((word) => name.split(/\s+/).some((part) => part.startsWith(word))) ? 1 : 0.5
}

function List({ close }: { close: () => void }) {
  const app = useApp()
  const registered = useZustand(app.commands)
  const [typed, setTyped] = useState('')
  const act = (run: () => void) => (): void => {
    close()
    run()
  }
  return (
    <Cmdk label="Search or act" loop filter={fits} className={styles.list}>
      <Cmdk.Input
        value={typed}
        onValueChange={setTyped}
        placeholder="Type a command, a change number or a request id"
        className={styles.input}
      />
      <Cmdk.List className={styles.items}>
        <Cmdk.Empty className={styles.empty}>Nothing here is called that.</Cmdk.Empty>
        {jumpsOf(typed).map(({ label, to }) => (
          <Cmdk.Item
            key={to}
            value={`${label} ${typed}`}
            className={styles.item}
            onSelect={act(() => navigate(to))}
          >
            {label}
          </Cmdk.Item>
        ))}
        {groupsOf(registered).map(([group, commands]) => (
          <Cmdk.Group key={group} heading={group} className={styles.group}>
            {commands
              .filter(({ palette }) => palette !== false)
              .map(({ id, label, keys, reason, run }) => (
                <Cmdk.Item
                  key={id}
                  value={`${group} ${label}`}
                  disabled={typeof reason === 'string'}
                  className={styles.item}
                  onSelect={act(run)}
                >
                  <span className={styles.label}>
                    {label}
                    {typeof reason === 'string' && <span className={styles.reason}>{reason}</span>}
                  </span>
                  {keys !== undefined && <Kbd keys={keys} />}
                </Cmdk.Item>
              ))}
          </Cmdk.Group>
        ))}
      </Cmdk.List>
    </Cmdk>
  )
}

export function Palette() {
  const app = useApp()
  const open = useStore((state) => state.overlay === 'palette')
  const close = (): void => app.store.setState({ overlay: 'none' })
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.scrim} />
        <Dialog.Popup className={styles.popup} aria-label="Search or act">
          <List close={close} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
