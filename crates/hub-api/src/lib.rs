//! The client of the Hugging Face Hub: everything that the Python class `HfApi` does, async or blocking.
//!
//! ```
//! use hub_api::HfApi;
//! use hub_server::{EmbeddedHub, TokenRole};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // An embedded Hub, so that this runs without an account. `HfApi::from_env()` is the client of the public one.
//! let hub = EmbeddedHub::temporary().token("ada", "hf_ada", TokenRole::Write).build()?;
//! let api = HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
//!
//! api.create_repo("ada/demo").await?;
//! let commit = api.upload_file(&b"hello"[..], "greeting.txt", "ada/demo").await?;
//! let files = api.list_repo_files("ada/demo").revision(commit.oid).await?;
//! assert_eq!(files, [".gitattributes", "greeting.txt"]);
//! # Ok(()) }
//! ```
//!
//! * A method returns a [`Call`]: set what is optional, then `.await` it. From a [`BlockingHfApi`] it is `.send()`.
//! * A method that lists returns a [`Listing`]: `.stream()`, `.all()`, `.page()`, or `.iter()` when blocking.
//! * Any call takes another token for itself: [`Call::token`], [`Listing::token`].
//! * The documented methods are also free functions ([`whoami`], [`upload_folder`], …) that use a shared client made
//!   from the environment.
//! * What no method covers goes through [`HfApi::request`]: an endpoint of your own, or method, path and JSON.
//! * The layers below are re-exported as [`types`], [`auth`], [`transport`], [`commit`] and [`download`].

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod api;
pub mod args;
mod blocking;
mod blocking_reader;
mod blocking_seekable;
mod builder;
mod call;
mod config;
mod construct;
mod error;
mod free;
mod hf_api;
mod listing;
mod mode;
mod network;
mod page;
mod repo;
mod repo_arg;
mod token_arg;
mod token_sources;

pub use api::cards::{metadata_load, metadata_save};
pub use api::request::RequestTo;
pub use blocking_reader::BlockingFileReader;
pub use blocking_seekable::BlockingSeekableReader;
pub use builder::HfApiBuilder;
pub use call::{Call, Operation};
pub use config::Config;
pub use error::Error;
pub use free::*;
pub use hf_api::{BlockingHfApi, HfApi};
pub use hub_auth::{self as auth, HfFolder, Token};
pub use hub_commit::{
    self as commit, AddSource, CommitOperation, CommitOperationAdd, CommitOperationCopy,
    CommitOperationDelete, CommitPlan, IsFolder, XetCompression,
};
pub use hub_download::{
    self as download, DownloadError, FileReader, SeekableReader,
    weights::{
        Tensor, get_local_safetensors_metadata, parse_local_gguf_metadata,
        parse_local_safetensors_file_metadata,
    },
};
pub use hub_endpoints::XetPolicy;
pub use hub_transport::{self as transport, ErrorKind};
pub use hub_types::{
    self as types, CommitInfo, DatasetFilter, HfUri, ModelFilter, RepoId, RepoRef, RepoType, RepoUrl,
    Revision,
    card::{DatasetCard, EvalResult, ModelCard, RepoCard, SpaceCard},
};
pub use listing::{Items, Listing, Source};
pub use mode::{Async, Blocking, Mode};
pub use network::NetworkPolicy;
pub use page::{Page, Pages};
pub use repo::{Repo, RepoFileHandle};
pub use repo_arg::RepoArg;
pub use token_sources::{IdToken, OAuthRefresh, OidcExchange};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
