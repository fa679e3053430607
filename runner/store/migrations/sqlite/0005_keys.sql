-- The master keys that may wrap data keys: the one with the highest number wraps what is written.
CREATE TABLE master_key (
    number BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
);
INSERT INTO master_key (number, id) SELECT 1, value FROM meta WHERE name = 'master_key_id';
DELETE FROM meta WHERE name = 'master_key_id';

-- While a master key wraps anything it cannot be dropped, and what it wraps cannot be written after it was dropped.
ALTER TABLE secret RENAME TO old_secret;
CREATE TABLE secret (
    path TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    master_key TEXT NOT NULL REFERENCES master_key (id),
    wrapped_key BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'password' -- `password`, `privateKey`, `publicKey`
);
INSERT INTO secret (path, version, master_key, wrapped_key, ciphertext, created_at, updated_at)
    SELECT path, version, master_key, wrapped_key, ciphertext, created_at, updated_at FROM old_secret;
DROP TABLE old_secret;
CREATE INDEX secret_master_key ON secret (master_key, path);

ALTER TABLE execution_secret RENAME TO old_execution_secret;
CREATE TABLE execution_secret (
    execution BLOB NOT NULL REFERENCES execution (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    master_key TEXT NOT NULL REFERENCES master_key (id),
    wrapped_key BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    PRIMARY KEY (execution, name)
);
INSERT INTO execution_secret SELECT execution, name, master_key, wrapped_key, ciphertext FROM old_execution_secret;
DROP TABLE old_execution_secret;
CREATE INDEX execution_secret_master_key ON execution_secret (master_key, execution, name);
