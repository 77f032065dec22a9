//! The list of what this Hub answers. The router goes by it, and so do the tests of who may do what.

use http::Method;
use hub_types::route::{DiscussionAction, GitRoute, LockRoute, RepoRoute, Route, SpaceRoute};
use hub_xet::wire::CasRoute;

#[cfg(feature = "page")]
use super::page::{DiscussionChange, PagePath, RefChange, RepoPage, SettingChange};
use super::{cas::CasPath, lfs_link::LfsLink};

/// What a caller needs for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// Nothing; a token only widens what is shown.
    Nothing,
    /// A token, of any role.
    Token,
    /// A token that writes, and the right to write in the namespace that the body names. Copying a repository, or files of it,
    /// needs [`Needs::Files`] of it too.
    WriteInNamespace,
    /// Sight of the repository: anybody for a public one, members for a private one.
    Sight,
    /// Sight of the repository, and access to the files of a gated one. The description of a discussion needs it for the
    /// changes of a pull request only (`?diff=1`), an LFS batch to download only.
    Files,
    /// A token that writes, and sight of the repository.
    Contribute,
    /// A token that writes, and the right to write to the repository. Some of these are open to an author too: what
    /// one proposed or wrote oneself may be changed with [`Needs::Contribute`], and so may a new pull request be made.
    Write,
    /// A URL that this Hub signed. It carries its permission, so a token means nothing.
    SignedUrl,
    /// A token for the store of Xet, which was given for reading or writing a repository. What it was given for must be allowed
    /// to its user still.
    XetRead,
    /// As [`Needs::XetRead`], given for writing.
    XetWrite,
}

/// One method of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// `GET`, `POST`, `PUT`, `DELETE` or `HEAD`. What answers `GET` answers `HEAD` too.
    pub method: &'static str,
    /// The path with names in braces: `{type}` is `models`, `datasets` or `spaces`, `{id}` a repository with or without
    /// a namespace, `{path}` may have any number of segments, `{store}` is the name of the store of Xet. URLs outside `/api` have the prefix `/datasets` or
    /// `/spaces` for these types, and those of LFS are answered without `.git` as well.
    pub path: &'static str,
    /// What a caller needs.
    pub needs: Needs,
}

impl Operation {
    pub(crate) fn answers(&self, method: &Method) -> bool {
        self.method == method.as_str() || (self.method == "GET" && method == Method::HEAD)
    }
}

/// The methods of operations on one path as the header `Allow` has them.
pub(crate) fn allowed(operations: &[Operation]) -> String {
    let mut methods: Vec<_> = operations.iter().map(|operation| operation.method).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    methods.join(", ")
}

/// Makes [`of`] and [`routes`] from one list. A route of `hub-types` that is missing in it does not compile.
macro_rules! operations {
    (
        routes {
            $($route:pat => $path:literal: $($method:ident $needs:ident),+;)+
        }
        links {
            $($link:pat => $link_path:literal: $($link_method:ident $link_needs:ident),+;)+
        }
        xet {
            $($cas:pat => $cas_path:literal: $($cas_method:ident $cas_needs:ident),+;)+
        }
        pages {
            $($page:pat => $page_path:literal: $($page_method:ident $page_needs:ident),+;)+
        }
    ) => {
        /// The operations on a path; none where this Hub has nothing.
        pub(crate) fn of(route: &Route) -> &'static [Operation] {
            use RepoRoute as R;
            match route {
                $($route => const {
                    &[$(Operation { method: stringify!($method), path: $path, needs: Needs::$needs }),+]
                },)+
                Route::Repo { action: R::LfsLink(rest), .. } => match LfsLink::parse(rest) {
                    $(Some($link) => const {
                        &[$(Operation { method: stringify!($link_method), path: $link_path, needs: Needs::$link_needs }),+]
                    },)+
                    None => &[],
                },
            }
        }

        /// The operations on a path of the store of Xet.
        pub(crate) fn of_cas(path: &CasPath) -> &'static [Operation] {
            match path {
                $($cas => const {
                    &[$(Operation { method: stringify!($cas_method), path: $cas_path, needs: Needs::$cas_needs }),+]
                },)+
                CasPath::Route(_) => &[],
            }
        }

        /// The operations on the path of a page.
        #[cfg(feature = "page")]
        pub(crate) fn of_page(path: &PagePath) -> &'static [Operation] {
            use RepoPage as P;
            match path {
                $($page => const {
                    &[$(Operation { method: stringify!($page_method), path: $page_path, needs: Needs::$page_needs }),+]
                },)+
            }
        }

        /// Every operation that the embedded Hub answers, with what a caller needs for it. What is outside `/api` and is not for git
        /// are the pages for a browser, with the feature `page`; what they send as `POST` is a form, which needs what the operation of the API needs that it
        /// asks for.
        ///
        /// ```
        /// assert!(hub_server::routes().iter().any(|it| it.method == "GET" && it.path == "/api/whoami-v2"));
        /// ```
        pub fn routes() -> &'static [Operation] {
            &[
                $($(Operation { method: stringify!($method), path: $path, needs: Needs::$needs },)+)+
                $($(Operation {
                    method: stringify!($link_method), path: $link_path, needs: Needs::$link_needs,
                },)+)+
                $($(Operation {
                    method: stringify!($cas_method), path: $cas_path, needs: Needs::$cas_needs,
                },)+)+
                $($(
                    #[cfg(feature = "page")]
                    Operation { method: stringify!($page_method), path: $page_path, needs: Needs::$page_needs },
                )+)+
            ]
        }
    };
}

operations! {
    routes {
        Route::WhoAmI => "/api/whoami-v2": GET Token;
        Route::CreateRepo => "/api/repos/create": POST WriteInNamespace;
        Route::DeleteRepo => "/api/repos/delete": DELETE WriteInNamespace;
        Route::MoveRepo => "/api/repos/move": POST WriteInNamespace;
        Route::ValidateYaml => "/api/validate-yaml": POST Nothing;
        Route::Metrics => "/api/metrics": GET Nothing;
        Route::SpacesHardware => "/api/spaces/hardware": GET Nothing;
        Route::SpaceTemplates => "/api/spaces/templates": GET Nothing;
        Route::ListRepos(_) => "/api/{type}": GET Nothing;
        Route::TagsByType(_) => "/api/{type}-tags-by-type": GET Nothing;
        Route::UserLikes(_) => "/api/users/{user}/likes": GET Nothing;
        Route::Repo { action: R::Info(None), .. } => "/api/{type}/{id}": GET Sight;
        Route::Repo { action: R::Info(Some(_)), .. } => "/api/{type}/{id}/revision/{rev}": GET Sight;
        Route::Repo { action: R::Refs, .. } => "/api/{type}/{id}/refs": GET Sight;
        Route::Repo { action: R::Branch(_), .. } => "/api/{type}/{id}/branch/{branch}": POST Write, DELETE Write;
        Route::Repo { action: R::Tag(_), .. } => "/api/{type}/{id}/tag/{rev}": POST Write, DELETE Write;
        Route::Repo { action: R::SuperSquash(_), .. } => "/api/{type}/{id}/super-squash/{branch}": POST Write;
        Route::Repo { action: R::Settings, .. } => "/api/{type}/{id}/settings": PUT Write;
        Route::Repo { action: R::AuthCheck { write: false }, .. } => "/api/{type}/{id}/auth-check": GET Files;
        Route::Repo { action: R::AuthCheck { write: true }, .. } => "/api/{type}/{id}/auth-check/write": GET Write;
        Route::Repo { action: R::Duplicate, .. } => "/api/{type}/{id}/duplicate": POST WriteInNamespace;
        Route::Repo { action: R::DuplicateLfsFiles, .. } => "/api/{type}/{id}/lfs-files/duplicate": POST WriteInNamespace;
        Route::Repo { action: R::XetToken { write: false, .. }, .. } => "/api/{type}/{id}/xet-read-token/{rev}": GET Files;
        Route::Repo { action: R::XetToken { write: true, .. }, .. } => "/api/{type}/{id}/xet-write-token/{rev}": GET Write;
        Route::Repo { action: R::Space(SpaceRoute::Secrets), .. } =>
            "/api/spaces/{id}/secrets": GET Write, POST Write, DELETE Write;
        Route::Repo { action: R::Space(SpaceRoute::Variables), .. } =>
            "/api/spaces/{id}/variables": GET Sight, POST Write, DELETE Write;
        Route::Repo { action: R::Space(SpaceRoute::Runtime), .. } => "/api/spaces/{id}/runtime": GET Sight;
        Route::Repo { action: R::Space(SpaceRoute::Hardware), .. } => "/api/spaces/{id}/hardware": POST Write;
        Route::Repo { action: R::Space(SpaceRoute::SleepTime), .. } => "/api/spaces/{id}/sleeptime": POST Write;
        Route::Repo { action: R::Space(SpaceRoute::Pause), .. } => "/api/spaces/{id}/pause": POST Write;
        Route::Repo { action: R::Space(SpaceRoute::Restart), .. } => "/api/spaces/{id}/restart": POST Write;
        Route::Repo { action: R::Space(SpaceRoute::DevMode), .. } => "/api/spaces/{id}/dev-mode": POST Write;
        Route::Repo { action: R::Like, .. } => "/api/{type}/{id}/like": POST Contribute, DELETE Contribute;
        Route::Repo { action: R::Likers, .. } => "/api/{type}/{id}/likers": GET Sight;
        Route::Repo { action: R::Tree(..), .. } => "/api/{type}/{id}/tree/{rev}/{path}": GET Sight;
        Route::Repo { action: R::TreeSize(..), .. } => "/api/{type}/{id}/treesize/{rev}/{path}": GET Sight;
        Route::Repo { action: R::Compare(..), .. } => "/api/{type}/{id}/compare/{base..head}": GET Files;
        Route::Repo { action: R::PathsInfo(_), .. } => "/api/{type}/{id}/paths-info/{rev}": POST Sight;
        Route::Repo { action: R::Commits(_), .. } => "/api/{type}/{id}/commits/{rev}": GET Sight;
        Route::Repo { action: R::Preupload(_), .. } => "/api/{type}/{id}/preupload/{rev}": POST Write;
        Route::Repo { action: R::Commit(_), .. } => "/api/{type}/{id}/commit/{rev}": POST Write;
        Route::Repo { action: R::Discussions, .. } => "/api/{type}/{id}/discussions": GET Sight, POST Contribute;
        Route::Repo { action: R::Discussion(_), .. } => "/api/{type}/{id}/discussions/{num}": GET Files;
        Route::Repo { action: R::DiscussionAction(_, DiscussionAction::Comment), .. } =>
            "/api/{type}/{id}/discussions/{num}/comment": POST Contribute;
        Route::Repo { action: R::DiscussionAction(_, DiscussionAction::Title), .. } =>
            "/api/{type}/{id}/discussions/{num}/title": POST Write;
        Route::Repo { action: R::DiscussionAction(_, DiscussionAction::Status), .. } =>
            "/api/{type}/{id}/discussions/{num}/status": POST Write;
        Route::Repo { action: R::DiscussionAction(_, DiscussionAction::Merge), .. } =>
            "/api/{type}/{id}/discussions/{num}/merge": POST Write;
        Route::Repo { action: R::DiscussionAction(_, DiscussionAction::EditComment(_)), .. } =>
            "/api/{type}/{id}/discussions/{num}/comment/{comment}/edit": POST Write;
        Route::Repo { action: R::DiscussionAction(_, DiscussionAction::HideComment(_)), .. } =>
            "/api/{type}/{id}/discussions/{num}/comment/{comment}/hide": POST Write;
        // `info/refs?service=git-receive-pack` is the beginning of a push and needs what the push does.
        Route::Repo { action: R::Git(GitRoute::Refs), .. } => "/{id}.git/info/refs": GET Files;
        Route::Repo { action: R::Git(GitRoute::UploadPack), .. } => "/{id}.git/git-upload-pack": POST Files;
        Route::Repo { action: R::Git(GitRoute::ReceivePack), .. } => "/{id}.git/git-receive-pack": POST Write;
        Route::Repo { action: R::LfsLocks(LockRoute::All), .. } => "/{id}.git/info/lfs/locks": GET Sight, POST Write;
        Route::Repo { action: R::LfsLocks(LockRoute::Verify), .. } => "/{id}.git/info/lfs/locks/verify": POST Write;
        Route::Repo { action: R::LfsLocks(LockRoute::Unlock(_)), .. } =>
            "/{id}.git/info/lfs/locks/{lock}/unlock": POST Write;
        Route::Repo { action: R::LfsBatch, .. } => "/{id}.git/info/lfs/objects/batch": POST Files;
        Route::Repo { action: R::Resolve(..), .. } => "/{id}/resolve/{rev}/{path}": GET Files;
        Route::Repo { action: R::Raw(..), .. } => "/{id}/raw/{rev}/{path}": GET Files;
    }
    links {
        LfsLink::Verify => "/{id}.git/info/lfs/verify": POST SignedUrl;
        LfsLink::Complete(_) => "/{id}.git/info/lfs/complete/{oid}": POST SignedUrl;
        LfsLink::Object(_) => "/{id}.git/info/lfs/objects/{oid}": GET SignedUrl, PUT SignedUrl;
        LfsLink::Part(..) => "/{id}.git/info/lfs/objects/{oid}/{part}": PUT SignedUrl;
    }
    xet {
        CasPath::Route(CasRoute::ReconstructionV2(_)) => "/_xet/{store}/v2/reconstructions/{file}": GET XetRead;
        CasPath::Route(CasRoute::ReconstructionV1(_)) => "/_xet/{store}/v1/reconstructions/{file}": GET XetRead;
        CasPath::Route(CasRoute::Reconstructions) => "/_xet/{store}/v1/reconstructions": GET XetRead;
        CasPath::Route(CasRoute::File(_)) => "/_xet/{store}/v1/files/{file}": HEAD XetRead;
        CasPath::Route(CasRoute::Chunk(_)) => "/_xet/{store}/v1/chunks/default/{chunk}": GET XetRead;
        CasPath::Route(CasRoute::Xorb(_)) => "/_xet/{store}/v1/xorbs/default/{xorb}": HEAD XetWrite, POST XetWrite;
        CasPath::Route(CasRoute::ShardsV2) => "/_xet/{store}/v2/shards": POST XetWrite;
        CasPath::Route(CasRoute::ShardsV1) => "/_xet/{store}/v1/shards": POST XetWrite;
        CasPath::Bytes(_) => "/_xet/{store}/bytes/{xorb}": GET SignedUrl;
    }
    pages {
        PagePath::Start => "/": GET Nothing;
        PagePath::Asset(_) => "/_page/{asset}": GET Nothing;
        PagePath::Activity => "/activity": GET Nothing;
        PagePath::List(_) => "/{type}": GET Nothing;
        PagePath::Account(_) => "/{user}": GET Nothing;
        PagePath::SignIn => "/login": GET Nothing, POST Nothing;
        PagePath::SignOut => "/logout": POST Nothing;
        PagePath::NewRepo => "/new": GET Token, POST Token;
        PagePath::Tokens => "/settings/tokens": GET Token, POST Token;
        PagePath::RevokeToken => "/settings/tokens/revoke": POST Token;
        PagePath::Repo { page: P::Card, .. } => "/{id}": GET Sight;
        PagePath::Repo { page: P::Tree(..), .. } => "/{id}/tree/{rev}/{path}": GET Sight;
        PagePath::Repo { page: P::Blob(..), .. } => "/{id}/blob/{rev}/{path}": GET Files;
        PagePath::Repo { page: P::Commits(..), .. } => "/{id}/commits/{rev}/{path}": GET Sight;
        PagePath::Repo { page: P::Commit(_), .. } => "/{id}/commit/{rev}": GET Files;
        PagePath::Repo { page: P::Compare(..), .. } => "/{id}/compare/{base..head}": GET Files;
        PagePath::Repo { page: P::Activity, .. } => "/{id}/activity": GET Sight;
        PagePath::Repo { page: P::Refs, .. } => "/{id}/refs": GET Sight;
        PagePath::Repo { page: P::ChangeRef(RefChange::CreateBranch), .. } => "/{id}/refs/create-branch": POST Write;
        PagePath::Repo { page: P::ChangeRef(RefChange::DeleteBranch), .. } => "/{id}/refs/delete-branch": POST Write;
        PagePath::Repo { page: P::ChangeRef(RefChange::CreateTag), .. } => "/{id}/refs/create-tag": POST Write;
        PagePath::Repo { page: P::ChangeRef(RefChange::DeleteTag), .. } => "/{id}/refs/delete-tag": POST Write;
        PagePath::Repo { page: P::Discussions, .. } => "/{id}/discussions": GET Sight;
        PagePath::Repo { page: P::NewDiscussion, .. } => "/{id}/discussions/new": GET Contribute, POST Contribute;
        PagePath::Repo { page: P::Discussion(_), .. } => "/{id}/discussions/{num}": GET Sight;
        PagePath::Repo { page: P::DiscussionFiles(_), .. } => "/{id}/discussions/{num}/files": GET Files;
        PagePath::Repo { page: P::DiscussionChange(_, DiscussionChange::Comment), .. } =>
            "/{id}/discussions/{num}/comment": POST Contribute;
        // The author of a thing may change it with less, as in the API, which the form is sent on to.
        PagePath::Repo { page: P::DiscussionChange(_, DiscussionChange::Title), .. } =>
            "/{id}/discussions/{num}/title": POST Contribute;
        PagePath::Repo { page: P::DiscussionChange(_, DiscussionChange::Status), .. } =>
            "/{id}/discussions/{num}/status": POST Contribute;
        PagePath::Repo { page: P::DiscussionChange(_, DiscussionChange::Merge), .. } =>
            "/{id}/discussions/{num}/merge": POST Write;
        PagePath::Repo { page: P::DiscussionChange(_, DiscussionChange::EditComment(_)), .. } =>
            "/{id}/discussions/{num}/comment/{comment}/edit": POST Contribute;
        PagePath::Repo { page: P::DiscussionChange(_, DiscussionChange::HideComment(_)), .. } =>
            "/{id}/discussions/{num}/comment/{comment}/hide": POST Contribute;
        PagePath::Repo { page: P::Like, .. } => "/{id}/like": POST Contribute;
        PagePath::Repo { page: P::Settings, .. } => "/{id}/settings": GET Write;
        PagePath::Repo { page: P::Setting(SettingChange::Access), .. } => "/{id}/settings/access": POST Write;
        PagePath::Repo { page: P::Setting(SettingChange::Move), .. } => "/{id}/settings/move": POST Write;
        PagePath::Repo { page: P::Setting(SettingChange::Delete), .. } => "/{id}/settings/delete": POST Write;
        PagePath::Repo { page: P::Setting(SettingChange::AddSecret), .. } => "/{id}/settings/add-secret": POST Write;
        PagePath::Repo { page: P::Setting(SettingChange::DeleteSecret), .. } => "/{id}/settings/delete-secret": POST Write;
        PagePath::Repo { page: P::Setting(SettingChange::AddVariable), .. } => "/{id}/settings/add-variable": POST Write;
        PagePath::Repo { page: P::Setting(SettingChange::DeleteVariable), .. } =>
            "/{id}/settings/delete-variable": POST Write;
        // Who may not write proposes the change.
        PagePath::Repo { page: P::Upload(_), .. } => "/{id}/upload/{rev}": GET Contribute, POST Contribute;
        PagePath::Repo { page: P::Edit(..), .. } => "/{id}/edit/{rev}/{path}": GET Contribute, POST Contribute;
        PagePath::Repo { page: P::Delete(..), .. } => "/{id}/delete/{rev}/{path}": GET Contribute, POST Contribute;
    }
}
