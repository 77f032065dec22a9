//! The methods that change discussions and pull requests.

use hub_types::DiscussionStatus;

use super::{
    At,
    actions::{ChangeStatus, Comment, EditComment, HideComment, Merge, Rename},
    change::ChangeDiscussion,
};
use crate::{Async, Call, HfApi, Mode, repo_arg::RepoArg};

/// The call that [`HfApi::comment_discussion`] makes.
pub type CommentDiscussionCall<M = Async> = Call<ChangeDiscussion<Comment>, M>;
/// The call that [`HfApi::edit_discussion_comment`] makes.
pub type EditDiscussionCommentCall<M = Async> = Call<ChangeDiscussion<EditComment>, M>;
/// The call that [`HfApi::hide_discussion_comment`] makes.
pub type HideDiscussionCommentCall<M = Async> = Call<ChangeDiscussion<HideComment>, M>;
/// The call that [`HfApi::rename_discussion`] makes.
pub type RenameDiscussionCall<M = Async> = Call<ChangeDiscussion<Rename>, M>;
/// The call that [`HfApi::change_discussion_status`] makes.
pub type ChangeDiscussionStatusCall<M = Async> = Call<ChangeDiscussion<ChangeStatus>, M>;
/// The call that [`HfApi::merge_pull_request`] makes.
pub type MergePullRequestCall<M = Async> = Call<ChangeDiscussion<Merge>, M>;

impl<M: Mode> ChangeDiscussionStatusCall<M> {
    /// A comment that goes with the change; blank is none. Python: `comment`.
    pub fn comment(self, comment: impl Into<String>) -> Self {
        self.edit(|operation| operation.change.comment = Some(comment.into()))
    }
}

impl<M: Mode> MergePullRequestCall<M> {
    /// A comment that goes with the merge; blank is none. Python: `comment`.
    pub fn comment(self, comment: impl Into<String>) -> Self {
        self.edit(|operation| operation.change.comment = Some(comment.into()))
    }
}

impl<M: Mode> HfApi<M> {
    fn change<C>(&self, repo: RepoArg, num: u64, change: C) -> Call<ChangeDiscussion<C>, M> {
        self.call(ChangeDiscussion { at: At { repo, num }, change })
    }

    /// Writes a comment in a discussion or pull request. Python: `comment_discussion`.
    ///
    /// When the response is lost, the call looks whether the comment is there: it is never written twice.
    ///
    /// # Errors
    /// `NotFound` for a number that the repository does not have, `Forbidden` where the discussion is locked. An empty text
    /// and one of more than 65536 characters are refused before anything is sent.
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions/{num}/comment`.
    pub fn comment_discussion(
        &self,
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        comment: impl Into<String>,
    ) -> CommentDiscussionCall<M> {
        self.change(self.arg(repo), discussion_num, Comment { text: comment.into() })
    }

    /// Gives a comment another text; only its author can. Python: `edit_discussion_comment`.
    ///
    /// # Errors
    /// `Forbidden` for a comment of somebody else, `NotFound` for one that does not exist or is hidden.
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions/{num}/comment/{comment}/edit`.
    pub fn edit_discussion_comment(
        &self,
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        comment_id: impl Into<String>,
        new_content: impl Into<String>,
    ) -> EditDiscussionCommentCall<M> {
        let id = comment_id.into().to_ascii_lowercase();
        self.change(self.arg(repo), discussion_num, EditComment { id, text: new_content.into() })
    }

    /// Hides a comment with all its versions. This cannot be undone. Python: `hide_discussion_comment`.
    ///
    /// # Errors
    /// `Forbidden` without rights, `NotFound` for a comment that does not exist.
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions/{num}/comment/{comment}/hide`.
    pub fn hide_discussion_comment(
        &self,
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        comment_id: impl Into<String>,
    ) -> HideDiscussionCommentCall<M> {
        let id = comment_id.into().to_ascii_lowercase();
        self.change(self.arg(repo), discussion_num, HideComment { id })
    }

    /// Gives a discussion or pull request another title. Python: `rename_discussion`.
    ///
    /// # Errors
    /// `Forbidden` for those who neither opened it nor write to the repository. A title that has not 3 to 200 characters is
    /// refused before anything is sent.
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions/{num}/title`.
    pub fn rename_discussion(
        &self,
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        new_title: impl Into<String>,
    ) -> RenameDiscussionCall<M> {
        self.change(self.arg(repo), discussion_num, Rename { title: new_title.into() })
    }

    /// Opens or closes a discussion or pull request; opening a draft makes it ready to be merged. Python:
    /// `change_discussion_status`.
    ///
    /// # Errors
    /// `Forbidden` for those who neither opened it nor write to the repository, `BadRequest` once it is merged. A status
    /// other than `open` and `closed` is refused before anything is sent.
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions/{num}/status`.
    pub fn change_discussion_status(
        &self,
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        new_status: impl Into<DiscussionStatus>,
    ) -> ChangeDiscussionStatusCall<M> {
        let change = ChangeStatus { status: new_status.into(), comment: None };
        self.change(self.arg(repo), discussion_num, change)
    }

    /// Merges a pull request into its branch, and returns the change of its status. Python: `merge_pull_request`.
    ///
    /// # Errors
    /// `Conflict` where its changes do not fit together with the branch, `BadRequest` when it is not open, `Forbidden`
    /// without rights on the repository.
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions/{num}/merge`.
    pub fn merge_pull_request(
        &self,
        repo: impl Into<RepoArg>,
        discussion_num: u64,
    ) -> MergePullRequestCall<M> {
        self.change(self.arg(repo), discussion_num, Merge { comment: None })
    }
}
