//! The commit engine of the hub crates: hashing, LFS negotiation and upload, and commits that are never duplicated or lost.
//!
//! ```no_run
//! use hub_commit::{CommitOperation, CommitOperationAdd, CommitOptions, create_commit};
//! use hub_transport::Transport;
//! use hub_types::{RepoRef, RepoType};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let transport = Transport::builder("https://huggingface.co").build()?;
//! let repo = RepoRef::new(RepoType::Model, "ada/demo".parse()?);
//! let add = CommitOperationAdd::new("weights.bin", std::path::Path::new("weights.bin"))?;
//! let commit = create_commit(&transport, vec![add.into()], CommitOptions::new(repo, "Add weights")).await?;
//! println!("{}", commit.commit_url);
//! # Ok(())
//! # }
//! ```
//!
//! # The job
//!
//! 1. Operations are checked and every source is opened once: what cannot be uploaded is reported before anything is sent.
//! 2. `preupload` says how each file travels: inside the commit, or through LFS.
//! 3. Files for LFS are hashed and uploaded, overlapped; files that the repository already has are dropped. Where the Hub has Xet, they are
//!    cut into chunks instead, and only those that it does not have are sent.
//! 4. The commit names the head of the branch as its parent and is sent as newline-delimited JSON, encoded on the way.
//!
//! Memory does not grow with the size of files: content is read in pieces of 64 to 512 KiB, at most a few ahead of the
//! network. A file that changes while all this happens ends the job with [`CommitError::SourceChanged`], and no commit is made.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod blocking;
mod body;
mod checked;
mod commit;
mod concurrency;
mod copies;
mod create_commit;
mod error;
pub mod folder;
mod hash;
mod inspect;
mod job;
pub mod large;
mod lfs;
mod operation;
mod options;
mod outcome_unknown;
mod plan;
mod preupload;
pub mod source;
mod xet;

pub use checked::CheckedCommit;
pub use commit::{Reconciled, discussion_claim, reconcile_commit};
pub use create_commit::create_commit;
pub use error::{CommitError, RejectedObject, SourceProblem};
pub use folder::{Reason, Skipped, deletions};
pub use hash::{DigestCache, Digests, Want};
pub use operation::{
    CommitOperation, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, IsFolder,
};
pub use options::{CommitOptions, XetCompression};
pub use outcome_unknown::{CommitOutcomeUnknown, Expected};
pub use plan::{Action, CommitPlan, PlanEntry, PlanTotals, execute, plan_commit};
pub use source::AddSource;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
