/** Dialogs: one for forms, and one that asks before what cannot be undone (with a count to type where it matters). */
import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { useId, useState, type FormEvent, type ReactNode, type RefObject } from 'react'
import { Button, IconButton } from './button.tsx'
import { cx } from './cx.ts'
import styles from './dialog.module.css'

export function Dialog({
  open,
  onClose,
  title,
  description,
  actions,
  wide = false,
  initialFocus,
  children,
}: {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  actions?: ReactNode
  wide?: boolean
  /** What has the keyboard first; without it the first thing that can have it. */
  initialFocus?: RefObject<HTMLElement | null>
  children?: ReactNode
}) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.scrim} />
        <Base.Popup
          className={cx(styles.popup, wide && styles.wide)}
          {...(initialFocus === undefined ? {} : { initialFocus })}
        >
          <header className={styles.head}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            <Base.Close render={<IconButton label="Close" tip={false} icon={<X size={16} />} />} />
          </header>
          <div className={styles.body}>
            {description !== undefined && (
              <Base.Description className={styles.description} render={<div />}>
                {description}
              </Base.Description>
            )}
            {children}
          </div>
          {actions !== undefined && <footer className={styles.foot}>{actions}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

export function Confirm({
  open,
  onClose,
  onConfirm,
  title,
  children,
  verb,
  count,
  busy = false,
  danger = true,
}: {
  open: boolean
  onClose: () => void
  onConfirm: () => void
  title: string
  /** What will happen, and what will be skipped. */
  children?: ReactNode
  /** What the button says: "Discard 12 changes". */
  verb: string
  /** Given, this number must be typed first. */
  count?: number
  busy?: boolean
  danger?: boolean
}) {
  const [typed, setTyped] = useState('')
  const fieldId = useId()
  const reason = count !== undefined && typed.trim() !== String(count) ? `Type ${count} to go on` : null
  const close = (): void => {
    setTyped('')
    onClose()
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (reason !== null || busy) return
    setTyped('')
    onConfirm()
  }
  return (
    <Dialog open={open} onClose={close} title={title}>
      <form onSubmit={submit} className={styles.form}>
        {children}
        {count !== undefined && (
          <label className={styles.count} htmlFor={fieldId}>
            <span>
              Type <strong>{count}</strong> to go on
            </span>
            <input
              id={fieldId}
              className={styles.input}
              value={typed}
              inputMode="numeric"
              autoComplete="off"
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
        )}
        <footer className={styles.confirmFoot}>
          <Button onClick={close}>Back</Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} reason={reason} busy={busy}>
            {verb}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
