/** A value of a setting in words, in force or proposed. */
import type { ReactNode } from 'react'
import { InertText } from '../../ui/inert-text.tsx'
import { spell } from '../../ui/time.tsx'
import { ShownBudget, ShownRoles } from './agent-fields.tsx'
import type { Control } from './controls.ts'
import { checkRows, textOf, type Json } from './proposal.ts'
import styles from './settings.module.css'

export function ShownValue({ value, control }: { value: Json; control: Control }): ReactNode {
  if (control.kind === 'switch') return value === true ? 'On' : 'Off'
  if (control.kind === 'choice') {
    return control.options.find((option) => option.value === value)?.label ?? String(value)
  }
  if (control.kind === 'checks') {
    const rows = checkRows(value)
    if (rows.length === 0) return <span className={styles.quiet}>no check is allowed yet</span>
    return (
      <table className={styles.allowed}>
        <thead className="unseen">
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Command</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, command }) => (
            <tr key={name}>
              <td>
                <InertText code text={name} />
              </td>
              <td>
                <InertText code text={command} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )
  }
  if (control.kind === 'roles') return <ShownRoles value={value} />
  if (control.kind === 'budget') return <ShownBudget value={value} />
  if (value === null) {
    const said = control.kind === 'number' || control.kind === 'text' ? control.orNull : undefined
    const words = said ?? 'none'
    return <span className={styles.quiet}>{words}</span>
  }
  if (Array.isArray(value) && value.length === 0) return <span className={styles.quiet}>none</span>
  const text = textOf(value, control)
  if (control.kind === 'number') {
    const long = control.unit === 's' && Number(value) >= 120 ? ` (${spell(Number(value))})` : ''
    return `${Number(value).toLocaleString('en')}${control.unit === undefined ? '' : ` ${control.unit}`}${long}`
  }
  return <InertText code text={text} />
}
