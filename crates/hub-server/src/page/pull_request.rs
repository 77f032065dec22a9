//! What the page of a pull request has besides.

use hub_types::{DiscussionStatus, RepoType, discussion::FilesWithConflicts};

use super::{repo_head::RepoHead, shown};
use crate::{
    api_error::ApiError,
    context::Inner,
    handler::discussions::conflicts,
    route::{exceptions, rights::Access},
    store::{DiscussionRecord, reference},
};

/// Conflicts that are named.
const MOST_CONFLICTS: usize = 50;
/// Characters of their names.
const LONGEST_PATH: usize = 300;

#[derive(Debug)]
pub(super) struct PullRequestView {
    /// The branch that it is for.
    pub(super) target: String,
    pub(super) target_page: String,
    /// Its newest commit, unless its ref is gone.
    pub(super) tip: Option<Commit>,
    /// What brought it into the branch.
    pub(super) merged: Option<Commit>,
    /// What it changes, where the viewer may read it.
    pub(super) files: Option<String>,
    /// Its own files.
    pub(super) tree: String,
    /// Where the viewer may add commits to it.
    pub(super) upload: Option<String>,
    /// What is to be typed to have it, or to change it.
    pub(super) commands: String,
    pub(super) mergeable: Mergeable,
}

#[derive(Debug)]
pub(super) struct Commit {
    pub(super) short: String,
    pub(super) page: Option<String>,
}

/// Whether it can be merged, as far as the viewer is concerned.
#[derive(Debug)]
pub(super) enum Mergeable {
    /// It is closed or merged, or the viewer changes nothing here.
    NotAsked,
    /// A draft without conflicts, or one that others may merge.
    Later,
    /// The viewer may merge it now.
    Now,
    /// At these paths, and so many more.
    Conflicts(Vec<String>, usize),
    /// It has no commit in common with the branch.
    Unrelated,
}

impl PullRequestView {
    /// Nothing for a discussion. Blocks.
    pub(super) fn read(
        hub: &Inner,
        access: &Access,
        head: &RepoHead,
        one: &DiscussionRecord,
        address: &str,
    ) -> Result<Option<Self>, ApiError> {
        let Some(pull_request) = &one.pull_request else { return Ok(None) };
        let git = hub.store.git(&access.repo)?;
        let full_name = reference(one.number);
        let tip = git.resolve(&full_name).ok();
        let revision = hub_types::Revision::pull_request(one.number);
        let may_add = tip.is_some()
            && one.status.is_open()
            && exceptions::may_commit(&hub.store, access, &revision, false).is_ok();
        let commit = |id: String| Commit {
            short: shown::short(&id).to_owned(),
            page: head.may_read_files.then(|| head.paths.commit(&id)),
        };
        let mergeable = if one.status.is_open() && head.may_propose {
            let may_merge = head.may_write && one.status == DiscussionStatus::Open && tip.is_some();
            match conflicts(&git, one, pull_request, tip)? {
                FilesWithConflicts::Paths(paths) if paths.is_empty() && may_merge => Mergeable::Now,
                FilesWithConflicts::Paths(paths) if paths.is_empty() => Mergeable::Later,
                FilesWithConflicts::Paths(paths) => {
                    let more = paths.len().saturating_sub(MOST_CONFLICTS);
                    let named = paths.iter().take(MOST_CONFLICTS).map(|path| shown::cut(path, LONGEST_PATH));
                    Mergeable::Conflicts(named.collect(), more)
                }
                _ => Mergeable::Unrelated,
            }
        } else {
            Mergeable::NotAsked
        };
        let target = shown::ref_name(&pull_request.target).to_owned();
        Ok(Some(Self {
            target_page: head.paths.tree(&target, ""),
            target,
            merged: pull_request.merge_commit.map(|id| commit(id.to_string())),
            files: (head.may_read_files && tip.is_some())
                .then(|| format!("{}/files", head.paths.discussion(one.number))),
            tree: head.paths.tree(&full_name, ""),
            upload: may_add.then(|| head.paths.upload(&full_name)),
            commands: commands(head, one.number, address, may_add),
            tip: tip.map(|id| commit(id.to_string())),
            mergeable,
        }))
    }
}

/// How a pull request is had with `git`, and had or changed with `hub`: git pushes to branches and tags alone.
fn commands(head: &RepoHead, number: u64, address: &str, may_add: bool) -> String {
    let (full_name, branch) = (reference(number), format!("pr/{number}"));
    let repo = head.paths.base();
    let kind = match head.repo_type {
        RepoType::Model => "",
        RepoType::Dataset => " --repo-type dataset",
        _ => " --repo-type space",
    };
    let id = head.id();
    let mut lines = format!(
        "git fetch {address}{repo} {full_name}:{branch}\ngit switch {branch}\n\
         HF_ENDPOINT={address} hub download {id}{kind} --revision {full_name}\n"
    );
    if may_add {
        lines.push_str(&format!("HF_ENDPOINT={address} hub upload {id} .{kind} --revision {full_name}\n"));
    }
    lines
}
