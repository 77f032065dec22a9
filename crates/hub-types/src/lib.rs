//! Names, values and messages of the Hugging Face Hub protocol.
//!
//! Nothing here does I/O, is async, or knows an HTTP library: a client and a server can both be written on it. Every
//! message can be read and written, and what a newer server adds is kept.
//!
//! ```
//! use hub_types::{ModelInfo, RepoId, RepoRef, RepoType, route};
//!
//! let id: RepoId = "ada/demo".parse()?;
//! let repo = RepoRef::new(RepoType::Model, id);
//! assert_eq!(route::repo(&repo).info(None), "/api/models/ada/demo");
//!
//! let info: ModelInfo = serde_json::from_str(r#"{"id": "ada/demo", "likes": 3, "somethingNew": true}"#)?;
//! assert_eq!(info.likes, Some(3));
//! assert_eq!(info.extra["somethingNew"], true);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod base64;
mod branches;
pub mod card;
pub mod commit;
pub mod discussion;
mod encode;
mod error;
pub mod error_code;
mod extra;
pub mod hex;
mod hf_uri;
mod info;
mod info_shapes;
mod json_problem;
mod lenient;
pub mod lfs;
mod likes;
mod message;
mod new_repo;
pub mod pattern;
pub mod preupload;
pub mod progress;
pub mod query;
pub mod range;
mod refs;
mod repo_id;
mod repo_path;
mod repo_type;
mod repo_url;
#[cfg(test)]
mod retyped;
mod revision;
#[cfg(test)]
mod round_trip;
pub mod route;
pub mod search;
mod setters;
mod settings;
mod shape;
pub mod space;
mod timestamp;
pub mod tree;
mod user;
mod validate_yaml;
pub mod weights;

pub use branches::{CreateBranchRequest, CreateTagRequest, SuperSquashRequest, SuperSquashResponse};
pub use card::{DatasetCardData, ModelCardData, OneOrMany, SpaceCardData};
pub use commit::{CommitInfo, GitCommitInfo};
pub use discussion::{
    Discussion, DiscussionComment, DiscussionCommit, DiscussionEvent, DiscussionStatus,
    DiscussionStatusChange, DiscussionTitleChange, DiscussionWithDetails,
};
pub use error::ParseError;
pub use error_code::ErrorCode;
pub use extra::Extra;
pub use hf_uri::HfUri;
pub use info::{
    BlobLfsInfo, DatasetInfo, Gated, ModelInfo, RepoFile, RepoInfo, SafeTensorsInfo, SpaceInfo,
    TransformersInfo,
};
pub use json_problem::json_problem;
pub use likes::{Like, LikedRepo, Liker, UserLikes};
pub use message::Message;
pub use new_repo::{CreateRepoRequest, CreateRepoResponse, DeleteRepoRequest};
pub use refs::{GitRefInfo, GitRefs};
pub use repo_id::{MAX_NAME_LENGTH, RepoId};
pub use repo_path::SafeRelPath;
pub use repo_type::{RepoRef, RepoType};
pub use repo_url::RepoUrl;
pub use revision::{CommitHash, ParentCommit, Revision};
pub use search::{DatasetFilter, MetricInfo, ModelFilter, TagInfo, TagsByType};
pub use settings::{MoveRepoRequest, RepoSettings};
pub use timestamp::Timestamp;
pub use tree::TreeEntry;
pub use user::{AccessTokenInfo, AuthInfo, OrgMembership, WhoAmI};
pub use validate_yaml::{ValidateYamlRequest, ValidateYamlResponse};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
