-- The queue and everything the landing protocol writes down. Times are integer epoch seconds; columns that end in
-- _ms are milliseconds, and lease_deadline_ms / delay_until_ms are on the boot's monotonic clock, so that a jump of
-- the wall clock neither loses nor doubles a lease.

CREATE TABLE workspace (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE change_queue (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: commits name it for ever
  task_id           TEXT NOT NULL,
  agent             TEXT NOT NULL,
  request_id        TEXT,
  status            TEXT NOT NULL CHECK (status IN
    ('pending', 'in_progress', 'applied', 'failed', 'conflict', 'held', 'cancelled')),
  payload           TEXT NOT NULL,
  payload_hash      TEXT NOT NULL,
  priority          TEXT NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
  priority_rank     INTEGER NOT NULL AS
    (CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END) STORED,
  enqueued_tip      TEXT,              -- the target when the change came in: a candidate for its base
  attempts          INTEGER NOT NULL DEFAULT 0,
  last_error        TEXT,
  reason_code       TEXT,              -- why it is held, in conflict or failed, for programs
  fence             INTEGER NOT NULL DEFAULT 0,
  lease_owner       TEXT,
  leased_until      INTEGER,           -- wall time, for people; the lease itself ends at lease_deadline_ms
  lease_deadline_ms INTEGER,
  lease_pid         INTEGER,           -- null for a lease handed to a script
  lease_pid_started TEXT,
  cancel_requested  INTEGER NOT NULL DEFAULT 0,
  landed_commit     TEXT,
  check_verdict     TEXT,
  blocked           INTEGER NOT NULL DEFAULT 0,  -- 1 while an earlier open change shares a path
  unmet             INTEGER NOT NULL DEFAULT 0,  -- dependencies not applied yet
  delay_until_ms    INTEGER,                     -- backoff after a crash or a transient error
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX change_queue_dedup ON change_queue (task_id, payload_hash);
-- Claiming reads these two and nothing else, so that its cost does not grow with the queue.
CREATE INDEX change_queue_claimable ON change_queue (priority_rank DESC, id)
  WHERE status = 'pending' AND blocked = 0 AND unmet = 0 AND delay_until_ms IS NULL;
CREATE INDEX change_queue_leased ON change_queue (lease_deadline_ms) WHERE status = 'in_progress';
CREATE INDEX change_queue_delayed ON change_queue (delay_until_ms)
  WHERE status = 'pending' AND delay_until_ms IS NOT NULL;
CREATE INDEX change_queue_status ON change_queue (status, updated_at);
CREATE INDEX change_queue_updated ON change_queue (updated_at);
CREATE INDEX change_queue_request ON change_queue (request_id) WHERE request_id IS NOT NULL;

CREATE TABLE change_paths (
  change_id INTEGER NOT NULL REFERENCES change_queue (id) ON DELETE CASCADE,
  path      TEXT NOT NULL,
  open      INTEGER NOT NULL,          -- 1 while the change is pending or in progress
  PRIMARY KEY (change_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_paths_open ON change_paths (path, change_id) WHERE open = 1;

CREATE TABLE change_dependencies (
  change_id INTEGER NOT NULL REFERENCES change_queue (id) ON DELETE CASCADE,
  task_id   TEXT NOT NULL,
  PRIMARY KEY (change_id, task_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_dependencies_task ON change_dependencies (task_id);

CREATE TABLE change_archive (
  id            INTEGER PRIMARY KEY,
  task_id       TEXT NOT NULL,
  agent         TEXT NOT NULL,
  request_id    TEXT,
  status        TEXT NOT NULL,
  payload       TEXT NOT NULL,
  payload_hash  TEXT NOT NULL,
  priority      TEXT NOT NULL,
  enqueued_tip  TEXT,
  attempts      INTEGER NOT NULL,
  last_error    TEXT,
  reason_code   TEXT,
  fence         INTEGER NOT NULL,
  landed_commit TEXT,
  check_verdict TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  archived_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX change_archive_task ON change_archive (task_id);

CREATE TABLE dead_letters (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id  INTEGER NOT NULL,
  task_id   TEXT NOT NULL,
  agent     TEXT NOT NULL,
  payload   TEXT NOT NULL,
  error     TEXT NOT NULL,
  failed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_queue ON dead_letters (queue_id);
CREATE INDEX dead_letters_failed ON dead_letters (failed_at);

CREATE TABLE change_queue_logs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id   INTEGER,
  task_id    TEXT,
  level      TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
  message    TEXT NOT NULL,
  details    TEXT NOT NULL CHECK (json_valid(details)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX change_queue_logs_change ON change_queue_logs (queue_id, id);
CREATE INDEX change_queue_logs_message ON change_queue_logs (message, created_at);

-- One row a leased try, for the waterfall a person sees.
CREATE TABLE change_attempts (
  change_id    INTEGER NOT NULL,
  fence        INTEGER NOT NULL,
  worker_id    TEXT NOT NULL,
  leased_at_ms INTEGER NOT NULL,
  ended_at_ms  INTEGER,
  outcome      TEXT,
  detail       TEXT,
  PRIMARY KEY (change_id, fence)
) STRICT, WITHOUT ROWID;

-- Intents: what somebody was about to make the target's tip. An open one is settled before anything else is
-- decided about its change.
CREATE TABLE landing_attempts (
  change_id   INTEGER NOT NULL,
  commit_oid  TEXT NOT NULL,
  tree_oid    TEXT NOT NULL,
  old_tip     TEXT NOT NULL,
  new_tip     TEXT NOT NULL,           -- the last commit of the batch: what the ref lock file holds
  target      TEXT NOT NULL,
  fence       INTEGER NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('open', 'landed', 'abandoned')),
  worker_id   TEXT NOT NULL,
  pid         INTEGER NOT NULL,
  pid_started TEXT,
  git_pid     INTEGER NOT NULL,
  git_started TEXT,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (change_id, commit_oid)
) STRICT, WITHOUT ROWID;
CREATE INDEX landing_attempts_open ON landing_attempts (change_id) WHERE state = 'open';

-- At most one process at a time moves a target.
CREATE TABLE landing_lease (
  target      TEXT PRIMARY KEY,
  fence       INTEGER NOT NULL,
  holder      TEXT,
  pid         INTEGER,
  pid_started TEXT,
  deadline_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE check_runs (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  change_id   INTEGER NOT NULL,
  fence       INTEGER NOT NULL,
  name        TEXT,
  command     TEXT NOT NULL,
  run         INTEGER NOT NULL,
  tree        TEXT NOT NULL,
  verdict     TEXT NOT NULL,
  exit_code   INTEGER,
  duration_ms INTEGER NOT NULL,
  output      TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX check_runs_change ON check_runs (change_id, id);

-- Only a person's act writes here; what a payload says about its own approvals stays in the payload.
CREATE TABLE approvals (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  change_id     INTEGER NOT NULL,
  decision      TEXT NOT NULL CHECK (decision IN ('approved', 'rejected')),
  approver      TEXT NOT NULL,
  role          TEXT,
  note          TEXT,
  location      TEXT,
  content_hash  TEXT NOT NULL,
  latency_ms    INTEGER,
  created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX approvals_change ON approvals (change_id);

CREATE TABLE conflicts (
  change_id   INTEGER NOT NULL,
  path        TEXT NOT NULL,
  record      TEXT NOT NULL CHECK (json_valid(record)),
  -- The contents beside their object ids: unreferenced objects of the repository do not live for ever.
  base        BLOB,
  ours        BLOB,
  theirs      BLOB,
  marker_text BLOB,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (change_id, path)
) STRICT;

CREATE TABLE resolutions (
  change_id     INTEGER NOT NULL,
  path          TEXT NOT NULL,
  how           TEXT NOT NULL CHECK (how IN ('from', 'delete', 'ours', 'theirs', 'base')),
  content       BLOB,                  -- null: the path is to be absent
  mode          TEXT,
  resolved_path TEXT NOT NULL,         -- differs from path where the target renamed the file
  tip           TEXT NOT NULL,
  ours_oid      TEXT,
  resolved_by   TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (change_id, path)
) STRICT;

CREATE TABLE task_requests (
  request_id TEXT PRIMARY KEY,
  status     TEXT NOT NULL CHECK (status IN
    ('received', 'briefed', 'assigned', 'queued', 'needs_answer', 'failed', 'cancelled')),
  payload    TEXT NOT NULL,
  options    TEXT NOT NULL CHECK (json_valid(options)),
  base_tip   TEXT,                     -- the commit its drafts are written against
  error      TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE briefs (
  request_id TEXT PRIMARY KEY REFERENCES task_requests (request_id),
  brief      TEXT NOT NULL CHECK (json_valid(brief)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE assignments (
  task_id        TEXT PRIMARY KEY,
  request_id     TEXT NOT NULL REFERENCES task_requests (request_id),
  seq            INTEGER NOT NULL,
  agent          TEXT NOT NULL,
  assignment     TEXT NOT NULL CHECK (json_valid(assignment)),
  status         TEXT NOT NULL CHECK (status IN ('planned', 'drafted', 'queued', 'failed')),
  change_request TEXT,
  change_id      INTEGER,
  error          TEXT,
  updated_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX assignments_request ON assignments (request_id, seq);

CREATE TABLE questions (
  request_id TEXT NOT NULL REFERENCES task_requests (request_id),
  number     INTEGER NOT NULL,
  question   TEXT NOT NULL,
  blocking   INTEGER NOT NULL,
  answer     TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent_sessions (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  resume_id       TEXT NOT NULL UNIQUE,
  harness         TEXT NOT NULL,
  model           TEXT,
  task_id         TEXT,
  allow_all_tools INTEGER NOT NULL DEFAULT 0,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE file_modifications (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  path       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  size       INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX file_modifications_created ON file_modifications (created_at);

-- Work on the operator's checkout that must be finished or undone after a crash.
CREATE TABLE checkout_journal (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL CHECK (kind IN ('apply', 'sync')),
  state      TEXT NOT NULL CHECK (state IN ('open', 'done', 'undone')),
  direction  TEXT NOT NULL CHECK (direction IN ('forward', 'back')),
  details    TEXT NOT NULL CHECK (json_valid(details)),
  pid        INTEGER NOT NULL,
  pid_started TEXT,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE checkout_journal_files (
  journal_id INTEGER NOT NULL REFERENCES checkout_journal (id),
  path       TEXT NOT NULL,
  old_bytes  BLOB,                     -- null: the file was not there
  old_mode   INTEGER,
  new_bytes  BLOB,                     -- null: the file is to go
  new_mode   INTEGER,
  PRIMARY KEY (journal_id, path)
) STRICT;
