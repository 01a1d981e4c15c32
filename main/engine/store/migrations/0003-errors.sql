-- Searching for a text reads the errors there are, and not every change to find that most have none.
CREATE INDEX change_queue_errors ON change_queue (last_error) WHERE last_error IS NOT NULL;
