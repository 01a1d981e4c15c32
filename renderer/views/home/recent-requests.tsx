/** The last hundred task requests with what became of them. */
import { useCosts } from '../../agents/use-agents.ts'
import { useRead } from '../../state/hooks.ts'
import { navigate } from '../../router.ts'
import { CommandLine } from '../../ui/command-line.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { Pane } from '../../ui/pane.tsx'
import { STATUS, STATUSES, StatusIcon } from '../../ui/status.tsx'
import { Cell, Row, Table, TableHead } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { standingOf } from '../requests/words.ts'
import type { PaneSlot } from './home.tsx'
import styles from './home.module.css'

const COLUMNS = [
  { key: 'request', head: 'Request', width: '26%' },
  { key: 'summary', head: 'Summary' },
  { key: 'changes', head: 'Changes', width: '28%', numeric: true },
  { key: 'age', head: 'Age', width: '64px', numeric: true },
]

export function RecentRequests({ slot }: { slot: PaneSlot }) {
  const requests = useRead('requests-100', (api, signal) => api.requests.list({ limit: 100 }, { signal }), {
    on: (turn) => turn.requests.length > 0,
    everyMs: 15_000,
  })
  const rows = requests.value ?? []
  const stopped = useCosts()?.stopped === true
  return (
    <Pane
      title="Recent requests"
      note={rows.length > 0 ? rows.length : undefined}
      reading={requests}
      flush
      empty={
        rows.length > 0 ? undefined : (
          <EmptyState title="No task request yet" actions={<Link to="/requests">Compose one</Link>}>
            Or from a terminal: <CommandLine line="hyperion request FILE" />
          </EmptyState>
        )
      }
      {...slot}
    >
      <Table label="Recent requests">
        <TableHead columns={COLUMNS} />
        <tbody>
          {rows.map((request) => (
            <Row key={request.request_id} onClick={() => navigate(`/request/${request.request_id}`)}>
              <Cell>
                <Link to={`/request/${request.request_id}`} onClick={(event) => event.stopPropagation()}>
                  {request.request_id}
                </Link>
              </Cell>
              <Cell muted title={inertLine(request.summary)}>
                {inertLine(request.summary)}
              </Cell>
              <Cell>
                <span className={styles.segments}>
                  {STATUSES.filter((status) => request.changes[status] > 0).map((status) => (
                    <span key={status} className={styles.segment} title={STATUS[status].label}>
                      <StatusIcon status={status} size={14} />
                      {request.changes[status]}
                    </span>
                  ))}
                  {STATUSES.every((status) => request.changes[status] === 0) && (
                    <span className={styles.dim}>{standingOf(request, stopped).label}</span>
                  )}
                </span>
              </Cell>
              <Cell numeric>
                <Time at={request.created_at} suffix="" />
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </Pane>
  )
}
