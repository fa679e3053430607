-- Every version of every account that was made by a command; rows are only added.
CREATE TABLE account_version (
    revision BIGINT NOT NULL PRIMARY KEY, -- grows by one with each change of any account
    scope TEXT COLLATE "C" NOT NULL, -- the project, or empty for the system
    name TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL, -- of the account, from 1; goes on when it comes back after it was deleted
    text TEXT, -- without one the account was deleted
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    latest BOOLEAN NOT NULL -- whether no later version of the account follows
);
CREATE UNIQUE INDEX account_version_number ON account_version (scope, name, version);
CREATE UNIQUE INDEX account_version_latest ON account_version (scope, name) WHERE latest;
