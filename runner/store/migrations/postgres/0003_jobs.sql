-- Every process on the data directory.
CREATE TABLE member (
    id UUID NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    version TEXT NOT NULL,
    role TEXT NOT NULL, -- `server` or `run`
    data_dir_id TEXT NOT NULL,
    started_at BIGINT NOT NULL
);

-- A job that was deleted keeps its row, so that it keeps its history when it comes back.
CREATE TABLE job (
    id UUID NOT NULL PRIMARY KEY,
    project TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL, -- `id:STABLE` when the file has a stable id, else `name:NAME`
    name TEXT COLLATE "C" NOT NULL,
    job_group TEXT,
    description TEXT,
    version BIGINT NOT NULL, -- the one that holds; grows by one with each change
    deleted_at BIGINT
);
CREATE UNIQUE INDEX job_identity ON job (project, identity);
CREATE UNIQUE INDEX job_name ON job (project, name) WHERE deleted_at IS NULL;

CREATE TABLE job_version (
    job UUID NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (job, version)
);

ALTER TABLE execution ADD COLUMN job_id UUID; -- of a stored job; its text is then in `job_version`, and `job_text` empty
ALTER TABLE execution ADD COLUMN job_version BIGINT;
ALTER TABLE execution ADD COLUMN job_key TEXT COLLATE "C" NOT NULL DEFAULT ''; -- `PROJECT/IDENTITY`
ALTER TABLE execution ADD COLUMN concurrency BIGINT NOT NULL DEFAULT 0; -- how many of the key may run; 0 is no limit
ALTER TABLE execution ADD COLUMN member UUID; -- the one that runs it or ran it last
ALTER TABLE execution ADD COLUMN parent UUID; -- the execution whose step refers to the job
ALTER TABLE execution ADD COLUMN parent_position INTEGER;
ALTER TABLE execution ADD COLUMN retry_of UUID;
ALTER TABLE execution ADD COLUMN attempt BIGINT NOT NULL DEFAULT 1;
ALTER TABLE execution ADD COLUMN cause TEXT NOT NULL DEFAULT 'command';
ALTER TABLE execution ADD COLUMN not_before BIGINT;
ALTER TABLE execution ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0; -- `not_before` or else `queued_at`: the queue's order
ALTER TABLE execution ADD COLUMN resume BOOLEAN NOT NULL DEFAULT FALSE; -- it goes on after what it had done before
ALTER TABLE execution ADD COLUMN redo_before INTEGER; -- of steps at lower positions, those that failed are done again
ALTER TABLE execution ADD COLUMN cancel_at BIGINT; -- when it was asked to stop
ALTER TABLE execution ADD COLUMN outputs TEXT; -- JSON
ALTER TABLE execution ADD COLUMN has_secrets BOOLEAN NOT NULL DEFAULT FALSE; -- whether `execution_secret` has any
UPDATE execution SET job_key = project || '/name:' || job, due_at = queued_at;

CREATE INDEX execution_project ON execution (project, id);
CREATE INDEX execution_key ON execution (job_key, id);
CREATE INDEX execution_queued ON execution (job_key, due_at, id) WHERE state = 'queued' AND parent IS NULL;
CREATE INDEX execution_active ON execution (state, job_key) WHERE ended_at IS NULL;
CREATE INDEX execution_child ON execution (parent) WHERE parent IS NOT NULL;
-- What is looked for among many that succeeded.
CREATE INDEX execution_unsuccessful ON execution (state, id)
    WHERE state IN ('failed', 'cancelled', 'timedOut', 'interrupted', 'skipped');
CREATE INDEX execution_unsuccessful_in_project ON execution (project, state, id)
    WHERE state IN ('failed', 'cancelled', 'timedOut', 'interrupted', 'skipped');

ALTER TABLE step_execution ADD COLUMN parent INTEGER; -- the position of the group that it is in
ALTER TABLE step_execution ADD COLUMN path TEXT NOT NULL DEFAULT ''; -- `deploy[3].check`
ALTER TABLE step_execution ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE step_execution ADD COLUMN account TEXT;
ALTER TABLE step_execution ADD COLUMN child UUID; -- the execution of the job that it refers to
ALTER TABLE step_execution ADD COLUMN log_dropped BIGINT; -- bytes that a limit cut off
UPDATE step_execution SET path = step;

-- From here on `seq` is the offset of the chunk's first byte in the whole log of the execution; before, chunks were
-- numbered within their step.
ALTER TABLE log_chunk ADD COLUMN lines BIGINT NOT NULL DEFAULT 0; -- line breaks in it
CREATE INDEX log_chunk_offset ON log_chunk (execution, seq, position);

-- Values of secret options, encrypted, until the execution ends.
CREATE TABLE execution_secret (
    execution UUID NOT NULL REFERENCES execution (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    master_key TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    ciphertext BYTEA NOT NULL,
    PRIMARY KEY (execution, name)
);
