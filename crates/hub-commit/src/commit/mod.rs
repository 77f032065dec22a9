//! The compare-and-swap that makes a commit, and how it is found again when no response tells what became of it.

pub(crate) mod attempts;
mod endpoint;
mod fingerprint;
mod reconcile;

pub(crate) use self::reconcile::commit_url;
pub use self::reconcile::{Reconciled, discussion_claim, reconcile_commit};
