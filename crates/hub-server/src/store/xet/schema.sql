-- Xorbs that are stored, with when they were last uploaded, referred to or named in an answer. This row is what makes one exist.
CREATE TABLE IF NOT EXISTS xet_xorbs (
    hash BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    raw_size INTEGER NOT NULL,
    chunks INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Files that can be put together, whose sha256 was found by doing so.
CREATE TABLE IF NOT EXISTS xet_files (
    file BLOB PRIMARY KEY,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which of them a repository has, by the sha256 of its LFS pointers.
CREATE TABLE IF NOT EXISTS xet_repo_files (
    repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
    oid TEXT NOT NULL,
    file BLOB NOT NULL REFERENCES xet_files (file),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (repo, oid, file)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS xet_repo_files_by_file ON xet_repo_files (file);

CREATE TABLE IF NOT EXISTS xet_file_xorbs (
    file BLOB NOT NULL REFERENCES xet_files (file) ON DELETE CASCADE,
    xorb BLOB NOT NULL REFERENCES xet_xorbs (hash),
    PRIMARY KEY (file, xorb)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS xet_file_xorbs_by_xorb ON xet_file_xorbs (xorb);

-- What is said about a chunk to whoever asks: xorbs that have it, or what follows it in a file.
CREATE TABLE IF NOT EXISTS xet_global (
    chunk BLOB NOT NULL,
    xorb BLOB NOT NULL REFERENCES xet_xorbs (hash) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    PRIMARY KEY (chunk, xorb)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS xet_global_by_xorb ON xet_global (xorb);
