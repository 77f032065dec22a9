//! Downloads from the Hugging Face Hub: checked, continued after an interruption, and kept where the Python client finds
//! them.
//!
//! ```no_run
//! use hub_download::{Cache, FileRequest, Target, hf_hub_download};
//! use hub_transport::Transport;
//! use hub_types::{RepoRef, RepoType};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let transport = Transport::builder("https://huggingface.co").build()?;
//! let repo = RepoRef::new(RepoType::Model, "ada/demo".parse()?);
//! let cache = Target::Cache(Cache::new("/var/cache/hub"));
//! let wanted = FileRequest::new(repo, "config.json".parse()?, cache);
//! println!("{}", hf_hub_download(&transport, wanted).await?.display());
//! # Ok(()) }
//! ```
//!
//! * A [`Cache`] holds each blob once, under the name of its hash, and for each commit a folder of links to blobs.
//!   Its layout is that of the Python client, so that either finds what the other fetched.
//! * A [`Target::Folder`] holds the files of one repository at their own paths.
//! * Contents are hashed while they arrive and published only when the hash is the announced one.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod assets;
mod cache;
mod cas;
mod content_id;
mod deliver;
mod destination;
mod disk;
mod error;
mod file;
mod job;
mod listing;
mod names;
mod options;
mod plan;
mod read;
mod remote_file;
mod resolve;
mod setters;
mod snapshot;
mod stand_in;
#[cfg(feature = "testing")]
pub mod testing;
mod transfer;
mod verify;
pub mod weights;
mod xet;

pub use assets::cached_assets_path;
pub use cache::{
    Cache, CacheInfo, CachePart, Cached, CachedFile, CachedRepo, CachedRevision, Deletion, IncompleteFile,
    SharedBlob,
};
pub use content_id::ContentId;
pub use destination::Target;
pub use disk::{Disk, SystemDisk};
pub use error::DownloadError;
pub use file::{FileRequest, hf_hub_download};
pub use hub_endpoints::XetPolicy;
pub use listing::{FileMetadata, file_metadata, metadata_at};
pub use options::{DownloadOptions, DownloadTimeouts, Parts};
pub use plan::{PlannedFile, plan_file, plan_snapshot};
pub use read::{FileReader, ReadRequest, SeekOptions, SeekableReader, open_file, read_file};
pub use remote_file::RemoteFile;
pub use resolve::{ResolveRequest, ResolvedRevision, resolve_revision};
pub use snapshot::{Filter, SnapshotRequest, snapshot_download};
pub use verify::{Mismatch, Verification, VerifyRequest, verify};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
