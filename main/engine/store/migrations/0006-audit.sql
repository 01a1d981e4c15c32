-- SHA-256 over the hash of the row before and the bytes of this one: what changes a row breaks every row after it.
ALTER TABLE change_queue_logs ADD COLUMN hash TEXT;
