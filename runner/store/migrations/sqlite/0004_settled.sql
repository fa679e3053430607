-- While a step runs that may leave a checkpoint, and then until `abandon` is done with: how its plugin was called, JSON.
ALTER TABLE step_execution ADD COLUMN called_with TEXT;
-- The checkpoint of a step whose execution has ended without it: what it stands for is to be ended outside.
ALTER TABLE step_execution ADD COLUMN abandon TEXT;
ALTER TABLE step_execution ADD COLUMN abandoner BLOB; -- the member that does so
CREATE INDEX step_execution_abandon ON step_execution (execution, position) WHERE abandon IS NOT NULL;

ALTER TABLE execution ADD COLUMN restarts BIGINT NOT NULL DEFAULT 0; -- how many of the attempts before it were interrupted
UPDATE execution SET restarts = attempt - 1 WHERE cause = 'restart';

ALTER TABLE step_execution ADD COLUMN accepted BOOLEAN NOT NULL DEFAULT FALSE; -- it failed, and its job went on

CREATE INDEX execution_version ON execution (job_id, job_version) WHERE job_id IS NOT NULL;
