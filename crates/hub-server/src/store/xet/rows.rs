//! What the database notes of xorbs and files.

use hub_xet::MerkleHash;

use crate::store::{
    Result,
    database::{Connection, Row, SqlResult, corrupt, params},
};

/// A column with the 32 bytes of a hash.
pub(super) fn hash_from_column(row: &Row<'_>, column: usize) -> SqlResult<MerkleHash> {
    let bytes: Vec<u8> = row.get(column)?;
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| "not a hash").map_err(corrupt(column))?;
    Ok(bytes.into())
}

/// All xorbs, each with the bytes of its body.
pub(in crate::store) fn all_xorbs(connection: &Connection) -> Result<Vec<(MerkleHash, u64)>> {
    hashes_and_sizes(connection, "SELECT hash, size FROM xet_xorbs ORDER BY hash")
}

/// All files, each with its bytes.
pub(in crate::store) fn all_files(connection: &Connection) -> Result<Vec<(MerkleHash, u64)>> {
    hashes_and_sizes(connection, "SELECT file, size FROM xet_files ORDER BY file")
}

/// The files that a repository has under a sha256, each with its bytes: several, when clients cut it into chunks in different ways.
pub(in crate::store) fn files_of(
    connection: &Connection,
    repo: i64,
    oid: &str,
) -> Result<Vec<(MerkleHash, u64)>> {
    let mut statement = connection.prepare(
        "SELECT file, size FROM xet_repo_files r JOIN xet_files USING (file) WHERE repo = ?1 AND oid = ?2
         ORDER BY r.created_at, file",
    )?;
    let rows = statement.query_map(params![repo, oid], |row| Ok((hash_from_column(row, 0)?, row.get(1)?)))?;
    Ok(rows.collect::<SqlResult<_>>()?)
}

/// The xorbs of which a file consists, each with the bytes of its body.
pub(super) fn xorbs_of(connection: &Connection, file: &MerkleHash) -> Result<Vec<(MerkleHash, u64)>> {
    let mut statement = connection
        .prepare("SELECT hash, size FROM xet_file_xorbs JOIN xet_xorbs ON hash = xorb WHERE file = ?1")?;
    let rows = statement.query_map([file.as_bytes()], |row| Ok((hash_from_column(row, 0)?, row.get(1)?)))?;
    Ok(rows.collect::<SqlResult<_>>()?)
}

/// All files of a repository: under which sha256 it has one, its hash and its bytes.
pub(in crate::store) fn files_in(
    connection: &Connection,
    repo: i64,
) -> Result<Vec<(String, MerkleHash, u64)>> {
    let mut statement = connection
        .prepare("SELECT oid, file, size FROM xet_repo_files JOIN xet_files USING (file) WHERE repo = ?1")?;
    let rows =
        statement.query_map([repo], |row| Ok((row.get(0)?, hash_from_column(row, 1)?, row.get(2)?)))?;
    Ok(rows.collect::<SqlResult<_>>()?)
}

fn hashes_and_sizes(connection: &Connection, query: &str) -> Result<Vec<(MerkleHash, u64)>> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map((), |row| Ok((hash_from_column(row, 0)?, row.get(1)?)))?;
    Ok(rows.collect::<SqlResult<_>>()?)
}
