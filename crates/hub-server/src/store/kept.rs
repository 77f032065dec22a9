//! How large files are kept: as LFS objects, which are files of their own, in chunks by Xet, or both; and whether what the database
//! notes of them is stored.
//!
//! Looked at are names and sizes, which cost a call to the file system each. What has the right size and other bytes is found by
//! [`Store::fsck`]. Everything here blocks.

use std::path::Path;

use hub_xet::MerkleHash;

use super::{
    RepoRecord, Result, Store,
    copying::Stop,
    disk::size_problem,
    layout::large_file_name,
    noted,
    xet::{self, XetFolder},
};
use crate::store::database::{Connection, Params, SqlResult};

/// How many problems are told.
pub(super) const MOST_PROBLEMS: usize = 1_000;

/// The repositories that have an LFS object, and under which sha256 they have what consists of a xorb, or a file by Xet.
const HAVE_OBJECT: &str = "SELECT repo, oid FROM lfs_objects WHERE oid = ?1";
const HAVE_XORB: &str =
    "SELECT DISTINCT repo, oid FROM xet_file_xorbs JOIN xet_repo_files USING (file) WHERE xorb = ?1";
const HAVE_FILE: &str = "SELECT repo, oid FROM xet_repo_files WHERE file = ?1";

/// How a repository has the content of an LFS pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Size in bytes.
    pub(crate) size: u64,
    /// From what it is read.
    pub(crate) source: Source,
    /// The Xet hash under which its chunks can be fetched. `None` when it is not kept in chunks, or these are lost and it is had in
    /// another way.
    pub(crate) by_xet: Option<MerkleHash>,
}

/// From what a large file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// An LFS object.
    Object,
    /// The chunks of a file by Xet.
    Chunks(MerkleHash),
}

impl Store {
    /// How a repository has a large file; `None` if it has it not.
    pub(crate) fn kept(&self, repo: &RepoRecord, oid: &str) -> Result<Option<Kept>> {
        self.stored(|stored| stored.kept(repo.key, oid))
    }

    /// The size of a large file that a repository has, if all of it is stored.
    pub(crate) fn whole(&self, repo: &RepoRecord, oid: &str) -> Result<Option<u64>> {
        self.stored(|stored| stored.whole(repo.key, oid))
    }

    /// Does something with what the data folder stores.
    pub(super) fn stored<T>(&self, mut work: impl FnMut(&Stored<'_>) -> Result<T>) -> Result<T> {
        let discards = self.lfs().discards().is_some();
        self.database().read(|connection| work(&Stored::new(connection, self.dir(), discards)))
    }
}

/// What a data folder stores of the large files that its database names: the folder that is open, or a copy.
pub(super) struct Stored<'s> {
    connection: &'s Connection,
    dir: &'s Path,
    xet: XetFolder,
    /// Whether LFS objects are thrown away when they come: none is missed then.
    discards: bool,
}

impl<'s> Stored<'s> {
    pub(super) fn new(connection: &'s Connection, dir: &'s Path, discards: bool) -> Self {
        Self { connection, dir, xet: XetFolder::of(dir), discards }
    }

    fn kept(&self, repo: i64, oid: &str) -> Result<Option<Kept>> {
        let object = noted::size_of_object(self.connection, repo, oid)?;
        let files = xet::files_of(self.connection, repo, oid)?;
        let first = files.first().copied();
        let Some(size) = object.or(first.map(|(_, size)| size)) else { return Ok(None) };
        let by_xet = match (object, files.as_slice()) {
            // Where there is no other way to have it, nothing would follow from looking at all its xorbs.
            (None, &[(only, _)]) => Some(only),
            _ => self.first_whole(&files)?,
        };
        let source = match (object, by_xet, first) {
            (Some(size), ..) if self.has_object(oid, size) => Source::Object,
            (_, Some(file), _) | (None, None, Some((file, _))) => Source::Chunks(file),
            // Nothing is whole: whoever reads it is told what is missing.
            _ => Source::Object,
        };
        Ok(Some(Kept { size, source, by_xet }))
    }

    fn first_whole(&self, files: &[(MerkleHash, u64)]) -> Result<Option<MerkleHash>> {
        for (file, _) in files {
            if self.xet.has_file(self.connection, file)? {
                return Ok(Some(*file));
            }
        }
        Ok(None)
    }

    fn whole(&self, repo: i64, oid: &str) -> Result<Option<u64>> {
        let Some(kept) = self.kept(repo, oid)? else { return Ok(None) };
        let is_whole = match kept.source {
            Source::Object => self.has_object(oid, kept.size),
            Source::Chunks(file) => self.xet.has_file(self.connection, &file)?,
        };
        Ok(is_whole.then_some(kept.size))
    }

    /// Calls `each` with every large file of a repository of which all is stored, by sha256 and size; with some twice.
    pub(super) fn each_whole(
        &self,
        repo: &RepoRecord,
        mut each: impl FnMut(&str, u64) -> Result<()>,
    ) -> Result<()> {
        let lost = self.xet.lost_files(self.connection, repo.key)?;
        let mut objects = self.connection.prepare("SELECT oid, size FROM lfs_objects WHERE repo = ?1")?;
        let mut rows = objects.query([repo.key])?;
        while let Some(row) = rows.next()? {
            let (oid, size): (String, u64) = (row.get(0)?, row.get(1)?);
            if self.has_object(&oid, size) {
                each(&oid, size)?;
            }
        }
        for (oid, file, size) in xet::files_in(self.connection, repo.key)? {
            if !lost.contains(&file) {
                each(&oid, size)?;
            }
        }
        Ok(())
    }

    /// Tells what is missing of the large files that repositories have: each a sentence that names it. What is missing and had in another
    /// way by everyone who needs it is no loss. Gives how many large files there are.
    ///
    /// # Errors
    /// `GivenUp`, and what the database says.
    pub(super) fn losses(&self, stop: &Stop, mut told: impl FnMut(String)) -> Result<u64> {
        let objects = self.objects()?;
        for (oid, size) in &objects {
            stop.check()?;
            if let Some(lack) = self.lack_of_object(oid, *size)
                && self.is_missed(HAVE_OBJECT, [oid])?
            {
                told(format!("large file {oid}: {lack}"));
            }
        }
        for (xorb, size) in xet::all_xorbs(self.connection)? {
            stop.check()?;
            if let Some(lack) = self.xet.lack_of_xorb(&xorb, size)
                && self.is_missed(HAVE_XORB, [xorb.as_bytes()])?
            {
                told(format!("xorb {xorb}: {lack}"));
            }
        }
        let files = xet::all_files(self.connection)?;
        for (file, _) in &files {
            stop.check()?;
            if !self.xet.has_terms(file) && self.is_missed(HAVE_FILE, [file.as_bytes()])? {
                told(format!("file {file} by Xet: its terms are not there"));
            }
        }
        Ok((objects.len() + files.len()) as u64)
    }

    /// The LFS objects that repositories have, with their sizes.
    pub(super) fn objects(&self) -> Result<Vec<(String, u64)>> {
        let mut statement =
            self.connection.prepare("SELECT DISTINCT oid, size FROM lfs_objects ORDER BY oid")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<SqlResult<_>>()?)
    }

    fn has_object(&self, oid: &str, size: u64) -> bool {
        self.lack_of_object(oid, size).is_none()
    }

    fn lack_of_object(&self, oid: &str, size: u64) -> Option<String> {
        if self.discards { None } else { size_problem(&self.dir.join(large_file_name(oid)), size) }
    }

    /// Whether one of the repositories that a query finds has a large file of which not all is stored.
    fn is_missed(&self, query: &str, id: impl Params) -> Result<bool> {
        let mut statement = self.connection.prepare(query)?;
        let rows = statement.query_map(id, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let had: Vec<(i64, String)> = rows.collect::<SqlResult<_>>()?;
        for (repo, oid) in had {
            if self.whole(repo, &oid)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
