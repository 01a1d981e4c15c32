/** One change in the queue's table. */
import { Hourglass } from 'lucide-react'
import { memo, useEffect, useState, type MouseEvent } from 'react'
import type { ChangeSummary } from '../../../schemas/view.ts'
import { CHAIN_OWNER } from '../../chain/model.ts'
import { browserClock } from '../../state/clock.ts'
import { useRead } from '../../state/hooks.ts'
import { cx } from '../../ui/cx.ts'
import { InertLine } from '../../ui/inert-text.tsx'
import { STATUS, StatusIcon } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { errorOf, waitsSentence } from '../../change/reasons.ts'
import styles from './queue.module.css'

export const detailKey = (id: number): string => `change/${id}`

const LOOK_AFTER_MS = 200
const LOOK_EVERY_MS = 5_000

/** Place and what it waits for, asked once the row has been on screen for a moment. */
function Waits({ row }: { row: ChangeSummary }) {
  const [rested, setRested] = useState(false)
  useEffect(() => browserClock.after(LOOK_AFTER_MS, () => setRested(true)), [])
  const { value } = useRead(
    `place/${row.id}`,
    (api, signal) => api.changes.place({ id: row.id }, { signal }),
    {
      enabled: rested,
      everyMs: LOOK_EVERY_MS,
    },
  )
  const told = value === undefined ? null : waitsSentence({ status: row.status, ...value })
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

function Reason({ row, inChain }: { row: ChangeSummary; inChain: string | null }) {
  if (row.status === 'pending') return <Waits row={row} />
  if (row.status === 'in_progress') return <InertLine text={inChain ?? withWhom(row.lease_owner)} muted />
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
  /** Where it stands in the chain, in words; null where it is not in it. */
  inChain: string | null
  onPick: (index: number, event: MouseEvent) => void
  onTick: (index: number, event: MouseEvent) => void
}

export const QueueRow = memo(function QueueRow(props: RowProps) {
  const { row, index, rowId, selected, active, shown, narrow, inChain, onPick, onTick } = props
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
        {row.intent !== null && <InertLine text={row.intent} muted />}
      </div>
      <div role="gridcell" className={styles.reason}>
        <Reason row={row} inChain={inChain} />
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
