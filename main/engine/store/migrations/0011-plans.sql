-- Whether a plan waits for a person: `held` from the moment it is made, `released` for good; null where nobody asked.
ALTER TABLE task_requests ADD COLUMN plan_hold TEXT CHECK (plan_hold IN ('held', 'released'));
