-- Casts on their way: what was answered so far, one row a cast. One that was put away can be had back.
CREATE TABLE cast_drafts (
  id           TEXT PRIMARY KEY,
  revision     INTEGER NOT NULL,
  tab          TEXT NOT NULL,
  step         TEXT NOT NULL,
  answers      TEXT NOT NULL CHECK (json_valid(answers)),
  -- The file it was begun from: its name, its text, what was done to it.
  source       TEXT CHECK (source IS NULL OR json_valid(source)),
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  discarded_at INTEGER
) STRICT;
CREATE INDEX cast_drafts_open ON cast_drafts (updated_at) WHERE discarded_at IS NULL;

-- Casts that were written to a file, each time.
CREATE TABLE casts (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id   TEXT NOT NULL,
  path         TEXT NOT NULL,
  sha256       TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  cast_json    TEXT NOT NULL CHECK (json_valid(cast_json)),
  written_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX casts_request ON casts (request_id, id);

-- Approvals that a person gave to a cast's content in the builder; what a file says of approvals is never here.
CREATE TABLE cast_approvals (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id   TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  approver     TEXT NOT NULL,
  role         TEXT,
  note         TEXT,
  approved_at  INTEGER NOT NULL,
  withdrawn_at INTEGER
) STRICT;
CREATE INDEX cast_approvals_content ON cast_approvals (content_hash);
