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
    gated TEXT,
    disabled INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repo_type, folded)
) STRICT;

-- Names that repositories had before, for as long as no other repository has them.
CREATE TABLE old_names (
    repo_type TEXT NOT NULL,
    folded TEXT NOT NULL,
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    PRIMARY KEY (repo_type, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE likes (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    UNIQUE (user, repo)
) STRICT;

CREATE INDEX likes_by_repo ON likes (repo);
-- Of the default branch: its tip, when that was committed, and the front matter of the card in JSON.
CREATE TABLE summaries (
    repo INTEGER PRIMARY KEY REFERENCES repos (key) ON DELETE CASCADE,
    tip TEXT NOT NULL,
    last_modified INTEGER NOT NULL,
    card TEXT
) STRICT;

CREATE TABLE repo_tags (
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (repo, position)
) STRICT, WITHOUT ROWID;

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

-- Secrets and variables of Spaces; `kind` is `secret` or `variable`.
CREATE TABLE space_settings (
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    description TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (repo, kind, key)
) STRICT, WITHOUT ROWID;

-- How far a Space is; `built` is the commit that was last built.
CREATE TABLE space_runtimes (
    repo INTEGER PRIMARY KEY REFERENCES repos (key) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    built TEXT,
    hardware TEXT,
    requested TEXT,
    storage TEXT,
    sleep_time INTEGER,
    dev_mode INTEGER NOT NULL
) STRICT;
