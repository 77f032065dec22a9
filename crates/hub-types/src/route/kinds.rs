//! What a path can ask for.

use crate::{RepoRef, RepoType, Revision};

/// What the path of a request asks for. The method is the server's to check.
///
/// Exhaustive on purpose: a server that does not know of a new URL must not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/api/whoami-v2`
    WhoAmI,
    /// `/api/repos/create`
    CreateRepo,
    /// `/api/repos/delete`
    DeleteRepo,
    /// `/api/repos/move`
    MoveRepo,
    /// `/api/validate-yaml`
    ValidateYaml,
    /// `/api/users/{user}/likes`
    UserLikes(String),
    /// `/api/metrics`
    Metrics,
    /// `/api/{models}`
    ListRepos(RepoType),
    /// `/api/spaces/hardware`
    SpacesHardware,
    /// `/api/spaces/templates`
    SpaceTemplates,
    /// `/api/{models}-tags-by-type`, which Spaces do not have.
    TagsByType(RepoType),
    /// Anything that belongs to one repository.
    Repo {
        /// The repository as the path names it; upper and lower case as given.
        repo: RepoRef,
        /// What is asked of it.
        action: RepoRoute,
    },
}

/// What a path asks of one repository. Exhaustive, as [`Route`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepoRoute {
    /// `/api/{models}/{id}` and `/api/{models}/{id}/revision/{rev}`
    Info(Option<Revision>),
    /// `/api/{models}/{id}/refs`
    Refs,
    /// `/api/{models}/{id}/branch/{branch}`
    Branch(Revision),
    /// `/api/{models}/{id}/tag/{rev}`: the revision to tag, or the tag to delete.
    Tag(Revision),
    /// `/api/{models}/{id}/super-squash/{branch}`
    SuperSquash(Revision),
    /// `/api/{models}/{id}/settings`
    Settings,
    /// `/api/{models}/{id}/auth-check[/write]`
    AuthCheck {
        /// Whether it is about writing.
        write: bool,
    },
    /// `/api/{models}/{id}/duplicate`
    Duplicate,
    /// `/api/{models}/{id}/lfs-files/duplicate`
    DuplicateLfsFiles,
    /// `/api/{models}/{id}/xet-{read|write}-token/{rev}`
    XetToken {
        /// Whether the token is to write, too.
        write: bool,
        /// What is to be read or changed. For a pull request that is yet to be made, clients send the word `None`.
        revision: Revision,
    },
    /// What a Space has that other repositories have not.
    Space(SpaceRoute),
    /// `/api/{models}/{id}/like`
    Like,
    /// `/api/{models}/{id}/likers`
    Likers,
    /// `/api/{models}/{id}/tree/{rev}[/{path}]`; the empty path is the root.
    Tree(Revision, String),
    /// `/api/{models}/{id}/treesize/{rev}[/{path}]`; the empty path is the root.
    TreeSize(Revision, String),
    /// `/api/{models}/{id}/compare/{base}..{head}`
    Compare(Revision, Revision),
    /// `/api/{models}/{id}/paths-info/{rev}`
    PathsInfo(Revision),
    /// `/api/{models}/{id}/commits/{rev}`
    Commits(Revision),
    /// `/api/{models}/{id}/preupload/{rev}`
    Preupload(Revision),
    /// `/api/{models}/{id}/commit/{rev}`
    Commit(Revision),
    /// `/api/{models}/{id}/discussions`
    Discussions,
    /// `/api/{models}/{id}/discussions/{num}`
    Discussion(u64),
    /// `/api/{models}/{id}/discussions/{num}/{action}`
    DiscussionAction(u64, DiscussionAction),
    /// `/{id}[.git]/info/refs`, `/git-upload-pack` and `/git-receive-pack`: git itself.
    Git(GitRoute),
    /// `/{id}[.git]/info/lfs/locks` and what is below it.
    LfsLocks(LockRoute),
    /// `/{id}[.git]/info/lfs/objects/batch`
    LfsBatch,
    /// `/{id}[.git]/info/lfs/{rest}`: what a server names in its responses to the batch, and what it alone can read.
    LfsLink(String),
    /// `/{id}/resolve/{rev}/{path}`
    Resolve(Revision, String),
    /// `/{id}/raw/{rev}/{path}`
    Raw(Revision, String),
}

/// What git-lfs asks of the locks of files. Exhaustive, as [`Route`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockRoute {
    /// `locks`: all of them, and new ones.
    All,
    /// `locks/verify`: before a push.
    Verify,
    /// `locks/{lock}/unlock`
    Unlock(String),
}

/// What git asks of one repository over HTTP (gitprotocol-http). Exhaustive, as [`Route`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitRoute {
    /// `info/refs`: the beginning of a fetch or a push, as its query says.
    Refs,
    /// `git-upload-pack`: objects for a clone or fetch.
    UploadPack,
    /// `git-receive-pack`: a push.
    ReceivePack,
}

/// What a path asks of one Space. Exhaustive, as [`Route`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpaceRoute {
    /// `/api/spaces/{id}/secrets`
    Secrets,
    /// `/api/spaces/{id}/variables`
    Variables,
    /// `/api/spaces/{id}/runtime`
    Runtime,
    /// `/api/spaces/{id}/hardware`
    Hardware,
    /// `/api/spaces/{id}/sleeptime`
    SleepTime,
    /// `/api/spaces/{id}/pause`
    Pause,
    /// `/api/spaces/{id}/restart`
    Restart,
    /// `/api/spaces/{id}/dev-mode`
    DevMode,
}

impl SpaceRoute {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Secrets,
        Self::Variables,
        Self::Runtime,
        Self::Hardware,
        Self::SleepTime,
        Self::Pause,
        Self::Restart,
        Self::DevMode,
    ];

    /// The last segment of the path.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Variables => "variables",
            Self::Runtime => "runtime",
            Self::Hardware => "hardware",
            Self::SleepTime => "sleeptime",
            Self::Pause => "pause",
            Self::Restart => "restart",
            Self::DevMode => "dev-mode",
        }
    }
}

/// What a path does to one discussion or pull request. Exhaustive, as [`Route`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscussionAction {
    /// `comment`
    Comment,
    /// `title`
    Title,
    /// `status`
    Status,
    /// `merge`
    Merge,
    /// `comment/{id}/edit`
    EditComment(String),
    /// `comment/{id}/hide`
    HideComment(String),
}
