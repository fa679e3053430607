-- Times are milliseconds since 1970 UTC. `data` columns are zstd frames; `bytes` is their length when unpacked.
-- `reversed_id` and `secret.path` are read by ranges, in the order of their bytes.

CREATE TABLE execution (
    id UUID NOT NULL PRIMARY KEY,
    reversed_id TEXT COLLATE "C" NOT NULL UNIQUE, -- the 32 hex digits of the id backwards: a suffix of the id is a range here
    project TEXT COLLATE "C" NOT NULL,
    job TEXT NOT NULL,
    job_text TEXT NOT NULL,
    options TEXT NOT NULL, -- JSON, no secrets
    state TEXT NOT NULL,
    code TEXT,
    reason TEXT,
    queued_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT
);

CREATE TABLE step_execution (
    execution UUID NOT NULL REFERENCES execution (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    step TEXT NOT NULL,
    uses TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    reason TEXT,
    plugin_sha256 TEXT,
    outputs TEXT, -- JSON
    started_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (execution, position)
);

CREATE TABLE log_chunk (
    execution UUID NOT NULL,
    position INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    stream TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (execution, position, seq),
    FOREIGN KEY (execution, position) REFERENCES step_execution (execution, position) ON DELETE CASCADE
);

CREATE TABLE artifact (
    execution UUID NOT NULL,
    position INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    columns TEXT NOT NULL, -- JSON
    rows BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (execution, position, name),
    FOREIGN KEY (execution, position) REFERENCES step_execution (execution, position) ON DELETE CASCADE
);

CREATE TABLE artifact_chunk (
    execution UUID NOT NULL,
    position INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    rows BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (execution, position, name, seq),
    FOREIGN KEY (execution, position, name) REFERENCES artifact (execution, position, name) ON DELETE CASCADE
);

CREATE TABLE secret (
    path TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    master_key TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    ciphertext BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE meta (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- What is compressed already is not compressed again.
ALTER TABLE log_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE artifact_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
