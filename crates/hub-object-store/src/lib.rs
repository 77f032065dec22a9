//! Repositories of the Hugging Face Hub as an [`ObjectStore`](object_store::ObjectStore), for data engines.
//!
//! ```
//! use hub_api::HfApi;
//! use hub_object_store::HubObjectStore;
//! use hub_server::{EmbeddedHub, TokenRole};
//! use object_store::{ObjectStoreExt, path::Path};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // An embedded Hub, so that this runs without an account. `HfApi::from_env()` is the client of the public one.
//! let hub = EmbeddedHub::temporary().token("ada", "hf_ada", TokenRole::Write).repo("ada/demo").build()?;
//! let api = HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
//!
//! let store = HubObjectStore::open(&api, "hf://ada/demo").await?;
//! store.put(&Path::from("data/a.csv"), "1,2\n3,4\n".into()).await?;
//! assert_eq!(store.get_range(&Path::from("data/a.csv"), 4..7).await?, "3,4");
//! # Ok(()) }
//! ```
//!
//! | of the trait | on the Hub |
//! |---|---|
//! | `get`, `get_range`, `get_ranges` | one `GET` with a `Range` each; what is known of a file is asked for once |
//! | `head` | `paths-info`, once for each file and commit |
//! | `list`, `list_with_delimiter` | one listing of the tree, page by page |
//! | `put`, `put_multipart` | one commit; parts wait in a temporary file on disk |
//! | `delete_stream` | one commit for up to 1000 paths |
//! | `copy`, `rename` | one commit; what is in LFS is not moved |
//!
//! * **One commit.** A store shows the commit that the revision led to when it was opened, and after a write of its own the commit that
//!   it made. [`HubObjectStore::refresh`] moves it to where the branch is now. `version` of an object is that commit, and reads take it
//!   as `GetOptions::version`.
//! * **Tags.** `e_tag` identifies the content: its sha256 in LFS, else its git id. The same content has the same tag, whatever its path.
//! * **Conditions.** `PutMode::Create`, `PutMode::Update` and the `_if_not_exists` methods look at the head of the branch and commit with it as
//!   the parent: if somebody else was faster, also with the same content, they look again. The description of such a commit has a mark of
//!   the call, by which it is told from that of another program. `if_match` and its like are checked before anything is read.
//! * **Times.** `last_modified` is the time of the commit that the store shows, for all objects: nothing in it is newer.
//!   [`HubObjectStore::file_dates`] asks for that of each object instead, at 50 to a page of a listing.
//! * A store that was opened at a commit id is read-only. Attributes and tags of objects are not kept.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod change;
mod delete;
mod error;
mod list;
mod multipart;
mod names;
mod pin;
mod read;
mod store;

pub use store::HubObjectStore;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
