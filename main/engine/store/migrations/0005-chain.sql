-- The chain: changes built one on the other and checked at the same time, in the order in which they are to land.
CREATE TABLE chain (
  position     INTEGER PRIMARY KEY AUTOINCREMENT,
  change_id    INTEGER NOT NULL UNIQUE,
  fence        INTEGER NOT NULL,        -- of the lease it was built under; with another one it is in the chain no more
  state        TEXT NOT NULL CHECK (state IN ('built', 'checking', 'passed', 'failed', 'unfit')),
  parent_id    INTEGER,                 -- the change it is built on; null for the target itself
  parent_tree  TEXT NOT NULL,
  tree         TEXT,                    -- null where it does not fit
  base_tip     TEXT NOT NULL,           -- the target when it was built
  candidate    TEXT NOT NULL CHECK (json_valid(candidate)),
  checks       TEXT NOT NULL,           -- as the commit will tell them
  verdict      TEXT NOT NULL,
  checked_tree TEXT,                    -- the tree the verdict was found on
  outcome      TEXT CHECK (outcome IS NULL OR json_valid(outcome)),
  worker_id    TEXT,                    -- who checks it
  pid          INTEGER,
  pid_started  TEXT,
  since_ms     INTEGER NOT NULL         -- when it came into this state, epoch milliseconds
) STRICT;

-- A verdict is used again for the same tree, command and surroundings only.
ALTER TABLE check_runs ADD COLUMN surroundings TEXT;
CREATE INDEX check_runs_passed ON check_runs (tree, command) WHERE verdict = 'passed' AND surroundings IS NOT NULL;
