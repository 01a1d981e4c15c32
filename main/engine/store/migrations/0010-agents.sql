-- What agents were asked and did: one row a run, with what it used up and what that cost.
CREATE TABLE agent_runs (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id       TEXT,
  task_id          TEXT,
  role             TEXT NOT NULL CHECK (role IN ('engineer', 'orchestrator', 'developer', 'prompt')),
  agent            TEXT NOT NULL,
  harness          TEXT NOT NULL,
  model            TEXT NOT NULL,
  session_id       TEXT,
  status           TEXT NOT NULL CHECK (status IN ('running', 'submitted', 'answered', 'failed')),
  code             TEXT,               -- of the failure
  detail           TEXT,
  via              TEXT,
  repairs          INTEGER NOT NULL DEFAULT 0,
  usage_source     TEXT NOT NULL DEFAULT 'unavailable'
    CHECK (usage_source IN ('reported', 'estimated', 'unavailable')),
  input_tokens     INTEGER,
  output_tokens    INTEGER,
  -- Billionths of the currency. Null is unknown: no price, or nobody counted.
  cost_nano        INTEGER,
  -- What counts against budgets: what was reserved while it runs and where its cost never became known, else its cost.
  exposure_nano    INTEGER NOT NULL DEFAULT 0,
  currency         TEXT,
  cancel_requested TEXT,
  pid              INTEGER NOT NULL,
  pid_started      TEXT,
  started_at       INTEGER NOT NULL,
  ended_at         INTEGER,
  duration_ms      INTEGER
) STRICT;
CREATE INDEX agent_runs_request ON agent_runs (request_id, id);
CREATE INDEX agent_runs_task ON agent_runs (task_id, id);
CREATE INDEX agent_runs_running ON agent_runs (id) WHERE status = 'running';
CREATE INDEX agent_runs_started ON agent_runs (started_at);

-- What was said and done in a run, in order; words that stream in are gathered.
CREATE TABLE agent_run_events (
  run_id INTEGER NOT NULL REFERENCES agent_runs (id),
  seq    INTEGER NOT NULL,
  at_ms  INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  body   TEXT NOT NULL CHECK (json_valid(body)),
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- Files an agent asks for beyond its assignment's targets.
CREATE TABLE widenings (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id TEXT NOT NULL,
  task_id    TEXT NOT NULL,
  wanted     TEXT NOT NULL CHECK (json_valid(wanted)),
  decision   TEXT CHECK (decision IN ('granted', 'refused')),
  decided_by TEXT,
  created_at INTEGER NOT NULL,
  decided_at INTEGER
) STRICT;
CREATE INDEX widenings_open ON widenings (id) WHERE decision IS NULL;
CREATE INDEX widenings_task ON widenings (task_id, id);

-- What probes found out about the criteria of a change.
CREATE TABLE criteria_evidence (
  change_id            INTEGER NOT NULL,
  criterion            TEXT NOT NULL,
  probe                TEXT NOT NULL,
  verdict              TEXT NOT NULL CHECK (verdict IN ('proven', 'not_proven', 'unmet', 'could_not_run', 'not_allowed')),
  tree                 TEXT NOT NULL,
  base_tree            TEXT NOT NULL,
  verdict_on_base      TEXT,
  verdict_on_candidate TEXT,
  output               TEXT NOT NULL,
  created_at           INTEGER NOT NULL,
  PRIMARY KEY (change_id, criterion)
) STRICT;

-- Who is at work on a request, so that nobody else is; and until when its questions wait.
ALTER TABLE task_requests ADD COLUMN runner_pid INTEGER;
ALTER TABLE task_requests ADD COLUMN runner_started TEXT;
ALTER TABLE task_requests ADD COLUMN answer_by INTEGER;
ALTER TABLE task_requests ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN assumption TEXT;
ALTER TABLE questions ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;

-- An assignment may be drafted anew: after a person sent its change back, planned it anew or widened it.
CREATE TABLE assignments_new (
  task_id        TEXT PRIMARY KEY,
  request_id     TEXT NOT NULL REFERENCES task_requests (request_id),
  seq            INTEGER NOT NULL,
  agent          TEXT NOT NULL,
  assignment     TEXT NOT NULL CHECK (json_valid(assignment)),
  status         TEXT NOT NULL CHECK (status IN ('planned', 'asks', 'drafted', 'queued', 'failed', 'cancelled')),
  change_request TEXT,
  change_id      INTEGER,
  error          TEXT,
  -- Why a person sent its last change back; null where it is a first draft.
  sent_back      TEXT,
  -- Changes of others that were open on its files when it was planned.
  in_flight      TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(in_flight)),
  updated_at     INTEGER NOT NULL
) STRICT;
INSERT INTO assignments_new (task_id, request_id, seq, agent, assignment, status, change_request, change_id, error, updated_at)
  SELECT task_id, request_id, seq, agent, assignment, status, change_request, change_id, error, updated_at FROM assignments;
DROP TABLE assignments;
ALTER TABLE assignments_new RENAME TO assignments;
CREATE UNIQUE INDEX assignments_request ON assignments (request_id, seq);
