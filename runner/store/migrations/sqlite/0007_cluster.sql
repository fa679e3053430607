-- Until when a member may run what it has claimed, by the clock of the database; none where locks say who lives.
ALTER TABLE member ADD COLUMN lease_until BIGINT;
-- Grows with each claim, so that whoever has lost an execution and does not know it yet cannot record anything of it.
ALTER TABLE execution ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
-- What waits for its time.
CREATE INDEX execution_not_before ON execution (not_before) WHERE state = 'queued' AND parent IS NULL AND not_before IS NOT NULL;
