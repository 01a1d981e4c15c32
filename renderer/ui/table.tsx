/** What tables here have in common: a dense grid of hairlines with a head that stays. */
import type { HTMLAttributes, ReactNode, TableHTMLAttributes, TdHTMLAttributes } from 'react'
import { cx } from './cx.ts'
import styles from './table.module.css'

export function Table({
  label,
  className,
  ...rest
}: TableHTMLAttributes<HTMLTableElement> & { label: string }) {
  return <table {...rest} aria-label={label} className={cx(styles.table, className)} />
}

export interface Column {
  key: string
  /** Empty for a column whose cells explain themselves; it is read as `key`. */
  head: ReactNode
  width?: string
  numeric?: boolean
}

export function TableHead({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map(({ key, head, width, numeric }) => (
          <th
            key={key}
            scope="col"
            className={cx(styles.head, numeric === true && styles.numeric)}
            style={width === undefined ? undefined : { width }}
          >
            {head === '' ? <span className="unseen">{key}</span> : head}
          </th>
        ))}
      </tr>
    </thead>
  )
}

export function Row({
  selected = false,
  className,
  ...rest
}: HTMLAttributes<HTMLTableRowElement> & { selected?: boolean }) {
  return <tr {...rest} className={cx(styles.row, selected && styles.selected, className)} />
}

export function Cell({
  numeric = false,
  muted = false,
  className,
  ...rest
}: TdHTMLAttributes<HTMLTableCellElement> & { numeric?: boolean; muted?: boolean }) {
  return (
    <td {...rest} className={cx(styles.cell, numeric && styles.numeric, muted && styles.muted, className)} />
  )
}
