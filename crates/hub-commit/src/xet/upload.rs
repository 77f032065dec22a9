//! The way of all files of a commit.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use hub_endpoints::{GetXetToken, XetCas, XetPolicy};
use hub_types::hex::decode;
use hub_types::preupload::UploadMode;
use hub_types::progress::Phase;
use hub_xet::MerkleHash;
use hub_xet::dedup::ChunkIndex;
use hub_xet::shard::{FileBlock, XorbBlock};

use super::known::Known;
use super::pass::{Counted, Pass, Passed, Stored};
use super::refused::suspects;
use super::session::Session;
use super::shards::{self, Failure};
use crate::blocking::blocking;
use crate::hash::digest::Want;
use crate::inspect::Seen;
use crate::job::Job;
use crate::preupload::decision::{Added, Decision};
use crate::{CommitError, lfs};

/// Memory of a chunk that is known, in bytes.
const KNOWN: u64 = 64;
/// How often files may be refused and made in another way: each time less is believed.
const MOST_REFUSALS: u32 = 3;

/// The CAS for the files of this job; `None` where they go by LFS: the Hub has no Xet, it is not wanted, or there are none.
///
/// # Errors
/// [`CommitError::XetToken`].
pub(crate) async fn connect(job: &Arc<Job>, any: bool) -> Result<Option<Arc<XetCas>>, CommitError> {
    if !any || job.options.xet == XetPolicy::Never {
        return Ok(None);
    }
    let (repo, revision) = (job.options.repo.clone(), job.options.revision.clone());
    let token = GetXetToken::write(repo, revision).create_pr(job.options.create_pr);
    let cas = XetCas::connect(&job.transport, token).await.map_err(CommitError::XetToken)?;
    Ok(cas.map(Arc::new))
}

/// Digests the regular files that need it, uploads those that go to LFS and are not there, and notes what becomes of each.
pub(crate) async fn upload(
    job: &Arc<Job>,
    cas: &Arc<XetCas>,
    files: &mut [Added],
) -> Result<(), CommitError> {
    lfs::digest_regular(job, files).await?;
    let unsettled = known_digests(job, files).await?;
    let contents: Vec<Content> = unsettled
        .iter()
        .filter_map(|index| files.get(*index))
        .map(|file| Content {
            seen: file.seen,
            remote: match file.decision {
                // Its digest is known, and is not the one of the repository.
                Decision::Lfs(_) => None,
                _ => file.remote.as_deref().and_then(decode),
            },
        })
        .collect();
    let stored = store(job, cas, contents).await?;
    for (index, (sha256, is_unchanged)) in unsettled.into_iter().zip(stored) {
        if let Some(file) = files.get_mut(index) {
            file.decision = if is_unchanged { Decision::Unchanged } else { Decision::Lfs(sha256) };
        }
    }
    Ok(())
}

/// Uploads content whose digest is known, where the server does not have it. Each may be named once.
pub(crate) async fn upload_objects(
    job: &Arc<Job>,
    cas: &Arc<XetCas>,
    objects: Vec<lfs::Object>,
) -> Result<(), CommitError> {
    let contents = objects.iter().map(|object| Content { seen: object.seen, remote: None }).collect();
    let stored = store(job, cas, contents).await?;
    for (object, (sha256, _)) in objects.iter().zip(stored) {
        if decode(&object.oid) != Some(sha256) {
            let path = job.path(object.seen.operation).to_owned();
            return Err(CommitError::SourceChanged { path });
        }
    }
    Ok(())
}

/// What it would take to upload content that the server does not have as such: bytes of chunks that it does not have either, and requests.
/// Nothing is sent.
pub(crate) async fn estimate(
    job: &Arc<Job>,
    cas: &Arc<XetCas>,
    objects: &[lfs::Object],
) -> Result<(u64, u64), CommitError> {
    if objects.is_empty() {
        return Ok((0, 0));
    }
    let (known, mut session) = open(job, cas).await?;
    let pass = Pass {
        job: Arc::clone(job),
        cas: Arc::clone(cas),
        known,
        files: objects.iter().map(|object| object.seen).collect(),
        remotes: vec![None; objects.len()],
        asks: true,
        sends: false,
    };
    let Counted { bytes, xorbs } = pass.run(&mut session).await?.counted;
    // The token, the xorbs and a shard.
    Ok((bytes, xorbs + 2))
}

/// Settles the files whose digest is known from an earlier run: the server is asked by it, and need not get what it has. The indices of
/// the others that go to LFS.
async fn known_digests(job: &Arc<Job>, files: &mut [Added]) -> Result<Vec<usize>, CommitError> {
    let mut unsettled = Vec::new();
    let mut objects = Vec::new();
    for (index, file) in files.iter_mut().enumerate().filter(|(_, file)| file.mode == UploadMode::Lfs) {
        let add = job.add(file.seen.operation)?;
        let cache = job.options.digests.as_deref().zip(add.file());
        let known = cache.and_then(|(cache, path)| cache.get(&path, &file.seen.stamp, Want::Sha256));
        match known.map(|digests| lfs::judge(file, digests)) {
            Some(Some((_, object))) => objects.push((index, object)),
            Some(None) => job.reporter.file(
                Phase::Uploading,
                add.path_in_repo(),
                file.seen.stamp.size,
                file.seen.stamp.size,
            ),
            None => unsettled.push(index),
        }
    }
    let mut asked = HashSet::new();
    let each = objects.iter().filter(|(_, object)| asked.insert(object.oid.clone()));
    let missing = lfs::missing(job, each.map(|(_, object)| object.clone()).collect()).await?.0;
    let missing: HashSet<&str> = missing.iter().map(|(object, _)| object.oid.as_str()).collect();
    unsettled.extend(
        objects.iter().filter(|(_, object)| missing.contains(object.oid.as_str())).map(|(index, _)| *index),
    );
    unsettled.sort_unstable();
    Ok(unsettled)
}

/// A file whose content is to be in the CAS.
struct Content {
    seen: Seen,
    /// The sha256 that the repository has at its path.
    remote: Option<[u8; 32]>,
}

/// Uploads and registers all contents that are not unchanged. By content: its sha256, and whether it is unchanged.
async fn store(
    job: &Arc<Job>,
    cas: &Arc<XetCas>,
    contents: Vec<Content>,
) -> Result<Vec<([u8; 32], bool)>, CommitError> {
    if contents.is_empty() {
        return Ok(Vec::new());
    }
    let (known, session) = open(job, cas).await?;
    let mut storing = Storing { job, cas, known, session, contents, files: Vec::new(), xorbs: Vec::new() };
    let all: Vec<usize> = (0..storing.contents.len()).collect();
    storing.pass(&all, true).await?;
    let mut refusals = 0;
    while let Err(failure) = storing.register().await {
        let again = storing.after(failure, refusals)?;
        storing.pass(&again, false).await?;
        refusals += 1;
    }
    Ok(storing.files.into_iter().map(|file| (file.sha256, file.recipe.is_none())).collect())
}

/// What is known of the CAS from before, and a session that begins with it.
async fn open(job: &Arc<Job>, cas: &XetCas) -> Result<(Arc<Known>, Session), CommitError> {
    let url = cas.url().await.map_err(CommitError::XetToken)?;
    let budget = job.options.memory_budget;
    let now = job.transport.clock().wall().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut index = ChunkIndex::new(usize::try_from(budget / 4 / KNOWN).unwrap_or(usize::MAX));
    let folder = job.options.xet_index.clone();
    blocking(move || {
        let known = match &folder {
            Some(folder) => Known::open(folder, &url, now, &mut index),
            None => Known::nothing(),
        };
        // Up to four are in memory: one that is made, one that waits, and those on their way.
        Ok((Arc::new(known), Session::new(index, budget / 4)))
    })
    .await
}

/// The contents of a commit on their way.
struct Storing<'a> {
    job: &'a Arc<Job>,
    cas: &'a Arc<XetCas>,
    known: Arc<Known>,
    session: Session,
    contents: Vec<Content>,
    /// By content, once it was read.
    files: Vec<Stored>,
    /// New xorbs, to be registered.
    xorbs: Vec<XorbBlock>,
}

impl Storing<'_> {
    /// Reads some of the contents and sends what the CAS does not have.
    async fn pass(&mut self, which: &[usize], asks: bool) -> Result<(), CommitError> {
        if which.is_empty() {
            return Ok(());
        }
        let contents = which.iter().filter_map(|index| self.contents.get(*index));
        let (seen, remotes): (Vec<Seen>, Vec<_>) =
            contents.map(|content| (content.seen, content.remote)).unzip();
        let pass = Pass {
            job: Arc::clone(self.job),
            cas: Arc::clone(self.cas),
            known: Arc::clone(&self.known),
            files: seen.into(),
            remotes,
            asks,
            sends: true,
        };
        let Passed { files, xorbs, new, found, .. } = pass.run(&mut self.session).await?;
        tracing::info!(new, found, "bytes that were sent, and bytes that the server had");
        self.files.resize_with(self.contents.len(), Stored::default);
        for (index, stored) in which.iter().zip(files) {
            if let Some(place) = self.files.get_mut(*index) {
                *place = stored;
            }
        }
        self.xorbs.extend(xorbs);
        Ok(())
    }

    async fn register(&mut self) -> Result<(), Failure> {
        let mut names = HashSet::new();
        let mut blocks = Vec::new();
        for Stored { sha256, recipe } in &self.files {
            let Some(recipe) = recipe else { continue };
            if names.insert(recipe.hash) {
                let recipe = recipe.clone().resolve(|xorb| self.session.hash_of(xorb));
                blocks.push(FileBlock::new(recipe.map_err(CommitError::of_format)?, Some(*sha256)));
            }
        }
        shards::register(self.job, self.cas, &blocks, &self.xorbs).await
    }

    /// What has to be read again when files were refused, after so many refusals: those that refer to xorbs that the CAS may not have
    /// after all. These are forgotten: first those that it names, which may be one of many, then all.
    ///
    /// Where everything comes from this session there is nothing to read again. Once, what was registered may have been changed on the
    /// way.
    fn after(&mut self, failure: Failure, refusals: u32) -> Result<Vec<usize>, CommitError> {
        let Failure::Refused(message, error) = failure else { return Err(failure.into()) };
        if refusals >= MOST_REFUSALS {
            return Err(error);
        }
        let foreign: HashSet<MerkleHash> = self.files.iter().flat_map(|file| self.foreign(file)).collect();
        let suspects = if refusals == 0 { suspects(&message, &foreign) } else { foreign };
        if suspects.is_empty() {
            return if refusals == 0 { Ok(Vec::new()) } else { Err(error) };
        }
        tracing::info!(
            xorbs = suspects.len(),
            "the server lacks what it was known to have; it is sent again"
        );
        let affected = |file: &Stored| self.foreign(file).any(|xorb| suspects.contains(&xorb));
        let again = self.files.iter().enumerate().filter(|(_, file)| affected(file)).map(|(index, _)| index);
        let again: Vec<usize> = again.collect();
        for xorb in suspects {
            self.session.forget(xorb);
            self.known.forget(xorb);
        }
        Ok(again)
    }

    /// The xorbs of a file that this session has not uploaded.
    fn foreign(&self, file: &Stored) -> impl Iterator<Item = MerkleHash> {
        let terms = file.recipe.iter().flat_map(|recipe| &recipe.terms);
        let xorbs = terms.filter_map(|term| self.session.hash_of(&term.xorb));
        xorbs.filter(|xorb| !self.session.is_own(xorb))
    }
}
