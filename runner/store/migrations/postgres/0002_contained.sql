ALTER TABLE step_execution ADD COLUMN containment TEXT; -- `full`, `partial` or `open`, once its host has said so
ALTER TABLE step_execution ADD COLUMN checkpoint TEXT;
ALTER TABLE artifact ADD COLUMN content_type TEXT; -- of a file; a table has none

CREATE TABLE chart (
    execution UUID NOT NULL,
    position INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    definition TEXT NOT NULL, -- JSON
    PRIMARY KEY (execution, position, name),
    FOREIGN KEY (execution, position) REFERENCES step_execution (execution, position) ON DELETE CASCADE
);
