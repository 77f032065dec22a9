//! What is copied from the Hub.

use hub_api::{
    HfApi, Revision,
    types::{CommitHash, TreeEntry},
};

use super::target::usage;
use crate::{
    failure::{Code, Failure},
    listed::on_hub,
    location::OnHub,
};

/// What is copied from the Hub, of one commit.
pub(super) struct Source {
    pub(super) at: OnHub,
    pub(super) commit: CommitHash,
    pub(super) is_folder: bool,
    /// The files; of a folder all that are in it.
    pub(super) files: Vec<TreeEntry>,
}

impl Source {
    pub(super) async fn look_up(api: &HfApi, mut at: OnHub, recursive: bool) -> Result<Self, Failure> {
        let commit = commit_of(api, &at).await?;
        at.revision = Some(commit.clone().into());
        if !at.is_root() {
            let entry = on_hub(api, &at).await?.ok_or_else(|| missing(&at))?;
            if entry.is_file() && !at.has_slash {
                return Ok(Self { at, commit, is_folder: false, files: vec![entry] });
            }
            if entry.is_file() {
                return Err(missing(&at));
            }
        }
        if !recursive {
            return Err(usage(format!("{} is a folder: say -r to copy what is in it", at.address())));
        }
        let listing = api.list_repo_tree(&at.repo).path_in_repo(&at.path).recursive(true);
        let mut files = listing.revision(&commit).all().await?;
        files.retain(TreeEntry::is_file);
        Ok(Self { at, commit, is_folder: true, files })
    }

    /// The path of a file from the copied folder on; nothing for a file that is copied by itself.
    pub(super) fn inside<'a>(&self, file: &'a TreeEntry) -> &'a str {
        match self.is_folder {
            true => file.path.strip_prefix(&self.at.path).unwrap_or(&file.path).trim_start_matches('/'),
            false => "",
        }
    }
}

fn missing(at: &OnHub) -> Failure {
    Failure::new(Code::NotFound, format!("there is no file or folder {}", at.address()))
}

/// The commit that the revision of a place leads to.
async fn commit_of(api: &HfApi, at: &OnHub) -> Result<CommitHash, Failure> {
    if let Some(commit) = at.revision.as_ref().and_then(Revision::as_commit) {
        return Ok(commit);
    }
    let mut call = api.repo_info(&at.repo);
    if let Some(revision) = &at.revision {
        call = call.revision(revision);
    }
    let info = call.await?;
    let commit = info.sha().and_then(|sha| sha.parse().ok());
    commit.ok_or_else(|| Failure::new(Code::NotFound, format!("{} has no commit yet", at.repo)))
}
