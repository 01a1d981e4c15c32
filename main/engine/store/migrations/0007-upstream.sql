-- Merges of upstream are rows of the queue like any other, made by Hyperion itself.
ALTER TABLE change_queue ADD COLUMN kind TEXT NOT NULL DEFAULT 'change' CHECK (kind IN ('change', 'upstream_merge'));
ALTER TABLE change_archive ADD COLUMN kind TEXT NOT NULL DEFAULT 'change';
CREATE INDEX change_queue_merges ON change_queue (id) WHERE kind = 'upstream_merge';

-- What the incoming side of a merge had when a person decided: a newer upstream may have something else there.
ALTER TABLE resolutions ADD COLUMN theirs_oid TEXT;
