/** One change in the queue's table. */
import { Hourglass } from 'lucide-react'
import { memo, type MouseEvent } from 'react'
import type { ChangeSummary } from '../../../schemas/view.ts'
import { CHAIN_OWNER } from '../../chain/model.ts'
import { cx } from '../../ui/cx.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { STATUS, StatusIcon } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { errorOf } from '../../change/reasons.ts'
import styles from './queue.module.css'

export const detailKey = (id: number): string => `change/${id}`

/** Place and what it waits for; before that was asked, as far as the list tells. */
function Waits({ row, told }: { row: ChangeSummary; told: string | null }) {
  const text = told ?? (row.waiting ? 'Waits for another change' : 'In its turn')
  return (
    <span className={styles.waits}>
      {row.waiting && <Hourglass size={12} aria-hidden className={styles.glass} />}
      <InertLine text={text} muted />
    </span>
  )
}

const withWhom = (owner: string | null): string =>
  owner === CHAIN_OWNER ? 'in the chain' : `with ${owner ?? 'a worker'}`

function Reason({ row, told }: { row: ChangeSummary; told: string | null }) {
  if (row.status === 'pending') return <Waits row={row} told={told} />
  if (row.status === 'in_progress') return <InertLine text={told ?? withWhom(row.lease_owner)} muted />
  if (row.status === 'applied')
    return (
      <InertLine
        text={row.landed_commit === null ? 'already present' : `landed as ${row.landed_commit.slice(0, 10)}`}
        muted
      />
    )
  return <InertLine text={errorOf(row) ?? STATUS[row.status].label} muted />
}

const paths = ({ paths: [first], path_count }: ChangeSummary): string =>
  first === undefined ? '' : path_count > 1 ? `${first} +${path_count - 1}` : first

export interface RowProps {
  row: ChangeSummary
  index: number
  rowId: string
  selected: boolean
  active: boolean
  shown: boolean
  narrow: boolean
  /** Where it stands in line or in the chain, in words; null where that was not asked. */
  told: string | null
  onPick: (index: number, event: MouseEvent) => void
  onTick: (index: number, event: MouseEvent) => void
}

export const QueueRow = memo(function QueueRow(props: RowProps) {
  const { row, index, rowId, selected, active, shown, narrow, told, onPick, onTick } = props
  return (
    <div
      id={rowId}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      {...(shown ? { 'aria-current': true } : {})}
      className={cx(styles.row, selected && styles.selected, active && styles.active, shown && styles.shown)}
      onClick={(event) => onPick(index, event)}
    >
      <div
        role="gridcell"
        className={styles.tick}
        onClick={(event) => {
          event.stopPropagation()
          onTick(index, event)
        }}
      >
        <span className={styles.box} data-on={selected || undefined} aria-hidden />
        <span className="unseen">{selected ? 'selected' : 'not selected'}</span>
      </div>
      <div role="gridcell" className={styles.state}>
        <StatusIcon status={row.status} />
      </div>
      <div role="gridcell" className={styles.number}>
        {row.id}
      </div>
      <div role="gridcell" className={styles.main}>
        <span className={styles.task}>
          <InertLine text={row.task_id} />
        </span>
        {row.priority !== 'normal' && (
          <span className={styles.priority} data-priority={row.priority}>
            {row.priority}
          </span>
        )}
        {row.title !== null && <InertLine text={row.title} muted />}
      </div>
      <div role="gridcell" className={styles.reason}>
        <Reason row={row} told={told} />
      </div>
      {!narrow && (
        <>
          <div role="gridcell" className={styles.agent}>
            <InertLine text={row.agent} muted />
          </div>
          <div role="gridcell" className={styles.paths}>
            <InertLine text={paths(row)} muted />
          </div>
        </>
      )}
      <div role="gridcell" className={styles.time}>
        <Time at={row.updated_at} suffix="" />
      </div>
    </div>
  )
})
