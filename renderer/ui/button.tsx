/** Buttons; one that may not be used says why instead of being gone. */
import {
  useCallback,
  useId,
  useLayoutEffect,
  useRef,
  type ButtonHTMLAttributes,
  type MouseEvent,
  type ReactNode,
  type Ref,
  type RefObject,
} from 'react'
import { cx } from './cx.ts'
import { Tooltip } from './tooltip.tsx'
import styles from './button.module.css'

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'>

export interface ButtonProps extends Native {
  kind?: 'default' | 'primary' | 'danger' | 'ghost'
  size?: 'default' | 'small'
  /** Why it cannot be used now; given, it is disabled and says so. */
  reason?: string | null | undefined
  busy?: boolean
  icon?: ReactNode
  /** Keys that do the same, as `Kbd` shows them. */
  keys?: ReactNode
  ref?: Ref<HTMLButtonElement>
}

interface RawProps extends Native {
  reason: string | null | undefined
  busy: boolean
  /** Told by one that goes to the one that takes its place: a reason that comes or goes draws the button anew. */
  hadFocus: RefObject<boolean>
  ref?: Ref<HTMLButtonElement> | undefined
}

/** Stays focusable while disabled, so that the reason can be reached by keyboard and screen reader. */
function Raw({ reason, busy, hadFocus, onClick, ref, children, ...rest }: RawProps) {
  const reasonId = useId()
  const own = useRef<HTMLButtonElement>(null)
  const attach = useCallback(
    (node: HTMLButtonElement | null) => {
      own.current = node
      if (typeof ref === 'function') return ref(node)
      if (ref !== null && ref !== undefined) ref.current = node
      return undefined
    },
    [ref],
  )
  useLayoutEffect(() => {
    const { current } = own
    if (hadFocus.current) current?.focus({ preventScroll: true })
    hadFocus.current = false
    return () => {
      hadFocus.current = current !== null && document.activeElement === current
    }
  }, [hadFocus])
  const off = busy || (reason !== null && reason !== undefined)
  const guard = (event: MouseEvent<HTMLButtonElement>): void => {
    if (off) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <button
      type="button"
      {...rest}
      ref={attach}
      onClick={guard}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      {...(typeof reason === 'string' ? { 'aria-describedby': reasonId } : {})}
    >
      {children}
      {typeof reason === 'string' && (
        <span id={reasonId} hidden>
          {reason}
        </span>
      )}
    </button>
  )
}

export function Button({
  kind = 'default',
  size = 'default',
  reason,
  busy = false,
  icon,
  keys,
  className,
  children,
  ...rest
}: ButtonProps) {
  const hadFocus = useRef(false)
  return (
    <Tooltip text={reason ?? null}>
      <Raw
        {...rest}
        reason={reason}
        busy={busy}
        hadFocus={hadFocus}
        className={cx(styles.button, styles[kind], size === 'small' && styles.small, className)}
      >
        {icon !== undefined && <span className={styles.icon}>{icon}</span>}
        {children}
        {keys !== undefined && <span className={styles.keys}>{keys}</span>}
      </Raw>
    </Tooltip>
  )
}

export interface IconButtonProps extends Native {
  /** What it does: its name and its tooltip. */
  label: string
  icon: ReactNode
  reason?: string | null | undefined
  /** False where the sign says all: then Escape is not spent on closing the tooltip. */
  tip?: boolean
  pressed?: boolean
  ref?: Ref<HTMLButtonElement>
}

export function IconButton({
  label,
  icon,
  reason,
  tip = true,
  pressed,
  className,
  ...rest
}: IconButtonProps) {
  const hadFocus = useRef(false)
  return (
    <Tooltip text={reason ?? (tip ? label : null)}>
      <Raw
        {...rest}
        reason={reason}
        busy={false}
        hadFocus={hadFocus}
        aria-label={label}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
        className={cx(styles.iconButton, className)}
      >
        {icon}
      </Raw>
    </Tooltip>
  )
}
