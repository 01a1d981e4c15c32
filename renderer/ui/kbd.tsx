/** Keys as they stand on the keyboard: `Kbd keys="g q"`, `Kbd keys="mod+K"`. */
import styles from './kbd.module.css'

export const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform)

const NAMES: Readonly<Record<string, readonly [mac: string, other: string]>> = {
  mod: ['⌘', 'Ctrl'],
  shift: ['⇧', 'Shift'],
  alt: ['⌥', 'Alt'],
  enter: ['↵', 'Enter'],
  escape: ['Esc', 'Esc'],
}

/** Keys pressed together are joined with `+`, one after the other with a space. */
export function Kbd({ keys }: { keys: string }) {
  const mac = isMac()
  return (
    <span className={styles.keys}>
      {keys.split(' ').map((chord) => (
        <kbd key={chord} className={styles.key}>
          {chord
            .split('+')
            .map((name) => NAMES[name]?.[mac ? 0 : 1] ?? name)
            .join(mac ? '' : '+')}
        </kbd>
      ))}
    </span>
  )
}
