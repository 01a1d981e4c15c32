/** What to do next, from how things stand. */
import type { Home } from '../../../schemas/view.ts'
import type { Reading } from '../../state/hooks.ts'
import { CommandLine } from '../../ui/command-line.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { Pane } from '../../ui/pane.tsx'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

export function Guidance({ home, slot }: { home: Reading<Home>; slot: PaneSlot }) {
  const steps = home.value?.guidance ?? []
  return (
    <Pane
      title="Guidance"
      reading={home}
      flush
      empty={
        steps.length > 0 ? undefined : (
          <EmptyState title="Nothing needs you">Compose the next request whenever you like.</EmptyState>
        )
      }
      {...slot}
    >
      <ul>
        {steps.map(({ text, to, command }) => (
          <li key={text} className={styles.guide}>
            <span className={styles.guideText}>
              {to === null ? inertLine(text) : <Link to={to}>{inertLine(text)}</Link>}
            </span>
            {command !== null && <CommandLine line={command} className={styles.command} />}
          </li>
        ))}
      </ul>
    </Pane>
  )
}
