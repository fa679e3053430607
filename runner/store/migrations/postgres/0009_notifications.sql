-- An execution may tell what happened to another one.
ALTER TABLE execution ADD COLUMN notifies UUID; -- the other one
ALTER TABLE execution ADD COLUMN notification INTEGER; -- which of the job's notifications it is, from 0
ALTER TABLE execution ADD COLUMN event TEXT; -- what happened, JSON
CREATE INDEX execution_notifies ON execution (notifies) WHERE notifies IS NOT NULL;
CREATE INDEX execution_notifying ON execution (due_at, id) WHERE state = 'queued' AND notifies IS NOT NULL;
