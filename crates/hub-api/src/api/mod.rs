//! The methods of [`HfApi`](crate::HfApi), one file per area.

pub mod access_token;
mod begun;
pub mod branches;
pub mod cache;
pub mod cards;
pub mod checks;
mod commit_args;
pub mod commits;
pub mod create_repo;
pub mod delete_repo;
pub mod discussions;
pub mod download;
pub mod download_plan;
pub mod file_facts;
pub mod filter;
pub mod identity;
pub mod info;
mod kinds;
pub mod large_upload;
pub mod likes;
mod new_ref;
mod new_repo;
pub mod open_file;
pub mod plan;
pub mod read_file;
pub mod refs;
pub mod request;
pub mod search;
pub mod settings;
pub mod spaces;
pub mod tag_lists;
pub mod tags;
pub mod tree;
pub mod upload;
pub mod upload_folder;
pub mod verify;
pub mod weights;

pub use commit_args::HasCommit;

use std::time::Duration;

use hub_transport::{Transport, Turn};
use hub_types::{RepoRef, Revision};

use crate::repo_arg::RepoArg;

/// How long a call waits for another one of this client that does the same. After that it goes on at the same time.
const LONGEST_TURN: Duration = Duration::from_secs(120);

/// The turn of a call among those of this client that do the same, by this name.
async fn turn(transport: &Transport, name: &str) -> Turn {
    transport.turns().take(name, || (), transport.clock().sleep(LONGEST_TURN)).await
}

/// The repository of an endpoint, or the error that it may return.
fn endpoint_repo(repo: &RepoArg) -> Result<RepoRef, hub_transport::Error> {
    repo.get().map_err(|error| hub_transport::Error::build(error.to_string()))
}

/// The repository of an endpoint, and the revision, if one was set.
fn endpoint_at(
    repo: &RepoArg,
    revision: Option<&str>,
) -> Result<(RepoRef, Option<Revision>), hub_transport::Error> {
    repo.at(revision).map_err(|error| hub_transport::Error::build(error.to_string()))
}
