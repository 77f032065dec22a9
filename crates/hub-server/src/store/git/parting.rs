//! Where two histories part. What leads to one commit is in memory, so that only what is new in the other is read.

use std::collections::HashSet;

use super::{CommitId, GitRepo, log::record};
use crate::store::Result;

/// Commits of the other side that are looked at. Beyond it git's own way is as good.
const MOST_OWN: usize = 10_000;

/// What a commit has in common with a longer history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// Everything: it is one of its commits.
    Contained,
    /// What leads to this commit, and no more.
    At(CommitId),
    /// Nothing.
    Never,
    /// What leads to several commits; or it was not looked for to the end.
    Unclear,
}

impl GitRepo {
    /// Where the history of `head` leaves that of `tip`.
    pub(super) fn parting(&self, repo: &gix::Repository, tip: CommitId, head: CommitId) -> Result<Parting> {
        let history = self.history(repo, tip)?;
        let history: HashSet<CommitId> = history.iter().copied().collect();
        if history.contains(&head) {
            return Ok(Parting::Contained);
        }
        let (mut own, mut common) = (HashSet::from([head]), HashSet::new());
        let mut open = vec![head];
        while let Some(commit) = open.pop() {
            for parent in record(repo, commit)?.parents {
                if history.contains(&parent) {
                    common.insert(parent);
                } else if own.insert(parent) {
                    open.push(parent);
                }
            }
            if own.len() > MOST_OWN || common.len() > 1 {
                return Ok(Parting::Unclear);
            }
        }
        Ok(common.into_iter().next().map_or(Parting::Never, Parting::At))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        CommitTarget, RepoRecord, Store,
        testing::{model, plan, temporary},
    };

    fn commit(store: &Store, repo: &RepoRecord, branch: &str, from: CommitId) -> CommitId {
        let git = store.git(repo).unwrap();
        let full_name = format!("refs/heads/{branch}");
        if !git.has_ref(&full_name).unwrap() {
            git.new_ref(&full_name, from).unwrap();
        }
        let target = CommitTarget::Branch { full_name, expected_parent: None, create: false };
        git.stage().unwrap().finish(plan(target, Vec::new(), branch)).unwrap()
    }

    #[test]
    fn it_is_where_git_says_that_two_histories_part() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let git = store.git(&repo).unwrap();
        let first = git.resolve("main").unwrap();
        let old = commit(&store, &repo, "main", first);
        let tip = commit(&store, &repo, "main", first);
        let side = commit(&store, &repo, "side", old);
        let ahead = commit(&store, &repo, "ahead", tip);
        let handle = git.open.local().unwrap();
        let parting = |head| git.parting(&handle, tip, head).unwrap();
        assert_eq!(parting(old), Parting::Contained);
        assert_eq!(parting(tip), Parting::Contained);
        for (head, at) in [(side, old), (ahead, tip)] {
            assert_eq!(parting(head), Parting::At(at));
            assert_eq!(git.merge_base(tip, head).unwrap(), Some(at));
        }
    }
}
