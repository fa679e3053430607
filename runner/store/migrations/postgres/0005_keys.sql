-- The master keys that may wrap data keys: the one with the highest number wraps what is written.
CREATE TABLE master_key (
    number BIGINT NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE
);
INSERT INTO master_key (number, id) SELECT 1, value FROM meta WHERE name = 'master_key_id';
DELETE FROM meta WHERE name = 'master_key_id';

-- While a master key wraps anything it cannot be dropped, and what it wraps cannot be written after it was dropped.
ALTER TABLE secret ALTER COLUMN master_key TYPE TEXT COLLATE "C";
ALTER TABLE secret ADD FOREIGN KEY (master_key) REFERENCES master_key (id);
ALTER TABLE secret ADD COLUMN kind TEXT NOT NULL DEFAULT 'password'; -- `password`, `privateKey`, `publicKey`
CREATE INDEX secret_master_key ON secret (master_key, path);

ALTER TABLE execution_secret ALTER COLUMN master_key TYPE TEXT COLLATE "C";
ALTER TABLE execution_secret ADD FOREIGN KEY (master_key) REFERENCES master_key (id);
CREATE INDEX execution_secret_master_key ON execution_secret (master_key, execution, name);
