//! Requests that more than one of the crates above makes: which files a revision has, where a branch is, who the caller is, where its
//! large files are by Xet.
//!
//! Each is an [`Endpoint`](hub_transport::Endpoint) or a [`PagedEndpoint`](hub_transport::PagedEndpoint), that is plain data,
//! which a [`Transport`](hub_transport::Transport) sends.
//!
//! ```no_run
//! use hub_endpoints::Head;
//! use hub_transport::Transport;
//! use hub_types::{RepoRef, RepoType, Revision};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let transport = Transport::builder("https://huggingface.co").build()?;
//! let repo = RepoRef::new(RepoType::Model, "ada/demo".parse()?);
//! let head = transport.send(&Head::new(&repo, &Revision::default())).await?;
//! println!("{}", head.sha.as_deref().unwrap_or("no commit yet"));
//! # Ok(()) }
//! ```

mod commits;
mod head;
mod paths_info;
mod server_url;
mod tree;
mod whoami;
mod xet;

pub use commits::ListRepoCommits;
pub use head::{Head, HeadInfo, server_time};
pub use paths_info::{PathsInfo, paths_info};
pub use server_url::server_url;
pub use tree::ListRepoTree;
pub use whoami::GetWhoAmI;
pub use xet::{GetXetToken, XetCas, XetPolicy, XetRight};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
