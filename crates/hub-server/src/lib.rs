//! An embedded Hugging Face Hub over real git repositories and LFS objects on disk: in process as a tower service, or on a port.
//!
//! [`EmbeddedHub`] answers the requests that clients of the Hub send: who am I, create and delete repositories, upload
//! through commits and LFS, look around and download. Its data is a folder: bare git repositories that plain `git`
//! reads, large files by their sha256, and a SQLite database for accounts.
//!
//! ```
//! use bytes::Bytes;
//! use http_body_util::{BodyExt, Empty};
//! use hub_server::{EmbeddedHub, TokenRole};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let hub = EmbeddedHub::temporary().token("ada", "hf_secret", TokenRole::Write).repo("ada/demo").build()?;
//! let request = http::Request::get("/api/models/ada/demo").body(Empty::<Bytes>::new())?;
//! let response = hub.oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! let info = response.into_body().collect().await?.to_bytes();
//! assert!(std::str::from_utf8(&info)?.contains(r#""modelId":"ada/demo""#));
//! # Ok(())
//! # }
//! ```
//!
//! It is made for other people's tests too: [`Fault`] scripts failures, and [`EmbeddedHub::temporary`] leaves nothing
//! behind. With the feature `serve`, `Server` puts the same service on a TCP port; with `page`, browsers are shown pages.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod admin;
mod api_error;
mod base_url;
mod body;
mod body_room;
mod browser;
mod builder;
mod card;
mod conditional;
mod context;
mod disposition;
mod documents;
mod embedded_hub;
mod error;
mod fault;
mod gc;
mod git_env;
mod handler;
mod limits;
mod local_user;
#[cfg(feature = "page")]
mod page;
mod refused;
mod reserved;
mod respond;
mod route;
mod router;
mod seed;
#[cfg(feature = "serve")]
mod serve;
mod signed;
mod store;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;

pub use admin::{Admin, AdminError, AdminErrorKind, AdminRequest, restore_backup};
pub use body::Body;
pub use builder::Builder;
pub use embedded_hub::EmbeddedHub;
pub use error::OpenError;
pub use fault::{Fault, Held};
pub use gc::{GcOptions, GcPause, GcReport};
#[cfg(feature = "serve")]
pub use limits::rates::RateLimit;
pub use local_user::OwnHub;
pub use route::table::{Needs, Operation, routes};
pub use seed::{Seed, TagFiles};
#[cfg(feature = "serve")]
pub use serve::{AuditLog, Port, ServeError, Server, ServerTls, TlsError};
pub use store::{DiscardLfs, OrgRole, StoreError, TokenRole, Upgraded};

/// An error of any type, as services and bodies pass it on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
