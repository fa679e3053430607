-- Until when a member may run what it has claimed, by the clock of the database; none where locks say who lives.
ALTER TABLE member ADD COLUMN lease_until BIGINT;
-- Grows with each claim, so that whoever has lost an execution and does not know it yet cannot record anything of it.
ALTER TABLE execution ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
-- What waits for its time.
CREATE INDEX execution_not_before ON execution (not_before) WHERE state = 'queued' AND parent IS NULL AND not_before IS NOT NULL;

-- What is shown of a member, and what it can do.
ALTER TABLE member ADD COLUMN seen_at BIGINT; -- when it last renewed its lease
ALTER TABLE member ADD COLUMN max_executions BIGINT NOT NULL DEFAULT 0; -- of a server
ALTER TABLE member ADD COLUMN master_key TEXT; -- the id of the one that wraps what it writes
ALTER TABLE member ADD COLUMN labels TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE member ADD COLUMN plugins TEXT NOT NULL DEFAULT '[]'; -- JSON: names, versions, hashes
ALTER TABLE member ADD COLUMN draining BOOLEAN NOT NULL DEFAULT FALSE; -- it takes nothing new
-- What a member must have to take an execution, JSON, sorted: `plugin:NAME`, `label:NAME`.
ALTER TABLE execution ADD COLUMN needs TEXT COLLATE "C" NOT NULL DEFAULT '[]';
CREATE INDEX execution_needs ON execution (needs) WHERE state = 'queued' AND parent IS NULL;
