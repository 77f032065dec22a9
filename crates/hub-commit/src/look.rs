//! The first look at all sources: whether they can be read, their state, and how they begin.

use std::sync::Arc;
use std::thread::available_parallelism;

use crate::error::SourceProblem;
use crate::job::blocking;
use crate::operation::head_of;
use crate::source::{Files, Stamp, SystemFiles};
use crate::{CommitError, CommitOperation, CommitOptions};

/// Bytes of a file that the server looks at.
pub(crate) const SAMPLE: usize = 512;
/// A commit of at most so many operations keeps the samples, so that their sources need not be opened again: 4 MiB at most.
const SAMPLED: usize = 8192;
/// Sources opened by one thread before another one helps.
const LOOKED_AT_BY_ONE: usize = 512;

/// An added file whose source was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Index of its operation.
    pub(crate) operation: usize,
    /// State of the source.
    pub(crate) stamp: Stamp,
}

/// What a look at all sources has found.
#[derive(Debug)]
pub(crate) struct Looked<T> {
    /// The added files, in the order of their operations.
    pub(crate) files: Vec<T>,
    /// How each of them begins; nothing where there are too many.
    pub(crate) samples: Vec<Box<[u8]>>,
    problems: Vec<SourceProblem>,
}

/// Opens every source once, on threads of its own, and with `sampled` reads how each begins unless there are too many. All
/// that cannot be opened is reported together.
pub(crate) async fn look_at<T: From<Seen> + Send + 'static>(
    operations: &Arc<Vec<CommitOperation>>,
    options: &CommitOptions,
    sampled: bool,
) -> Result<Looked<T>, CommitError> {
    let (operations, files) = (Arc::clone(operations), Arc::clone(&options.files));
    let (limit, sampled) = (options.max_concurrency, sampled && operations.len() <= SAMPLED);
    blocking(move || look(&operations, &*files, limit, sampled)).await
}

/// As [`look_at`], `limit` sources at once at most.
fn look<T: From<Seen>>(
    operations: &[CommitOperation],
    files: &dyn Files,
    limit: usize,
    sampled: bool,
) -> Result<Looked<T>, CommitError> {
    let threads = available_parallelism().map_or(1, usize::from).min(limit).max(1);
    let share = operations.len().div_ceil(threads).max(LOOKED_AT_BY_ONE);
    let mut all = Looked::with_capacity(operations.len());
    std::thread::scope(|scope| {
        let mut shares = operations.chunks(share).enumerate();
        let first = shares.next();
        let others: Vec<_> = shares
            .map(|(at, operations)| {
                scope.spawn(move || look_at_share(operations, at * share, files, sampled))
            })
            .collect();
        if let Some((at, operations)) = first {
            all.append(look_at_share(operations, at * share, files, sampled));
        }
        for other in others {
            all.append(other.join().map_err(|_| CommitError::Stopped("reading a source panicked".into()))?);
        }
        Ok::<_, CommitError>(())
    })?;
    if all.problems.is_empty() { Ok(all) } else { Err(CommitError::Sources(all.problems)) }
}

impl<T> Looked<T> {
    fn with_capacity(files: usize) -> Self {
        Self { files: Vec::with_capacity(files), samples: Vec::new(), problems: Vec::new() }
    }
}

impl<T: From<Seen>> Looked<T> {
    fn append(&mut self, other: Looked<Seen>) {
        self.files.extend(other.files.into_iter().map(T::from));
        self.samples.extend(other.samples);
        self.problems.extend(other.problems);
    }
}

/// The files that cannot be opened. Reads no content.
pub(crate) fn unreadable(operations: &[CommitOperation]) -> Vec<SourceProblem> {
    look_at_share(operations, 0, &SystemFiles, false).problems
}

/// Looks at some of the operations, the first of which has the index `at`.
fn look_at_share(
    operations: &[CommitOperation],
    at: usize,
    files: &dyn Files,
    sampled: bool,
) -> Looked<Seen> {
    let mut looked = Looked::with_capacity(operations.len());
    for (operation, step) in (at..).zip(operations) {
        let CommitOperation::Add(add) = step else { continue };
        let found = add.open(files).and_then(|(mut source, stamp)| {
            if sampled {
                looked.samples.push(head_of(&mut *source, SAMPLE)?.into());
            }
            Ok(stamp)
        });
        match found {
            Ok(stamp) => looked.files.push(Seen { operation, stamp }),
            Err(error) => looked.problems.push(add.source_problem(error)),
        }
    }
    looked
}
