-- When stored jobs run by themselves: a row for each entry of a job's `schedules`. One that its job no longer has keeps its
-- row, for its history and for when it comes back.
CREATE TABLE schedule (
    id BLOB NOT NULL PRIMARY KEY,
    job BLOB NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    version BIGINT NOT NULL, -- of the job, when it was last applied with the schedule
    definition TEXT NOT NULL, -- JSON
    next_at BIGINT, -- the first due time without a record; none when there is not going to be one
    paused_at BIGINT,
    removed_at BIGINT
);
CREATE UNIQUE INDEX schedule_name ON schedule (job, name);
CREATE INDEX schedule_next ON schedule (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX schedule_removed ON schedule (removed_at) WHERE removed_at IS NOT NULL;

-- What became of each due time of each schedule.
CREATE TABLE firing (
    schedule BLOB NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    due_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL, -- the last due time that the record stands for
    times BIGINT NOT NULL, -- how many; more than one only of what was missed
    outcome TEXT NOT NULL, -- `started`, `skipped`, `missed`, `excluded`, `failed`
    execution BLOB,
    code TEXT,
    reason TEXT,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (schedule, due_at)
);
CREATE INDEX firing_recorded ON firing (recorded_at);

-- Dates and hours that schedules keep to.
CREATE TABLE calendar (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL, -- its file
    definition TEXT NOT NULL, -- JSON, with what its file refers to
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (project, name)
);

ALTER TABLE execution ADD COLUMN schedule BLOB;
ALTER TABLE execution ADD COLUMN scheduled_at BIGINT; -- the due time that it stands for
