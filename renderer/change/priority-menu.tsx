/** Gives what is selected another priority: a menu of the four, the one they have marked. */
import { Menu } from '@base-ui/react/menu'
import { ArrowUpDown, Check } from 'lucide-react'
import { useState } from 'react'
import type { Priority } from '../../schemas/states.ts'
import { useCommands } from '../state/commands.ts'
import { Button } from '../ui/button.tsx'
import { planAct, skippedSentence, type Selection } from './acts.ts'
import { commonPriority, PRIORITIES } from './priorities.ts'
import type { Acts } from './use-acts.tsx'
import styles from './acts.module.css'

/** `reason`: why nothing can be done now, whatever is selected. */
export function PriorityMenu({
  selection,
  acts,
  reason,
}: {
  selection: Selection
  acts: Acts
  reason: string | null
}) {
  const [open, setOpen] = useState(false)
  const plan = planAct('prioritize', selection)
  const off = reason ?? plan.reason
  const skipped = skippedSentence(plan)
  const common = commonPriority(plan.go)
  const { size } = plan.go
  const of = size === selection.size ? '' : ` of ${selection.size.toLocaleString('en')}`
  const count = selection.size < 2 || size === 0 ? '' : ` ${size.toLocaleString('en')}${of}`
  const give = (to: Priority): void => {
    if (off === null && to !== common) void acts.run(plan, { to })
  }
  const whom = selection.size === 1 ? `change ${[...selection.keys()][0]}` : 'the selection'
  useCommands([
    {
      id: 'priority',
      label: `Priority of ${whom}`,
      group: 'Change',
      keys: 'p',
      reason: off,
      palette: false,
      run: () => setOpen(true),
    },
    ...PRIORITIES.map(({ to, label }) => ({
      id: `priority-${to}`,
      label: `${label} priority for ${whom}`,
      group: 'Change',
      reason: off ?? (to === common ? 'It has that already' : null),
      run: () => give(to),
    })),
  ])
  return (
    <Menu.Root open={open} onOpenChange={(next) => setOpen(next && off === null)}>
      <Menu.Trigger
        render={
          <Button
            size="small"
            icon={<ArrowUpDown size={14} />}
            reason={off}
            {...(skipped === null || off !== null ? {} : { title: skipped })}
          />
        }
      >
        Priority{count}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={styles.positioner} sideOffset={4} align="start">
          <Menu.Popup className={styles.menu}>
            <Menu.RadioGroup value={common} onValueChange={(to) => give(to as Priority)}>
              {PRIORITIES.map(({ to, label }) => (
                <Menu.RadioItem key={to} value={to} closeOnClick className={styles.option}>
                  <span className={styles.tick}>
                    <Menu.RadioItemIndicator>
                      <Check size={14} />
                    </Menu.RadioItemIndicator>
                  </span>
                  {label}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
