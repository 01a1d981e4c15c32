/** Personal settings: of this person on this machine, in force at once. */
import { useEffect, useState } from 'react'
import { useApp, useStore } from '../../state/hooks.ts'
import { cx } from '../../ui/cx.ts'
import { TextField } from '../../ui/fields.tsx'
import { inertLine } from '../../ui/inert.ts'
import { NotifySetting } from './notify-setting.tsx'
import styles from './settings.module.css'

function Radios<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly { value: T; label: string }[]
  onChange: (value: T) => void
}) {
  return (
    <div role="radiogroup" aria-label={label} className={styles.radios}>
      {options.map((option) => (
        <label key={option.value} className={cx(styles.radio, option.value === value && styles.on)}>
          <input
            type="radio"
            className="unseen"
            name={label}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </div>
  )
}

const THEMES = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

const DENSITIES = [
  { value: 'compact', label: 'Compact' },
  { value: 'comfortable', label: 'Comfortable' },
] as const

export function Personal() {
  const app = useApp()
  const { theme, density, name } = useStore((state) => state.preferences)
  const operator = useStore(({ workspace }) => (workspace?.state === 'open' ? workspace.operator : null))
  const [written, setWritten] = useState(name)
  useEffect(() => setWritten(name), [name])
  const keepName = (): void => {
    if (written.trim() !== name) app.prefer({ name: written.trim() })
  }
  return (
    <>
      <div className={styles.setting}>
        <div className={styles.name}>
          <h3>Theme</h3>
          <p className={styles.quiet}>Light, dark, or as the system has it.</p>
        </div>
        <div className={styles.value}>
          <Radios
            label="Theme"
            value={theme}
            options={THEMES}
            onChange={(next) => app.prefer({ theme: next })}
          />
        </div>
      </div>
      <div className={styles.setting}>
        <div className={styles.name}>
          <h3>Density</h3>
          <p className={styles.quiet}>The height of rows.</p>
        </div>
        <div className={styles.value}>
          <Radios
            label="Density"
            value={density}
            options={DENSITIES}
            onChange={(next) => app.prefer({ density: next })}
          />
        </div>
      </div>
      <NotifySetting />
      <div className={styles.setting}>
        <div className={styles.name}>
          <h3>Name for decisions</h3>
          <p className={styles.quiet}>
            Recorded with approvals, rejections and resolved conflicts.
            {operator !== null && name === '' && ` Until you write one: ${inertLine(operator, 200)}.`}
          </p>
        </div>
        <div className={styles.value}>
          <div className={styles.narrow}>
            <TextField
              label="Name for decisions"
              labelled={false}
              value={written}
              onChange={setWritten}
              onBlur={keepName}
              onKeyDown={(event) => event.key === 'Enter' && keepName()}
              maxLength={200}
              placeholder="your name"
            />
          </div>
        </div>
      </div>
    </>
  )
}
