/** Casts that were written, and what became of each: of its file, and in the queue. */
import type { CastRecord } from '../../../schemas/cast-draft.ts'
import { useCosts } from '../../agents/use-agents.ts'
import { navigate, pathOf } from '../../router.ts'
import { useAct } from '../../state/hooks.ts'
import { tellDone } from '../../state/toasts.ts'
import { Button } from '../../ui/button.tsx'
import { inertLine } from '../../ui/inert.ts'
import { Link } from '../../ui/link.tsx'
import { STATUS, STATUSES } from '../../ui/status.tsx'
import { Cell, Row, Table, TableHead, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { submittedWords } from '../requests/words.ts'
import styles from './cast-builder.module.css'

const AGENTS = 3

const COLUMNS: readonly Column[] = [
  { key: 'request', head: 'Request', width: '130px' },
  { key: 'summary', head: 'What is wanted' },
  { key: 'file', head: 'File', width: '250px' },
  { key: 'queue', head: 'In the queue', width: '200px' },
  { key: 'written', head: 'Written', width: '72px', numeric: true },
  { key: 'acts', head: '', width: '92px' },
]

const FILE_SAYS: Readonly<Record<CastRecord['file'], string | null>> = {
  same: null,
  other: 'changed since it was written',
  gone: 'gone',
}

function fateOf({ request }: CastRecord): string {
  if (request === null) return 'not queued'
  const counts = STATUSES.filter((status) => (request.changes[status] ?? 0) > 0).map(
    (status) => `${STATUS[status].label.toLowerCase()} ${request.changes[status]}`,
  )
  const what = counts.length === 0 ? request.status : counts.join(', ')
  return request.same ? `queued: ${what}` : `another content was queued: ${what}`
}

function QueueNow({ cast, away }: { cast: CastRecord; away: string | null }) {
  const stopped = useCosts()?.stopped === true
  const queue = useAct((api, request_id: string) => api.casts.queue({ request_id, agents: AGENTS }), {
    notice: 'Not queued',
    done: (done) => {
      tellDone(submittedWords(done, stopped))
      navigate(pathOf({ view: 'request', id: done.request_id }))
    },
  })
  return (
    <Button
      size="small"
      busy={queue.busy}
      reason={away}
      aria-label={`Queue it: ${cast.request_id}`}
      onClick={() => void queue.run(cast.request_id)}
    >
      Queue it
    </Button>
  )
}

export function HistoryRows({
  casts,
  away,
  onDuplicate,
}: {
  casts: readonly CastRecord[]
  away: string | null
  onDuplicate: (cast: CastRecord) => void
}) {
  // Written more than once, only the last of an id is its file.
  const newest = new Map<string, number>()
  for (const { request_id, id } of casts) newest.set(request_id, Math.max(newest.get(request_id) ?? 0, id))
  return (
    <section aria-labelledby="cast-history">
      <h2 id="cast-history" className={styles.sectionTitle}>
        Written
      </h2>
      <div className={styles.tableFrame} role="group" aria-labelledby="cast-history" tabIndex={0}>
        <Table label="Casts that were written" className={styles.table}>
          <TableHead columns={COLUMNS} />
          <tbody>
            {casts.map((cast) => {
              const says = FILE_SAYS[cast.file]
              const isNewest = newest.get(cast.request_id) === cast.id
              return (
                <Row key={cast.id}>
                  <Cell>
                    {cast.request === null ? (
                      <code>{inertLine(cast.request_id, 80)}</code>
                    ) : (
                      <Link to={pathOf({ view: 'request', id: cast.request_id })}>
                        <code>{inertLine(cast.request_id, 80)}</code>
                      </Link>
                    )}
                  </Cell>
                  <Cell title={inertLine(cast.summary, 400)}>{inertLine(cast.summary, 200)}</Cell>
                  <Cell title={`${cast.path}, SHA-256 ${cast.sha256}`}>
                    {says === null ? (
                      <code>{inertLine(cast.path, 120)}</code>
                    ) : (
                      <>
                        <span className={styles.warn}>{isNewest ? says : 'written again since'}</span>{' '}
                        <code className={styles.quiet}>{inertLine(cast.path, 120)}</code>
                      </>
                    )}
                  </Cell>
                  <Cell>
                    {cast.request === null && isNewest && cast.file === 'same' ? (
                      <span className={styles.fate}>
                        not queued <QueueNow cast={cast} away={away} />
                      </span>
                    ) : (
                      fateOf(cast)
                    )}
                  </Cell>
                  <Cell numeric>
                    <Time at={cast.written_at} suffix="" />
                  </Cell>
                  <Cell>
                    <Button
                      size="small"
                      reason={away}
                      aria-label={`Duplicate the written ${cast.request_id}`}
                      onClick={() => onDuplicate(cast)}
                    >
                      Duplicate
                    </Button>
                  </Cell>
                </Row>
              )
            })}
          </tbody>
        </Table>
      </div>
    </section>
  )
}
