//! The Hub's URLs: how a client writes them and how a server reads them.
//!
//! A client builds paths with [`repo`]; a server turns the path of a request into a [`Route`]. Both use the same words,
//! so they cannot drift apart. Paths start with `/`, are relative to the endpoint and are percent-encoded.
//!
//! ```
//! use hub_types::{RepoRef, RepoType, Revision, route};
//! let repo = RepoRef::new(RepoType::Dataset, "ada/nums".parse()?);
//! let path = route::repo(&repo).tree(&"refs/pr/1".parse()?, "");
//! assert_eq!(path, "/api/datasets/ada/nums/tree/refs%2Fpr%2F1");
//! assert!(matches!(route::parse(&path)?, route::Route::Repo { repo: r, .. } if r == repo));
//! # Ok::<(), hub_types::ParseError>(())
//! ```

mod build;
mod kinds;
mod parse;
mod rename;

pub use crate::encode::{encode_path, encode_segment};
pub use build::{RepoRoutes, list_repos, repo, tags_by_type, user_likes};
pub use kinds::{DiscussionAction, GitRoute, LockRoute, RepoRoute, Route, SpaceRoute};
pub use parse::{parse, revision_and_path};
pub use rename::renamed;

/// Path of `whoami`, `GET`.
pub const WHOAMI: &str = "/api/whoami-v2";
/// Path of `create_repo`, `POST`.
pub const CREATE_REPO: &str = "/api/repos/create";
/// Path of `delete_repo`, `DELETE` with a JSON body.
pub const DELETE_REPO: &str = "/api/repos/delete";
/// Path of `move_repo`, `POST`.
pub const MOVE_REPO: &str = "/api/repos/move";
/// Path of the check of a model card's front matter, `POST`.
pub const VALIDATE_YAML: &str = "/api/validate-yaml";
/// Path of the machines that Spaces can ask for, `GET`.
pub const SPACES_HARDWARE: &str = "/api/spaces/hardware";
/// Path of `list_space_templates`, `GET`.
pub const SPACE_TEMPLATES: &str = "/api/spaces/templates";
/// Path of `list_metrics`, `GET`.
pub const METRICS: &str = "/api/metrics";
