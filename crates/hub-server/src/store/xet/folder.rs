//! [`XetFolder`]: where xorbs and files are, and whether they are there.
//!
//! Looked at are names and sizes, which cost a call to the file system each. Everything here blocks.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use hub_xet::MerkleHash;
use object_store::path::Path as Location;

use super::rows::{hash_from_column, xorbs_of};
use crate::store::database::Connection;
use crate::store::{Result, disk::size_problem};

/// The part of a data folder, of the one that is open or of a copy, in which xorbs and files are.
#[derive(Debug, Clone)]
pub(in crate::store) struct XetFolder(PathBuf);

impl XetFolder {
    /// The one in the data folder `dir`.
    pub(in crate::store) fn of(dir: &Path) -> Self {
        Self(dir.join("xet"))
    }

    /// Where something is on the disk.
    pub(super) fn path(&self, location: &Location) -> PathBuf {
        self.0.join(location.as_ref())
    }

    /// What is missing of a xorb: its body with this size, or the index beside it.
    pub(in crate::store) fn lack_of_xorb(&self, xorb: &MerkleHash, size: u64) -> Option<String> {
        let index = self.path(&index_location(xorb));
        let lack_of_index = || (!index.exists()).then(|| "its index is not there".to_owned());
        size_problem(&self.path(&body_location(xorb)), size).or_else(lack_of_index)
    }

    /// Whether the body of a xorb is stored with this size, and an index beside it.
    pub(super) fn has_xorb(&self, xorb: &MerkleHash, size: u64) -> bool {
        self.lack_of_xorb(xorb, size).is_none()
    }

    /// Whether it is stored of what a file consists.
    pub(in crate::store) fn has_terms(&self, file: &MerkleHash) -> bool {
        self.path(&recipe_location(file)).exists()
    }

    /// Whether everything that a file consists of is stored.
    pub(in crate::store) fn has_file(&self, connection: &Connection, file: &MerkleHash) -> Result<bool> {
        Ok(self.has_terms(file)
            && xorbs_of(connection, file)?.iter().all(|(xorb, size)| self.has_xorb(xorb, *size)))
    }

    /// Those files of a repository of which not everything is stored: none, as a rule. Each xorb is looked at once.
    pub(in crate::store) fn lost_files(
        &self,
        connection: &Connection,
        repo: i64,
    ) -> Result<HashSet<MerkleHash>> {
        const FILES: &str = "SELECT DISTINCT file FROM xet_repo_files WHERE repo = ?1";
        const XORBS: &str = "SELECT DISTINCT hash, size FROM xet_repo_files JOIN xet_file_xorbs USING (file)
             JOIN xet_xorbs ON hash = xorb WHERE repo = ?1";
        let mut lost = HashSet::new();
        let mut files = connection.prepare(FILES)?;
        let mut rows = files.query([repo])?;
        while let Some(row) = rows.next()? {
            let file = hash_from_column(&row, 0)?;
            if !self.has_terms(&file) {
                lost.insert(file);
            }
        }
        let mut xorbs = connection.prepare(XORBS)?;
        let mut files_with = connection.prepare("SELECT file FROM xet_file_xorbs WHERE xorb = ?1")?;
        let mut rows = xorbs.query([repo])?;
        while let Some(row) = rows.next()? {
            let xorb = hash_from_column(&row, 0)?;
            if !self.has_xorb(&xorb, row.get(1)?) {
                let theirs = files_with.query_map([xorb.as_bytes()], |row| hash_from_column(row, 0))?;
                for file in theirs {
                    lost.insert(file?);
                }
            }
        }
        Ok(lost)
    }
}

/// Where the body of a xorb is.
pub(super) fn body_location(xorb: &MerkleHash) -> Location {
    location("xorbs", xorb, "")
}

/// Where its index is.
pub(super) fn index_location(xorb: &MerkleHash) -> Location {
    location("xorbs", xorb, ".idx")
}

/// Where the terms of a file are.
pub(super) fn recipe_location(file: &MerkleHash) -> Location {
    location("files", file, "")
}

fn location(folder: &str, hash: &MerkleHash, suffix: &str) -> Location {
    let name = hash.to_string();
    let first = name.get(..2).unwrap_or_default();
    Location::from(format!("{folder}/{first}/{name}{suffix}"))
}
