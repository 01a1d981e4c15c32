-- Who works the queue at the moment, with or without a lease; a process is one worker.
CREATE TABLE workers (
  pid INTEGER PRIMARY KEY,
  pid_started TEXT,
  id TEXT NOT NULL,
  started_at INTEGER NOT NULL
);
