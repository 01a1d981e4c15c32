/** Requests: what was asked for and how far it is; a new one by form or by file. */
import { FileJson2, GitPullRequestArrow, Plus } from 'lucide-react'
import { useRef, useState } from 'react'
import type { RequestSummary } from '../../../schemas/view.ts'
import { useCosts } from '../../agents/use-agents.ts'
import { hereWords } from '../../agents/words.ts'
import { navigate, pathOf, useQuery } from '../../router.ts'
import { useCommands } from '../../state/commands.ts'
import { useRead, useStore } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { cx } from '../../ui/cx.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorBanner } from '../../ui/error-banner.tsx'
import { InertLine } from '../../ui/inert-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Link } from '../../ui/link.tsx'
import { Skeleton, StaleNote } from '../../ui/pane.tsx'
import { Cell, Row, Table, TableHead, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { Counts } from './counts.tsx'
import { DropPlace } from './drop.tsx'
import { IntakeForm } from './intake-form.tsx'
import { SubmitView } from './submit/submit-view.tsx'
import { standingOf, wasCalledOff } from './words.ts'
import styles from './requests.module.css'

const LIMIT = 500

const COLUMNS: readonly Column[] = [
  { key: 'request', head: 'Request', width: '150px' },
  { key: 'summary', head: 'What is wanted' },
  { key: 'standing', head: 'Stands', width: '132px' },
  { key: 'changes', head: 'Changes', width: '180px' },
  { key: 'priority', head: 'Priority', width: '76px' },
  { key: 'age', head: 'Age', width: '64px', numeric: true },
]

function RequestRows({ requests, at }: { requests: readonly RequestSummary[]; at: number }) {
  const stopped = useCosts()?.stopped === true
  return (
    <tbody>
      {requests.map((request, index) => {
        const { label, tone } = standingOf(request, stopped)
        const to = pathOf({ view: 'request', id: request.request_id })
        return (
          <Row
            key={request.request_id}
            data-row={index}
            selected={index === at}
            onClick={(event) => {
              if (!(event.target instanceof HTMLAnchorElement)) navigate(to)
            }}
          >
            <Cell>
              <Link to={to}>
                <InertLine text={request.request_id} />
              </Link>
            </Cell>
            <Cell>
              <InertLine text={request.summary} />
              {request.error !== null && (
                <div className={wasCalledOff(request.error) ? styles.quiet : styles.error}>
                  <InertLine text={hereWords(request.error)} />
                </div>
              )}
            </Cell>
            <Cell className={styles[tone]}>{label}</Cell>
            <Cell>
              <Counts counts={request.changes} />
            </Cell>
            <Cell muted>{request.priority}</Cell>
            <Cell numeric>
              <Time at={request.created_at} suffix="" />
            </Cell>
          </Row>
        )
      })}
    </tbody>
  )
}

function NoRequests({
  compose,
  submit,
  chooseFile,
}: {
  compose: () => void
  submit: () => void
  chooseFile: () => void
}) {
  return (
    <EmptyState
      title="No requests yet"
      actions={
        <>
          <Button kind="primary" icon={<Plus size={14} />} onClick={compose}>
            Compose one
          </Button>
          <Button icon={<FileJson2 size={14} />} onClick={chooseFile}>
            Choose a file…
          </Button>
          <Button icon={<GitPullRequestArrow size={14} />} onClick={submit}>
            Submit a worktree
          </Button>
        </>
      }
    >
      <p>
        A task request says what you want in which files. It becomes assignments, each assignment a change,
        and each change lands only once it fits and its checks pass. Drop a JSON file anywhere here, or from a
        terminal:
      </p>
      <p className={styles.cli}>
        <CommandLine line="hyperion request request.json" />
      </p>
    </EmptyState>
  )
}

export function RequestsView() {
  const reading = useRead('requests.list', (api, signal) => api.requests.list({ limit: LIMIT }, { signal }), {
    on: (turn) => turn.requests.length > 0 || turn.changes.length > 0,
  })
  const offline = useStore(({ connection }) => connection.state !== 'online')
  const [composing, setComposing] = useQuery('new')
  const [submitting, setSubmitting] = useQuery('submit')
  const [at, setAt] = useState(-1)
  const rows = useRef<HTMLDivElement>(null)
  const requests = reading.value
  const compose = (): void => setComposing('1')
  const submit = (): void => setSubmitting('1')
  const title =
    submitting !== null ? 'Submit a worktree or branch' : composing !== null ? 'New request' : null
  const open = title !== null

  const go = (by: number): void => {
    if (requests === undefined || open) return
    const next = Math.min(requests.length - 1, Math.max(0, at + by))
    setAt(next)
    rows.current?.querySelector(`[data-row="${next}"]`)?.scrollIntoView({ block: 'nearest' })
  }
  useCommands([
    { id: 'requests-new', label: 'New request', group: 'Requests', keys: 'n', run: compose },
    {
      id: 'submit-worktree',
      label: 'Submit a worktree or branch',
      group: 'Requests',
      keys: 'w',
      run: submit,
    },
    { id: 'requests-next', label: 'Next', group: 'Requests', keys: 'j', palette: false, run: () => go(1) },
    {
      id: 'requests-previous',
      label: 'Previous',
      group: 'Requests',
      keys: 'k',
      palette: false,
      run: () => go(-1),
    },
    {
      id: 'requests-open',
      label: 'Open the request',
      group: 'Requests',
      keys: 'o',
      reason: at < 0 || open ? 'Choose one with j and k first' : null,
      run: () => {
        const chosen = requests?.[at]
        if (chosen !== undefined) navigate(pathOf({ view: 'request', id: chosen.request_id }))
      },
    },
  ])

  return (
    <DropPlace offline={offline}>
      {(chooseFile) => (
        <div className={styles.view}>
          <header className={styles.head}>
            {/* The bar above names the place. */}
            <h1 className={open ? undefined : 'unseen'}>{title ?? 'Requests'}</h1>
            {!open && requests !== undefined && (
              <span className={styles.quiet}>
                {requests.length === LIMIT
                  ? `the newest ${LIMIT} requests`
                  : requests.length === 1
                    ? '1 request'
                    : `${requests.length.toLocaleString('en')} requests`}
              </span>
            )}
            {!open && reading.stale !== null && <StaleNote since={reading.stale} />}
            <span className={styles.spring} />
            {submitting === null ? (
              <>
                <Button icon={<GitPullRequestArrow size={14} />} keys={<Kbd keys="w" />} onClick={submit}>
                  Submit a worktree
                </Button>
                <Button icon={<FileJson2 size={14} />} onClick={chooseFile}>
                  File…
                </Button>
              </>
            ) : (
              <Button onClick={() => setSubmitting(null)}>Close</Button>
            )}
            {!open && (
              <Button kind="primary" icon={<Plus size={14} />} keys={<Kbd keys="n" />} onClick={compose}>
                New request
              </Button>
            )}
          </header>
          {submitting !== null ? (
            <SubmitView onClose={() => setSubmitting(null)} />
          ) : open && requests !== undefined ? (
            <IntakeForm
              taken={requests.map(({ request_id }) => request_id)}
              onClose={() => setComposing(null)}
            />
          ) : (
            <div ref={rows} className={cx(styles.body, reading.stale !== null && styles.grey)}>
              {requests === undefined && reading.error === null && <Skeleton lines={6} />}
              {reading.error !== null && reading.error.code !== 'offline' && (
                <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
              )}
              {requests === undefined && reading.error?.code === 'offline' && (
                <ErrorBanner failure={reading.error} retry={reading.reload} busy={reading.loading} />
              )}
              {requests !== undefined && requests.length === 0 && (
                <NoRequests compose={compose} submit={submit} chooseFile={chooseFile} />
              )}
              {requests !== undefined && requests.length > 0 && (
                <Table label="Requests" className={styles.table}>
                  <TableHead columns={COLUMNS} />
                  <RequestRows requests={requests} at={at} />
                </Table>
              )}
            </div>
          )}
        </div>
      )}
    </DropPlace>
  )
}
