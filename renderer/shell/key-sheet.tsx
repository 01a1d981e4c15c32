/** The keys that work where the operator is. */
import { useStore as useZustand } from 'zustand'
import { useApp, useStore } from '../state/hooks.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Kbd } from '../ui/kbd.tsx'
import styles from './key-sheet.module.css'
import { groupsOf } from './palette.tsx'

export function KeySheet() {
  const app = useApp()
  const open = useStore((state) => state.overlay === 'keys')
  const registered = useZustand(app.commands)
  const groups = groupsOf(registered)
    .map(([group, commands]) => [group, commands.filter(({ keys }) => keys !== undefined)] as const)
    .filter(([, commands]) => commands.length > 0)
  return (
    <Dialog open={open} onClose={() => app.store.setState({ overlay: 'none' })} title="Keys" wide>
      <div className={styles.sheet}>
        {groups.map(([group, commands]) => (
          <section key={group} className={styles.group}>
            <h3 className={styles.title}>{group}</h3>
            <dl>
              {commands.map(({ id, label, keys }) => (
                <div key={id} className={styles.row}>
                  <dt>{label}</dt>
                  <dd>{keys !== undefined && <Kbd keys={keys} />}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
