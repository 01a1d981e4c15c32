/** Fields of forms: label, help and what is wrong belong together. */
import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronsUpDown } from 'lucide-react'
import {
  useId,
  type HTMLAttributes,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
} from 'react'
import { cx } from './cx.ts'
import styles from './fields.module.css'

export interface Around {
  label: string
  /** False: the label is for screen readers only. */
  labelled?: boolean
  help?: ReactNode
  error?: string | null | undefined
}

export function Frame({
  id,
  label,
  labelled = true,
  help,
  error,
  children,
}: Around & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={labelled ? styles.label : 'unseen'}>
        {label}
      </label>
      {children}
      {help !== undefined && (
        <p id={`${id}-help`} className={styles.help}>
          {help}
        </p>
      )}
      {typeof error === 'string' && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  )
}

export function described(id: string, { help, error }: Around): HTMLAttributes<HTMLElement> {
  const ids = [help === undefined ? '' : `${id}-help`, typeof error === 'string' ? `${id}-error` : '']
  const text = cx(...ids)
  return {
    ...(text === '' ? {} : { 'aria-describedby': text }),
    ...(typeof error === 'string' ? { 'aria-invalid': true } : {}),
  }
}

export type TextFieldProps = Around &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & {
    value: string
    onChange: (value: string) => void
    code?: boolean
    inputRef?: Ref<HTMLInputElement> | undefined
  }

export function TextField({
  label,
  labelled,
  help,
  error,
  onChange,
  code,
  inputRef,
  ...rest
}: TextFieldProps) {
  const id = useId()
  const around = { label, ...(labelled === undefined ? {} : { labelled }), help, error }
  return (
    <Frame id={id} {...around}>
      <input
        spellCheck={false}
        autoComplete="off"
        {...rest}
        {...described(id, around)}
        id={id}
        ref={inputRef}
        className={cx(styles.input, code === true && styles.code)}
        onChange={(event) => onChange(event.target.value)}
      />
    </Frame>
  )
}

export type TextAreaProps = Around &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'value'> & {
    value: string
    onChange: (value: string) => void
    code?: boolean
  }

export function TextArea({ label, labelled, help, error, onChange, code, ...rest }: TextAreaProps) {
  const id = useId()
  const around = { label, ...(labelled === undefined ? {} : { labelled }), help, error }
  return (
    <Frame id={id} {...around}>
      <textarea
        rows={4}
        {...rest}
        {...described(id, around)}
        id={id}
        className={cx(styles.input, styles.area, code === true && styles.code)}
        onChange={(event) => onChange(event.target.value)}
      />
    </Frame>
  )
}

export interface Option<T extends string> {
  value: T
  label: string
}

export function Select<T extends string>({
  label,
  labelled = true,
  help,
  value,
  onChange,
  options,
}: Omit<Around, 'error'> & { value: T; onChange: (value: T) => void; options: readonly Option<T>[] }) {
  const id = useId()
  return (
    <Frame id={id} label={label} labelled={labelled} help={help}>
      <Base.Root value={value} onValueChange={(next) => next !== null && onChange(next)} items={[...options]}>
        <Base.Trigger id={id} className={styles.select} aria-label={label}>
          <Base.Value />
          <Base.Icon className={styles.selectIcon}>
            <ChevronsUpDown size={14} />
          </Base.Icon>
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner className={styles.positioner} alignItemWithTrigger={false} sideOffset={4}>
            <Base.Popup className={styles.popup}>
              {options.map((option) => (
                <Base.Item key={option.value} value={option.value} className={styles.option}>
                  <Base.ItemText>{option.label}</Base.ItemText>
                  <Base.ItemIndicator className={styles.tick}>
                    <Check size={14} />
                  </Base.ItemIndicator>
                </Base.Item>
              ))}
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </Frame>
  )
}

export function Checkbox({
  label,
  help,
  checked,
  onChange,
}: {
  label: ReactNode
  help?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
}) {
  const id = useId()
  return (
    <div className={styles.check}>
      <input
        type="checkbox"
        id={id}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        {...(help === undefined ? {} : { 'aria-describedby': `${id}-help` })}
      />
      <label htmlFor={id}>{label}</label>
      {help !== undefined && (
        <p id={`${id}-help`} className={styles.checkHelp}>
          {help}
        </p>
      )}
    </div>
  )
}
