//! Every source is opened once, before anything is sent: whether it can be read, its state, and how it begins.

use std::sync::Arc;
use std::thread::available_parallelism;

use crate::blocking::blocking;
use crate::error::SourceProblem;
use crate::source::head_of;
use crate::source::{Files, Stamp, SystemFiles};
use crate::{CommitError, CommitOperation, CommitOptions};

/// Bytes of a file that the server looks at.
pub(crate) const SAMPLE: usize = 512;
/// A commit of at most so many operations keeps the samples, so that their sources need not be opened again: 4 MiB at most.
const SAMPLED: usize = 8192;
/// Sources opened by one thread before another one helps.
const INSPECTED_BY_ONE: usize = 512;

/// An added file whose source was inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Index of its operation.
    pub(crate) operation: usize,
    /// State of the source.
    pub(crate) stamp: Stamp,
}

/// What a look at all sources has found.
#[derive(Debug)]
pub(crate) struct Inspected<T> {
    /// The added files, in the order of their operations.
    pub(crate) files: Vec<T>,
    /// How each of them begins; nothing where there are too many.
    pub(crate) samples: Vec<Box<[u8]>>,
    problems: Vec<SourceProblem>,
}

/// Opens every source once, on threads of its own, and with `sampled` reads how each begins unless there are too many. All
/// that cannot be opened is reported together.
pub(crate) async fn inspect<T: From<Seen> + Send + 'static>(
    operations: &Arc<Vec<CommitOperation>>,
    options: &CommitOptions,
    sampled: bool,
) -> Result<Inspected<T>, CommitError> {
    let (operations, files) = (Arc::clone(operations), Arc::clone(&options.files));
    let (limit, sampled) = (options.max_concurrency, sampled && operations.len() <= SAMPLED);
    blocking(move || inspect_all(&operations, &*files, limit, sampled)).await
}

/// As [`inspect`], `limit` sources at once at most.
fn inspect_all<T: From<Seen>>(
    operations: &[CommitOperation],
    files: &dyn Files,
    limit: usize,
    sampled: bool,
) -> Result<Inspected<T>, CommitError> {
    let threads = available_parallelism().map_or(1, usize::from).min(limit).max(1);
    let share = operations.len().div_ceil(threads).max(INSPECTED_BY_ONE);
    let mut all = Inspected::with_capacity(operations.len());
    std::thread::scope(|scope| {
        let mut shares = operations.chunks(share).enumerate();
        let first = shares.next();
        let others: Vec<_> = shares
            .map(|(at, operations)| {
                scope.spawn(move || inspect_share(operations, at * share, files, sampled))
            })
            .collect();
        if let Some((at, operations)) = first {
            all.append(inspect_share(operations, at * share, files, sampled));
        }
        for other in others {
            all.append(other.join().map_err(|_| CommitError::Stopped("reading a source panicked".into()))?);
        }
        Ok::<_, CommitError>(())
    })?;
    if all.problems.is_empty() { Ok(all) } else { Err(CommitError::Sources(all.problems)) }
}

impl<T> Inspected<T> {
    fn with_capacity(files: usize) -> Self {
        Self { files: Vec::with_capacity(files), samples: Vec::new(), problems: Vec::new() }
    }
}

impl<T: From<Seen>> Inspected<T> {
    fn append(&mut self, other: Inspected<Seen>) {
        self.files.extend(other.files.into_iter().map(T::from));
        self.samples.extend(other.samples);
        self.problems.extend(other.problems);
    }
}

/// The files that cannot be opened. Reads no content.
pub(crate) fn unreadable(operations: &[CommitOperation]) -> Vec<SourceProblem> {
    inspect_share(operations, 0, &SystemFiles, false).problems
}

/// Looks at some of the operations, the first of which has the index `at`.
fn inspect_share(
    operations: &[CommitOperation],
    at: usize,
    files: &dyn Files,
    sampled: bool,
) -> Inspected<Seen> {
    let mut inspected = Inspected::with_capacity(operations.len());
    for (operation, step) in (at..).zip(operations) {
        let CommitOperation::Add(add) = step else { continue };
        let found = add.open(files).and_then(|(mut source, stamp)| {
            if sampled {
                inspected.samples.push(head_of(&mut *source, SAMPLE)?.into());
            }
            Ok(stamp)
        });
        match found {
            Ok(stamp) => inspected.files.push(Seen { operation, stamp }),
            Err(error) => inspected.problems.push(add.source_problem(error)),
        }
    }
    inspected
}
