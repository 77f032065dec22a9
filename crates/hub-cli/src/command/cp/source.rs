//! What is copied from the Hub.

use hub_api::{
    HfApi,
    types::{CommitHash, TreeEntry},
};

use super::target::usage;
use crate::{
    command::commit::commit_of,
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
        let commit = commit_of(api, &at.repo, at.revision.as_ref()).await?;
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
