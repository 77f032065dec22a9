//! What the database notes of the large files of repositories. Whether it is stored is another question: [`Store::whole`](super::Store::whole).

use super::Result;
use crate::store::database::{Connection, OptionalExtension, params};

/// The size of a large file that a repository has, as an LFS object or by Xet.
pub(super) fn size_of(connection: &Connection, repo: i64, oid: &str) -> Result<Option<u64>> {
    let size = connection
        .prepare(
            "SELECT size FROM lfs_objects WHERE repo = ?1 AND oid = ?2
             UNION ALL SELECT size FROM xet_repo_files JOIN xet_files USING (file) WHERE repo = ?1 AND oid = ?2
             LIMIT 1",
        )?
        .query_row(params![repo, oid], |row| row.get(0))
        .optional()?;
    Ok(size)
}

/// As [`size_of`], as an LFS object alone.
pub(super) fn size_of_object(connection: &Connection, repo: i64, oid: &str) -> Result<Option<u64>> {
    let size = connection
        .prepare("SELECT size FROM lfs_objects WHERE repo = ?1 AND oid = ?2")?
        .query_row(params![repo, oid], |row| row.get(0))
        .optional()?;
    Ok(size)
}
