//! How far a job has come.

use std::{sync::Arc, time::Duration};

/// Receives the events of a job. Implemented for every `Fn(&Event)`.
///
/// Positions are absolute, in bytes: when part of a file is sent again, a lower number follows. Events of one file come
/// in order. The first one of a transfer says where it begins: at 0, behind what was kept of an earlier attempt, or at the
/// end when nothing has to be transferred.
///
/// Calls happen while the job runs, on a thread of their own. A slow one holds nothing up but misses positions; after one
/// that panics no other follows. After an error no [`Event::Finished`] comes: the error that the job returns is the signal.
pub trait Progress: Send + Sync {
    /// Takes note of an event.
    fn event(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync> Progress for F {
    fn event(&self, event: &Event<'_>) {
        self(event);
    }
}

impl Progress for Arc<dyn Progress> {
    fn event(&self, event: &Event<'_>) {
        (**self).event(event);
    }
}

/// What happens in a job.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The work is known: how many files, and how many bytes they have together.
    Started {
        /// Number of files.
        files: u64,
        /// Bytes of all files together.
        bytes: u64,
    },
    /// The job does something else now.
    Phase(Phase),
    /// A file has come this far.
    File {
        /// What is being done with it.
        phase: Phase,
        /// Path in the repository.
        path: &'a str,
        /// Bytes done.
        position: u64,
        /// Bytes of the file.
        total: u64,
    },
    /// A file is new, but so many of its bytes do not travel: they are on the Hub already, or when it is downloaded in the cache, as parts
    /// of other files. Its positions count them.
    Known {
        /// Path in the repository.
        path: &'a str,
        /// Bytes of the file that do not travel.
        bytes: u64,
    },
    /// Nothing moves for a while, and why. It is over with the next event.
    Waiting {
        /// What is waited for.
        reason: WaitReason,
        /// How long, from now on.
        duration: Duration,
    },
    /// Everything is done.
    Finished,
}

/// Why a job waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// The server asked for it: too many requests in a short time, or too much to do.
    Server,
}

/// A part of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Files are being hashed.
    Hashing,
    /// Content is on its way to the Hub.
    Uploading,
    /// The commit waits: for another one of this client to the same branch, or because others have moved the branch.
    Waiting,
    /// The commit is being made.
    Committing,
    /// Content is on its way from the Hub.
    Downloading,
}
