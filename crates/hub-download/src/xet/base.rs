//! Older blobs of a repository in a cache, whose chunks need not be fetched again.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use hub_xet::{ChunkRange, MerkleHash, hash::chunk_hash, recipe::Term};

use super::recipe::{BlobChunk, Run, read};
use super::trouble::Trouble;
use crate::RemoteFile;
use crate::cache::layout::RepoFolder;

/// Most recipes that are read for a download.
const MAX_RECIPES: usize = 32;
/// Most chunks that are held of them: 8 MiB of lengths, for 128 GiB of blobs.
const MAX_CHUNKS: usize = 2 * 1024 * 1024;

/// Older blobs, by the chunks that they have.
#[derive(Debug, Default)]
pub(super) struct Bases {
    blobs: Vec<BaseBlob>,
    /// For each xorb the runs of it, with the blob that has them.
    runs: HashMap<MerkleHash, Vec<(usize, Run)>>,
}

#[derive(Debug)]
struct BaseBlob {
    content: PathBuf,
    recipe: PathBuf,
    /// It is not what its recipe says.
    damaged: AtomicBool,
}

/// All functions wait for the disk.
impl Bases {
    /// The blobs that have a recipe: first those that the file had at other commits, then the newest.
    pub(super) fn load(folder: &RepoFolder, file: &RemoteFile) -> Self {
        let own = folder.blob(&file.id);
        let earlier = earlier_blobs(folder, file);
        let mut found = Vec::new();
        for entry in fs::read_dir(folder.recipes()).into_iter().flatten().flatten() {
            let (recipe, content) = (entry.path(), folder.blobs().join(entry.file_name()));
            if recipe.extension().is_some() || content == own {
                continue;
            }
            match fs::metadata(&content) {
                Ok(metadata) if metadata.is_file() => {
                    let is_earlier = earlier.contains(&content);
                    found.push((is_earlier, metadata.modified().ok(), metadata.len(), recipe, content));
                }
                // The blob was deleted.
                Err(error) if error.kind() == io::ErrorKind::NotFound => drop(fs::remove_file(recipe)),
                _ => {}
            }
        }
        found.sort_by_key(|(is_earlier, modified, ..)| Reverse((*is_earlier, *modified)));
        let (mut bases, mut room) = (Self::default(), MAX_CHUNKS);
        for (_, _, size, recipe, content) in found.into_iter().take(MAX_RECIPES) {
            match read(&recipe, size, &mut room) {
                Ok(runs) => bases.add(content, recipe, runs),
                Err(error) => {
                    tracing::debug!(%error, recipe = %recipe.display(), "a recipe is not used");
                    if error.kind() == io::ErrorKind::UnexpectedEof {
                        drop(fs::remove_file(recipe));
                    }
                }
            }
        }
        bases
    }

    fn add(&mut self, content: PathBuf, recipe: PathBuf, runs: Vec<Run>) {
        let blob = self.blobs.len();
        self.blobs.push(BaseBlob { content, recipe, damaged: AtomicBool::new(false) });
        for run in runs {
            self.runs.entry(run.xorb).or_default().push((blob, run));
        }
    }

    /// Whether a blob has all chunks of a term.
    pub(super) fn has(&self, term: &Term) -> bool {
        self.find(term).is_some()
    }

    fn find(&self, term: &Term) -> Option<(&BaseBlob, &Run)> {
        let runs = self.runs.get(&term.xorb)?;
        runs.iter().find_map(|(blob, run)| {
            let blob = self.blobs.get(*blob).filter(|blob| !blob.damaged.load(Ordering::Relaxed))?;
            let has = run.chunks.covers(term.chunks)
                && run.lens_of(term.chunks).iter().map(|len| u64::from(*len)).sum::<u64>()
                    == u64::from(term.raw_len);
            has.then_some((blob, run))
        })
    }

    /// Reads the chunks of a term that belongs at `position` of a file, and gives each of them to `put`. A blob that has not the chunks
    /// that its recipe says is not used any more, and what was not given has to be fetched.
    pub(super) fn copy(
        &self,
        term: &Term,
        position: u64,
        put: impl FnMut(u64, BlobChunk, Bytes) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let Some((blob, run)) = self.find(term) else { return Ok(()) };
        let damaged = |why: &dyn std::fmt::Display| {
            tracing::warn!(%why, blob = %blob.content.display(), "a blob of the cache is damaged and is not used; `hub cache verify --repair` mends it");
            blob.damaged.store(true, Ordering::Relaxed);
        };
        match blob.copy(run, term.chunks, position, put) {
            Ok(Copied::All) => Ok(()),
            Ok(Copied::Stopped(trouble)) => Err(trouble),
            Ok(Copied::Other(number)) => {
                damaged(&format_args!("chunk {number} of a xorb has another hash"));
                Ok(())
            }
            Err(error) => {
                damaged(&error);
                Ok(())
            }
        }
    }
}

/// How a copy ended.
enum Copied {
    All,
    /// The chunk with this number is not what the recipe says.
    Other(u32),
    Stopped(Trouble),
}

impl BaseBlob {
    fn copy(
        &self,
        run: &Run,
        chunks: ChunkRange,
        mut position: u64,
        mut put: impl FnMut(u64, BlobChunk, Bytes) -> Result<(), Trouble>,
    ) -> io::Result<Copied> {
        let hashes = run.hashes_of(&mut File::open(&self.recipe)?, chunks)?;
        let mut content = File::open(&self.content)?;
        content.seek(SeekFrom::Start(run.position_of(chunks.start)))?;
        for ((number, hash), len) in (chunks.start..).zip(hashes).zip(run.lens_of(chunks)) {
            let mut data = vec![0; *len as usize];
            content.read_exact(&mut data)?;
            if chunk_hash(&data) != hash {
                return Ok(Copied::Other(number));
            }
            let chunk = BlobChunk { xorb: run.xorb, number, hash, len: *len };
            if let Err(trouble) = put(position, chunk, data.into()) {
                return Ok(Copied::Stopped(trouble));
            }
            position += u64::from(*len);
        }
        Ok(Copied::All)
    }
}

/// The blobs that a path leads to at the commits in the cache.
fn earlier_blobs(folder: &RepoFolder, file: &RemoteFile) -> BTreeSet<PathBuf> {
    let snapshots = fs::read_dir(folder.snapshots()).into_iter().flatten().flatten();
    let links = snapshots.filter_map(|snapshot| fs::read_link(file.path.under(&snapshot.path()).ok()?).ok());
    links.filter_map(|target| Some(folder.blobs().join(target.file_name()?))).collect()
}

/// Whether a blob that the file had at another commit has a recipe.
pub(super) fn has_earlier(folder: &RepoFolder, file: &RemoteFile) -> bool {
    let own = folder.blob(&file.id);
    let recipe = |blob: &PathBuf| blob.file_name().map(|name| folder.recipes().join(name));
    earlier_blobs(folder, file)
        .iter()
        .filter(|blob| **blob != own && blob.is_file())
        .filter_map(recipe)
        .any(|recipe| recipe.is_file())
}
