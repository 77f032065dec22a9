//! Paths as a client writes them.

use super::{DiscussionAction, SpaceRoute};
use crate::{
    RepoRef, RepoType, Revision,
    encode::{encode_path, encode_segment},
};

/// `GET`, paged: what a user likes.
pub fn user_likes(user: &str) -> String {
    format!("/api/users/{}/likes", encode_segment(user))
}

/// `GET`, paged: the repositories of a kind.
pub fn list_repos(repo_type: RepoType) -> String {
    format!("/api/{}", repo_type.plural())
}

/// `GET`: the tags that repositories of a kind can be searched by, in groups.
pub fn tags_by_type(repo_type: RepoType) -> String {
    format!("/api/{}-tags-by-type", repo_type.plural())
}

/// The paths of one repository.
#[derive(Debug, Clone, Copy)]
pub struct RepoRoutes<'a> {
    repo: &'a RepoRef,
}

/// The paths of `repo`.
pub const fn repo(repo: &RepoRef) -> RepoRoutes<'_> {
    RepoRoutes { repo }
}

impl RepoRoutes<'_> {
    fn api(&self, rest: &str) -> String {
        format!("/api/{}/{}{rest}", self.repo.repo_type.plural(), self.repo.id)
    }

    fn at(&self, action: &str, revision: &Revision, path: &str) -> String {
        let slash = if path.is_empty() { "" } else { "/" };
        self.api(&format!("/{action}/{}{slash}{}", revision.encoded(), encode_path(path)))
    }

    fn web(&self, rest: &str) -> String {
        format!("{}{rest}", self.repo.web_path())
    }

    /// `GET`: what the Hub knows of the repository, at `revision` or at the default branch.
    pub fn info(&self, revision: Option<&Revision>) -> String {
        match revision {
            Some(revision) => self.at("revision", revision, ""),
            None => self.api(""),
        }
    }

    /// `GET`: branches, tags, conversions and pull requests.
    pub fn refs(&self) -> String {
        self.api("/refs")
    }

    /// `POST` and `DELETE`: a branch.
    pub fn branch(&self, branch: &Revision) -> String {
        self.at("branch", branch, "")
    }

    /// `POST`: tags a revision; `DELETE`: removes the tag of this name.
    pub fn tag(&self, revision_or_tag: &Revision) -> String {
        self.at("tag", revision_or_tag, "")
    }

    /// `POST`: makes one commit of the history of a branch.
    pub fn super_squash(&self, branch: &Revision) -> String {
        self.at("super-squash", branch, "")
    }

    /// `PUT`: who sees the repository.
    pub fn settings(&self) -> String {
        self.api("/settings")
    }

    /// `GET`: whether the caller may read the repository, or `write` to it.
    pub fn auth_check(&self, write: bool) -> String {
        self.api(if write { "/auth-check/write" } else { "/auth-check" })
    }

    /// `POST`: makes a copy.
    pub fn duplicate(&self) -> String {
        self.api("/duplicate")
    }

    /// `POST`: gives files that the repository keeps by Xet to another repository.
    pub fn duplicate_lfs_files(&self) -> String {
        self.api("/lfs-files/duplicate")
    }

    /// What only Spaces have.
    pub fn space(&self, route: SpaceRoute) -> String {
        self.api(&format!("/{}", route.word()))
    }

    /// `POST`: likes the repository; `DELETE`: does not any more.
    pub fn like(&self) -> String {
        self.api("/like")
    }

    /// `GET`, paged: who likes the repository.
    pub fn likers(&self) -> String {
        self.api("/likers")
    }

    /// `GET`, paged: the entries of a folder; the empty path is the root.
    pub fn tree(&self, revision: &Revision, path: &str) -> String {
        self.at("tree", revision, path)
    }

    /// `POST`: the entries at given paths.
    pub fn paths_info(&self, revision: &Revision) -> String {
        self.at("paths-info", revision, "")
    }

    /// `GET`, paged: the commits that lead to a revision, newest first.
    pub fn commits(&self, revision: &Revision) -> String {
        self.at("commits", revision, "")
    }

    /// `POST`: which files go to LFS and which are unchanged.
    pub fn preupload(&self, revision: &Revision) -> String {
        self.at("preupload", revision, "")
    }

    /// `POST`: a commit, as newline-delimited JSON.
    pub fn commit(&self, revision: &Revision) -> String {
        self.at("commit", revision, "")
    }

    /// `GET`: the CAS of the repository and a token to read there, or to `write`.
    pub fn xet_token(&self, write: bool, revision: &Revision) -> String {
        self.at(if write { "xet-write-token" } else { "xet-read-token" }, revision, "")
    }

    /// `GET`: the heads of all weights of the default branch of a model, by the path of their index.
    pub fn safetensors_metadata(&self, index: &str) -> String {
        self.api(&format!("/safetensors-metadata/{}", encode_path(index)))
    }

    /// `GET` and `POST`: the list of discussions and pull requests.
    pub fn discussions(&self) -> String {
        self.api("/discussions")
    }

    /// `GET`: one discussion or pull request with its events.
    pub fn discussion(&self, number: u64) -> String {
        self.api(&format!("/discussions/{number}"))
    }

    /// `POST`: one change of a discussion or pull request.
    pub fn discussion_action(&self, number: u64, action: &DiscussionAction) -> String {
        let action = match action {
            DiscussionAction::Comment => "comment".to_owned(),
            DiscussionAction::Title => "title".to_owned(),
            DiscussionAction::Status => "status".to_owned(),
            DiscussionAction::Merge => "merge".to_owned(),
            DiscussionAction::EditComment(id) => format!("comment/{}/edit", encode_segment(id)),
            DiscussionAction::HideComment(id) => format!("comment/{}/hide", encode_segment(id)),
        };
        self.api(&format!("/discussions/{number}/{action}"))
    }

    /// `POST`: the LFS batch, which answers where objects are uploaded and downloaded.
    pub fn lfs_batch(&self) -> String {
        self.web(".git/info/lfs/objects/batch")
    }

    /// `GET` and `HEAD`: the content of a file.
    pub fn resolve(&self, revision: &Revision, path: &str) -> String {
        self.web(&format!("/resolve/{}/{}", revision.encoded(), encode_path(path)))
    }

    /// The web page of the repository.
    pub fn page(&self) -> String {
        self.web("")
    }

    /// The web page of a commit.
    pub fn commit_page(&self, commit: &str) -> String {
        self.web(&format!("/commit/{commit}"))
    }

    /// The web page of a file.
    pub fn blob_page(&self, revision: &Revision, path: &str) -> String {
        self.web(&format!("/blob/{}/{}", revision.encoded(), encode_path(path)))
    }

    /// The web page of a folder; the empty path is the root.
    pub fn tree_page(&self, revision: &Revision, path: &str) -> String {
        self.web(&format!("/tree/{}/{}", revision.encoded(), encode_path(path)))
    }

    /// The web page of a discussion or pull request.
    pub fn discussion_page(&self, number: u64) -> String {
        self.web(&format!("/discussions/{number}"))
    }
}
