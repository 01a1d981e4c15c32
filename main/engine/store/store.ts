/** Everything the engine keeps, opened together over one database. */
import { nowSeconds, type Clock } from '../base/clock.ts'
import { openAgentRuns, type AgentRuns } from './agent-runs.ts'
import { openBrowse, type Browse } from './browse.ts'
import { openCasts, type Casts } from './casts.ts'
import { openChain, type Chain } from './chain.ts'
import { openChanges, type Changes } from './changes.ts'
import { adoptBoot, openClaims, type Claims } from './claims.ts'
import { openEvidence, type Evidence } from './criteria.ts'
import { openDatabase, type Database, type OpenOptions } from './database.ts'
import { openFileEvents, type FileEvents } from './files.ts'
import { openJournal, type Journal } from './journal.ts'
import { openLandings, type Landings } from './landings.ts'
import { openLogs, type LogEntry, type Logs } from './logs.ts'
import { openMerges, type Merges } from './merges.ts'
import { openQuestions, type Questions } from './questions.ts'
import { openRecords, type Records } from './records.ts'
import { openRequests, type Requests } from './requests.ts'
import { openReviews, type Reviews } from './reviews.ts'
import { openSessions, type Sessions } from './sessions.ts'
import { openWorkers, type Workers } from './workers.ts'
import { openWorkspaceFacts, type WorkspaceFacts } from './workspace.ts'

export interface Store {
  db: Database
  changes: Changes
  claims: Claims
  landings: Landings
  logs: Logs
  merges: Merges
  records: Records
  casts: Casts
  reviews: Reviews
  facts: WorkspaceFacts
  journal: Journal
  requests: Requests
  runs: AgentRuns
  evidence: Evidence
  questions: Questions
  sessions: Sessions
  browse: Browse
  chain: Chain
  workers: Workers
  files: FileEvents
  close(): void
}

export interface StoreOptions extends OpenOptions {
  /** Called with each log entry as it is written (`HYPERION_LOG=1`). */
  echo?: (entry: LogEntry) => void
}

export function openStore(file: string, clock: Clock, options: StoreOptions = {}): Store {
  const db = openDatabase(file, options)
  adoptBoot(db, clock.bootId)
  const store = storeOver(db, clock, options.echo)
  store.logs.chain.begin(nowSeconds(clock))
  // An older program may have left changes waiting where this one says that they can never go on.
  if (db.migrated) db.write(() => store.changes.followAll())
  return store
}

/** Returns everything that is kept in an open database. */
export function storeOver(db: Database, clock: Clock, echo?: (entry: LogEntry) => void): Store {
  const logs = openLogs(db, clock, echo)
  const changes = openChanges(db, clock, logs)
  const facts = openWorkspaceFacts(db)
  const records = openRecords(db, clock)
  return {
    db,
    changes,
    claims: openClaims({ db, clock, changes, logs, facts }),
    landings: openLandings(db, clock),
    logs,
    merges: openMerges(db, changes, records),
    records,
    casts: openCasts(db, clock, logs),
    reviews: openReviews(db, clock),
    facts,
    journal: openJournal(db, clock),
    requests: openRequests(db, clock),
    runs: openAgentRuns(db, clock),
    evidence: openEvidence(db, clock),
    questions: openQuestions(db, clock),
    sessions: openSessions(db, clock, logs),
    browse: openBrowse(db),
    chain: openChain(db, clock),
    workers: openWorkers(db, clock, logs),
    files: openFileEvents(db, clock),
    close: () => db.close(),
  }
}
