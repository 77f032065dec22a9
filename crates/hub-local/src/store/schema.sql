CREATE TABLE accounts (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    is_org INTEGER NOT NULL,
    fullname TEXT,
    email TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    org INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
    user INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (user, org)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE repos (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_type TEXT NOT NULL,
    id TEXT NOT NULL,
    folded TEXT NOT NULL,
    internal_id TEXT NOT NULL UNIQUE,
    private INTEGER NOT NULL,
    sdk TEXT,
    created_at INTEGER NOT NULL,
    creator INTEGER NOT NULL,
    lfs_multipart_threshold INTEGER,
    last_number INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repo_type, folded)
) STRICT;

CREATE TABLE lfs_objects (
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    oid TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (repo, oid)
) STRICT, WITHOUT ROWID;

CREATE TABLE discussions (
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Of pull requests only: the branch, what the changes are counted from, the newest commit that has its event, and
    -- what merging them made.
    target TEXT,
    base TEXT,
    head TEXT,
    merge_commit TEXT,
    PRIMARY KEY (repo, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE discussion_events (
    repo INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repo, number, position),
    FOREIGN KEY (repo, number) REFERENCES discussions (repo, number) ON DELETE CASCADE
) STRICT;

CREATE TABLE nonces (
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    nonce TEXT NOT NULL,
    body_digest BLOB NOT NULL,
    answer BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (repo, nonce)
) STRICT;

CREATE INDEX nonces_by_age ON nonces (created_at);

-- Folders of deleted repositories, relative to the data folder, until they are really gone.
CREATE TABLE trash (path TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
