-- Changes that wait for themselves through others: looked at again whenever a dependency comes to stand otherwise.
CREATE INDEX change_queue_circles ON change_queue (id) WHERE status = 'held' AND reason_code = 'dependency_cycle';
