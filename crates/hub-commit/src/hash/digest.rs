//! The hash pass: sha256 and block sums of LFS files, git blob ids of regular ones, read once in constant memory.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hub_transport::Reporter;
use hub_types::progress::Phase;
use sha1::Sha1;
use sha2::Digest;

use crate::hash::block_checksums::{BLOCK, sum};
use crate::hash::sha256::Hasher;
use crate::source::{Files, Stamp, read_full};
use crate::{CommitError, CommitOperationAdd};

/// Bytes read at once; both divide [`BLOCK`]. Many small files are hashed at once; of a large one each piece goes to another
/// thread, which costs more than to hash a few KiB.
const PIECE: usize = 64 * 1024;
const LONG_PIECE: usize = 256 * 1024;
/// Bytes between two news of one file; a multiple of every piece.
pub(crate) const REPORTED: u64 = 1024 * 1024;
/// Files of at least this size are large: they are read while they are hashed.
const LARGE: u64 = 32 * 1024 * 1024;

/// Which digest of a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// For files that go to LFS.
    Sha256,
    /// For regular files.
    GitBlob,
}

/// What the hash pass found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digests {
    /// For files that go to LFS.
    Lfs {
        /// sha256 of the content.
        sha256: [u8; 32],
        /// A checksum of each 16 MiB, by which the upload notices that the file has changed.
        blocks: Vec<u64>,
    },
    /// The id that git gives the content.
    Git([u8; 20]),
}

/// Set when the job ends, so that threads stop reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Sets the flag when the guard is dropped, also by a future that is dropped.
    pub(crate) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }
}

/// See [`Cancel::on_drop`].
pub(crate) struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// How sources are read by a job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) reporter: &'a Reporter,
    pub(crate) cancel: &'a Cancel,
}

/// Reads a whole source and digests it. `stamp` is its state when the job began.
pub(crate) fn digest(
    add: &CommitOperationAdd,
    stamp: Stamp,
    want: Want,
    &Reading { files, reporter, cancel }: &Reading<'_>,
) -> Result<Digests, CommitError> {
    let path = add.path_in_repo();
    let changed = || CommitError::SourceChanged { path: path.to_owned() };
    let problem = |error: io::Error| add.problem(error);
    let (mut source, opened) = add.open(files).map_err(problem)?;
    if opened != stamp {
        return Err(changed());
    }
    let large = stamp.size >= LARGE;
    let mut state = match want {
        Want::Sha256 => State::Lfs { hash: Hasher::new(large)?, blocks: Vec::new() },
        Want::GitBlob => State::Git(git_blob(stamp.size)),
    };
    let longest = if large { LONG_PIECE } else { PIECE };
    let mut buffer = Vec::new();
    let mut position = 0;
    while position < stamp.size {
        if cancel.is_set() {
            return Err(CommitError::Stopped("the job ended".into()));
        }
        let wanted = usize::try_from(stamp.size - position).unwrap_or(longest).min(longest);
        buffer.resize(wanted, 0);
        if read_full(&mut *source, &mut buffer).map_err(problem)? < wanted {
            return Err(changed());
        }
        buffer = state.update(buffer, position)?;
        position += wanted as u64;
        if position.is_multiple_of(REPORTED) || position == stamp.size {
            reporter.file(Phase::Hashing, path, position, stamp.size);
        }
    }
    if source.stamp().map_err(problem)? != stamp {
        return Err(changed());
    }
    state.finish()
}

enum State {
    Lfs { hash: Hasher, blocks: Vec<u64> },
    Git(Sha1),
}

impl State {
    /// Takes a piece, and gives a buffer for the next one.
    fn update(&mut self, piece: Vec<u8>, position: u64) -> Result<Vec<u8>, CommitError> {
        match self {
            Self::Git(hash) => {
                hash.update(&piece);
                Ok(piece)
            }
            Self::Lfs { hash, blocks } => {
                let sum = sum(&piece, position);
                match blocks.last_mut() {
                    Some(block) if !position.is_multiple_of(BLOCK) => *block = block.wrapping_add(sum),
                    _ => blocks.push(sum),
                }
                hash.update(piece)
            }
        }
    }

    fn finish(self) -> Result<Digests, CommitError> {
        match self {
            Self::Git(hash) => Ok(Digests::Git(hash.finalize().into())),
            Self::Lfs { hash, blocks } => Ok(Digests::Lfs { sha256: hash.finish()?, blocks }),
        }
    }
}

/// A hash that has taken what git puts in front of the content of a blob.
pub(crate) fn git_blob(size: u64) -> Sha1 {
    Sha1::new_with_prefix(format!("blob {size}\0"))
}

#[cfg(test)]
mod tests {
    use hub_types::hex::encode as hex;

    use super::*;
    use crate::source::SystemFiles;

    fn digest_of(
        add: &CommitOperationAdd,
        stamp: Stamp,
        want: Want,
        cancel: &Cancel,
    ) -> Result<Digests, CommitError> {
        digest(add, stamp, want, &Reading { files: &SystemFiles, reporter: &Reporter::default(), cancel })
    }

    fn run(content: Vec<u8>, want: Want) -> Digests {
        let stamp = Stamp::of_size(content.len() as u64);
        let add = CommitOperationAdd::new("a", content).unwrap();
        digest_of(&add, stamp, want, &Cancel::default()).unwrap()
    }

    #[test]
    fn digests_are_those_of_git_and_sha256sum() {
        let Digests::Git(id) = run(b"hello\n".to_vec(), Want::GitBlob) else { panic!() };
        assert_eq!(hex(&id), "ce013625030ba8dba906f756967f9e9ca394464a");
        let Digests::Lfs { sha256, blocks } = run(b"hello\n".to_vec(), Want::Sha256) else { panic!() };
        assert_eq!(hex(&sha256), "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
        assert_eq!(blocks, [sum(b"hello\n", 0)]);
    }

    #[test]
    fn each_block_has_its_own_sum() {
        let size = BLOCK as usize + 3;
        let Digests::Lfs { blocks, .. } = run(vec![7; size], Want::Sha256) else { panic!() };
        assert_eq!(blocks, [sum(&vec![7; BLOCK as usize], 0), sum(&[7; 3], BLOCK)]);
    }

    #[test]
    fn a_file_of_another_size_than_before_has_changed() {
        let add = CommitOperationAdd::new("a", vec![1, 2, 3]).unwrap();
        for size in [2, 4] {
            let stamp = Stamp::of_size(size);
            let result = digest_of(&add, stamp, Want::Sha256, &Cancel::default());
            assert!(matches!(result, Err(CommitError::SourceChanged { .. })), "{size}");
        }
    }

    #[test]
    fn hashing_stops_when_the_job_is_gone() {
        let cancel = Cancel::default();
        drop(cancel.on_drop());
        let add = CommitOperationAdd::new("a", vec![1]).unwrap();
        let result = digest_of(&add, Stamp::of_size(1), Want::Sha256, &cancel);
        assert!(matches!(result, Err(CommitError::Stopped(_))));
    }
}
