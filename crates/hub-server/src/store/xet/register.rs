//! How a shard is checked against what is stored, and its files become those of a repository.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use futures_util::stream::StreamExt;
use hub_xet::{
    MerkleHash, XetError,
    merkle::MerkleBuilder,
    recipe::{Term, total_len},
    shard::{FileBlock, ShardBuilder, XorbBlock},
    xorb::XorbIndex,
};
use object_store::{ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::{
    XetFault, XetStore,
    folder::{XetFolder, recipe_location},
    rows::xorbs_of,
    shard::{Block, NewShard},
};
use crate::store::{
    RepoRecord, Result, Room, StoreError,
    database::{Connection, OptionalExtension, Transaction, now, params},
    repos::expect_repo,
};

/// Most bytes of a file.
const MAX_FILE: u64 = 1 << 40;
/// So many things are noted in one transaction.
const TRANSACTION: usize = 16 * 1024;
/// Xorbs that are named to whoever asks for the first chunk of a file.
const NAMED_XORBS: usize = 64;

/// How far the check of a shard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShardCheck {
    /// Files are put together and compared with their hashes.
    Validating {
        /// Files that are checked.
        verified: u64,
        /// All files.
        total: u64,
    },
    /// The files become those of the repository.
    Committing,
}

impl XetStore {
    /// Checks a shard, and registers its files in a repository. `false`: the repository had them all, and whole.
    ///
    /// Every term of a file is compared with the stored xorbs, its range hash proves that the sender has the chunks, and the file is put
    /// together for its sha256, unless that was done before. `report` is told how far this is; it says whether anybody still waits.
    /// `room` is asked whether the repository may have these files, by sha256 and size, and holds the room until they are noted. Four shards are checked at a time, two of them for one
    /// user; others wait.
    ///
    /// # Errors
    /// `Invalid`, what `room` says, and `Gone` when nobody waits any more.
    pub(crate) async fn register<R, Q>(
        &self,
        (repo, user): (RepoRecord, i64),
        shard: NewShard,
        room: Q,
        report: R,
    ) -> Result<bool, XetFault>
    where
        R: Fn(ShardCheck) -> bool + Send + 'static,
        Q: Fn(&[(&str, u64)]) -> Result<Option<Room>> + Send + 'static,
    {
        let turn = self.shared.checks.take(user).await;
        let registering = Arc::clone(&self.shared.registering).read_owned().await;
        let (store, runtime) = (self.clone(), Handle::current());
        let check = move || {
            let (_turn, _registering) = (turn, registering);
            let total = shard.file_count();
            let found = Found::default();
            Check { store, repo, runtime, room, report, verified: 0, total, found }.run(shard)
        };
        tokio::task::spawn_blocking(check).await.map_err(StoreError::Stopped)?
    }
}

/// A shard that is being checked. It blocks on the disk.
struct Check<R, Q> {
    store: XetStore,
    repo: RepoRecord,
    runtime: Handle,
    room: Q,
    report: R,
    verified: u64,
    total: u64,
    found: Found,
}

/// What is right and not noted yet.
#[derive(Default)]
struct Found {
    files: Vec<FoundFile>,
    /// Xorbs that it rests on.
    xorbs: BTreeSet<MerkleHash>,
    marks: usize,
}

struct FoundFile {
    hash: MerkleHash,
    sha256: String,
    size: u64,
    /// Whether it was known, and whole, with another list of terms perhaps.
    known: bool,
    xorbs: BTreeSet<MerkleHash>,
    /// Chunks that others may ask about, with the xorb to name and its place among several.
    marks: HashMap<(MerkleHash, MerkleHash), usize>,
}

impl<R, Q> Check<R, Q>
where
    R: Fn(ShardCheck) -> bool,
    Q: Fn(&[(&str, u64)]) -> Result<Option<Room>>,
{
    fn run(mut self, shard: NewShard) -> Result<bool, XetFault> {
        let mut blocks = shard.blocks()?;
        let mut is_new = false;
        self.report()?;
        while let Some(block) = blocks.next()? {
            match block {
                Block::Xorb(xorb) => self.xorb(&xorb)?,
                Block::File(file) => {
                    let file = self.file(file)?;
                    self.found.marks += 1 + file.marks.len() + file.xorbs.len();
                    self.found.xorbs.extend(&file.xorbs);
                    self.found.files.push(file);
                    self.verified += 1;
                    self.report()?;
                }
            }
            if self.found.marks >= TRANSACTION {
                is_new |= self.note()?;
            }
        }
        (self.report)(ShardCheck::Committing);
        Ok(is_new | self.note()?)
    }

    fn report(&self) -> Result<(), XetFault> {
        let Self { verified, total, .. } = *self;
        if (self.report)(ShardCheck::Validating { verified, total }) { Ok(()) } else { Err(XetFault::Gone) }
    }

    /// A xorb that is listed must be stored, and be what is said of it.
    fn xorb(&mut self, xorb: &XorbBlock) -> Result<(), XetFault> {
        let index = self.index(&xorb.hash)?;
        let listed = xorb.chunks.iter().map(|chunk| (chunk.hash, u64::from(chunk.raw_len)));
        let stored = index.chunks().map(|chunk| (chunk.hash, chunk.raw.end - chunk.raw.start));
        if !listed.eq(stored) {
            return Err(XetFault::invalid("xorb of a shard", "its chunks are not those of the stored xorb"));
        }
        self.found.xorbs.insert(xorb.hash);
        self.found.marks += 1;
        Ok(())
    }

    fn index(&self, xorb: &MerkleHash) -> Result<Arc<XorbIndex>, XetFault> {
        if self.store.stored_size(xorb)?.is_none() {
            return Err(XetFault::missing_xorb(xorb));
        }
        Ok(self.runtime.block_on(self.store.index(xorb))?)
    }

    fn file(&self, file: FileBlock) -> Result<FoundFile, XetFault> {
        let FileBlock { hash, terms, verification, sha256 } = file;
        let sha256 = sha256.map(|digest| hub_types::hex::encode(&digest)).unwrap_or_default();
        let size = total_len(&terms);
        if size > MAX_FILE {
            return Err(XetError::TooLarge { what: "size of a file", size, limit: MAX_FILE }.into());
        }
        let mut tree = MerkleBuilder::new();
        let mut xorbs = BTreeSet::new();
        let mut order = Vec::new();
        let mut marks = HashMap::new();
        let mut first = None;
        let mut last: Option<Arc<XorbIndex>> = None;
        for (term, expected) in terms.iter().zip(&verification) {
            let index = match last.take().filter(|index| index.hash() == term.xorb) {
                Some(same) => same,
                None => self.index(&term.xorb)?,
            };
            check_term(term, expected, &index)?;
            for number in term.chunks.start..term.chunks.end {
                let Some(chunk) = index.chunk(number) else { continue };
                tree.push(chunk.hash, chunk.raw.end - chunk.raw.start);
                first.get_or_insert(chunk.hash);
                if chunk.hash.is_global_dedup_candidate() {
                    marks.insert((chunk.hash, term.xorb), 0);
                }
            }
            if xorbs.insert(term.xorb) && order.len() < NAMED_XORBS {
                order.push(term.xorb);
            }
            last = Some(index);
        }
        if tree.file_hash() != hash {
            return Err(XetFault::mismatch("hash of a file", hash, tree.file_hash()));
        }
        for (place, xorb) in order.into_iter().enumerate() {
            first.into_iter().for_each(|first| {
                marks.entry((first, xorb)).or_insert(place);
            });
        }
        let known = self.check_sha256(&hash, &terms, size, &sha256)?;
        // What it consisted of may be lost: then it consists of this from now on.
        let shared = &self.store.shared;
        let known = known && shared.database.read(|connection| shared.folder.has_file(connection, &hash))?;
        if !known {
            self.keep_terms(hash, terms)?;
        }
        Ok(FoundFile { hash, sha256, size, known, xorbs, marks })
    }

    /// Compares the content of a file with the sha256 that it should have. True if that was done before.
    fn check_sha256(
        &self,
        hash: &MerkleHash,
        terms: &[Term],
        size: u64,
        sha256: &str,
    ) -> Result<bool, XetFault> {
        let known = self.store.known_sha256(hash)?;
        let is_known = known.is_some();
        let actual = match known {
            Some(known) => known,
            None => self.hash_content(terms, size)?,
        };
        if actual != sha256 {
            return Err(XetFault::mismatch("sha256 of a file", sha256, actual));
        }
        Ok(is_known)
    }

    fn hash_content(&self, terms: &[Term], size: u64) -> Result<String, XetFault> {
        let mut hasher = Sha256::new();
        if size > 0 {
            let mut content = self.runtime.block_on(self.store.read_terms(terms, 0..size))?;
            while let Some(piece) = self.runtime.block_on(content.next()) {
                hasher.update(&piece?);
                self.report()?;
            }
        }
        Ok(hub_types::hex::encode(&hasher.finalize()))
    }

    /// Stores what a file consists of.
    fn keep_terms(&self, hash: MerkleHash, terms: Vec<Term>) -> Result<(), XetFault> {
        let mut recipe = ShardBuilder::new();
        recipe.push_file(&FileBlock { hash, terms, verification: Vec::new(), sha256: None })?;
        let payload = PutPayload::from(recipe.finish());
        self.runtime.block_on(self.store.shared.objects.put(&recipe_location(&hash), payload))?;
        Ok(())
    }

    /// Notes what was found; true if the repository has something new.
    fn note(&mut self) -> Result<bool, XetFault> {
        let found = std::mem::take(&mut self.found);
        let files: Vec<(&str, u64)> =
            found.files.iter().map(|file| (file.sha256.as_str(), file.size)).collect();
        let _room = (self.room)(&files)?;
        self.store.shared.database.write(|transaction| {
            expect_repo(transaction, &self.repo)?;
            // What was deleted meanwhile must be sent again; nothing is noted then.
            for xorb in &found.xorbs {
                if !touch(transaction, xorb)? {
                    return Ok(Err(XetFault::missing_xorb(xorb)));
                }
            }
            let mut is_new = false;
            for file in &found.files {
                if !file.known {
                    forget_lost_xorbs(transaction, &self.store.shared.folder, &file.hash)?;
                    note_file(transaction, file)?;
                    // Also where the repository had it, and it was lost.
                    is_new = true;
                } else if known_sha256(transaction, &file.hash)?.is_none() {
                    // It was deleted meanwhile: the same upload succeeds.
                    return Ok(Err(XetFault::Gone));
                }
                is_new |= note_in_repo(transaction, self.repo.key, &file.sha256, &file.hash)?;
            }
            Ok(Ok(is_new))
        })?
    }
}

/// A term must be in its xorb, and its sender have the chunks.
fn check_term(term: &Term, expected: &MerkleHash, index: &XorbIndex) -> Result<(), XetFault> {
    let beyond = || XetFault::invalid("term of a file", "its xorb has fewer chunks");
    let raw = index.raw_range(term.chunks).ok_or_else(beyond)?;
    if raw.end - raw.start != u64::from(term.raw_len) {
        return Err(XetFault::mismatch("raw length of a term", term.raw_len, raw.end - raw.start));
    }
    if index.range_hash(term.chunks) != Some(*expected) {
        return Err(XetFault::invalid("term of a file", "its range hash is not that of the stored chunks"));
    }
    Ok(())
}

/// Forgets those xorbs of a file that are lost: it consists of others from now on.
fn forget_lost_xorbs(transaction: &Transaction<'_>, folder: &XetFolder, file: &MerkleHash) -> Result<()> {
    for (xorb, size) in xorbs_of(transaction, file)? {
        if !folder.has_xorb(&xorb, size) {
            transaction
                .prepare("DELETE FROM xet_file_xorbs WHERE file = ?1 AND xorb = ?2")?
                .execute(params![file.as_bytes(), xorb.as_bytes()])?;
        }
    }
    Ok(())
}

fn note_file(transaction: &Transaction<'_>, file: &FoundFile) -> Result<()> {
    let hash = file.hash.as_bytes();
    transaction
        .prepare("INSERT INTO xet_files (file, sha256, size, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute(params![hash, file.sha256, file.size, now().as_millisecond()])?;
    for xorb in &file.xorbs {
        transaction
            .prepare("INSERT INTO xet_file_xorbs (file, xorb) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![hash, xorb.as_bytes()])?;
    }
    for ((chunk, xorb), place) in &file.marks {
        transaction
            .prepare(
                "INSERT INTO xet_global (chunk, xorb, place) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![chunk.as_bytes(), xorb.as_bytes(), place])?;
    }
    Ok(())
}

/// Notes that a repository has a file, and that somebody counts on it from now on; false if it had it before.
pub(super) fn note_in_repo(
    transaction: &Transaction<'_>,
    repo: i64,
    oid: &str,
    file: &MerkleHash,
) -> Result<bool> {
    let renewed = transaction
        .prepare("UPDATE xet_repo_files SET created_at = ?4 WHERE repo = ?1 AND oid = ?2 AND file = ?3")?
        .execute(params![repo, oid, file.as_bytes(), now().as_millisecond()])?;
    if renewed > 0 {
        return Ok(false);
    }
    transaction
        .prepare("INSERT INTO xet_repo_files (repo, oid, file, created_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![repo, oid, file.as_bytes(), now().as_millisecond()])?;
    Ok(true)
}

/// Notes that somebody counts on a xorb; false if there is none.
fn touch(transaction: &Transaction<'_>, xorb: &MerkleHash) -> Result<bool> {
    let touched = transaction
        .prepare("UPDATE xet_xorbs SET used_at = ?2 WHERE hash = ?1")?
        .execute(params![xorb.as_bytes(), now().as_millisecond()])?;
    Ok(touched > 0)
}

/// The sha256 of a file that was put together before.
pub(super) fn known_sha256(connection: &Connection, file: &MerkleHash) -> Result<Option<String>> {
    let found = connection
        .prepare("SELECT sha256 FROM xet_files WHERE file = ?1")?
        .query_row([file.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found)
}
