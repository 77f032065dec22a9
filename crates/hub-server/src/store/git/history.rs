//! The order of commits that lead to a branch, in memory: a page of a long history costs as much as one of a short one.

use std::sync::{Arc, Mutex};

use super::CommitId;
use crate::store::database::lock;

/// Histories that are kept, of all repositories together.
const MOST: usize = 8;
/// Commits of the longest that is kept: 20 bytes each.
const LONGEST: usize = 200_000;

/// The commits that lead to one, oldest first.
pub(super) type History = Arc<Vec<CommitId>>;

/// The histories that were asked for last. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Histories(Arc<Mutex<Vec<History>>>);

impl Histories {
    /// The history of a commit, if it is here.
    pub(super) fn get(&self, tip: CommitId) -> Option<History> {
        let mut kept = lock(&self.0);
        let at = kept.iter().position(|history| history.last() == Some(&tip))?;
        let found = kept.remove(at);
        kept.push(Arc::clone(&found));
        Some(found)
    }

    /// Keeps a history; with `instead` of that of an earlier commit.
    pub(super) fn keep(&self, history: &History, instead: Option<CommitId>) {
        if history.len() > LONGEST {
            return;
        }
        let mut kept = lock(&self.0);
        kept.retain(|other| {
            other.last() != history.last() && (instead.is_none() || other.last() != instead.as_ref())
        });
        kept.push(Arc::clone(history));
        if kept.len() > MOST {
            kept.remove(0);
        }
    }
}
