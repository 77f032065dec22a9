//! The refs of a repository in memory: listing them opens a file for each, and reads a commit for each.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use super::CommitId;
use crate::store::{Result, database::lock};

/// More refs than this are read anew each time.
const MOST: usize = 20_000;

/// Full names with the commits that they lead to.
pub(super) type Refs = Arc<BTreeMap<String, CommitId>>;

/// The refs as they were last read, kept up with each change.
#[derive(Default)]
pub(super) struct KnownRefs(Mutex<State>);

#[derive(Default)]
struct State {
    /// Grows with each change: what was read before is not kept after it.
    changes: u64,
    refs: Option<Refs>,
}

impl KnownRefs {
    /// The refs, read with `read` unless they are here.
    pub(super) fn get(&self, read: impl FnOnce() -> Result<BTreeMap<String, CommitId>>) -> Result<Refs> {
        let changes = {
            let state = lock(&self.0);
            if let Some(refs) = &state.refs {
                return Ok(Arc::clone(refs));
            }
            state.changes
        };
        let refs = Arc::new(read()?);
        let mut state = lock(&self.0);
        if state.changes == changes && refs.len() <= MOST {
            state.refs = Some(Arc::clone(&refs));
        }
        Ok(refs)
    }

    /// Notes where a ref leads now.
    pub(super) fn set(&self, full_name: &str, commit: Option<CommitId>) {
        let mut state = lock(&self.0);
        state.changes += 1;
        if let Some(refs) = &mut state.refs {
            let refs = Arc::make_mut(refs);
            match commit {
                Some(commit) => refs.insert(full_name.to_owned(), commit),
                None => refs.remove(full_name),
            };
        }
    }

    /// Forgets all, after a change that nobody described.
    pub(super) fn forget(&self) {
        let mut state = lock(&self.0);
        state.changes += 1;
        state.refs = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let known = KnownRefs::default();
        let (one, two) = (CommitId::from([1; 20]), CommitId::from([2; 20]));
        let at = |commit| BTreeMap::from([("refs/heads/main".to_owned(), commit)]);
        let read = known.get(|| {
            known.set("refs/heads/main", Some(two));
            Ok(at(one))
        });
        assert_eq!(*read.unwrap(), at(one));
        assert_eq!(*known.get(|| Ok(at(two))).unwrap(), at(two));
        let never = || -> Result<BTreeMap<String, CommitId>> { panic!("read again") };
        known.set("refs/heads/x", Some(one));
        assert_eq!(known.get(never).unwrap().len(), 2);
        known.set("refs/heads/x", None);
        assert_eq!(*known.get(never).unwrap(), at(two));
        known.forget();
        assert_eq!(*known.get(|| Ok(at(one))).unwrap(), at(one));
    }
}
