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
//! 3. Files for LFS are hashed and uploaded, overlapped; files that the repository already has are dropped.
//! 4. The commit names the head of the branch as its parent and is sent as newline-delimited JSON, encoded on the way.
//!
//! Memory does not grow with the size of files: content is read in pieces of 64 to 512 KiB, at most a few ahead of the
//! network. A file that changes while all this happens ends the job with [`CommitError::SourceChanged`], and no commit is made.

mod blocks;
mod budget;
mod checked;
mod chunks;
mod clash;
mod commit;
mod commit_plan;
mod copy;
mod deletions;
mod digest;
mod digest_cache;
mod endpoint;
mod error;
mod execute;
mod fingerprint;
pub mod folder;
mod hasher;
mod job;
pub mod large;
mod lfs;
mod look;
mod make_plan;
mod operation;
mod options;
pub mod pattern;
mod payload;
mod pieces;
mod plan;
mod plan_of_new;
mod preupload;
mod reconcile;
mod run;
mod skipped;
pub mod source;
mod stream;
mod whoami;
mod window;

pub use checked::CheckedCommit;
pub use commit_plan::{Action, CommitPlan, PlanEntry, PlanTotals};
pub use copy::CommitOperationCopy;
pub use deletions::deletions;
pub use digest::{Digests, Want};
pub use digest_cache::DigestCache;
pub use error::{CommitError, RejectedObject, SourceProblem};
pub use execute::execute;
pub use make_plan::plan_commit;
pub use operation::{CommitOperation, CommitOperationAdd, CommitOperationDelete, IsFolder};
pub use options::CommitOptions;
pub use reconcile::{CommitOutcomeUnknown, Expected, Reconciled, discussion_claim, reconcile_commit};
pub use run::create_commit;
pub use skipped::{Reason, Skipped};
pub use source::AddSource;
pub use whoami::GetWhoAmI;
