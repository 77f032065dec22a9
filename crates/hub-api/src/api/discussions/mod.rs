//! Discussions and pull requests.

mod actions;
mod change;
mod create;
mod methods;
mod read;
mod settle;

pub use actions::{ChangeStatus, Comment, EditComment, HideComment, Merge, Rename};
pub use change::ChangeDiscussion;
pub use create::{CreateDiscussion, CreateDiscussionCall};
pub use methods::{
    ChangeDiscussionStatusCall, CommentDiscussionCall, EditDiscussionCommentCall, HideDiscussionCommentCall,
    MergePullRequestCall, RenameDiscussionCall,
};
pub use read::{
    GetDiscussionDetails, GetDiscussionDetailsCall, GetRepoDiscussions, GetRepoDiscussionsListing,
};

use hub_transport::Error;
use hub_types::{RepoRef, discussion};

use super::endpoint_repo;
use crate::repo_arg::RepoArg;

/// One discussion or pull request.
#[derive(Debug, Clone)]
struct At {
    repo: RepoArg,
    num: u64,
}

impl At {
    /// The repository and the number, if they can be sent.
    fn get(&self) -> Result<(RepoRef, u64), Error> {
        if self.num == 0 {
            return Err(Error::build("the number of a discussion is at least 1"));
        }
        Ok((endpoint_repo(&self.repo)?, self.num))
    }

    /// As it reads in a sentence.
    fn describe(&self) -> String {
        format!("{} discussion {}", self.repo.describe(), self.num)
    }
}

/// The title, if the Hub would take it.
fn checked_title(title: &str) -> Result<String, Error> {
    let length = title.trim().chars().count();
    if discussion::TITLE_LENGTH.contains(&length) {
        return Ok(title.to_owned());
    }
    let (least, most) = discussion::TITLE_LENGTH.into_inner();
    Err(Error::build(format!("a title has {least} to {most} characters, this one has {length}")))
}

/// The text of a comment, if the Hub would take it.
fn checked_comment(text: &str) -> Result<String, Error> {
    let most = discussion::MAX_COMMENT_LENGTH;
    match text.chars().count() {
        _ if text.trim().is_empty() => Err(Error::build("a comment must not be empty")),
        length if length > most => {
            Err(Error::build(format!("a comment has at most {most} characters, this one has {length}")))
        }
        _ => Ok(text.to_owned()),
    }
}

/// A comment that goes with something else: none when it is blank.
fn optional_comment(text: Option<&str>) -> Result<Option<String>, Error> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(checked_comment).transpose()
}
