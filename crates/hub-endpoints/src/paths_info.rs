//! The entries at given paths.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, Transport, decode_json, post};
use hub_types::{RepoRef, Revision, TreeEntry, route, tree::PathsInfoRequest};

/// Most paths that one request asks about.
const PATHS_PER_REQUEST: usize = 500;

struct PathsInfo<'a> {
    repo: &'a RepoRef,
    revision: &'a Revision,
    request: PathsInfoRequest,
}

impl Endpoint for PathsInfo<'_> {
    const NAME: &'static str = "get_paths_info";
    type Output = Vec<TreeEntry>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        post(route::repo(self.repo).paths_info(self.revision)).json(&self.request).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<TreeEntry>, Error> {
        decode_json(head, &body)
    }
}

/// What is at `paths`; those that do not exist are left out. With `expand` each entry comes with its last commit. Python:
/// `get_paths_info`.
///
/// # Errors
/// `RepoNotFound`, `RevisionNotFound`, and what else can go wrong with a request.
///
/// Endpoint: `POST /api/{models}/{id}/paths-info/{rev}`, 500 paths a request.
pub async fn paths_info(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    paths: &[String],
    expand: bool,
) -> Result<Vec<TreeEntry>, Error> {
    let mut entries = Vec::new();
    for paths in paths.chunks(PATHS_PER_REQUEST) {
        let request = PathsInfoRequest { paths: paths.to_vec(), expand };
        entries.extend(transport.send(&PathsInfo { repo, revision, request }).await?);
    }
    Ok(entries)
}
