//! [`Files`]: what is known of each file of a pass.

use std::sync::Arc;

use hub_types::progress::{Event, Phase, Progress as _};
use hub_xet::dedup::XorbId;
use hub_xet::recipe::Recipe;

use super::reader::Skips;
use crate::CommitError;
use crate::inspect::Seen;
use crate::job::Job;

/// The files of a pass, by their numbers.
pub(super) struct Files {
    job: Arc<Job>,
    pub(super) seen: Arc<[Seen]>,
    pub(super) skips: Skips,
    files: Vec<File>,
}

#[derive(Default)]
struct File {
    /// The sha256 that the repository has at its path.
    remote: Option<[u8; 32]>,
    /// Its own, once it is known.
    sha256: Option<[u8; 32]>,
    recipe: Option<Recipe<XorbId>>,
    is_read_to_end: bool,
    /// Bytes that the CAS has, or has got.
    done: u64,
}

/// A file whose chunks the CAS has.
#[derive(Debug, Default)]
pub(in crate::xet) struct Stored {
    pub(in crate::xet) sha256: [u8; 32],
    /// What it consists of. `None` for one that the repository has already: it was not looked after.
    pub(in crate::xet) recipe: Option<Recipe<XorbId>>,
}

/// Whether a file has to be uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    New,
    /// The repository has it.
    Unchanged,
    /// That is known when its sha256 is.
    Unknown,
}

impl Files {
    /// `remotes` are the sha256 that the repository has at their paths.
    pub(super) fn new(job: &Arc<Job>, seen: Arc<[Seen]>, remotes: Vec<Option<[u8; 32]>>) -> Self {
        for seen in &*seen {
            job.reporter.file(Phase::Uploading, job.path(seen.operation), 0, seen.stamp.size);
        }
        let files = remotes.into_iter().map(|remote| File { remote, ..File::default() }).collect();
        Self { job: Arc::clone(job), skips: Skips::new(seen.len()), seen, files }
    }

    pub(super) fn size(&self, file: usize) -> u64 {
        self.seen.get(file).map_or(0, |seen| seen.stamp.size)
    }

    pub(super) fn standing(&self, file: usize) -> Standing {
        match self.files.get(file) {
            Some(File { remote: Some(_), sha256: None, .. }) => Standing::Unknown,
            Some(File { remote: Some(remote), sha256: Some(sha256), .. }) if remote == sha256 => {
                Standing::Unchanged
            }
            _ => Standing::New,
        }
    }

    /// Notes the sha256 of a file, and leaves it alone from then on if it is unchanged.
    pub(super) fn digested(&mut self, file: usize, sha256: [u8; 32]) {
        if let Some(file) = self.files.get_mut(file) {
            file.sha256 = Some(sha256);
        }
        if self.standing(file) == Standing::Unchanged {
            self.skips.skip(file);
            self.known(file, self.size(file));
            self.advance(file, self.size(file));
        }
    }

    /// Notes that all of a file was read: its sha256 comes by itself.
    pub(super) fn read_to_end(&mut self, file: usize) {
        if let Some(file) = self.files.get_mut(file) {
            file.is_read_to_end = true;
        }
    }

    pub(super) fn is_read_to_end(&self, file: usize) -> bool {
        self.files.get(file).is_none_or(|file| file.is_read_to_end)
    }

    /// Notes what a file consists of, and how many of its bytes do not travel.
    pub(super) fn decided(&mut self, file: usize, recipe: Recipe<XorbId>, known: u64) {
        if let Some(file) = self.files.get_mut(file) {
            file.recipe = Some(recipe);
        }
        if self.standing(file) != Standing::Unchanged {
            self.known(file, known);
        }
    }

    /// Reports bytes of a file that do not travel.
    fn known(&self, file: usize, bytes: u64) {
        if let Some(seen) = self.seen.get(file) {
            self.job.reporter.event(&Event::Known { path: self.job.path(seen.operation), bytes });
        }
    }

    /// Counts more bytes of a file that the CAS has, or has got.
    pub(super) fn advance(&mut self, file: usize, bytes: u64) {
        let size = self.size(file);
        let (Some(file), Some(seen)) = (self.files.get_mut(file), self.seen.get(file)) else { return };
        if bytes > 0 {
            file.done = file.done.saturating_add(bytes).min(size);
            self.job.reporter.file(Phase::Uploading, self.job.path(seen.operation), file.done, size);
        }
    }

    /// What has become of each file.
    pub(super) fn finish(mut self) -> Result<Vec<Stored>, CommitError> {
        let missing = || CommitError::Stopped("a file was not read".into());
        let standings: Vec<Standing> = (0..self.files.len()).map(|file| self.standing(file)).collect();
        let outcome = |(file, standing): (&mut File, Standing)| {
            let sha256 = file.sha256.ok_or_else(missing)?;
            let recipe = file.recipe.take();
            match standing {
                Standing::Unchanged => Ok(Stored { sha256, recipe: None }),
                _ => Ok(Stored { sha256, recipe: Some(recipe.ok_or_else(missing)?) }),
            }
        };
        self.files.iter_mut().zip(standings).map(outcome).collect()
    }
}
