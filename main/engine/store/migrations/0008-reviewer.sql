-- How far a person has come with a conflict, path by path; what it is stays with the change until that has landed.
CREATE TABLE review_drafts (
  change_id  INTEGER NOT NULL REFERENCES change_queue (id) ON DELETE CASCADE,
  path       TEXT NOT NULL,
  revision   INTEGER NOT NULL,
  sides_key  TEXT NOT NULL,             -- the sides it was begun on
  tab        TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  draft      TEXT NOT NULL CHECK (json_valid(draft)),
  PRIMARY KEY (change_id, path)
) STRICT;

-- Sides that others have replaced in `conflicts`, the last ones and those of a draft, which is carried over from there.
CREATE TABLE review_sides (
  change_id  INTEGER NOT NULL REFERENCES change_queue (id) ON DELETE CASCADE,
  path       TEXT NOT NULL,
  sides_key  TEXT NOT NULL,
  record     TEXT NOT NULL CHECK (json_valid(record)),
  base       BLOB,
  ours       BLOB,
  theirs     BLOB,
  PRIMARY KEY (change_id, path, sides_key)
) STRICT;

-- How a result was judged before it counted; the last one of each change.
CREATE TABLE review_trials (
  change_id INTEGER PRIMARY KEY REFERENCES change_queue (id) ON DELETE CASCADE,
  trial     TEXT NOT NULL CHECK (json_valid(trial))
) STRICT;

-- What people decided about three texts, to be offered where the same three meet again. Outlives its change.
CREATE TABLE precedents (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  key        TEXT NOT NULL,
  choice     TEXT NOT NULL,
  text       TEXT NOT NULL,
  by         TEXT NOT NULL,
  change_id  INTEGER NOT NULL,
  decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX precedents_key ON precedents (key, id);
CREATE INDEX precedents_change ON precedents (change_id);

-- How many of its conflicts were decided how; null where whoever decided did not say.
ALTER TABLE resolutions ADD COLUMN choices TEXT CHECK (choices IS NULL OR json_valid(choices));
