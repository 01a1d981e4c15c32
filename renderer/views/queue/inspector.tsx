/** One change with all that is known of it, and what may be done to it. */
import { Maximize2, Minimize2, X } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ChangeDetail } from '../../../schemas/view.ts'
import { ActButtons } from '../../change/act-buttons.tsx'
import { ActTrouble } from '../../change/act-trouble.tsx'
import { AllowCheck } from '../../change/allow-check.tsx'
import type { AboutLine } from '../../change/about-line.ts'
import { ACT_WORDS, planAct, standingOf, type Selection } from '../../change/acts.ts'
import { Decide } from '../../change/decide.tsx'
import { errorOf, remedyOf, undone, waitsSentence } from '../../change/reasons.ts'
import { RevertButton, Undoing } from '../../change/revert.tsx'
import { useActs } from '../../change/use-acts.tsx'
import { ChangeReader } from '../../reading/change-reader.tsx'
import { useQuery } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { useAway, useRead } from '../../state/hooks.ts'
import { IconButton } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { cx } from '../../ui/cx.ts'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { inertLine } from '../../ui/inert.ts'
import { InertLine, InertText } from '../../ui/inert-text.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { StatusPill } from '../../ui/status.tsx'
import { Tabs, type Tab } from '../../ui/tabs.tsx'
import { Time } from '../../ui/time.tsx'
import { ApprovalsPanel } from './approvals-panel.tsx'
import { ChecksPanel } from './checks-panel.tsx'
import { ConflictPanel } from './conflict-panel.tsx'
import { JsonPanel } from './json-panel.tsx'
import { LogPanel } from './log-panel.tsx'
import { Overview } from './overview.tsx'
import { detailKey } from './row.tsx'
import { Overlaps, Waits } from './waits.tsx'
import styles from './inspector.module.css'

type TabName = 'overview' | 'conflict' | 'patch' | 'checks' | 'approvals' | 'log' | 'json'

function Reason({ detail }: { detail: ChangeDetail }) {
  const waits = waitsSentence(detail)
  const remedy = remedyOf(detail.status, detail.reason_code)
  const error = errorOf(detail)
  const { by, of } = undone(detail)
  if (error === null && waits === null && remedy === null && by.length === 0 && of === null) return null
  return (
    <div className={cx(styles.reason, detail.status === 'failed' && styles.bad)}>
      {error !== null && (
        <div className={styles.reasonText}>
          <InertText text={error} />
          {detail.reason_code !== null && (
            <code className={styles.code}>{inertLine(detail.reason_code, 80)}</code>
          )}
        </div>
      )}
      {waits !== null && <Waits detail={detail} sentence={waits} />}
      {remedy !== null && <p className={styles.remedy}>{remedy}</p>}
      <Undoing detail={detail} />
      <AllowCheck detail={detail} />
    </div>
  )
}

/** Gives the change all of the width, for reading; a link to it says so as well. */
function Widen() {
  const [wide, setWide] = useQuery('wide')
  const label = wide === null ? 'Show the change alone' : 'Show the list beside it'
  const turn = (): void => setWide(wide === null ? '1' : null)
  useCommands([{ id: 'change-wide', label, group: 'Change', keys: 'm', run: turn }])
  return (
    <IconButton
      label={`${label} (m)`}
      icon={wide === null ? <Maximize2 size={14} /> : <Minimize2 size={14} />}
      pressed={wide !== null}
      onClick={turn}
    />
  )
}

function Head({
  detail,
  stale,
  onClose,
}: {
  detail: ChangeDetail
  stale: number | null
  onClose: () => void
}) {
  return (
    <header className={styles.head}>
      <nav className={styles.crumbs} aria-label="Where this change belongs">
        {detail.request_id !== null && (
          <>
            <Link to={`/request/${detail.request_id}`}>
              <InertLine text={detail.request_id} />
            </Link>
            <span aria-hidden>›</span>
          </>
        )}
        <InertLine text={detail.task_id} />
        <span aria-hidden>›</span>
        <span className={styles.here}>change {detail.id}</span>
        <CopyButton text={`hyperion://change/${detail.id}`} label="Copy the link" />
        {stale !== null && <StaleNote since={stale} />}
        <span className={styles.spring} />
        <Widen />
        <IconButton label="Close (Esc)" icon={<X size={16} />} onClick={onClose} />
      </nav>
      <h2 className={styles.title}>
        <InertLine text={detail.title ?? detail.task_id} />
      </h2>
      <div className={styles.facts}>
        <StatusPill status={detail.status} />
        {detail.archived && <span>archived</span>}
        <InertLine text={detail.agent} muted />
        {detail.priority !== 'normal' && <span>{detail.priority} priority</span>}
        <Time at={detail.updated_at} />
      </div>
    </header>
  )
}

export function Inspector({ id, onClose }: { id: number; onClose: () => void }) {
  const reading = useRead(detailKey(id), (api, signal) => api.changes.show({ id }, { signal }), {
    on: ({ changes, gone, logs }) =>
      gone.includes(id) ||
      changes.some((change) => change.id === id) ||
      logs.some(({ message }) => message === 'paused' || message === 'resumed'),
  })
  const detail = reading.value
  const acts = useActs()
  const [chosen, setChosen] = useState<TabName | null>(null)
  const [about, setAbout] = useState<AboutLine | null>(null)
  const away = useAway()
  const selection = useMemo<Selection>(
    () => new Map(detail === undefined || detail.archived ? [] : [[detail.id, standingOf(detail)]]),
    [detail],
  )
  if (detail === undefined) {
    return (
      <section className={styles.inspector} aria-label={`Change ${id}`}>
        <div className={styles.crumbs}>
          <span className={styles.here}>change {id}</span>
          <span className={styles.spring} />
          <IconButton label="Close (Esc)" icon={<X size={16} />} onClick={onClose} />
        </div>
        {reading.error === null ? (
          <Skeleton lines={6} />
        ) : (
          <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
        )}
      </section>
    )
  }
  const rejectable = away === null && acts.progress === null && planAct('reject', selection).reason === null
  const conflicted = detail.conflicts.length > 0
  const tabs: Tab<TabName>[] = [
    { value: 'overview', label: 'Overview', panel: <Overview detail={detail} /> },
    ...(conflicted
      ? [
          {
            value: 'conflict' as const,
            label: 'Conflict',
            note: detail.conflicts.length,
            panel: <ConflictPanel detail={detail} onDone={reading.reload} />,
          },
        ]
      : []),
    {
      value: 'patch',
      label: 'Patch',
      note: detail.path_count,
      panel: <ChangeReader detail={detail} onReject={rejectable ? setAbout : null} />,
    },
    {
      value: 'checks',
      label: 'Checks',
      note: detail.check_runs.length + detail.criteria.length,
      panel: <ChecksPanel detail={detail} />,
    },
    {
      value: 'approvals',
      label: 'Approvals',
      note: detail.approvals.length,
      panel: <ApprovalsPanel detail={detail} />,
    },
    { value: 'log', label: 'Log', note: detail.log.length, panel: <LogPanel detail={detail} /> },
    { value: 'json', label: 'JSON', panel: <JsonPanel detail={detail} /> },
  ]
  const wanted: TabName = chosen ?? (detail.status === 'conflict' && conflicted ? 'conflict' : 'overview')
  const tab = tabs.some(({ value }) => value === wanted) ? wanted : 'overview'
  return (
    <section className={styles.inspector} aria-label={`Change ${id}`}>
      <Head detail={detail} stale={reading.stale} onClose={onClose} />
      <Reason detail={detail} />
      <Overlaps detail={detail} />
      {reading.error !== null && reading.error.code !== 'offline' && (
        <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
      )}
      <div className={styles.acts} role="toolbar" aria-label="Acts on this change">
        {detail.archived ? (
          <span className={styles.muted}>It was archived and stays as it is.</span>
        ) : (
          <>
            <ActButtons selection={selection} acts={acts} />
            <RevertButton detail={detail} />
          </>
        )}
        {acts.progress !== null && <span role="status">{ACT_WORDS[acts.progress.act].busy}</span>}
      </div>
      <ActTrouble acts={acts} />
      {about !== null && (
        <Decide
          plan={planAct('reject', selection)}
          acts={acts}
          about={about}
          onClose={() => setAbout(null)}
        />
      )}
      <div className={styles.tabs}>
        <Tabs label="Parts of this change" value={tab} onChange={setChosen} tabs={tabs} />
      </div>
    </section>
  )
}
